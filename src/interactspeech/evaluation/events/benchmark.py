"""Benchmarks of interaction events, made from any corpus: questions about clips, and timelines.

```
benchmark/
  benchmark.json    what it is: conditions, seed, where it comes from
  dialogues.jsonl   records with their true events, one a line
  questions.jsonl   Task A: does a backchannel / interruption / gap / pause occur in this clip?
  audio/*.flac      16 kHz; a channel a speaker, or one channel ("mono")
```

Questions are balanced: for each clip in which an event occurs there is one of the same length, from
the same corpus, in which it does not; half of those are hard negatives: they hold something that is
easily mistaken for the event. A pause is silent here: a filled one ("um") is talk, and is known by
its words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Int64Array
from interactspeech.atomic_files import remove_abandoned, replacing, write_file
from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Event, decode, encode
from interactspeech.records.clock import at_rate as on_clock
from interactspeech.seeds import generator
from interactspeech.turntaking import DEFAULT, Candidates, RuleSet, Timeline, annotate
from interactspeech.turntaking.backchannel_decision import feedback_decision, feedback_rules

Asked = Literal["backchannel", "interruption", "gap", "pause"]

ASKED: Final[tuple[Asked, ...]] = ("backchannel", "interruption", "gap", "pause")
RATE: Final = 16_000
#: Clip lengths in seconds, and how far from its edges an event must stay (or its absence reach).
_LENGTHS: Final = (4.0, 12.0)
_MARGIN: Final = 0.4


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question of Task A.

    Attributes:
        id: of the question.
        dialogue: whose audio it is about.
        start, end: of the clip, samples at 16 kHz.
        event: which is asked for.
        answer: whether it occurs.
        hard: a "no" whose clip holds what is easily taken for the event.
    """

    id: str
    dialogue: str
    start: int
    end: int
    event: Asked
    answer: bool
    hard: bool = False


class BenchmarkManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a benchmark is.

    Attributes:
        name: of the benchmark.
        channels: 2 for a channel a speaker, 1 for both on one.
        condition: what was done to the sound ("clean", "telephone", ...).
        seed: of questions and conditions.
        sources: names of the corpora.
        dialogues, seconds, questions: how much there is.
    """

    name: str
    channels: int
    condition: str
    seed: int
    sources: tuple[str, ...]
    dialogues: int
    seconds: float
    questions: int
    version: int = 1


@dataclass(frozen=True)
class Case:
    """A dialogue of a benchmark: its record at 16 kHz, with true events, and its audio."""

    dialogue: Dialogue
    path: Path

    def audio(self, start: int = 0, end: int | None = None) -> Float32Array:
        """Samples, shape ``(channels, end - start)``.

        Raises:
            InputError: the file is missing or damaged.
        """
        import soundfile

        try:
            samples, _ = soundfile.read(
                self.path, start=start, stop=end, dtype="float32", always_2d=True
            )
        except (soundfile.LibsndfileError, OSError) as error:
            raise InputError(f"cannot be read: {error}", self.path, reason="unreadable") from None
        return np.ascontiguousarray(samples.T)


class Benchmark:
    """A benchmark on disk."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        try:
            self.manifest = msgspec.json.decode(
                (self.folder / "benchmark.json").read_bytes(), type=BenchmarkManifest
            )
            lines = (self.folder / "questions.jsonl").read_bytes().splitlines()
            self.questions = tuple(msgspec.json.decode(line, type=Question) for line in lines)
            records = (self.folder / "dialogues.jsonl").read_bytes().splitlines()
        except (OSError, msgspec.DecodeError) as error:
            raise InputError(
                f"is no benchmark: {error}",
                self.folder,
                remedy="make one with: interactspeech evaluate events make",
                reason="bad-benchmark",
            ) from None
        self.cases = {
            d.id: Case(d, self.folder / "audio" / f"{d.id}.flac")
            for d in (decode(line, self.folder / "dialogues.jsonl") for line in records)
        }

    def require_two(self) -> None:
        """Refuse one channel, for what is asked of each speaker's own.

        Raises:
            InputError: both speakers are on one channel.
        """
        if self.manifest.channels == 1:
            raise InputError(
                "has one channel for all speakers, and a channel a speaker is needed",
                self.folder,
                remedy="make one without --mono, or measure this one with "
                "`interactspeech evaluate events run`",
                reason="one-channel",
            )


#: Takes tracks at 16 kHz, shape (2, n), and a seed and an id; gives what microphones would hear.
Condition = Callable[[Float32Array, int, str], Float32Array]


