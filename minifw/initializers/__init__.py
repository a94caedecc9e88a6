"""Where parameters start: each initializer draws an array of a shape from a generator it is given."""

from .base import Initializer as Initializer
from .constant import Constant as Constant
from .constant import Ones as Ones
from .constant import Zeros as Zeros
from .orthogonal import Orthogonal as Orthogonal
from .random import RandomNormal as RandomNormal
from .random import RandomUniform as RandomUniform
from .random import TruncatedNormal as TruncatedNormal
from .variance_scaling import GlorotNormal as GlorotNormal
from .variance_scaling import GlorotUniform as GlorotUniform
from .variance_scaling import HeNormal as HeNormal
from .variance_scaling import HeUniform as HeUniform
from .variance_scaling import LecunNormal as LecunNormal
from .variance_scaling import LecunUniform as LecunUniform
from .variance_scaling import VarianceScaling as VarianceScaling
from .variance_scaling import fans as fans

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "fans",
]
