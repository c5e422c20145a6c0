"""A text model as script writer of dialogues of two without roles (`role_writer` has roles).

The program decides the number of events (human rates, drawn from the seed), divides the lines and
sets the marks; the model chooses places and writes new words. The source is never rewritten. Many
dialogues go through the stages together, so that questions are answered in batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from interactspeech.errors import InputError
from interactspeech.lexicon.words import content, leaks_unsaid
from interactspeech.records import Backchannel, Interruption, PlainDialogue, Script
from interactspeech.scripts.checks import CheckFailure, CheckLimits, check, refusal_error
from interactspeech.scripts.kinds import KINDS
from interactspeech.scripts.readers.inputs import pairs_only
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.llm import draft
from interactspeech.scripts.writers.llm.answers import BadAnswerError
from interactspeech.scripts.writers.llm.editor import has_room
from interactspeech.scripts.writers.llm.mix import plan
from interactspeech.seeds import generator
from interactspeech.training.text import prompts
from interactspeech.training.text.examples import LISTENED
from interactspeech.training.text.generation import Model
from interactspeech.training.text.prompts import BackchannelMark, Message
from interactspeech.training.text.questions import (
    ASKED_PER_BACKCHANNEL,
    FILLER,
    MIX,
    BatchWriter,
    DialogueInWork,
    LocalWriterSettings,
    PendingQuestion,
    read_interruption,
)


@dataclass
class _PendingInterruption:
    """One interruption that is being written."""

    kind: str
    turns: list[int]
    turn: int = -1
    at: int = 0
    words: str = ""
    reply: str = ""


@dataclass
class _Work(DialogueInWork):
    """One dialogue that is being written."""

    lines: list[draft.DraftLine] = field(default_factory=list)
    breaks: list[_PendingInterruption] = field(default_factory=list)
    backchannels: int = 0

    def other(self, speaker: str) -> str:
        return next(line.speaker for line in self.lines if line.speaker != speaker)


class LocalWriter(BatchWriter[_Work]):
    """Makes plain dialogues of two interactive with a `Model`; see `Questioner`."""

    def __init__(
        self, model: Model, settings: LocalWriterSettings | None = None, seed: int = 0
    ) -> None:
        super().__init__(model, settings or LocalWriterSettings(), seed)
        self.name = f"local {prompts.VERSION} {model.name}"
        card = getattr(model, "card", None)
        self._mix = self.settings.mix or (card.mix if card and card.mix else MIX)
        self._limits = CheckLimits(interruptions=max(self.settings.max_interruptions, 2))

    def write(
        self, items: Iterable[PlainDialogue | Script | InputError]
    ) -> Iterator[Script | InputError]:
        """See `BatchWriter.write`; dialogues of more than two are refused."""
        return super().write(pairs_only(items))

    # -- what is to happen ---------------------------------------------------------------------

    def _begin(self, plain: PlainDialogue) -> _Work:
        settings = self.settings
        work = _Work(plain, lines=draft.lines_of(plain))
        before = draft.script_of(plain, work.lines, self.name)
        if failures := check(before, self._limits):
            work.failed = refusal_error(before, failures)
            return work
        open_ = [n for n, line in enumerate(work.lines) if has_room(line)]
        wanted = plan(
            plain,
            self.seed,
            interruptions=settings.interruptions,
            backchannels=settings.backchannels,
            most=settings.max_interruptions,
            room=len(open_),
            mix=self._mix,
        )
        kinds = [one.kind for one in wanted.interruptions if one.outcome == "taken"]
        draws = Draws(generator(self.seed, plain.id, "local-writer"))
        while len(kinds) < min(settings.least, len(open_)):
            kinds.append(list(self._mix)[draws.weighted(list(self._mix.values()))])
        for kind in kinds:
            # Places to try, long turns first more often than not; never beside another cut.
            order: list[int] = []
            free = list(open_)
            while free:
                pick = draws.weighted([len(work.lines[n].tokens) for n in free])
                order.append(free.pop(pick))
            if order:
                work.breaks.append(_PendingInterruption(kind, order))
                first = order[0]
                open_ = [n for n in open_ if abs(n - first) > 1]
        taken = [one.turns[0] for one in work.breaks]
        for one in work.breaks:
            near = [n for n in taken if n != one.turns[0]]
            one.turns = [n for n in one.turns if all(abs(n - other) > 1 for other in near)][:3]
        work.backchannels = wanted.backchannels
        return work

    # -- the stages ----------------------------------------------------------------------------

    def _fill(self, works: list[_Work]) -> None:
        breaks = [(work, one) for work in works for one in work.breaks]
        self.ask_all([self._place(work, one) for work, one in breaks])
        self.ask_all([self._interrupt(work, one) for work, one in breaks if not work.failed])
        self.ask_all([self._resume(work, one) for work, one in breaks if not work.failed])
        for work in works:
            if not work.failed:
                self._assemble(work)
        found: dict[int, list[tuple[int, BackchannelMark]]] = {}
        questions = [
            question
            for work in works
            if not work.failed
            for question in self._listen(work, found.setdefault(id(work), []))
        ]
        self.ask_all(questions)
        for work in works:
            if not work.failed:
                self._marks(work, found[id(work)])

    def _place(self, work: _Work, one: _PendingInterruption) -> PendingQuestion:
        def turn(attempt: int) -> int:
            return one.turns[attempt % len(one.turns)]

        tried = -1

        def ask(attempt: int) -> list[Message]:
            nonlocal tried
            tried = turn(attempt)
            line = work.lines[tried]
            return prompts.place(
                line.speaker, " ".join(line.tokens), work.other(line.speaker), one.kind
            )

        def read(answer: str) -> None:
            tokens = work.lines[tried].tokens
            at = draft.find(tokens, answer.split("\n", 1)[0])
            if not draft.can_cut(tokens, at):
                raise BadAnswerError("place", "in the first or last words of its sentence")
            one.turn, one.at = tried, at

        def choices() -> tuple[str, ...]:
            tokens = work.lines[tried].tokens
            places = [at for at in range(1, len(tokens)) if draft.can_cut(tokens, at)]
            return tuple(dict.fromkeys(prompts.quote(tokens, at) for at in places))

        return PendingQuestion("place", work, f"place {one.turns[0]}", ask, read, choices)

    def _interrupt(self, work: _Work, one: _PendingInterruption) -> PendingQuestion:
        line = work.lines[one.turn]
        other = work.other(line.speaker)
        before = [(earlier.speaker, " ".join(earlier.tokens)) for earlier in work.lines[: one.turn]]
        said, unsaid = " ".join(line.tokens[: one.at]), " ".join(line.tokens[one.at :])
        known = content(said).union(*(content(words) for _, words in before))
        judged = False

        def ask(_: int) -> list[Message]:
            return prompts.interrupt([*before, (line.speaker, said)], other, one.kind)

        def read(answer: str) -> None:
            nonlocal judged
            words = prompts.read_line(answer)[1]
            if not judged and words:
                judged = True
                self.first += 1
                self.leaks += bool(leaks_unsaid(words, unsaid, known))
            text = read_interruption(answer, other, unsaid, known, [said, *(w for _, w in before)])
            self._try_on(work, one, text)
            one.words = text

        heard = (*(words for _, words in before[-prompts.HEARD :]), said)
        return PendingQuestion("interrupt", work, f"interrupt {one.turn}", ask, read, unlike=heard)

    def _resume(self, work: _Work, one: _PendingInterruption) -> PendingQuestion:
        line = work.lines[one.turn]
        said, unsaid = " ".join(line.tokens[: one.at]), " ".join(line.tokens[one.at :])

        def ask(_: int) -> list[Message]:
            return prompts.resume(line.speaker, said, unsaid, work.other(line.speaker), one.words)

        def read(answer: str) -> None:
            text = self.read_resumption(answer, line.speaker, line.tokens, one.at)
            self._try_on(work, one, one.words, text)
            one.reply = text

        return PendingQuestion("resume", work, f"resume {one.turn}", ask, read)

    def _try_on(
        self, work: _Work, one: _PendingInterruption, words: str, reply: str = FILLER
    ) -> None:
        """Check the whole script with these words in it, and with all that was taken before.

        A dialogue passes every check as it came, so what fails is the answer's fault: it is asked
        for again, where a check of the finished script could only give the dialogue up.

        Raises:
            BadAnswerError: named like the check.
        """
        lines = draft.lines_of(work.plain)
        taken = [other for other in work.breaks if other.words and other is not one]
        _put_in(lines, [*taken, replace(one, words=words, reply=reply)])
        for failure in check(draft.script_of(work.plain, lines, self.name), self._limits):
            raise BadAnswerError(failure.check, failure.problem)

    def _assemble(self, work: _Work) -> None:
        _put_in(work.lines, work.breaks)

    def _listen(
        self, work: _Work, found: list[tuple[int, BackchannelMark]]
    ) -> list[PendingQuestion]:
        if not work.backchannels:
            return []
        draws = Draws(generator(self.seed, work.plain.id, "local-listener"))
        free = [
            n
            for n, line in enumerate(work.lines)
            if line.role != "interruption" and len(line.said.split()) >= LISTENED
        ]
        chosen: list[int] = []
        while free and len(chosen) < ASKED_PER_BACKCHANNEL * work.backchannels:
            pick = draws.weighted([len(work.lines[n].said.split()) for n in free])
            chosen.append(free.pop(pick))

        def question(number: int) -> PendingQuestion:
            line = work.lines[number]

            def read(answer: str) -> None:
                marks = prompts.read_marks(answer)
                if marks is None:
                    raise BadAnswerError("shape", f"no list of backchannels: {answer[:60]!r}")
                trial = draft.DraftLine(line.speaker, line.tokens, line.role, cut=line.cut)
                for mark in marks:
                    draft.add_mark(
                        trial, work.other(line.speaker), "backchannel", mark.after, mark.said
                    )
                found.extend((number, mark) for mark in marks)

            return PendingQuestion(
                "listen",
                work,
                f"listen {number}",
                lambda _: prompts.listen(line.speaker, line.said, work.other(line.speaker)),
                read,
            )

        return [question(number) for number in sorted(chosen)]

    def _marks(self, work: _Work, found: list[tuple[int, BackchannelMark]]) -> None:
        """As many backchannels as are wanted, of those that the model would give."""
        draws = Draws(generator(self.seed, work.plain.id, "local-marks"))
        while found and sum(_listens(line) for line in work.lines) < work.backchannels:
            number, mark = found.pop(int(draws.uniform() * len(found)))
            line = work.lines[number]
            try:
                draft.add_mark(line, work.other(line.speaker), "backchannel", mark.after, mark.said)
            except BadAnswerError as bad:
                self.caught[f"left-out/{bad.check}"] += 1

    def _checked(self, work: _Work) -> tuple[Script, list[CheckFailure]]:
        script = draft.script_of(work.plain, work.lines, self.name)
        return script, check(script, self._limits)


def _put_in(lines: list[draft.DraftLine], breaks: list[_PendingInterruption]) -> None:
    """Cut the lines, from the last to the first, so that no turn still to come is moved."""
    for one in sorted(breaks, key=lambda one: -one.turn):
        cut = Interruption(one.kind, KINDS[one.kind].style)
        draft.interrupt(lines, one.turn, one.at, cut, one.words, one.reply or FILLER)


def _listens(line: draft.DraftLine) -> int:
    return sum(isinstance(part, Backchannel) for _, part in line.marks)
