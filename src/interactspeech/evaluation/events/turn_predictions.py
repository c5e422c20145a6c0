"""The listener's predictions for others' benchmarks of live turn-taking: TurnBench and eot-bench.

- TurnBench (Sesame): for each conversation and speaker, when a live system would commit to an end
  of turn and to an interruption. Here: where `FrameState.end_of_turn` and
  `FrameState.floor_bid` rise above the thresholds of the stream's operating points. A time is that
  by which all sound was heard that the score depends on.
- eot-bench (LiveKit): a class with `predict_batch`, given the user's sound so far; the agent's
  channel is silent.

The rules by which they score are in `evaluation.duplex.turnbench` and `.endpointing`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.turnbench import SpeakerTimes, TurnPrediction, commits
from interactspeech.listener import FrameState, Listener, Stream
from interactspeech.signal.log_mel import RATE, STEP
from interactspeech.signal.recording import Recording

_CHUNK: Final = 8 * RATE
_COLUMNS: Final = ("conversation_id", "speaker_1_audio", "speaker_2_audio")
#: Seconds of the user's sound before which eot-bench's adapter hears nothing: its silences are
#: judged by what is near.
LONGEST: Final = 20.0


class TurnPredictor:
    """Ends of turns and interruptions of conversations, as a live listener commits to them.

    Args:
        listener: the one that ships by default.
        false_alarms: operating point of both scores; TurnBench's budget by default.

    Raises:
        InputError: the listener has no score of ends or bids, or no operating point as strict.
    """

    def __init__(self, listener: Listener | None = None, *, false_alarms: float = 0.1) -> None:
        self._listener = listener or Listener.load()
        settings = self._listener.card.settings("two_channel")
        if settings.floor_bid is None or settings.turn_end is None:
            raise InputError(
                f"the listener {self._listener.card.id!r} has no operating points",
                remedy="use the one that ships, or fit them (bench/fit_floor_bids.py)",
                reason="no-operating-point",
            )
        self._bid = settings.floor_bid.threshold(false_alarms)
        self._end = settings.turn_end.threshold(false_alarms)

    def __call__(self, conversation: str, blocks: Iterable[Float32Array]) -> TurnPrediction:
        """The prediction for a conversation.

        Args:
            conversation: its id.
            blocks: sound at 16 kHz, one after the other, each of shape ``(2, n)``.
        """
        stream = Stream(listener=self._listener)
        ends: list[tuple[float, float]] = []
        bids: list[tuple[float, float]] = []
        for block in blocks:
            for frame in stream(block).frames:
                ends.append(frame.end_of_turn)
                bids.append(frame.floor_bid)
        found = []
        for side in range(2):
            of_side = [np.array([row[side] for row in rows]) for rows in (ends, bids)]
            times = [
                tuple(commits(scores, RATE / STEP, threshold))
                for scores, threshold in zip(of_side, (self._end, self._bid), strict=True)
            ]
            found.append(SpeakerTimes(*times))
        return TurnPrediction(conversation, *found)


def conversations(paths: Sequence[Path]) -> Iterator[tuple[str, Iterator[Float32Array]]]:
    """Conversations by id, each with its sound at 16 kHz in blocks of shape ``(2, n)``.

    Args:
        paths: recordings of two channels, whose names are the ids; folders of them; and the data
            set's Parquet files, with the columns ``conversation_id``, ``speaker_1_audio`` and
            ``speaker_2_audio`` (``{"bytes": ..., "path": ...}``, as the Hugging Face Hub has them).

    Raises:
        InputError: a file that cannot be read, has no two channels, or not these columns.
    """
    from interactspeech.signal.decoders import find_audio

    for path in paths:
        if path.is_dir():
            tables = sorted(path.rglob("*.parquet"))
            files = tables or find_audio(path)[0]
            if not files:
                raise InputError("holds no audio", path, reason="no-audio")
            yield from conversations(files)
        elif path.suffix == ".parquet":
            yield from _of_table(path)
        else:
            yield path.stem, _of_file(path)


def _of_file(path: Path) -> Iterator[Float32Array]:
    with Recording.open([path], rate=RATE) as recording:
        if recording.channels != 2:
            raise InputError(
                f"has {recording.channels} channel(s), expected a speaker on each of two", path,
                reason="one-channel",
            )  # fmt: skip
        yield from (block for _, block in recording.blocks(_CHUNK))


def _of_table(path: Path) -> Iterator[tuple[str, Iterator[Float32Array]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path)
        missing = [name for name in _COLUMNS if name not in table.schema_arrow.names]
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"cannot be read: {str(error).splitlines()[0]}", path, reason="unreadable"
        ) from None
    if missing:
        raise InputError(f"has no column {missing[0]!r}", path, reason="bad-annotation")
    for batch in table.iter_batches(batch_size=1, columns=list(_COLUMNS)):
        row = batch.to_pylist()[0]
        name = str(row["conversation_id"])
        sides = [_decoded(row[column], name, path) for column in _COLUMNS[1:]]
        length = max(len(side) for side in sides)
        sound = np.stack([np.pad(side, (0, length - len(side))) for side in sides])
        yield name, _blocks(sound)


def _blocks(sound: Float32Array) -> Iterator[Float32Array]:
    for first in range(0, sound.shape[1], _CHUNK):
        yield sound[:, first : first + _CHUNK]


def _decoded(cell: Any, name: str, path: Path) -> Float32Array:
    """The sound in a cell, one channel at 16 kHz."""
    import soundfile
    import soxr

    data = cell.get("bytes") if isinstance(cell, dict) else cell
    if not isinstance(data, bytes):
        raise InputError(f"conversation {name!r} has no sound", path, reason="no-audio")
    try:
        sound, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"the sound of conversation {name!r} cannot be read: {error}", path, reason="not-audio"
        ) from None
    mono = sound.mean(axis=1)
    return np.asarray(mono if rate == RATE else soxr.resample(mono, rate, RATE), np.float32)


class EotBenchAdapter:
    """The listener for eot-bench (`eot_harness`), which asks every 100 ms of a silence.

    Args:
        model: a listener's file in place of the one that ships.
    """

    display_name = "interactspeech listener (silent agent)"

    def __init__(self, *, model: str | None = None) -> None:
        self._listener = Listener.load(model)
        self.adapter_id = f"interactspeech/{self._listener.card.id}"

    def supports_language(self, lang_code: str) -> bool:
        """English, which it was trained on."""
        return lang_code.split("-", maxsplit=1)[0].lower() == "en"

    def predict_batch(self, batch: Sequence[dict[str, Any]]) -> list[float]:
        """How likely the user's turn is over at the end of each item's sound.

        Args:
            batch: items with ``audio``: ``{"array": (n,), "sampling_rate": ...}``, the user's sound
                up to the moment that is asked about.
        """
        return [self._score(item["audio"]) for item in batch]

    def _score(self, audio: dict[str, Any]) -> float:
        import soxr

        array, rate = np.asarray(audio["array"], np.float32), int(audio["sampling_rate"])
        if array.ndim != 1 or rate < 1000:
            raise InputError(
                f"sound of shape {array.shape} at {rate} Hz, expected (n,) at 1000 Hz or more",
                reason="bad-shape",
            )
        user = array[-round(LONGEST * rate) :]
        user = user if rate == RATE else np.asarray(soxr.resample(user, rate, RATE), np.float32)
        frames: tuple[FrameState, ...] = Stream(listener=self._listener)(
            np.stack((user, np.zeros_like(user)))
        ).frames
        return float(frames[-1].end_of_turn[0]) if frames else 0.0


__all__ = ["LONGEST", "EotBenchAdapter", "TurnPredictor", "conversations"]
