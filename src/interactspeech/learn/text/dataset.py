"""Examples chosen, balanced and split for one training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from interactspeech.dialogue import Script
from interactspeech.errors import InputError
from interactspeech.learn.text import prompts
from interactspeech.learn.text.examples import Example, all_examples
from interactspeech.learn.text.leakage import split
from interactspeech.learn.text.settings import TrainSettings
from interactspeech.seeds import digest


@dataclass
class Data:
    """What a training learns from, and what it is held against.

    Attributes:
        train, held: examples.
        scripts: how many scripts gave the first; `held_ids`: ids of those that gave the others.
        mix: kind of interruption -> share, among examples of `resume`.
        licences: of the sources.
        left_out: reason -> examples that were not used.
    """

    train: list[Example]
    held: list[Example]
    scripts: int = 0
    held_ids: list[str] = field(default_factory=list)
    mix: dict[str, float] = field(default_factory=dict)
    licences: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> dict[str, int]:
        """Task -> examples to learn from."""
        return dict(sorted(Counter(example.task for example in self.train).items()))


def prepare(scripts: Sequence[Script], settings: TrainSettings) -> Data:
    """Split scripts, make examples of them, and leave out what is too much of one thing.

    Raises:
        InputError: there are no scripts, too few, or none with anything to learn from.
    """
    if not scripts:
        raise InputError(
            "no scripts to learn from",
            remedy="make some first: interactspeech script INPUT -o scripts.jsonl",
            reason="no-scripts",
        )
    kept, held = split(scripts, settings.held_out, settings.seed)
    data = Data(all_examples(kept, settings.tasks), all_examples(held, settings.tasks))
    data.scripts, data.held_ids = len(kept), sorted(script.id for script in held)
    data.train = _quieter(data.train, settings, data.left_out)
    data.held = _quieter(data.held, settings, Counter())
    if not data.train:
        raise InputError(
            f"{len(scripts):,} scripts, but nothing in them to learn {', '.join(settings.tasks)} "
            "from",
            remedy="write scripts with interruptions and backchannels (interactspeech script)",
            reason="no-scripts",
        )
    kinds = Counter(example.kind for example in data.train if example.task == "resume")
    total = kinds.total()
    data.mix = {kind: round(count / total, 4) for kind, count in sorted(kinds.items()) if kind}
    data.licences = sorted({script.licence or "unknown" for script in kept})
    return data


def _quieter(
    examples: list[Example], settings: TrainSettings, left_out: Counter[str]
) -> list[Example]:
    """Fewer questions whose answer is "none", and fewer of `listen`, chosen by seed; then all in
    an order by seed.
    """

    def fewer(some: list[Example], others: int, share: float, reason: str) -> set[int]:
        """Those of `some` that are one too many for a share of all that are kept."""
        most = int(others * share / (1.0 - share)) if share < 1.0 and others else len(some)
        dropped = sorted(some, key=lambda one: _key(one, settings.seed))[most:]
        if dropped:
            left_out[reason] += len(dropped)
        return {id(one) for one in dropped}

    listening = [example for example in examples if example.task == "listen"]
    silent = [one for one in listening if one.completion[0]["content"] == prompts.NOTHING]
    dropped = fewer(silent, len(listening) - len(silent), settings.silent, "silent")
    listening = [one for one in listening if id(one) not in dropped]
    others = sum(example.task != "listen" for example in examples)
    dropped |= fewer(listening, others, settings.listening, "listening")
    kept = [example for example in examples if id(example) not in dropped]
    return sorted(kept, key=lambda one: _key(one, settings.seed))


def _key(example: Example, seed: int) -> bytes:
    return digest(
        seed, example.task, example.prompt[1]["content"], example.completion[0]["content"]
    )


def fitting(
    examples: list[Example], tokenizer: Any, settings: TrainSettings, left_out: Counter[str]
) -> Any:
    """The examples as a data set of `datasets`, in the order in which they are learned from.

    Examples of like length share a batch, so that little is spent on padding; batches follow each
    other in an order by seed, so that no stretch of the training sees one task alone.

    Args:
        examples: of one side.
        tokenizer: with a chat template.
        settings: `max_length` and the size of a batch are used.
        left_out: counts those of more than `max_length` tokens.
    """
    from datasets import Dataset

    rows = _measured(examples, tokenizer, settings, left_out)
    if not rows:
        return None
    size = settings.batch
    ordered: list[Example] = []
    for start in range(0, len(rows), size * _WINDOW):
        near = sorted(rows[start : start + size * _WINDOW], key=lambda row: row[0])
        batches = [near[at : at + size] for at in range(0, len(near), size)]
        batches.sort(key=lambda batch: (len(batch) < size, _key(batch[0][1], settings.seed)))
        ordered += [example for batch in batches for _, example in batch]
    return Dataset.from_list([example.row() for example in ordered])


def tokens_of(
    examples: list[Example], tokenizer: Any, settings: TrainSettings, left_out: Counter[str]
) -> int:
    """Tokens of one epoch, questions and answers."""
    return sum(length for length, _ in _measured(examples, tokenizer, settings, left_out))


def _measured(
    examples: list[Example], tokenizer: Any, settings: TrainSettings, left_out: Counter[str]
) -> list[tuple[int, Example]]:
    """The examples that are not too long, with their tokens."""
    rows: list[tuple[int, Example]] = []
    for example in examples:
        whole = tokenizer.apply_chat_template(example.prompt + example.completion, tokenize=False)
        length = len(tokenizer(whole, add_special_tokens=False)["input_ids"])
        if length > settings.max_length:
            left_out["too-long"] += 1
        else:
            rows.append((length, example))
    return rows


#: Batches that are made of one stretch of the examples.
_WINDOW = 32
