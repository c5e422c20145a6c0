"""Meetings with dialogue acts (AMI, ICSI/MRDA): turns, places in them, and what listeners did.

```
X   ...and that is the red one, and it costs forty pounds. So ...
Y                                mm-hm            how much?
    places of X: before each word; one has feedback, one an attempt
```

A place of somebody's turn lies before each of its words but the first, where the speaker goes on
within 3 s. An act of another belongs to the last place whose word before it has ended when the act
begins, at most 1.5 s before it.
"""

from __future__ import annotations

import gzip
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.errors import InputError
from interactspeech.formats import read
from interactspeech.formats.nxt import read_acts
from interactspeech.lexicon.feedback import bare_word, feedback_kind
from interactspeech.lexicon.pace import word_seconds
from interactspeech.scripts.writers.act_features import FEATURES, clause_boundaries, place_features
from interactspeech.scripts.writers.act_model import CLASSES, ActClass

#: Seconds: an act belongs to a boundary that ended at most so long before it, or begins so long
#: after it; the speaker goes on within so long; a turn is one over own silences of so long.
_REACTION, _EARLY, _GOES_ON, _ONE_TURN = 1.5, 0.05, 3.0, 3.0
#: An act of others is an attempt where it is so short and the speaker talks on so long after it.
_ATTEMPT, _TALKS_ON = 1.2, 0.5
#: Words of the longest feedback, and its longest duration (s).
_FEEDBACK_WORDS, _FEEDBACK_SECONDS = 4, 1.5
#: Length of a word by its spelling that half of ICSI's words inside acts are shorter than, and the
#: shortest (s).
_SPOKEN, _SHORTEST = 0.89, 0.02
_SECONDS = re.compile(r"^[0-9]+(\.[0-9]+)?$")

ActRole = Literal["feedback", "floor", "other"]


@dataclass(frozen=True, slots=True)
class MeetingAct:
    """A dialogue act.

    Attributes:
        speaker: who.
        role: feedback, talk that has or wants the floor, or neither (fillers, unmarked).
        tokens: words with punctuation, as a script would write them.
        starts, ends: of the words, seconds.
    """

    speaker: str
    role: ActRole
    tokens: tuple[str, ...]
    starts: tuple[float, ...]
    ends: tuple[float, ...]

    @property
    def start(self) -> float:
        """Onset, seconds."""
        return self.starts[0]

    @property
    def end(self) -> float:
        """End, seconds."""
        return self.ends[-1]


@dataclass(eq=False)
class MeetingPlaces:
    """Places of one meeting where a listener may act: before each word of somebody's turn.

    Attributes:
        name: of the meeting.
        corpus: "AMI" or "MRDA".
        features: shape ``(places, features)``, float32.
        acts: index in `CLASSES` of what a listener did there, shape ``(places,)``.
        clauses: number of the clause that ended last, shape ``(places,)``.
        minutes: of the meeting.
        speakers: how many.
    """

    name: str
    corpus: str
    features: Float32Array
    acts: Int64Array
    clauses: Int64Array
    minutes: float
    speakers: int


def read_ami_acts(folder: Path) -> Iterator[tuple[str, list[MeetingAct]]]:
    """Meetings of AMI in NXT files (words/, dialogueActs/), by name.

    Raises:
        InputError: the folder holds none, or a file is broken.
    """
    acts_of: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.dialog-act.xml")):
        acts_of.setdefault(path.name.split(".")[0], []).append(path)
    if not acts_of:
        raise InputError(
            "holds no *.dialog-act.xml", folder, remedy="name a folder of AMI's manual annotations",
            reason="no-input",
        )  # fmt: skip
    words = sorted(folder.rglob("*.words.xml"))
    for name, paths in acts_of.items():
        found: list[MeetingAct] = []
        mine = [path for path in words if path.name.startswith(f"{name}.")]
        times = _word_times(mine)
        for act in read_acts([*mine, *paths]):
            role: ActRole = "feedback" if act.name == "bck" else "floor"
            if act.name in {"stl", "fra", "oth", ""}:
                role = "other"
            if act.words:
                bounds = act.start / act.rate, act.end / act.rate
                starts, ends = _times_of(act.words, *bounds, times.get(act.speaker, ()))
                # MRDA has no commas: without AMI's, a clause ends alike in both.
                tokens = tuple(word.rstrip(",") or word for word in act.words)
                found.append(MeetingAct(act.speaker, role, tokens, starts, ends))
        yield name, sorted(found, key=lambda act: act.start)


