"""Array types, named by their dtype. Shapes are said where the arrays are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
UInt8Array = npt.NDArray[np.uint8]
Int8Array = npt.NDArray[np.int8]
Int16Array = npt.NDArray[np.int16]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
UInt32Array = npt.NDArray[np.uint32]
IntpArray = npt.NDArray[np.intp]
Float16Array = npt.NDArray[np.float16]
Complex64Array = npt.NDArray[np.complex64]
Complex128Array = npt.NDArray[np.complex128]
#: Of float32 or float64, whichever the caller has.
FloatingArray = npt.NDArray[np.floating]
AnyArray = npt.NDArray[Any]
