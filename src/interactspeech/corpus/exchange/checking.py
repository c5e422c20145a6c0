"""What of a corpus will not fit an export, found in its records before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from interactspeech.corpus.exchange.interface import ExchangeFormat, ExportOptions
from interactspeech.corpus.exchange.licences import restricted
from interactspeech.corpus.reader import Item

#: Reason -> what becomes of such dialogues. The first group stays behind.
LEFT_OUT = {
    "restricted-licence": "left out: their licence forbids some uses (--include-noncommercial)",
    "no-audio": "left out: no sound is stored",
    "not-two-speakers": "left out: the format wants two speakers",
    "no-role": "left out: not exactly one speaker has the role that was asked for",
}
TOLD = {
    "no-words": "without words: the trainer will see sound without text",
    "unlicensed": "state no licence of their source",
    "resampled": "at another rate than the export's: sound and record are resampled, without delay",
    "several-rates": "of corpora of several rates: most loaders want one (--rate HZ)",
}


@dataclass
class ExportCheck:
    """What an export will meet.

    Attributes:
        dialogues: how many were looked at.
        rates: samples a second -> dialogues.
        found: reason (of `LEFT_OUT` or `TOLD`) -> dialogues.
        examples: reason -> id of the first one.
    """

    dialogues: int = 0
    rates: Counter[int] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        """Dialogues that cannot leave, as far as their records tell."""
        return sum(self.found[reason] for reason in LEFT_OUT)

    def lines(self) -> list[str]:
        """What to tell, a line each."""
        told = []
        for reason, about in (LEFT_OUT | TOLD).items():
            if count := self.found[reason]:
                example = self.examples[reason]
                told.append(
                    f"{count:,} of {self.dialogues:,} dialogues {about}; the first: {example}"
                )
        if len(self.rates) > 1:
            rates = ", ".join(f"{rate:,} Hz: {n:,}" for rate, n in sorted(self.rates.items()))
            told.append(f"rates in the corpus: {rates}")
        return told


def check(items: Iterable[Item], format: ExchangeFormat, options: ExportOptions) -> ExportCheck:  # noqa: A002
    """Look at the records that an export would write; no sound is read.

    Args:
        items: what would be written.
        format: the format.
        options: what the user chose.
    """
    result = ExportCheck()
    rate = options.rate or format.rate
    for item in items:
        dialogue = item.dialogue
        result.dialogues += 1
        result.rates[dialogue.rate] += 1
        stays = _stays(item, format, options)
        if stays:
            _count(result, stays, item)
            continue
        if "words" in format.needs and not any(one.words for one in dialogue.utterances):
            _count(result, "no-words", item)
        if not dialogue.provenance.licence:
            _count(result, "unlicensed", item)
        if rate and rate != dialogue.rate:
            _count(result, "resampled", item)
        elif rate is None and len(result.rates) > 1 and "audio" in format.needs:
            _count(result, "several-rates", item)
    return result


def _stays(item: Item, format: ExchangeFormat, options: ExportOptions) -> str:  # noqa: A002
    """Why a dialogue cannot leave; empty where it can."""
    dialogue = item.dialogue
    if restricted(dialogue) and not options.include_noncommercial:
        return "restricted-licence"
    if "audio" in format.needs and not item.has_audio:
        return "no-audio"
    if "two-speakers" in format.needs:
        if len(dialogue.speakers) != 2:
            return "not-two-speakers"
        role = options.model_role
        if role and sum(one.role == role for one in dialogue.speakers) != 1:
            return "no-role"
    return ""


def _count(result: ExportCheck, name: str, item: Item) -> None:
    result.found[name] += 1
    result.examples.setdefault(name, item.id)
