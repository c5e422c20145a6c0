"""Questions to a text model: asked in batches, read, and asked again where an answer is bad.

`BatchWriter` takes many dialogues through them together.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

import msgspec

from interactspeech.errors import InputError
from interactspeech.lexicon.words import content, is_feedback, leaks_unsaid
from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts.checks import CheckFailure, refusal_error
from interactspeech.scripts.writers.llm import draft
from interactspeech.scripts.writers.llm.answers import BadAnswerError
from interactspeech.settings import Settings
from interactspeech.training.text import prompts
from interactspeech.training.text.examples import TAKEN_UP, echoed, go_on
from interactspeech.training.text.generation import Model, ModelRequest
from interactspeech.training.text.prompts import Message, Task

#: Dialogues worked on together.
BATCH = 32
#: Turns asked about backchannels, for each one that is wanted: many answers are "none".
ASKED_PER_BACKCHANNEL = 3
#: Stands for a reply that is not written yet, where a script is checked: no check minds it.
FILLER = "Yes."
#: Tokens of an answer at most, by task.
MOST: dict[Task, int] = {
    "place": 24,
    "interrupt": 48,
    "resume": 96,
    "attempt": 24,
    "aside": 32,
    "listen": 64,
    "rewrite": 700,
}
_INTERRUPTION_WORDS, _RESUME_WORDS = 40, 60
#: What people break in for and can be let go on after: the mix of a model that has no card.
MIX = {"clarify": 5.0, "distraction": 1.0, "impatience": 1.0, "agree": 1.0, "off-topic": 0.5}


class LocalWriterSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How a local model writes.

    Attributes:
        interruptions, backchannels: times the rate of people.
        max_interruptions: in a dialogue; `least` of them are written where there is room.
        tries: times a question is asked before the dialogue is given up; 1 takes or leaves the
            first answer.
        temperature, top_p: of the first answer; each further try is a little warmer.
        complete: where an answer resumes the line and loses it again, let the program complete it
            of the line as it was planned.
        constrain: let the model choose among the places where a turn can be cut, instead of any
            words; and let no interruption repeat the line before.
        explain: give full instructions and an example with each question, for a model that was
            never trained on them.
        mix: kind of interruption -> weight; empty: what the model's card says, or `MIX`.
    """

    interruptions: float = 1.0
    backchannels: float = 1.0
    max_interruptions: int = 2
    least: int = 0
    tries: int = 5
    temperature: float = 0.6
    top_p: float = 0.9
    explain: bool = False
    complete: bool = True
    constrain: bool = True
    mix: dict[str, float] = msgspec.field(default_factory=dict)


@dataclass
class DialogueInWork:
    """One dialogue that is being written; `failed` says why it was dropped."""

    plain: PlainDialogue
    failed: InputError | None = None


@dataclass
class PendingQuestion:
    """Asked until `read` takes an answer.

    Attributes:
        task: of `prompts`.
        work: the dialogue that it is about.
        name: unique in it; the answer's randomness depends on it.
        ask: try -> messages.
        read: takes an answer, or raises `BadAnswerError`.
        choices: the only answers there may be, of the try that was asked last.
        unlike: lines of which no answer may be a copy.
        optional: without a good answer the act is left out, and not the dialogue lost.
    """

    task: Task
    work: DialogueInWork
    name: str
    ask: Callable[[int], list[Message]]
    read: Callable[[str], None]
    choices: Callable[[], tuple[str, ...]] = tuple
    unlike: tuple[str, ...] = ()
    optional: bool = False


