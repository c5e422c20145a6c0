"""The single-stage writer: one question for the whole script, for large models.

It is also what staged writing is compared with (single-stage prompting was rated good 21 % of the
time, staged 98 %, in the paper).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from interactspeech.errors import InputError
from interactspeech.lexicon.words import bare
from interactspeech.records import PlainDialogue, Script, Words
from interactspeech.scripts.checks import CheckLimits, check
from interactspeech.scripts.notation import parse_script
from interactspeech.scripts.readers.inputs import pairs_only
from interactspeech.scripts.writers.llm.answers import BadAnswerError
from interactspeech.scripts.writers.turn_drafts import finished_script
from interactspeech.training.text import prompts
from interactspeech.training.text.examples import plain_of
from interactspeech.training.text.generation import Model, ModelRequest
from interactspeech.training.text.questions import BATCH, MOST, LocalWriterSettings


class SingleStageWriter:
    """Makes plain dialogues interactive with one question each.

    Args:
        model: see `generation`.
        settings: `tries`, `temperature`, `top_p`, `explain` and `max_interruptions` are used.
        seed: of the corpus.

    Attributes:
        asked, right_first, caught: as in `writer.LocalWriter`.
    """

    def __init__(
        self, model: Model, settings: LocalWriterSettings | None = None, seed: int = 0
    ) -> None:
        self.model, self.settings, self.seed = model, settings or LocalWriterSettings(), seed
        self.name = f"single {prompts.VERSION} {model.name}"
        self._limits = CheckLimits(interruptions=max(self.settings.max_interruptions, 2))
        self.asked: Counter[str] = Counter()
        self.right_first: Counter[str] = Counter()
        self.caught: Counter[str] = Counter()

    def write(
        self, items: Iterable[PlainDialogue | Script | InputError]
    ) -> Iterator[Script | InputError]:
        """A script, or why there is none, for each dialogue in order; others stay as they are."""
        left = pairs_only(items)
        while batch := list(islice(left, BATCH)):
            found = self._batch([item for item in batch if isinstance(item, PlainDialogue)])
            for item in batch:
                yield next(found) if isinstance(item, PlainDialogue) else item

    def report(self) -> dict[str, object]:
        """Counts as plain data."""
        return {
            "asked": dict(self.asked),
            "right_first": dict(self.right_first),
            "caught": dict(sorted(self.caught.items())),
        }

    def _batch(self, plains: list[PlainDialogue]) -> Iterator[Script | InputError]:
        results: dict[int, Script | InputError] = {}
        left = list(enumerate(plains))
        for attempt in range(self.settings.tries):
            answers = self.model.answer([self._ask(plain, attempt) for _, plain in left])
            again: list[tuple[int, PlainDialogue]] = []
            for (number, plain), answer in zip(left, answers, strict=True):
                self.asked["rewrite"] += not attempt
                try:
                    results[number] = self.read(plain, answer)
                    self.right_first["rewrite"] += not attempt
                except BadAnswerError as bad:
                    self.caught[f"rewrite/{bad.check}"] += 1
                    again.append((number, plain))
                    results[number] = InputError(
                        f"dialogue {plain.id}, rewrite: {bad.problem}",
                        plain.file or None, plain.line or None, reason=f"local-{bad.check}",
                    )  # fmt: skip
            left = again
            if not left:
                break
        return iter([results[number] for number in range(len(plains))])

    def _ask(self, plain: PlainDialogue, attempt: int) -> ModelRequest:
        question = prompts.rewrite(plain)
        if self.settings.explain:
            question = prompts.explained(question, "rewrite")
        words = sum(len(turn.text.split()) for turn in plain.turns)
        return ModelRequest(
            question,
            (plain.id, "rewrite", attempt),
            min(MOST["rewrite"], 60 + 2 * words),
            min(1.2, self.settings.temperature + 0.1 * attempt),
            self.settings.top_p,
            self.seed,
        )

    def read(self, plain: PlainDialogue, answer: str) -> Script:
        """The script of an answer.

        Raises:
            BadAnswerError: it does not parse (``notation``), has other words than the dialogue
                (``changed-source``), nothing happens in it (``not-interactive``), or it fails a
                check.
        """
        try:
            turns = parse_script(answer).turns
        except InputError as error:
            raise BadAnswerError("notation", str(error)[:200]) from None
        script = finished_script(plain, turns, self.name)
        for failure in check(script, self._limits):
            raise BadAnswerError(failure.check, failure.problem)
        if all(isinstance(part, Words) for turn in turns for part in turn.parts):
            raise BadAnswerError("not-interactive", "it holds no interruption and no backchannel")
        wanted = [(turn.speaker, _words(turn.text)) for turn in plain.turns]
        kept = [(turn.speaker, _words(turn.text)) for turn in plain_of(script).turns]
        if not _holds(kept, wanted):
            raise BadAnswerError("changed-source", "the words of the dialogue were changed")
        return msgspec.structs.replace(script)


def _words(text: str) -> list[str]:
    return [word for word in map(bare, text.split()) if word]


def _holds(kept: list[tuple[str, list[str]]], wanted: list[tuple[str, list[str]]]) -> bool:
    """Whether the wanted turns are among the kept ones, in their order."""
    left = iter(kept)
    return all(any(turn == one for one in left) for turn in wanted)
