"""The trained listener: an ONNX graph and its card, run by onnxruntime; state is the caller's."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.models.onnx_session import inference_session
from interactspeech.signal.log_mel import BANDS, RATE, STACK, STEP

FloatArray = npt.NDArray[np.float32]

#: What of the outputs is what; edges of the bins of future activity in seconds.
ACTIVE: Final = slice(0, 2)
FEEDBACK: Final = 2
FUTURE: Final = slice(3, 7)
BINS: Final = ((0.0, 0.2), (0.2, 0.6), (0.6, 1.2), (1.2, 2.0))
#: Samples (16 kHz) of a half step, the grain of activity: 20 ms.
HALF: Final = STEP // 2
_BESIDE: Final = ("mono", "parted")  # ears that may have a graph of their own


#: How two speakers are heard: each on a channel, both on one, both on one that a diarizer parted.
Ear = Literal["two", "mono", "parted"]


class Fitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is fitted for one ear after training; see `ListenerCard`."""

    on: float
    off: float
    judge: dict[str, float]
    threshold: float


class ListenerCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a listener must be used with, beside its graph.

    Attributes:
        id: names it in labels.
        width: of its state.
        lookahead: steps by which activity and feedback lag behind the sound.
        mono_lookahead: the same where both speakers are on one channel, if it differs: it takes
            some hundred milliseconds to tell by the voice who it is that talks.
        on, off: probability of activity at which talk begins and ends, for two channels.
        mono_on, mono_off: the same where both speakers are on one channel.
        tail: how much longer talk lasts than its probability stays above `off` (ms).
        shortest, bridge: talk shorter than this is none, silences shorter than this are talk (ms).
        judge: weights of the decision about feedback, by feature; see `judge.FEATURES`.
        mono_judge: the same for one channel.
        threshold, mono_threshold: probability from which talk is called a backchannel.
        parted: the same four for one channel that a diarizer parted; those of two where it is None.
        about: what it was trained on, and how.
        figures: what was measured.
    """

    id: str
    width: int
    lookahead: int
    mono_lookahead: int | None = None
    on: float = 0.5
    off: float = 0.35
    mono_on: float = 0.5
    mono_off: float = 0.35
    tail: int = 0
    shortest: int = 80
    bridge: int = 120
    judge: dict[str, float] = msgspec.field(
        default_factory=lambda: {"intercept": 0.0, "heard": 1.0}
    )
    mono_judge: dict[str, float] = msgspec.field(
        default_factory=lambda: {"intercept": 0.0, "heard": 1.0}
    )
    threshold: float = 0.5
    mono_threshold: float = 0.5
    parted: Fitted | None = None
    about: dict[str, Any] = {}
    figures: dict[str, Any] = {}

    def fitted(self, ear: Ear) -> Fitted:
        """Thresholds of activity, and the judgement about feedback, of an ear."""
        if ear == "mono":
            return Fitted(self.mono_on, self.mono_off, self.mono_judge, self.mono_threshold)
        if ear == "parted" and self.parted is not None:
            return self.parted
        return Fitted(self.on, self.off, self.judge, self.threshold)

    def late(self, *, mono: bool) -> int:
        """Steps by which activity and feedback lag behind the sound, for so many channels."""
        if mono and self.mono_lookahead is not None:
            return self.mono_lookahead
        return self.lookahead


class Listener:
    """A listener, ready to listen. One object may serve any number of streams, in any thread.

    Args:
        graph: the ONNX file's bytes.
        card: its settings.
        mono: bytes of a graph of the same shape that knows one channel better, where there is one.
        parted: likewise one that knows one channel better that a diarizer parted.
        threads: of the processor.
    """

    def __init__(
        self,
        graph: bytes,
        card: ListenerCard,
        *,
        mono: bytes | None = None,
        parted: bytes | None = None,
        threads: int = 1,
    ) -> None:
        def made(data: bytes) -> Any:
            return inference_session(data, "The listener", "listen", threads=threads)

        self.card = card
        self._two = made(graph)
        self._one = self._two if mono is None else made(mono)
        self._parted = self._two if parted is None else made(parted)

    @classmethod
    def load(cls, path: Path | str | None = None, *, threads: int = 1) -> Listener:
        """The listener that ships, or one that ``train events`` wrote.

        Args:
            path: of an ``.onnx`` file with its card (same name, ``.json``) beside it, and where
                there are any its graphs for one channel (``NAME-mono.onnx``,
                ``NAME-parted.onnx``).
            threads: of the processor.

        Raises:
            InputError: there is no such listener, or it is damaged.
        """
        if path is None:
            return _shipped(threads)
        file = Path(path)
        try:
            graph = file.read_bytes()
            card = msgspec.json.decode(file.with_suffix(".json").read_bytes(), type=ListenerCard)
            mono, parted = (
                beside.read_bytes() if beside.exists() else None
                for beside in (file.with_name(f"{file.stem}-{ear}.onnx") for ear in _BESIDE)
            )
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror}", error.filename or file, reason="unreadable"
            ) from None
        except msgspec.DecodeError as error:
            raise InputError(
                f"is no listener's card: {error}", file.with_suffix(".json"), reason="bad-listener"
            ) from None
        try:
            return cls(graph, card, mono=mono, parted=parted, threads=threads)
        except MissingExtraError:
            raise
        except Exception as error:  # noqa: BLE001  (onnxruntime has a class for each way to break)
            raise InputError(
                f"is no listener: {str(error).splitlines()[0]}", file, reason="bad-listener"
            ) from None

    def silence(self) -> FloatArray:
        """The state before anything was heard."""
        return np.zeros((2, 2, self.card.width), np.float32)

    def hear(
        self, mel: FloatArray, state: FloatArray, *, mono: bool = False, parted: bool = False
    ) -> tuple[FloatArray, FloatArray]:
        """What steps of sound mean.

        Args:
            mel: log-mel steps of two sides, shape ``(2, steps, 160)`` (`LogMel`); for one channel
                twice the same.
            state: `silence`, or what the last call returned.
            mono: both speakers are on one channel.
            parted: both were on one channel, and each side holds what is one speaker's.

        Returns:
            Probabilities, shape ``(2, steps, 7)`` (`ACTIVE`, `FEEDBACK`, `FUTURE`), where activity
            and feedback are those of `ListenerCard.late` steps ago; and the next state.
        """
        if mel.ndim != 3 or mel.shape[0] != 2 or mel.shape[2] != STACK * BANDS:
            raise ValueError(f"log-mel steps of shape {mel.shape}, expected (2, steps, 160)")
        if mel.shape[1] == 0:
            return np.zeros((2, 0, 7), np.float32), state
        flag = np.array([1.0 if mono else 0.0], np.float32)
        session = self._one if mono else self._parted if parted else self._two
        found, after = session.run(None, {"mel": mel, "mono": flag, "state": state})
        return found, after


@lru_cache(maxsize=4)
def _shipped(threads: int) -> Listener:
    folder = files("interactspeech.listener").joinpath("data")
    try:
        graph = folder.joinpath("listener-1.onnx").read_bytes()
        card = msgspec.json.decode(
            folder.joinpath("listener-1.json").read_bytes(), type=ListenerCard
        )
        mono, parted = (
            beside.read_bytes() if beside.is_file() else None
            for beside in (folder.joinpath(f"listener-1-{ear}.onnx") for ear in _BESIDE)
        )
    except OSError:
        raise InputError(
            "no listener ships with this installation",
            remedy="install the package again, or train one: interactspeech train events",
            reason="no-listener",
        ) from None
    return Listener(graph, card, mono=mono, parted=parted, threads=threads)


__all__ = [
    "ACTIVE",
    "BINS",
    "FEEDBACK",
    "FUTURE",
    "HALF",
    "RATE",
    "Ear",
    "Fitted",
    "Listener",
    "ListenerCard",
]