class Questioner:
    """Asks a `Model`, and counts its answers.

    Args:
        model: see `generation`.
        settings: see `LocalWriterSettings`.
        seed: of the corpus; with a model in this process, same seed, same answers.

    Attributes:
        asked, right_first: task -> questions, and those whose first answer passed every check.
        caught: ``task/check`` -> answers that failed.
        stumbled: ids of dialogues with an answer that did not pass at once.
        completed: answers to `resume` that the program went on with.
        leaks: interruptions of a first answer that used unsaid words; `first` counts those that
            could be judged.
    """

    def __init__(self, model: Model, settings: LocalWriterSettings, seed: int) -> None:
        self.model, self.settings, self.seed = model, settings, seed
        self.asked: Counter[str] = Counter()
        self.right_first: Counter[str] = Counter()
        self.caught: Counter[str] = Counter()
        self.stumbled: set[str] = set()
        self.first = self.leaks = self.completed = 0

    def report(self) -> dict[str, object]:
        """Counts as plain data."""
        return {
            "asked": dict(sorted(self.asked.items())),
            "right_first": dict(sorted(self.right_first.items())),
            "caught": dict(sorted(self.caught.items())),
            "completed": self.completed,
            "leaks": [self.leaks, self.first],
        }

    def ask_all(self, questions: list[PendingQuestion]) -> None:
        """Ask, read, and ask those again whose answers were bad."""
        settings = self.settings
        left = questions
        for attempt in range(settings.tries):
            asks = [
                ModelRequest(
                    prompts.explained(question.ask(attempt), question.task)
                    if settings.explain
                    else question.ask(attempt),
                    (question.work.plain.id, question.name, attempt),
                    MOST[question.task],
                    min(1.2, settings.temperature + 0.1 * attempt),
                    settings.top_p,
                    self.seed,
                    question.choices() if settings.constrain else (),
                    question.unlike if settings.constrain else (),
                )
                for question in left
            ]
            again: list[PendingQuestion] = []
            for question, answer in zip(left, self.model.answer(asks) if asks else [], strict=True):
                if not attempt:
                    self.asked[question.task] += 1
                try:
                    question.read(answer)
                except BadAnswerError as bad:
                    self.caught[f"{question.task}/{bad.check}"] += 1
                    again.append(question)
                    self.stumbled.add(question.work.plain.id)
                    if attempt + 1 == settings.tries and question.optional:
                        self.caught[f"left-out/{question.task}"] += 1
                    elif attempt + 1 == settings.tries and question.work.failed is None:
                        plain = question.work.plain
                        question.work.failed = InputError(
                            f"dialogue {plain.id}, {question.task}: {bad.problem}",
                            plain.file or None, plain.line or None, reason=f"local-{bad.check}",
                        )  # fmt: skip
                else:
                    self.right_first[question.task] += not attempt
            left = again

    def read_resumption(self, answer: str, speaker: str, tokens: list[str], at: int) -> str:
        """How somebody goes on who was cut off, of an answer.

        Args:
            answer: of the model.
            speaker: who was cut off.
            tokens: of the turn as it was planned.
            at: place of the cut.

        Raises:
            BadAnswerError: another speaks, or the unsaid words are not taken up.
        """
        who, words = prompts.read_line(answer)
        if who != speaker:
            raise BadAnswerError("wrong-speaker", f"{speaker} speaks, not {who!r}")
        text = draft.spoken(words, _RESUME_WORDS + len(tokens) - at)
        left = content(" ".join(tokens[at:]))
        if self.settings.complete and len(left & content(text)) < len(left):
            self.completed += 1
            text = go_on(text.split(), tokens, at)
        if left and len(left & content(text)) < TAKEN_UP * len(left):
            raise BadAnswerError("unsaid-lost", f"does not come back to {', '.join(sorted(left))}")
        return text


Work = TypeVar("Work", bound=DialogueInWork)


class BatchWriter(Questioner, Generic[Work]):
    """Writes scripts of many dialogues together, so that a model answers in batches."""

    def write(
        self, items: Iterable[PlainDialogue | Script | InputError]
    ) -> Iterator[Script | InputError]:
        """A script, or why there is none, for each dialogue in order; others come out as they are.

        Raises:
            InputError: an endpoint does not answer at all.
            UsageError: a dialogue names a role that the writer has not.
        """
        left = iter(items)
        while batch := list(islice(left, BATCH)):
            works = [self._begin(item) for item in batch if isinstance(item, PlainDialogue)]
            self._fill([work for work in works if work.failed is None])
            done = iter(works)
            for item in batch:
                yield self._end(next(done)) if isinstance(item, PlainDialogue) else item

    def _end(self, work: Work) -> Script | InputError:
        if work.failed is not None:
            return work.failed
        script, failures = self._checked(work)
        if failures:
            self.caught[f"script/{failures[0].check}"] += 1
            return refusal_error(script, failures)
        return script

    @abstractmethod
    def _begin(self, plain: PlainDialogue) -> Work:
        """What is to happen in a dialogue."""

    @abstractmethod
    def _fill(self, works: list[Work]) -> None:
        """Have the model choose places and write words; sets `failed` where it does not."""

    @abstractmethod
    def _checked(self, work: Work) -> tuple[Script, list[CheckFailure]]:
        """The script, and the checks that it fails."""


def read_interruption(
    answer: str, speaker: str, unsaid: str, known: frozenset[str], heard: Sequence[str]
) -> str:
    """What somebody says who cuts in or tries to, of an answer.

    Args:
        answer: of the model.
        speaker: who has to speak.
        unsaid: words of the turn that are not said yet.
        known: stems of everything said before.
        heard: the lines before, of which it may be no copy.

    Raises:
        BadAnswerError: `wrong-speaker`, `ignorance`, `feedback`, `echo`, or what cannot be spoken.
    """
    who, words = prompts.read_line(answer)
    if who != speaker:
        raise BadAnswerError("wrong-speaker", f"{speaker} speaks here, not {who!r}")
    # A dash at the end is a mark of the question, not a word of the answer.
    text = draft.spoken(words.rstrip(" -"), _INTERRUPTION_WORDS)
    if leaked := leaks_unsaid(words, unsaid, known):
        raise BadAnswerError("ignorance", f"uses the unsaid {', '.join(sorted(leaked))}")
    if is_feedback(text):
        raise BadAnswerError("feedback", f"{text!r} claims nothing")
    if echoed(text, heard):
        raise BadAnswerError("echo", f"repeats the line before: {text[:60]!r}")
    return text
