"""The trained listener: ONNX graphs and their card, run by onnxruntime."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec
import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.listener.activity_mix import LEAST_LOOKAHEAD, SileroShare
from interactspeech.models.onnx_session import inference_session
from interactspeech.signal.log_mel import BANDS, RATE, STACK, STEP

#: Indices of the network's outputs: activity of the two halves of a step, feedback, and future
#: activity in the bins of `BINS`.
ACTIVE: Final = slice(0, 2)
FEEDBACK: Final = 2
FUTURE: Final = slice(3, 7)
OUTPUTS: Final = 7
#: Edges of the bins of future activity, seconds from now (Ekstedt & Skantze 2022).
BINS: Final = ((0.0, 0.2), (0.2, 0.6), (0.6, 1.2), (1.2, 2.0))
#: Samples (16 kHz) of a half step, the time resolution of activity: 20 ms.
HALF: Final = STEP // 2

#: How the two speakers reach the listener: a channel each ("two_channel"), both on one channel
#: ("mixed"), or one channel that a diarizer has split into one for each ("diarized").
ListenerMode = Literal["two_channel", "mixed", "diarized"]
#: Two channels first: what is fitted for them is the default of the other modes.
MODES: Final[tuple[ListenerMode, ...]] = get_args(ListenerMode)
#: The names of the modes in files written before version 0.2.
_OLD_NAMES: Final = {"mono": "mixed", "parted": "diarized"}


class FeedbackDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How timing and sound are added up where feedback is heard levelled.

    The log-odds of feedback are those of the points for timing (`turntaking.timing_decision`), plus
    `pair`, plus `heard` times what the network hears (`listener.levelled_feedback`), which counts
    between `lowest` and `highest`. Where it begins in the talk of who holds the floor, feedback and
    an attempt to take the floor are timed alike: there `overlap` is added, and `sound` and
    `embedding` times what the stretch sounds like by itself (`listener.feedback_sound`,
    `listener.feedback_embedding`).

    Attributes:
        heard: weight of the network's log-odds.
        lowest, highest: beyond these they count as these.
        pair: in talk of two feedback is more frequent than in the meetings that the points were
            fitted on: log of the ratio of odds.
        sound: weight of the log-odds by the sound of the stretch alone, in overlap.
        embedding: weight of the log-odds by the embedding of the stretch, in overlap.
        overlap: what is added in overlap, where sound has a weight.
    """

    heard: float
    lowest: float = -8.0
    highest: float = 5.0
    pair: float = 0.0
    sound: float = 0.0
    overlap: float = 0.0
    embedding: float = 0.0


class LiveOperatingPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a threshold of `FrameState.floor_bid` gives, measured on sounds that were not fitted on.

    Attributes:
        false_alarms: share of feedback laid on talk that reaches it.
        threshold: of the bid.
        recall: share of bids that reach it within 1.5 s; `low` and `high` its 95 % interval.
        delay: median of those, seconds from the onset.
    """

    false_alarms: float
    threshold: float
    recall: float
    low: float
    high: float
    delay: float


class FloorBidDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bids for the floor, live: log-odds by how long the talk lasts and how it sounds.

    Attributes:
        intercept: log-odds before any point.
        seconds: points for each second that the talk lasts, of which `longest` count.
        heard: points for each of the network's log-odds of feedback, levelled, between `lowest` and
            `highest`.
        onset: points for each of the log-odds by how the talk so far sounds
            (`listener.feedback_onset`), between -6 and 6.
        sound: the same of the network for whole stretches (`listener.feedback_sound`).
        points: operating points, the strictest first.
        about: what they were fitted and measured on.
    """

    intercept: float
    seconds: float
    heard: float
    longest: float = 1.2
    lowest: float = -8.0
    highest: float = 5.0
    onset: float = 0.0
    sound: float = 0.0
    points: tuple[LiveOperatingPoint, ...] = ()
    about: str = ""

    def threshold(self, false_alarms: float) -> float:
        """The threshold of the least strict operating point with at most so many false alarms.

        Raises:
            InputError: no point is as strict.
        """
        return _threshold(self.points, false_alarms)


class TurnEndDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The end of a turn, live: log-odds by how long the silence lasts and by what is expected.

    Attributes:
        intercept: log-odds before any point.
        seconds: points for each second of the speaker's silence, of which `longest` count.
        shift: points for the log-odds of `FrameState.shift_probability`, between .01 and .99.
        points: operating points, the strictest first: false alarms are pauses.
        about: what they were fitted and measured on.
    """

    intercept: float
    seconds: float
    shift: float
    longest: float = 1.2
    points: tuple[LiveOperatingPoint, ...] = ()
    about: str = ""

    def threshold(self, false_alarms: float) -> float:
        """The threshold of the least strict operating point with at most so many false alarms.

        Raises:
            InputError: no point is as strict.
        """
        return _threshold(self.points, false_alarms)


def _threshold(points: tuple[LiveOperatingPoint, ...], false_alarms: float) -> float:
    found = [p for p in points if p.false_alarms <= false_alarms + 1e-9]
    if not found:
        least = min((p.false_alarms for p in points), default=1.0)
        raise InputError(
            f"false_alarms={false_alarms}: no threshold with so few is known",
            remedy=f"use {least} or more",
            reason="no-operating-point",
        )
    return found[-1].threshold


class ModeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a listener is used with in one mode.

    Attributes:
        lookahead: steps by which activity and feedback lag behind the audio. Mixed channels need
            more: it takes some hundred milliseconds to recognise a voice.
        on, off: probability of activity at which speech begins and ends.
        weights: of the backchannel classifier, by feature; see `backchannel_classifier.FEATURES`.
        threshold: probability from which speech is labelled as a backchannel.
        silero: the share of Silero in the activity of two channels (`listener.activity_mix`), where
            it has one.
        feedback: the decision about backchannels by timing and levelled sound, in place of
            `weights` and `threshold`, where the mode has one.
        floor_bid: how bids for the floor are scored live, where the mode has it; else by the
            network's running outputs.
        turn_end: how the end of a turn is scored live, where the mode has it.
    """

    lookahead: int
    on: float = 0.5
    off: float = 0.35
    weights: dict[str, float] = msgspec.field(
        default_factory=lambda: {"intercept": 0.0, "heard": 1.0}
    )
    threshold: float = 0.5
    silero: SileroShare | None = None
    feedback: FeedbackDecision | None = None
    floor_bid: FloorBidDecision | None = None
    turn_end: TurnEndDecision | None = None

    def __post_init__(self) -> None:
        if self.silero is not None and self.lookahead < LEAST_LOOKAHEAD:
            raise ValueError(f"Silero's share wants a lookahead of {LEAST_LOOKAHEAD} steps")


class ListenerCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What describes a listener, beside its graphs.

    Attributes:
        id: names it in labels.
        width: of its state.
        modes: settings of each mode; "two_channel" must be there, and is the default of the others.
        tail: how much longer speech lasts than its probability stays above `off` (ms).
        shortest: speech shorter than this is ignored (ms).
        bridge: silences shorter than this are filled (ms).
        about: what it was trained on, and how.
        figures: results of benchmarks.
    """

    id: str
    width: int
    modes: dict[ListenerMode, ModeSettings]
    tail: int = 0
    shortest: int = 80
    bridge: int = 120
    about: dict[str, Any] = {}
    figures: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if "two_channel" not in self.modes:
            raise ValueError("settings of the mode two_channel are missing")

    def settings(self, mode: ListenerMode) -> ModeSettings:
        """The settings of a mode: its own, or else those of two channels."""
        return self.modes.get(mode, self.modes["two_channel"])

    def replaced(self, mode: ListenerMode, **values: Any) -> ListenerCard:
        """A copy in which some settings of a mode have other values."""
        changed = msgspec.structs.replace(self.settings(mode), **values)
        return msgspec.structs.replace(self, modes={**self.modes, mode: changed})

    def deciding_as(self, other: ListenerCard) -> ListenerCard:
        """The card, with what was fitted on people beside the networks of another: how activity is
        cut, Silero's share, and the decisions about feedback, bids for the floor and ends of turns.
        """
        card = msgspec.structs.replace(
            self, tail=other.tail, shortest=other.shortest, bridge=other.bridge
        )
        for mode in self.modes:
            old = other.settings(mode)
            card = card.replaced(
                mode, silero=old.silero, feedback=old.feedback, floor_bid=old.floor_bid,
                turn_end=old.turn_end,
            )  # fmt: skip
            if old.silero is not None:
                card = card.replaced(mode, on=old.on, off=old.off)
        return card


def decode_card(data: bytes) -> ListenerCard:
    """Read a card, also one in the form of version 0.1.

    Raises:
        msgspec.DecodeError: the data is no card.
    """
    fields = msgspec.json.decode(data)
    if isinstance(fields, dict) and "modes" not in fields:
        fields = _migrated(fields)
    return msgspec.convert(fields, ListenerCard)


def _migrated(old: dict[str, Any]) -> dict[str, Any]:
    """The fields of a card of version 0.1 (a prefix for each mode) in today's form."""
    fields = dict(old)

    def taken(prefix: str, **defaults: Any) -> dict[str, Any]:
        names = {"lookahead": "lookahead", "on": "on", "off": "off", "judge": "weights",
                 "threshold": "threshold"}  # fmt: skip
        found = {new: fields.pop(prefix + name, None) for name, new in names.items()}
        return defaults | {name: value for name, value in found.items() if value is not None}

    two = taken("")
    if "lookahead" not in two:
        raise msgspec.ValidationError("Object missing required field `lookahead`")
    modes = {"two_channel": two, "mixed": taken("mono_", lookahead=two["lookahead"])}
    diarized = fields.pop("parted", None)
    if diarized is not None:
        modes["diarized"] = {"weights" if k == "judge" else k: v for k, v in diarized.items()}
        modes["diarized"]["lookahead"] = two["lookahead"]
    return fields | {"modes": modes}


