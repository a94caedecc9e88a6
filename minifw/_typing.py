"""The types that every module shares."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""An array of the network's floating dtype."""

ArrayLike: TypeAlias = npt.ArrayLike
"""Whatever `np.asarray` understands."""

DType: TypeAlias = np.dtype[Any]

Shape: TypeAlias = tuple[int, ...]
"""A shape without the batch axis."""