def make(
    dialogues: Iterable[tuple[Dialogue, Float32Array]],
    folder: Path | str,
    *,
    name: str,
    mono: bool = False,
    condition: Condition | None = None,
    condition_name: str = "clean",
    questions: int = 200,
    seed: int = 0,
    sources: Sequence[str] = (),
) -> BenchmarkManifest:
    """Write a benchmark.

    Args:
        dialogues: records with their audio, shape ``(channels, n)`` at the record's rate.
        folder: to write.
        name: of the benchmark.
        mono: put all speakers on one channel.
        condition: what happens to the tracks before that.
        condition_name: what to call it.
        questions: at most so many, a quarter for each event, half of them "yes".
        seed: of everything random.
        sources: where the dialogues come from.

    Raises:
        InputError: there is nothing to make a benchmark of.
    """
    import soundfile

    folder = Path(folder)
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder / "audio")
    kept: list[Dialogue] = []
    for dialogue, samples in dialogues:
        record = at_rate(dialogue, RATE)
        events, rules = true_events(record)
        record = msgspec.structs.replace(
            record,
            events=tuple(e for e in events if not e.is_filled_pause),
            rule_sets={rules.id: rules.to_dict()},
        )
        sound = _at_rate(samples, dialogue.rate, record.length)
        if condition is not None:
            sound = condition(sound, seed, dialogue.id)
        if mono:
            sound = sound.sum(axis=0, keepdims=True)
            sound /= max(1.0, float(np.abs(sound).max(initial=0.0)))
        with replacing(folder / "audio" / f"{record.id}.flac", sweep=False, sync=False) as part:
            soundfile.write(part, sound.T, RATE, subtype="PCM_16", format="FLAC")
        kept.append(record)
    if not kept:
        raise InputError("no dialogues to make a benchmark of", reason="nothing-to-measure")
    asked = draw_questions(kept, questions, seed)
    write_file(folder / "dialogues.jsonl", b"".join(encode(d) + b"\n" for d in kept))
    write_file(folder / "questions.jsonl", b"".join(msgspec.json.encode(q) + b"\n" for q in asked))
    manifest = BenchmarkManifest(
        name=name,
        channels=1 if mono else 2,
        condition=condition_name,
        seed=seed,
        sources=tuple(sources),
        dialogues=len(kept),
        seconds=round(sum(d.seconds for d in kept), 1),
        questions=len(asked),
    )
    write_file(folder / "benchmark.json", msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def from_corpus(folder: Path | str, where: str = "") -> Iterator[tuple[Dialogue, Float32Array]]:
    """Two-speaker dialogues of a corpus with their tracks, for `make`."""
    corpus = Corpus.open(folder)
    for item in corpus.select(where) if where else corpus:
        if item.has_audio and len(item.dialogue.speakers) == 2:
            yield item.dialogue, item.audio()


def draw_questions(
    dialogues: Sequence[Dialogue],
    count: int,
    seed: int,
    doubtful: Mapping[str, Sequence[Event]] | None = None,
) -> list[Question]:
    """Balanced questions about dialogues whose `events` are true.

    For each kind of event up to ``count / 8`` clips with it, spread over the dialogues, and as many
    of the same lengths without it. Where either side has too few, both have what there is.

    Args:
        dialogues: with their events.
        count: of questions, at most.
        seed: of the draws.
        doubtful: for a dialogue (its id) events that may or may not be: no clip is said to be
            without such an event where one may be.
    """
    asked: list[Question] = []
    for event in ASKED:
        rng = generator(seed, "questions", event)
        facts = {d.id: _EventPlaces(d, event, (doubtful or {}).get(d.id, ())) for d in dialogues}
        order = [dialogues[i] for i in rng.permutation(len(dialogues))]
        yes = _positives(order, facts, count // 8, rng)
        no: list[tuple[str, int, int, bool]] = []
        matched: list[tuple[str, int, int]] = []
        for number, clip in enumerate(yes):
            length = clip[2] - clip[1]
            found = _negative(order, facts, length, no, rng, hard=number % 2 == 0)
            if found is not None:
                no.append(found)
                matched.append(clip)
        rows = [(*clip, True, False) for clip in matched]
        rows += [(name, start, end, False, hard) for name, start, end, hard in no]
        asked += [
            Question(f"{event}-{i:04d}", name, start, end, event, answer, hard)
            for i, (name, start, end, answer, hard) in enumerate(rows)
        ]
    return asked


class _EventPlaces:
    """Where one kind of event is in one dialogue, and where something like it is."""

    def __init__(self, dialogue: Dialogue, event: Asked, doubtful: Sequence[Event] = ()) -> None:
        self.length = dialogue.length
        self.events = _spans(e for e in dialogue.events if e.type == event)
        self.possible = _spans(e for e in (*dialogue.events, *doubtful) if e.type == event)
        self.like = _spans(_decoys(dialogue, event))

    def touches(self, start: int, end: int) -> bool:
        rows = self.possible
        return bool(np.any((rows[:, 0] < end) & (rows[:, 1] >= start)))

    def tempting(self, start: int, end: int) -> bool:
        rows = self.like
        return bool(np.any((rows[:, 0] >= start) & (rows[:, 1] <= end)))


def _decoys(dialogue: Dialogue, event: Asked) -> Iterator[Event]:
    """What could be taken for an event: short talk and talk over talk for a backchannel, overlap
    that is no interruption, the other kind of silence.
    """
    if event in {"gap", "pause"}:
        other = "pause" if event == "gap" else "gap"
        yield from (e for e in dialogue.events if e.type == other)
        return
    if event == "interruption":
        yield from (e for e in dialogue.events if e.type == "overlap")
        return
    yield from (e for e in dialogue.events if e.type in {"interruption", "terminal_overlap"})
    yield from (e for e in dialogue.events if e.type == "turn" and e.end - e.start <= dialogue.rate)


def _spans(events: Iterable[Event]) -> Int64Array:
    return np.array([(e.start, e.end) for e in events], np.int64).reshape(-1, 2)


def _positives(
    order: Sequence[Dialogue], facts: dict[str, _EventPlaces], wanted: int, rng: np.random.Generator
) -> list[tuple[str, int, int]]:
    """Clips with an event well inside, one from each dialogue in turn."""
    margin = round(_MARGIN * RATE)
    queues = {
        d.id: [facts[d.id].events[i] for i in rng.permutation(len(facts[d.id].events))]
        for d in order
    }
    found: list[tuple[str, int, int]] = []
    while len(found) < wanted and any(queues.values()):
        for dialogue in order:
            if not queues[dialogue.id] or len(found) >= wanted:
                continue
            start, end = (int(x) for x in queues[dialogue.id].pop())
            length = round(rng.uniform(*_LENGTHS) * RATE)
            least, most = end + margin - length, start - margin
            least, most = max(0, least), min(most, facts[dialogue.id].length - length)
            if least <= most:
                at = int(rng.integers(least, most + 1))
                found.append((dialogue.id, at, at + length))
    return found


def _negative(
    order: Sequence[Dialogue],
    facts: dict[str, _EventPlaces],
    length: int,
    taken: Sequence[tuple[str, int, int, bool]],
    rng: np.random.Generator,
    *,
    hard: bool,
) -> tuple[str, int, int, bool] | None:
    """A clip of a length without the event, hard if there is one and it is wanted."""
    margin = round(_MARGIN * RATE)
    second: tuple[str, int, int, bool] | None = None
    for _ in range(400):
        dialogue = order[int(rng.integers(len(order)))]
        fact = facts[dialogue.id]
        if fact.length < length:
            continue
        at = int(rng.integers(0, fact.length - length + 1))
        if fact.touches(at - margin, at + length + margin):
            continue
        if any(name == dialogue.id and abs(at - start) < RATE for name, start, _, _ in taken):
            continue
        tempting = fact.tempting(at, at + length)
        if tempting or not hard:
            return dialogue.id, at, at + length, tempting
        second = second or (dialogue.id, at, at + length, tempting)
    return second


def at_rate(dialogue: Dialogue, rate: int) -> Dialogue:
    """The record on another clock (without its events, which follow from the rest)."""
    plain = msgspec.structs.replace(dialogue, events=(), rule_sets={})
    if dialogue.rate == rate:
        return plain
    return msgspec.structs.replace(on_clock(plain, rate), tracks=())


def _at_rate(samples: Float32Array, rate: int, length: int) -> Float32Array:
    import soxr

    if rate != RATE:
        samples = np.asarray(soxr.resample(samples.T, rate, RATE), np.float32).T
    samples = samples[:, :length]
    return np.pad(samples, ((0, 0), (0, length - samples.shape[1])))


def true_events(dialogue: Dialogue, rules: RuleSet = DEFAULT) -> tuple[tuple[Event, ...], RuleSet]:
    """The reference events of a dialogue, and the rule set that they name.

    The timing of the record is exact. Where it says which utterances are backchannels (a generated
    or labelled dialogue), that decides; otherwise the decision fitted on human labels does, from
    words and timing.
    """
    if any(u.kind != "turn" for u in dialogue.utterances):
        named = msgspec.structs.replace(rules, id=f"{rules.id}+record", backchannel="record")
        return annotate(dialogue, named, backchannel=labelled_kinds_decision(dialogue)), named
    named = feedback_rules(rules)
    return annotate(dialogue, named, backchannel=feedback_decision), named


class _LabelledKinds:
    """A decision from the kinds of a record's utterances: see `labelled_kinds_decision`."""

    def __init__(self, timeline: Timeline) -> None:
        self._said = {
            i: np.array(
                [
                    (u.start, u.end, u.kind == "backchannel")
                    for u in timeline.utterances.get(name, ())
                ],
                np.int64,
            ).reshape(-1, 3)
            for i, name in enumerate(timeline.speakers)
        }

    def __call__(self, candidates: Candidates) -> BoolArray:
        c = candidates
        decided = np.zeros(len(c), np.bool_)
        for i, (s, start, end) in enumerate(zip(c.speaker, c.start, c.end, strict=True)):
            said = self._said[int(s)]
            inside = said[(said[:, 0] < end) & (said[:, 1] > start)]
            decided[i] = len(inside) > 0 and bool(inside[:, 2].all())
        return decided


def labelled_kinds_decision(dialogue: Dialogue) -> _LabelledKinds:
    """The decision by which talk is a backchannel if all utterances in it are."""
    return _LabelledKinds(Timeline.of(dialogue))
