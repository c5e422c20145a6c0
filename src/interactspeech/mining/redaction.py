"""Names and numbers out of a clip: a tone over the sound, a placeholder in the text.

It looks for what is written like a name or a number, so it needs words with capital letters, as
recognisers and most transcribers write them. Where it is not sure it takes a word out: a sentence
that begins with an unusual word loses it. It is a help, not a promise: a recogniser that mishears a
name writes down something else. Whoever must be sure listens.

Spoken letters and digits are taken as numbers from two in a row, small numbers alone are not ("the
two of us").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.lexicon.feedback import bare_word
from interactspeech.records import Dialogue, Samples, Utterance
from interactspeech.signal.intervals import runs

Kind = Literal["name", "number"]

#: A tone of 1 kHz, 20 dB under full scale, faded in 5 ms.
_HERTZ, _LEVEL, _FADE = 1000.0, 0.1, 0.005
#: Seconds that are taken out on either side of a word, by how its times are known.
_PAD = {"human": 0.05, "engine": 0.05, "aligned": 0.08, "recognised": 0.15, "estimated": 0.5}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DIGITS = _words("zero oh o one two three four five six seven eight nine double triple")
_LARGE = _words(
    """ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty
    forty fifty sixty seventy eighty ninety hundred thousand million billion"""
)
#: Capitalised words that are not names of persons or places.
_NO_NAMES = _words(
    """i i'm i'll i'd i've ok okay monday tuesday wednesday thursday friday saturday sunday january
    february march april may june july august september october november december christmas
    easter english god internet tv mr mrs ms dr"""
)
#: Words that sentences begin with; one that is not here, and not written small elsewhere in the
#: clip, may be a name.
_STARTERS = _words(
    """a about absolutely actually after again ah aha all alright also although always am an and
    another any anyway anyways are as ask at awesome basically be because been before being
    besides both but by bye can can't come cool could couldn't 'cause cause definitely did
    didn't do does doesn't don't down each either em er erm even ever every everybody everyone
    everything exactly excuse fine first five for four from fun get give go good gosh got
    great ha had hadn't has hasn't have haven't having he he'd he'll he's hello her here
    here's hey hi him his hm hmm how how's however huh if in indeed instead is isn't it it'd
    it'll it's its just kind last later let let's like listen little look lots lovely made
    make many maybe me mean mhm mm mmm more most mostly much my nah never nice no nobody nope
    nor not nothing now of off oh on once one only or other otherwise our out over people
    perfect perhaps please plus pretty probably quite rather really right same say see
    seriously several she she'd she'll she's should shouldn't since so some somebody someone
    something sometimes somewhat soon sorry still stop such suddenly super sure take tell ten
    thank thanks that that'd that'll that's the their them then there there'd there's
    therefore these they they'd they'll they're they've thing things think this those though
    three through till to today together tomorrow tonight too totally true try two uh uhm
    uhhuh uh-huh um under unfortunately unless until up us usually very wait was wasn't we
    we'd we'll we're we've well were weren't what what're what's whatever when whenever where
    where's whether which while who who's whoever whose why will with without won't wonderful
    would wouldn't wow yay yeah yep yes yesterday yet you you'd you'll you're you've your
    yours yup"""
)


def redacted(dialogue: Dialogue, samples: Samples) -> tuple[Dialogue, Samples]:
    """A clip without names and numbers.

    Args:
        dialogue: with words.
        samples: shape ``(channels, dialogue.length)``; the tone goes on every channel, for voices
            are audible on each other's.

    Raises:
        InputError: there are words, and not one capital letter in them: names cannot be found.
    """
    masked, spans = without_names(dialogue)
    samples = samples.copy()
    for start, end in spans:
        bleep(samples, start, end, dialogue.rate)
    return masked, samples


def without_names(dialogue: Dialogue) -> tuple[Dialogue, list[tuple[int, int]]]:
    """A dialogue whose names and numbers are placeholders, and the samples in which they are said.

    Raises:
        InputError: there are words, and not one capital letter in them: names cannot be found.
    """
    words = [word.text for u in dialogue.utterances for word in u.words]
    if len(words) > 20 and not any(text[:1].isupper() and bare_word(text) != "i" for text in words):
        raise InputError(
            "names cannot be found: the words are written without capital letters",
            remedy="recognise the words (without the transcript), or do without --redact",
            reason="no-capitals",
        )
    small = frozenset(bare_word(text) for text in words if text[:1].islower())
    spans: list[tuple[int, int]] = []
    utterances = []
    for utterance in dialogue.utterances:
        kinds = find(utterance, small)
        if any(kinds):
            pad = round(_PAD.get(utterance.times, 0.15) * dialogue.rate)
            spans += [
                (max(start, 0), min(end, dialogue.length))
                for start, end in _stretches(utterance, kinds, pad)
            ]
            words_now = tuple(
                word if kind is None else msgspec.structs.replace(word, text=f"[{kind}]")
                for word, kind in zip(utterance.words, kinds, strict=True)
            )
            utterance = msgspec.structs.replace(utterance, words=words_now, written="")  # noqa: PLW2901
        utterances.append(utterance)
    return msgspec.structs.replace(dialogue, utterances=tuple(utterances)), spans


def find(utterance: Utterance, small: frozenset[str] = frozenset()) -> list[Kind | None]:
    """For each word of an utterance what is to be taken out of it.

    Args:
        utterance: its words are looked at.
        small: words that are written small elsewhere: no names where they begin a sentence.
    """
    texts = [word.text for word in utterance.words]
    plain = [bare_word(text) for text in texts]
    kinds: list[Kind | None] = [None] * len(texts)
    for place, (text, word) in enumerate(zip(texts, plain, strict=True)):
        if any(c.isdigit() for c in text) or word in _LARGE:
            kinds[place] = "number"
        elif "@" in text or _is_name(text, word, texts[place - 1] if place else "", small):
            kinds[place] = "name"
    spelled = [
        word in _DIGITS or word in _LARGE
        or (len(word) == 1 and (word not in ("a", "i") or text[:1] == "A"))
        for text, word in zip(texts, plain, strict=True)
    ]  # fmt: skip
    for start, end in runs(np.asarray(spelled, np.bool_)).tolist():
        if end - start > 1:
            kinds[start:end] = ["number"] * (end - start)
    return kinds


def _is_name(text: str, word: str, before: str, small: frozenset[str]) -> bool:
    letters = text.lstrip("\"'([")
    if not letters[:1].isupper() or word in _NO_NAMES or len(word) < 2:
        return False
    if not before or before.rstrip("\"')]").endswith((".", "?", "!", "…", "-", ":")):
        return word not in _STARTERS and word not in small and not _inflected(word, small)
    return word not in _STARTERS


def _inflected(word: str, small: frozenset[str]) -> bool:
    stem = word.partition("'")[0]
    return stem in small or stem in _STARTERS


def _stretches(
    utterance: Utterance, kinds: Sequence[Kind | None], pad: int
) -> list[tuple[int, int]]:
    """What is bleeped: whole runs of words, with a pad on either side."""
    return [
        (utterance.words[a].start - pad, utterance.words[b - 1].end + pad)
        for a, b in runs(np.array([kind is not None for kind in kinds], np.bool_)).tolist()
    ]


def bleep(samples: Samples, start: int, end: int, rate: int) -> None:
    """Put a tone over ``[start, end)`` of `samples`, in place."""
    n = end - start
    tone = _LEVEL * np.sin(2 * np.pi * _HERTZ / rate * np.arange(n))
    fade = np.minimum(1.0, np.minimum(np.arange(n), np.arange(n)[::-1]) / max(1, _FADE * rate))
    samples[:, start:end] = (tone * fade).astype(np.float32)
