"""The backward pass, jump by jump: recorded, printed, played, explained, and drawn on a page."""

from .explain import Explanation as Explanation
from .jumps import Jump as Jump
from .trace import Trace as Trace

__all__ = ["Explanation", "Jump", "Trace"]