def read_mrda_acts(folder: Path) -> Iterator[tuple[str, list[MeetingAct]]]:
    """Meetings of ICSI/MRDA in database files (*.dadb, *.dadb.gz), by name.

    Raises:
        InputError: the folder holds none.
    """
    paths = sorted([*folder.glob("*.dadb"), *folder.glob("*.dadb.gz")])
    if not paths:
        raise InputError("holds no *.dadb", folder, reason="no-input")
    for path in paths:
        data = path.read_bytes()
        table = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
        found = [act for line in table.splitlines() if (act := _mrda_act(line))]
        yield path.name.split(".")[0], sorted(found, key=lambda act: act.start)


def _mrda_act(line: str) -> MeetingAct | None:
    fields = line.split(",")
    if len(fields) < 8:
        return None
    tokens: list[str] = []
    starts: list[float] = []
    ends: list[float] = []
    for word in fields[4].split("|"):
        start, _, rest = word.partition("+")
        end, _, text = rest.partition("+")
        token = _mrda_word(text)
        if _SECONDS.match(start) and _SECONDS.match(end) and token:
            tokens.append(token)
            starts.append(float(start))
            ends.append(max(float(end), float(start) + 0.01))
    if not tokens:
        return None
    tag = fields[5]
    general = re.split(r"[\^.:|]", tag)[0]
    role: ActRole = "floor"
    if general == "b" or (tag.startswith("s^bk") and len(tokens) <= _FEEDBACK_WORDS):
        role = "feedback"
    elif general in {"", "x", "z", "%", "%-", "%--", "h"} or (
        general in {"fh", "fg"} and "|" not in tag
    ):
        role = "other"
    if general.startswith("q"):
        tokens[-1] += "?"
    elif "%" not in tag:
        tokens[-1] += "."
    return MeetingAct(fields[7], role, tuple(tokens), tuple(starts), tuple(ends))


def _mrda_word(text: str) -> str:
    """A word as a script writes it; "" where there is none.

    MRDA has acronyms as letters ("p_d_a"), words in doubt in angle brackets ("<yeah>"), and words
    that were broken off with a hyphen ("tha-"), as scripts have them: a fragment ends no clause.
    """
    word = text.removeprefix("<").removesuffix(">").replace("_", "").replace("=", "")
    return word if any(letter.isalnum() for letter in word) else ""


def _word_times(paths: Sequence[Path]) -> dict[str, tuple[tuple[float, float], ...]]:
    """Speaker -> start and end of each word, seconds, in order."""
    (dialogue,) = read(paths)
    found: dict[str, list[tuple[float, float]]] = {}
    for utterance in dialogue.utterances:
        found.setdefault(utterance.speaker, []).extend(
            (word.start / dialogue.rate, word.end / dialogue.rate) for word in utterance.words
        )
    return {speaker: tuple(sorted(times)) for speaker, times in found.items()}


