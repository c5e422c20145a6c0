"""Counts over many scripts: events per minute, positions of cuts, variety of words.

A script has no times; minutes are those that its words will take, silences and both speakers
included, by their spelling (`lexicon.pace.conversation_minutes`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from interactspeech.lexicon.pace import conversation_minutes
from interactspeech.lexicon.words import bare, sentences
from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    Pause,
    Script,
    Sound,
)

#: Bins of the position of a cut in its sentence.
BINS = 10


@dataclass
class Measures:
    """Sums over the scripts that were added.

    Attributes:
        minutes: of the conversations that the scripts will make.
        marks: counts of parts by name ("interrupt", "backchannel", ...).
        kinds: of interruptions.
        heard: what listeners said.
        openings: first three words of interrupting turns.
        positions: of cuts in their sentence, share of it that is said, in `BINS` bins.
    """

    scripts: int = 0
    turns: int = 0
    words: int = 0
    minutes: float = 0.0
    interrupted: int = 0
    marks: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)
    openings: Counter[str] = field(default_factory=Counter)
    positions: list[int] = field(default_factory=lambda: [0] * BINS)

    def add(self, script: Script) -> None:
        """Count one script."""
        self.scripts += 1
        self.turns += len(script.turns)
        self.interrupted += any(turn.cut for turn in script.turns)
        for index, turn in enumerate(script.turns):
            said = turn.said.split()
            self.words += len(said)
            self.minutes += conversation_minutes([said])
            for part in turn.parts:
                match part:
                    case Interruption(kind, _):
                        self.marks["interrupt"] += 1
                        self.kinds[kind] += 1
                        self._place(said, turn.unsaid.split())
                        reply = script.turns[index + 1 : index + 2]
                        if reply:
                            first = reply[0].said.split()[:3]
                            self.openings[" ".join(map(bare, first))] += 1
                    case Backchannel(_, text):
                        self.marks["backchannel"] += 1
                        self.heard[text] += 1
                    case FailedInterruption():
                        self.marks["attempt"] += 1
                    case Pause():
                        self.marks["pause"] += 1
                    case Overlap():
                        self.marks["overlap"] += 1
                    case Aside():
                        self.marks["aside"] += 1
                    case Sound(sound):
                        self.marks[sound] += 1

    def a_minute(self, mark: str) -> float:
        """How many of these marks there are in a minute of conversation."""
        return self.marks[mark] / self.minutes if self.words else 0.0

    def _place(self, said: list[str], unsaid: list[str]) -> None:
        at = len(said)
        for start, end in sentences(said + unsaid):
            if start < at < end:
                self.positions[min(BINS - 1, BINS * (at - start) // (end - start))] += 1
