"""The types that every module shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # numpy.typing takes a tenth of NumPy's own time to import, and only a type checker needs it
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[Any]
    ArrayLike: TypeAlias = npt.ArrayLike
    DType: TypeAlias = np.dtype[Any]
else:
    Array = ArrayLike = DType = Any

Shape: TypeAlias = tuple[int, ...]
"""A shape without the batch axis."""