def _times_of(
    words: Sequence[str], start: float, end: float, times: Sequence[tuple[float, float]]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Times of an act's words: those of the words file, where they are as many."""
    first = bisect_left(times, (start - 0.005, 0.0))
    inside = [one for one in times[first : first + len(words) + 4] if one[1] <= end + 0.005]
    if len(inside) != len(words):
        return _spread(words, start, end)
    return tuple(one[0] for one in inside), tuple(one[1] for one in inside)


def _spread(
    words: Sequence[str], start: float, end: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    letters = [max(1, len(word)) for word in words]
    total, at = sum(letters), 0
    starts: list[float] = []
    ends: list[float] = []
    for count in letters:
        starts.append(start + (end - start) * at / total)
        at += count
        ends.append(start + (end - start) * at / total)
    return tuple(starts), tuple(ends)


@dataclass
class _HeldTurn:
    """Floor acts of one speaker in a row."""

    speaker: str
    tokens: list[str] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)

    def add(self, act: MeetingAct) -> None:
        self.tokens += act.tokens
        self.starts += act.starts
        self.ends += act.ends


def meeting_places(name: str, corpus: str, acts: Sequence[MeetingAct]) -> MeetingPlaces:
    """Places of a meeting with what listeners did at each; see the module.

    AMI's words last until the next one begins, so that feedback in a pause would belong to the
    place before the last word: there, words end when their spelling says that they do.
    """
    if corpus == "AMI":
        acts = [_as_spoken(act) for act in acts]
    turns = _held_turns(acts)
    rows: list[Float32Array] = []
    clauses: list[int] = []
    #: (end of the word before, turn, number of the place), by time.
    places: list[tuple[float, int, int]] = []
    clause = 0
    for number, turn in enumerate(turns):
        kept = [
            index
            for index in range(1, len(turn.tokens))
            if turn.starts[index] - turn.ends[index - 1] <= _GOES_ON
        ]
        ends = set(clause_boundaries(turn.tokens))
        for index in range(1, len(turn.tokens)):
            clause += index in ends
            if kept and index in kept:
                places.append((turn.ends[index - 1], number, len(clauses)))
                clauses.append(clause)
        clause += 1
        if kept:
            rows.append(np.array(place_features(turn.tokens, kept), np.float32))
    places.sort()
    labels = np.zeros(len(clauses), np.int64)
    _label(acts, turns, places, labels)
    return MeetingPlaces(
        name,
        corpus,
        np.concatenate(rows) if rows else np.zeros((0, len(FEATURES)), np.float32),
        labels,
        np.array(clauses, np.int64),
        (max(act.end for act in acts) - acts[0].start) / 60 if acts else 0.0,
        len({act.speaker for act in acts}),
    )


def _as_spoken(act: MeetingAct) -> MeetingAct:
    """The act with words that end, at the latest, when their spelling says."""
    ends = tuple(
        min(end, start + max(_SHORTEST, _SPOKEN * word_seconds(token)))
        for token, start, end in zip(act.tokens, act.starts, act.ends, strict=True)
    )
    return replace(act, ends=ends)


def _held_turns(acts: Sequence[MeetingAct]) -> list[_HeldTurn]:
    """Stretches of floor acts: a turn goes on until another takes the floor after it."""
    turns: list[_HeldTurn] = []
    open_: dict[str, _HeldTurn] = {}
    holder = ""
    for act in acts:
        if act.role == "feedback":
            continue
        held = open_.get(act.speaker)
        goes_on = (
            held is not None
            and act.start - held.ends[-1] <= _ONE_TURN
            and (holder == act.speaker or act.start - held.ends[-1] <= _ATTEMPT)
        )
        if held is None or not goes_on:
            held = _HeldTurn(act.speaker)
            turns.append(held)
            open_[act.speaker] = held
        held.add(act)
        if act.role == "floor":
            holder = act.speaker
    return turns


def _label(
    acts: Sequence[MeetingAct],
    turns: Sequence[_HeldTurn],
    places: Sequence[tuple[float, int, int]],
    labels: Int64Array,
) -> None:
    """Give each act of a listener to the last place of another's turn before it."""
    ends = [place[0] for place in places]
    for act in acts:
        if act.role == "other":
            continue
        at = bisect_right(ends, act.start + _EARLY) - 1
        while at >= 0 and act.start - ends[at] <= _REACTION:
            _, turn, place = places[at]
            if turns[turn].speaker != act.speaker:
                kind = _class_of(act, turns[turn])
                if kind and not labels[place]:
                    labels[place] = CLASSES.index(kind)
                break
            at -= 1


def _class_of(act: MeetingAct, turn: _HeldTurn) -> ActClass | None:
    """What an act of a listener is for the turn that it is heard in."""
    if act.role == "feedback":
        if len(act.tokens) > _FEEDBACK_WORDS or act.end - act.start > _FEEDBACK_SECONDS:
            return "acknowledgement"
        said = [word for token in act.tokens if (word := bare_word(token))]
        known: dict[str, ActClass] = {"continuer": "continuer", "reaction": "reaction"}
        return known.get(feedback_kind(said) if said else "", "acknowledgement")
    if act.start >= turn.ends[-1] - 0.25:
        return None  # a change of floor without overlap
    talks_on = turn.ends[-1] - act.end
    if act.end - act.start <= _ATTEMPT and talks_on >= _TALKS_ON:
        return "attempt"
    return "interruption" if talks_on < _TALKS_ON else "attempt"


def read_meetings(ami: Path | None, mrda: Path | None) -> list[MeetingPlaces]:
    """Places of all meetings of both corpora, or of one.

    Raises:
        InputError: a folder holds none, or a file is broken.
    """
    found: list[MeetingPlaces] = []
    if ami is not None:
        found += [meeting_places(name, "AMI", acts) for name, acts in read_ami_acts(ami)]
    if mrda is not None:
        found += [meeting_places(name, "MRDA", acts) for name, acts in read_mrda_acts(mrda)]
    return found
