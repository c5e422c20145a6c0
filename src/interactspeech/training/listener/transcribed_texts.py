"""Transcribed conversations as plain text dialogues, to be synthesised for training.

A listener needs everyday speech in training, not only written dialogue. This takes any conversation
with words (the formats of docs/formats.md), drops backchannels (the script writer inserts its own),
and cuts the turns into dialogues of a few turns each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from interactspeech.lexicon.feedback import bare_word, feedback_kind
from interactspeech.records import Dialogue, PlainDialogue, PlainTurn

#: A token that a voice can say: letters with inner apostrophes or hyphens, and closing punctuation.
_SPEAKABLE = re.compile(r"^[\"'(]*[A-Za-z][A-Za-z'\u2019]*(?:-[A-Za-z']+)*[\"')]*[.,?!;:]*$")
#: Tags of transcribers, with what they enclose where that was not understood.
_TAGS = re.compile(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)")
_LONGEST = 40  # words; people go on for longer, but a dialogue should change hands


def plain_dialogues(
    dialogue: Dialogue, *, corpus: str, licence: str, turns: int = 14, least: int = 4
) -> Iterator[PlainDialogue]:
    """Plain dialogues of `turns` turns each, from the words of a conversation.

    Utterances are taken in order of their start; consecutive ones of one speaker are joined; those
    that are feedback only, or hold nothing that can be spoken, are left out. With more than two
    speakers every change of speaker becomes a change between A and B.

    Args:
        dialogue: with words, or with utterances whose text is in `Utterance.written`.
        corpus: what the texts' provenance names as their source.
        licence: likewise.
        turns: of one dialogue.
        least: dialogues of fewer turns are left out.
    """
    merged: list[tuple[str, list[str]]] = []
    for utterance in sorted(dialogue.utterances, key=lambda u: (u.start, u.end)):
        words = speakable(utterance.text or utterance.written)
        if not words or feedback_kind(words):
            continue
        if merged and merged[-1][0] == utterance.speaker:
            if len(merged[-1][1]) + len(words) <= _LONGEST:
                merged[-1][1].extend(words)
            continue
        merged.append((utterance.speaker, words[:_LONGEST]))
    for number, first in enumerate(range(0, len(merged), turns)):
        piece = merged[first : first + turns]
        if len(piece) < least:
            continue
        yield PlainDialogue(
            id=f"{dialogue.id}-{number:03d}",
            turns=tuple(PlainTurn("AB"[i % 2], _written(w)) for i, (_, w) in enumerate(piece)),
            corpus=corpus,
            licence=licence,
        )


def speakable(text: str) -> list[str]:
    """The tokens of a transcript that a voice can say: no tags, no broken-off words.

    >>> speakable("Um, I th- I think <laugh> it's (inaudible) f- fine.")
    ['Um,', 'I', 'I', 'think', "it's", 'fine.']
    """
    tokens = _TAGS.sub(" ", text.replace("_", " ")).split()
    return [t for t in tokens if _SPEAKABLE.match(t) and bare_word(t)]


def _written(words: list[str]) -> str:
    text = " ".join(words)
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else text.rstrip(",;:") + "."