class Listener:
    """A trained listener. One object may serve any number of streams, in any thread.

    Args:
        graph: bytes of the ONNX file for two channels.
        card: its settings.
        others: bytes of the graphs of other modes, of the same shape, where they have their own.
        threads: of the processor.
    """

    def __init__(
        self,
        graph: bytes,
        card: ListenerCard,
        *,
        others: Mapping[ListenerMode, bytes] | None = None,
        threads: int = 1,
    ) -> None:
        self.card = card
        self._sessions: dict[ListenerMode, Any] = {
            mode: inference_session(data, "The listener", "listen", threads=threads)
            for mode, data in {"two_channel": graph, **(others or {})}.items()
        }

    def __repr__(self) -> str:
        return f"Listener({self.card.id!r}, graphs for {', '.join(self._sessions)})"

    @classmethod
    def load(cls, path: Path | str | None = None, *, threads: int = 1) -> Listener:
        """Load the listener that ships, or one that ``train events`` wrote.

        Args:
            path: of an ``.onnx`` file with its card (same name, ``.json``) beside it, and, where
                other modes have their own, their graphs (``NAME-mixed.onnx``,
                ``NAME-diarized.onnx``).
            threads: of the processor.

        Raises:
            InputError: there is no such listener, or it is damaged.
        """
        if path is None:
            return _shipped(threads)
        file = Path(path)
        try:
            card, graphs = _read(file.with_name, file.stem)
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror}", error.filename or file, reason="unreadable"
            ) from None
        except msgspec.DecodeError as error:
            raise InputError(
                f"is no listener's card: {error}", file.with_suffix(".json"), reason="bad-listener"
            ) from None
        try:
            return cls(graphs.pop("two_channel"), card, others=graphs, threads=threads)
        except MissingExtraError:
            raise
        except Exception as error:  # noqa: BLE001  (onnxruntime has a class for each way to break)
            raise InputError(
                f"is no listener: {str(error).splitlines()[0]}", file, reason="bad-listener"
            ) from None

    def without_silero(self) -> Listener:
        """The same networks, with activity of their own alone, as before Silero had a share."""
        other = copy.copy(self)
        other.card = self.card
        for mode, settings in self.card.modes.items():
            if settings.silero is not None:
                other.card = other.card.replaced(mode, silero=None)
        return other

    def without_levelling(self) -> Listener:
        """The same networks, with the decision of version 0.2 about backchannels: the score of
        `ModeSettings.weights`, in which level takes part.
        """
        other = copy.copy(self)
        other.card = self.card
        for mode, settings in self.card.modes.items():
            if settings.feedback is not None:
                other.card = other.card.replaced(mode, feedback=None, floor_bid=None)
        return other

    def initial_state(self) -> Float32Array:
        """The recurrent state before the first step."""
        return np.zeros((2, 2, self.card.width), np.float32)

    def predict(
        self, mel: Float32Array, state: Float32Array, mode: ListenerMode = "two_channel"
    ) -> tuple[Float32Array, Float32Array]:
        """Run the network over steps of audio.

        Args:
            mel: log-mel steps of the two sides, shape ``(2, steps, 160)`` (`LogMel`); for a mixed
                channel twice the same.
            state: `initial_state`, or what the last call returned.
            mode: how the speakers are on the channels.

        Returns:
            Probabilities, shape ``(2, steps, 7)`` (`ACTIVE`, `FEEDBACK`, `FUTURE`), where activity
            and feedback are those of `ModeSettings.lookahead` steps ago; and the next state.

        Raises:
            ValueError: `mel` has another shape.
        """
        if mel.ndim != 3 or mel.shape[0] != 2 or mel.shape[2] != STACK * BANDS:
            raise ValueError(f"log-mel steps of shape {mel.shape}, expected (2, steps, 160)")
        if mel.shape[1] == 0:
            return np.zeros((2, 0, OUTPUTS), np.float32), state
        session = self._sessions.get(mode, self._sessions["two_channel"])
        flag = np.array([1.0 if mode == "mixed" else 0.0], np.float32)
        found, after = session.run(None, {"mel": mel, "mono": flag, "state": state})
        return found, after


def graph_name(stem: str, mode: ListenerMode) -> str:
    """The file name of a listener's graph for a mode."""
    return f"{stem}.onnx" if mode == "two_channel" else f"{stem}-{mode}.onnx"


def _read(
    locate: Callable[[str], Any], stem: str
) -> tuple[ListenerCard, dict[ListenerMode, bytes]]:
    """The card and the graphs of the modes that have one; `locate` gives a file by its name."""
    graphs: dict[ListenerMode, bytes] = {"two_channel": locate(f"{stem}.onnx").read_bytes()}
    card = decode_card(locate(f"{stem}.json").read_bytes())
    names = {mode: graph_name(stem, mode) for mode in MODES[1:]}
    old = {mode: f"{stem}-{name}.onnx" for name, mode in _OLD_NAMES.items()}
    for mode in MODES[1:]:
        for name in (names[mode], old[mode]):
            if locate(name).is_file():
                graphs[mode] = locate(name).read_bytes()
                break
    return card, graphs


@lru_cache(maxsize=4)
def _shipped(threads: int) -> Listener:
    folder = files("interactspeech.listener").joinpath("data")
    try:
        card, graphs = _read(folder.joinpath, "listener-1")
    except OSError:
        raise InputError(
            "no listener ships with this installation",
            remedy="install the package again, or train one: interactspeech train events",
            reason="no-listener",
        ) from None
    return Listener(graphs.pop("two_channel"), card, others=graphs, threads=threads)


__all__ = [
    "ACTIVE",
    "BINS",
    "FEEDBACK",
    "FUTURE",
    "HALF",
    "MODES",
    "OUTPUTS",
    "RATE",
    "FeedbackDecision",
    "FloorBidDecision",
    "Listener",
    "ListenerCard",
    "ListenerMode",
    "LiveOperatingPoint",
    "ModeSettings",
    "TurnEndDecision",
    "decode_card",
    "graph_name",
]
