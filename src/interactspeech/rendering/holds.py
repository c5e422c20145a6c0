"""Pauses inside a turn that are held: where they lie, and how the words beside them are spoken.

The engine speaks on across a held pause: punctuation there is taken out of what it is given, so
that the voice does not fall as it does at the end of a sentence, and the silence is made at the
boundary of the two words, after the last one was drawn out. The record keeps the punctuation.

```
script   ... your dealership. And then the light came on.
engine   ... your dealership and then the light came on.
heard    ... your dealer-ship [0.7 s] and then the- [0.4 s] light came on.
```
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interactspeech.lexicon.pace import conversation_minutes
from interactspeech.lexicon.word_classes import word_class
from interactspeech.records import Script, spoken_tokens
from interactspeech.records.script import SILENT_MARKS, SOUND_KINDS
from interactspeech.records.sounds import SOUND_LENGTHS
from interactspeech.rendering.script_lines import SpokenLine
from interactspeech.rendering.settings import PlanSettings
from interactspeech.seeds import generator
from interactspeech.turntaking.timing import Dyad
from interactspeech.turntaking.timing.pause_places import Hold, PausePlaces

__all__ = ["Hold", "draw_holds", "engine_text", "words_before_holds"]

#: Marks at which a speech engine lets the voice fall or stop.
_MARKS = ".,;:?!…—-\"'()"
#: A word's median length over the length that an engine gives it where it speaks on: the words that
#: end phrases are longer (set on hibari's renderings of 60 dialogues of DialogSum).
_RUNNING = {"content word": 1.2, "other function word": 1.1, "discourse word": 1.7}
#: Seconds of silence around a sound that the script asks for.
_AROUND_SOUND = 0.15
#: Words that keep their capital wherever they stand.
_CAPITAL = frozenset({"I", "I'm", "I've", "I'd", "I'll"})


def draw_holds(
    script: Script, lines: Sequence[SpokenLine], dyad: Dyad, *, seed: int, settings: PlanSettings
) -> dict[str, tuple[Hold, ...]]:
    """Line id -> its held pauses, those that the script asks for included, in order of words.

    A pause of the script is made where it stands; one of no given length takes a person's length
    for that place. Draws are keyed by (seed, script id, "holds"). Without `PlanSettings.retime`
    there are none.
    """
    if not settings.retime:
        return {}
    rng = generator(seed, script.id, "holds")
    places = dyad.model.pauses or PausePlaces.human()
    between = dyad.model.pause.between
    turns = [line for line in lines if line.role == "turn"]
    said = [line.tokens[: line.spoken_count] for line in turns]
    wanted = settings.pauses * dyad.pauses_per_minute * conversation_minutes(said)
    per_word = places.rates(said, wanted)
    found: dict[str, tuple[Hold, ...]] = {}
    for line in turns:
        asked = {
            mark.token: mark.seconds
            for mark in line.marks
            if mark.kind in SILENT_MARKS and 0 < mark.token < line.spoken_count
        }
        sounds = {
            mark.token: SOUND_LENGTHS[kind][2] + _AROUND_SOUND
            for mark in line.marks
            for kind in SOUND_KINDS
            if kind == mark.kind
        }
        tokens = line.tokens[: line.spoken_count]
        role = settings.roles.get(script.roles.get(line.speaker, ""))
        holds = places.draw(
            tokens,
            per_word,
            rng,
            taken=tuple(asked),
            effect=dyad.effects["pause"],
            between=between,
        )
        if role is not None and role.pauses < 1:
            holds = [hold for hold in holds if rng.random() < role.pauses]
        for token, seconds in asked.items():
            hold = places.at(tokens, token, rng, effect=dyad.effects["pause"], between=between)
            if seconds is not None:
                hold = hold.lasting(seconds)
            elif token in sounds:  # the silence has to hold the sound
                hold = hold.lasting(max(hold.seconds, sounds[token]))
            holds.append(hold)
        found[line.id] = tuple(sorted(holds, key=lambda hold: hold.token))
    return found


def engine_text(line: SpokenLine, holds: Sequence[Hold]) -> str:
    """What the engine is given for a line: no mark stands at a held pause inside the turn.

    The spoken tokens stay as many as they were.
    """
    if not holds:
        return line.text
    pieces = line.text.split()
    # Index of the piece that holds each spoken token; a dash of its own is no token.
    spoken = [index for index, piece in enumerate(pieces) if spoken_tokens(piece)]
    if sum(len(spoken_tokens(piece)) for piece in pieces) != len(line.tokens) or len(spoken) != len(
        line.tokens
    ):
        return line.text
    for hold in holds:
        before, after = spoken[hold.token - 1], spoken[hold.token]
        pieces[before] = _open(pieces[before])
        for index in range(before + 1, after):
            pieces[index] = ""
        pieces[after] = _continuing(pieces[after], line.tokens[hold.token - 1])
    text = " ".join(piece for piece in pieces if piece)
    return text if len(spoken_tokens(text)) == len(line.tokens) else line.text


def _open(piece: str) -> str:
    """A word without the marks after it; an unfinished word keeps its hyphen."""
    if word_class(piece) == "fragment":
        return piece
    return piece.rstrip(_MARKS.replace("'", "")) or piece


def _continuing(piece: str, last: str) -> str:
    """The first word after a hold, in lower case where only the sentence gave it its capital."""
    opens = last.rstrip("\"')")[-1:] in set(".?!…")
    if not opens or piece in _CAPITAL or not piece[1:].islower():
        return piece
    return piece[0].lower() + piece[1:] if word_class(piece) != "content word" else piece


def words_before_holds(
    tokens: Sequence[str], holds: Sequence[Hold], lengths: Sequence[float]
) -> dict[int, float]:
    """Index of a word -> seconds that it should last: the last word before each held pause.

    Args:
        tokens: of a turn.
        holds: its pauses.
        lengths: seconds of each word as the engine spoke it, shape ``(tokens,)``.
    """
    wanted: dict[int, float] = {}
    for hold in holds:
        index = hold.token - 1
        if word_class(tokens[index]) != "filled pause":
            running = _RUNNING.get(word_class(tokens[index]), 1.0)
            factor = np.clip(hold.stretch * running, 1.0, _most(tokens[index]))
            wanted[index] = float(factor) * lengths[index]
    return wanted


def _most(token: str) -> float:
    """The most that a word is drawn out: short ones bear more before they sound unnatural."""
    return 3.2 if len(token) <= 4 else 2.2
