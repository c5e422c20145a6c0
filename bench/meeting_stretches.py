"""Stretches of meetings: their text as a writer of dialogues gets it, and how people said it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interactspeech.formats import read
from interactspeech.lexicon.normalization import normalize_text
from interactspeech.lexicon.word_classes import word_class
from interactspeech.records import Dialogue, PlainDialogue, PlainTurn
from interactspeech.training.acts.meetings import MeetingAct
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.annotator import analyse
from interactspeech.turntaking.timeline import WordTrack

#: Speakers of a text.
FEWEST, MOST = 3, 5
#: AMI's annotators gave pauses inside a segment to the words: of the own silences between its words
#: 1 % (16 meetings: 1 to 4 %) are shorter than this, of ICSI's 83 %.
AMI_PAUSE = 1.0
#: Meetings of AMI that are fitted on; all others are measured on.
AMI_FITTED = ("ES2002", "EN")
_STRANGE = re.compile(r"[^a-zA-Z' .,?!-]")


@dataclass(frozen=True)
class Stretch:
    """So many seconds of a meeting.

    Attributes:
        text: what was said, a turn after the other.
        timeline: when it was said, by all who talked.
    """

    text: PlainDialogue
    timeline: Timeline


def fitted_on(name: str) -> bool:
    """Whether a meeting of AMI is one of those that are fitted on."""
    return name.startswith(AMI_FITTED)


def ami_dialogues(folder: Path) -> dict[str, Dialogue]:
    """Meeting -> dialogue, of all words files."""
    words = sorted(folder.rglob("*.words.xml"))
    names = sorted({path.name.split(".")[0] for path in words})
    return {
        name: read([path for path in words if path.name.startswith(f"{name}.")])[0]
        for name in names
    }


def floor_acts(acts: list[MeetingAct]) -> list[MeetingAct]:
    """Acts that have or want the floor, less those of one or two words over another's talk."""
    floor = [act for act in acts if act.role == "floor"]
    return [
        act
        for act in floor
        if len(act.tokens) > 2
        or not any(
            other.speaker != act.speaker and other.start < act.end and act.start < other.end
            for other in floor
        )
    ]


def stretches(
    name: str, acts: list[MeetingAct], timeline: Timeline, seconds: float
) -> Iterator[Stretch]:
    """Stretches of a meeting in which three to five have a turn.

    Feedback that people gave is not in the text, nor are words that they broke off: a text has
    none, and its writer adds them.
    """
    windows: dict[int, list[tuple[str, str]]] = {}
    for act in floor_acts(acts):
        whole = [token for token in act.tokens if word_class(token) != "fragment"]
        said = normalize_text(_STRANGE.sub("", " ".join(whole)))
        if not said:
            continue
        said = said[0].upper() + said[1:]
        if said[-1] not in ".?!":
            said += "."
        turns = windows.setdefault(int(act.start // seconds), [])
        if turns and turns[-1][0] == act.speaker:
            turns[-1] = act.speaker, f"{turns[-1][1]} {said}"
        else:
            turns.append((act.speaker, said))
    for number, turns in windows.items():
        ids = dict(zip(dict.fromkeys(who for who, _ in turns), "ABCDEFGH", strict=False))
        if FEWEST <= len(ids) <= MOST:
            text = PlainDialogue(
                f"{name}-{number}", tuple(PlainTurn(ids[who], said) for who, said in turns)
            )
            end = min((number + 1) * seconds, timeline.seconds)
            yield Stretch(text, cropped(timeline, number * seconds, end))


def several_talk(timeline: Timeline, seconds: float) -> list[Timeline]:
    """Stretches of a meeting in which three to five say more than feedback."""
    found = []
    for number in range(int(timeline.seconds // seconds)):
        part = cropped(timeline, number * seconds, (number + 1) * seconds)
        if FEWEST <= len(set(analyse(part)[1].speaker.tolist())) <= MOST:
            found.append(part)
    return found


def cropped(timeline: Timeline, start: float, end: float) -> Timeline:
    """What lies between two times in seconds, of those who talk there."""
    low, high = int(start * timeline.rate), int(end * timeline.rate)
    activity: dict[str, np.ndarray] = {}
    words: dict[str, WordTrack] = {}
    for name, rows in timeline.activity.items():
        inside = np.clip(rows, low, high) - low
        inside = inside[inside[:, 1] > inside[:, 0]]
        if not len(inside):
            continue
        activity[name] = inside
        track = timeline.words.get(name)
        if track is not None:
            middle = track.times.mean(axis=1)
            keep = (middle >= low) & (middle < high)
            texts = tuple(np.array(track.texts, object)[keep].tolist())
            words[name] = WordTrack(
                texts, np.clip(track.times[keep], low, high) - low, track.fragment[keep]
            )
    return Timeline(timeline.rate, high - low, activity, words)


def annotated_as_ami(timeline: Timeline) -> Timeline:
    """The timeline as AMI's annotators would have had it: own silences shorter than `AMI_PAUSE` are
    given to the words before them.
    """
    longest = int(AMI_PAUSE * timeline.rate)
    activity: dict[str, np.ndarray] = {}
    words: dict[str, WordTrack] = {}
    for name, rows in timeline.activity.items():
        apart = rows[1:, 0] - rows[:-1, 1] >= longest
        starts = rows[np.append([True], apart)[: len(rows)], 0]
        ends = rows[np.append(apart, [True])[: len(rows)], 1]
        activity[name] = np.column_stack((starts, ends))
        track = timeline.words.get(name)
        if track is not None:
            times = track.times.copy()
            gap = times[1:, 0] - times[:-1, 1]
            close = (gap > 0) & (gap < longest)
            times[:-1, 1][close] = times[1:, 0][close]
            words[name] = WordTrack(track.texts, times, track.fragment)
    return Timeline(timeline.rate, timeline.length, activity, words)
