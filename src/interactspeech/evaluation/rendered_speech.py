"""Check rendered tracks against their record, by three models that have not seen the record.

- a recogniser (whisper-base) writes down each track: the spoken words must be there, and the words
  that were planned and never said must not;
- a forced aligner (pocketsphinx) times the words of each utterance: the record's onsets must agree;
- a voice activity detector (Silero) marks the speech of each track: the record's must agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from interactspeech.models.aligners import PocketsphinxAligner
from interactspeech.models.recognition import Recogniser, normal_words, word_errors
from interactspeech.models.vad import frame_agreement, speech_spans
from interactspeech.records import Dialogue, Samples, Utterance
from interactspeech.signal.intervals import runs

#: Seconds of a track's silence that are kept for the recogniser, which invents words in long ones.
_SILENCE = 0.6
#: Seconds of a track that the recogniser gets at a time: in windows of its own choice (30 s) it now
#: and then leaves out all that follows a pause.
_PIECE = 8.0
#: Shows the recogniser that feedback and hesitations are to be written down: it leaves them out of
#: what it takes for an edited text.
_PROMPT = "Mm-hm. Uh-huh, yeah. Um, well, the, the, uh, okay."
#: Seconds at the end of what was said without which a word can be heard from nothing but its guess.
_CUT = 0.12
#: Silero decides by windows of 32 ms and is one window late, at onsets and at ends alike (agreement
#: with rendered speech is best at this shift; without it, it is one percent lower).
_LAG = 0.032


@dataclass
class Rendered:
    """What the listeners found, added up over dialogues.

    Attributes:
        words, errors: spoken words, and the recogniser's errors in them.
        unsaid, unsaid_heard: content words that were planned and never said (and are said nowhere
            else on the track), and how many of them the recogniser recognised.
        unsaid_guessed: how many of these it writes down, too, when the last `_CUT` seconds that
            were said are taken away: they are its guess from the words before, and no sound.
        onsets: differences of word onsets, record minus aligner, seconds.
        unaligned: utterances through which the aligner found no way.
        frames, agreeing: 10 ms frames of all tracks, and those where record and detector agree
            (silences below 0.2 s bridged in both: inter-pausal units are compared).
        outside: seconds of words that reach beyond the speech spans they belong to.
        misheard: dialogue, spoken words and recognised words of each track with an error.
    """

    words: int = 0
    errors: int = 0
    unsaid: int = 0
    unsaid_heard: int = 0
    unsaid_guessed: int = 0
    onsets: list[float] = field(default_factory=list)
    unaligned: int = 0
    frames: int = 0
    agreeing: int = 0
    outside: float = 0.0
    misheard: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def word_error_rate(self) -> float:
        """Substitutions, deletions and insertions a spoken word."""
        return self.errors / self.words if self.words else float("nan")

    @property
    def agreement(self) -> float:
        """Share of the frames on which record and detector agree."""
        return self.agreeing / self.frames if self.frames else float("nan")

    def onset_error(self, percentile: float) -> float:
        """Percentile (0 to 100) of the magnitudes of the onsets' differences, in seconds."""
        return float(np.percentile(np.abs(self.onsets), percentile))


class RenderedCheck:
    """The three listeners; keep one, for they are loaded once."""

    def __init__(self) -> None:
        self._recogniser = Recogniser()
        self._aligner = PocketsphinxAligner()

    def check(self, dialogues: Iterable[tuple[Dialogue, Samples]]) -> Rendered:
        """Listen to rendered dialogues: records with float32 tracks, shape ``(channels, n)``."""
        found = Rendered()
        for dialogue, samples in dialogues:
            channels = {track.speaker: track.channel for track in dialogue.tracks}
            for speaker in dialogue.speakers:
                track = samples[channels[speaker.id]]
                own = [u for u in dialogue.utterances if u.speaker == speaker.id]
                self._recognise(found, dialogue, own, track)
                self._align(found, own, track, dialogue.rate)
                self._detect(found, own, track, dialogue.rate)
        return found

    def _recognise(
        self, found: Rendered, dialogue: Dialogue, own: list[Utterance], track: Samples
    ) -> None:
        spoken = [word for u in own for word in u.words]
        expected = normal_words(" ".join(word.text for word in spoken if not word.fragment))
        recognised = [
            word
            for piece in pieces(track, dialogue.rate)
            if piece.any()
            for word in normal_words(self._recogniser.transcribe(piece, dialogue.rate, _PROMPT))
        ]
        errors = word_errors(expected, recognised)
        found.words += len(expected)
        found.errors += errors
        if errors:
            found.misheard.append((dialogue.id, " ".join(expected), " ".join(recognised)))
        for u in own:
            never = _never_said(u) - set(expected)
            heard = never & set(recognised)
            found.unsaid += len(never)
            found.unsaid_heard += len(heard)
            if heard:
                last = max(u.start, u.end - round(_PIECE * dialogue.rate))
                before = track[last : u.end - round(_CUT * dialogue.rate)]
                again = self._recogniser.transcribe(before, dialogue.rate, _PROMPT)
                found.unsaid_guessed += len(heard & set(normal_words(again)))

    def _align(self, found: Rendered, own: list[Utterance], track: Samples, rate: int) -> None:
        for u in own:
            for word in u.words:
                found.outside += _beyond(word.start, word.end, u) / rate
            if u.kind != "turn" or any(word.fragment for word in u.words):
                continue  # the aligner has no way to say half a word
            times = self._aligner.align(track[u.start : u.end], rate, u.text)
            if times is None:
                found.unaligned += 1
                continue
            found.onsets += [
                (word.start - u.start - start) / rate
                for word, (start, _) in zip(u.words, times, strict=True)
            ]

    def _detect(self, found: Rendered, own: list[Utterance], track: Samples, rate: int) -> None:
        lag = round(_LAG * rate)
        detected = [(max(a - lag, 0), max(b - lag, 0)) for a, b in speech_spans(track, rate)]
        record = [(span.start, span.end) for u in own for span in u.speech]
        frames = len(track) // (rate // 100)
        found.frames += frames
        found.agreeing += round(frames * frame_agreement(record, detected, len(track), rate))


def _never_said(utterance: Utterance) -> set[str]:
    """Content words that an utterance was to end with."""
    if not utterance.words:
        return set()
    # Of a word that was begun ("boi-"), a recogniser may well write the whole.
    rest = utterance.unsaid[utterance.words[-1].fragment :]
    return {word for word in normal_words(" ".join(rest)) if len(word) > 3}  # not misheard easily


def pieces(track: Samples, rate: int) -> Iterator[Samples]:
    """`track` in pieces of about `_PIECE` seconds, cut in the middle of digital silences.

    Silences longer than `_SILENCE` seconds are cut down to it.
    """
    silent = runs(track == 0)
    long = silent[silent[:, 1] - silent[:, 0] >= _SILENCE * rate]
    half = round(_SILENCE * rate / 2)
    kept: list[Samples] = []
    last = 0
    for start, end in long.tolist():
        kept.append(track[last : start + half])
        last = end - half
        if sum(map(len, kept)) >= _PIECE * rate:
            yield np.concatenate(kept)
            kept = []
    kept.append(track[last:])
    yield np.concatenate(kept)


def _beyond(start: int, end: int, utterance: Utterance) -> int:
    """Samples of a word outside of its utterance's speech spans."""
    inside = sum(max(0, min(end, s.end) - max(start, s.start)) for s in utterance.speech)
    return end - start - inside
