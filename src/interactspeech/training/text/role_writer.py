"""A text model as script writer with roles: two to six people, attempts, talk aside.

How much happens, who does it and of which kind is drawn as in the offline writer with roles
(`interactspeech.scripts.writers.role_writer`), from the same settings; so are the text's own acts,
hesitations, coughs, shared closings and starts together. Where an interruption, an attempt and
feedback stand, and what is said in them and aside, the model answers, and every answer is checked.

An interruption or a resumption without a good answer loses the dialogue; an attempt, an aside or
feedback is left out, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from interactspeech.lexicon.words import content, leaks_unsaid
from interactspeech.records import (
    Aside,
    FailedInterruption,
    Interruption,
    Part,
    PlainDialogue,
    Script,
)
from interactspeech.scripts.checks import CheckFailure, check, refusal_error
from interactspeech.scripts.kinds import KINDS
from interactspeech.scripts.role_checks import check_roles
from interactspeech.scripts.roles import RoleSettings, Scenario
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.llm import draft
from interactspeech.scripts.writers.llm.answers import BadAnswerError
from interactspeech.scripts.writers.response_rules import wants_response
from interactspeech.scripts.writers.role_asides import aside_kinds, aside_place, make_sounds
from interactspeech.scripts.writers.role_attempts import (
    attempt_tokens,
    attempts_wanted,
    close_together,
    start_together,
)
from interactspeech.scripts.writers.role_drafts import DraftedDialogue
from interactspeech.scripts.writers.role_feedback import feedback_wanted
from interactspeech.scripts.writers.role_interruptions import interrupters
from interactspeech.scripts.writers.role_writer import dialogue_with_roles, finished
from interactspeech.scripts.writers.turn_drafts import TurnDraft
from interactspeech.seeds import generator
from interactspeech.training.text import prompts
from interactspeech.training.text.examples import LISTENED
from interactspeech.training.text.generation import Model
from interactspeech.training.text.prompts import BackchannelMark, Message
from interactspeech.training.text.questions import (
    ASKED_PER_BACKCHANNEL,
    FILLER,
    BatchWriter,
    DialogueInWork,
    LocalWriterSettings,
    PendingQuestion,
    read_interruption,
)

#: Kinds that can cut in wherever a turn can be cut; the others need places of their own, which the
#: offline writer knows.
ANYWHERE = (
    "clarify", "floor-taking", "disagree", "impatience", "new-idea", "off-topic", "distraction",
    "stop", "cannot-hear", "change-mind", "urge",
)  # fmt: skip
#: Words of a turn that is talked over.
_LONG = 10
_ATTEMPT_WORDS, _ASIDE_WORDS = 6, 10
#: Tokens between an attempt and other marks, and between an attempt and the same one again.
_APART, _AGAIN = 3, 6


@dataclass
class _PendingCut:
    """One interruption that is being written."""

    speaker: str
    kind: str
    turns: list[TurnDraft]
    turn: TurnDraft
    at: int = 0
    words: str = ""
    reply: str = ""


@dataclass
class _RoleWork(DialogueInWork):
    """One dialogue that is being written."""

    dialogue: DraftedDialogue | None = None
    cuts: list[_PendingCut] = field(default_factory=list)

    @property
    def drafted(self) -> DraftedDialogue:
        """The dialogue, which every work has that has not failed."""
        assert self.dialogue is not None
        return self.dialogue


class LocalRoleWriter(BatchWriter[_RoleWork]):
    """Makes plain dialogues of two to six interactive, each speaker in a role, with a `Model`.

    Args:
        model: see `generation`.
        scenario: the roles, with their rates and kinds.
        settings: of these `tries`, `temperature`, `top_p`, `explain`, `complete` and `constrain`
            count; rates are the roles'.
        seed: of the corpus.
        in_order: the first speaker has the first role, whatever names and words say.
    """

    def __init__(
        self,
        model: Model,
        scenario: Scenario,
        settings: LocalWriterSettings | None = None,
        seed: int = 0,
        *,
        in_order: bool = False,
    ) -> None:
        super().__init__(model, settings or LocalWriterSettings(), seed)
        self.scenario, self.in_order = scenario, in_order
        self.name = f"local roles {prompts.VERSION} {model.name} {scenario.name}"

    def _begin(self, plain: PlainDialogue) -> _RoleWork:
        work = _RoleWork(plain)
        dialogue = dialogue_with_roles(plain, self.seed, self.scenario, in_order=self.in_order)
        work.dialogue = dialogue
        if failures := check(finished(dialogue, self.name)):
            work.failed = refusal_error(finished(dialogue, self.name), failures)
            return work
        open_ = [one for one in dialogue.drafts if not one.marks and _has_room(one)]
        for speaker in interrupters(dialogue):
            kind = _kind(dialogue.roles[speaker], ANYWHERE, dialogue.draws)
            turns: list[TurnDraft] = []
            free = [one for one in open_ if one.speaker != speaker]
            while free and len(turns) < 3:
                turns.append(free.pop(dialogue.draws.weighted([len(one.tokens) for one in free])))
            if kind and turns:
                work.cuts.append(_PendingCut(speaker, kind, turns, turns[0]))
                open_ = [one for one in open_ if not _near(dialogue, one, turns[0])]
        first = [cut.turns[0] for cut in work.cuts]
        for cut in work.cuts:
            others = [one for one in first if one is not cut.turns[0]]
            cut.turns = [
                one for one in cut.turns if not any(_near(dialogue, one, o) for o in others)
            ]
        return work

    def _fill(self, works: list[_RoleWork]) -> None:
        cuts = [(work, cut) for work in works for cut in work.cuts]
        self.ask_all([self._place(work, cut) for work, cut in cuts])
        self.ask_all([self._interrupt(work, cut) for work, cut in cuts if not work.failed])
        self.ask_all([self._resume(work, cut) for work, cut in cuts if not work.failed])
        works = [work for work in works if work.failed is None]
        for work in works:
            _cut_off(work.drafted, work.cuts)
            close_together(work.drafted)
        tries = [one for work in works for one in self._attempts(work)]
        self.ask_all([self._attempt_place(one) for one in tries])
        self.ask_all([self._attempt(one) for one in tries if one.at])
        for work in works:
            _drop_held(work.drafted)
        asides: list[PendingQuestion] = []
        for work in works:
            dialogue = work.drafted
            for speaker, role in dialogue.roles.items():
                start_together(dialogue, speaker, role)
            for speaker, role in dialogue.roles.items():
                asides += self._asides(work, speaker, role)
                make_sounds(dialogue, speaker, role)
        self.ask_all(asides)
        for work in works:
            _drop_held(work.drafted)
        found: list[tuple[_RoleWork, str, int, list[tuple[TurnDraft, BackchannelMark]]]] = []
        listening: list[PendingQuestion] = []
        for work in works:
            for speaker, role in work.drafted.roles.items():
                count = feedback_wanted(work.drafted, speaker, role) if role.backchannels else 0
                if count > 0:
                    given: list[tuple[TurnDraft, BackchannelMark]] = []
                    found.append((work, speaker, count, given))
                    listening += self._listen(work, speaker, count, given)
        self.ask_all(listening)
        for work, speaker, count, given in found:
            self._give(work, speaker, count, given)

    # -- interruptions -------------------------------------------------------------------------

    def _place(self, work: _RoleWork, cut: _PendingCut) -> PendingQuestion:
        role = work.drafted.roles[cut.speaker].name

        def ask(attempt: int) -> list[Message]:
            cut.turn = cut.turns[attempt % len(cut.turns)]
            words = " ".join(cut.turn.tokens)
            return prompts.place(cut.turn.speaker, words, cut.speaker, cut.kind, role)

        def read(answer: str) -> None:
            at = draft.find(cut.turn.tokens, answer.split("\n", 1)[0])
            if not draft.can_cut(cut.turn.tokens, at):
                raise BadAnswerError("place", "in the first or last words of its sentence")
            cut.at = at

        def choices() -> tuple[str, ...]:
            tokens = cut.turn.tokens
            places = [at for at in range(1, len(tokens)) if draft.can_cut(tokens, at)]
            return tuple(dict.fromkeys(prompts.quote(tokens, at) for at in places))

        name = f"place {cut.speaker} {work.cuts.index(cut)}"
        return PendingQuestion("place", work, name, ask, read, choices)

    def _interrupt(self, work: _RoleWork, cut: _PendingCut) -> PendingQuestion:
        heard, unsaid, known = _heard(work.drafted, cut.turn, cut.at)
        role = work.drafted.roles[cut.speaker].name
        judged = False

        def read(answer: str) -> None:
            nonlocal judged
            words = prompts.read_line(answer)[1]
            if not judged and words:
                judged = True
                self.first += 1
                self.leaks += bool(leaks_unsaid(words, unsaid, known))
            text = read_interruption(
                answer, cut.speaker, unsaid, known, [said for _, said in heard]
            )
            self._try_on(work, replace(cut, words=text, reply=FILLER))
            cut.words = text

        return PendingQuestion(
            "interrupt",
            work,
            f"interrupt {work.cuts.index(cut)}",
            lambda _: prompts.interrupt(heard, cut.speaker, cut.kind, role),
            read,
            unlike=tuple(said for _, said in heard[-1 - prompts.HEARD :]),
        )

    def _resume(self, work: _RoleWork, cut: _PendingCut) -> PendingQuestion:
        turn = cut.turn
        said, unsaid = " ".join(turn.tokens[: cut.at]), " ".join(turn.tokens[cut.at :])
        role = work.drafted.roles[turn.speaker].name

        def read(answer: str) -> None:
            text = self.read_resumption(answer, turn.speaker, turn.tokens, cut.at)
            self._try_on(work, replace(cut, reply=text))
            cut.reply = text

        return PendingQuestion(
            "resume",
            work,
            f"resume {work.cuts.index(cut)}",
            lambda _: prompts.resume(turn.speaker, said, unsaid, cut.speaker, cut.words, role),
            read,
        )

    def _try_on(self, work: _RoleWork, cut: _PendingCut) -> None:
        """Check the whole script with these words in it, and with all that was taken before.

        Raises:
            BadAnswerError: named like the check.
        """
        dialogue = work.drafted
        drafts = dialogue.drafts
        copies = {id(one): replace(one, marks=list(one.marks)) for one in drafts}
        taken = [other for other in work.cuts if other.words and other.turn is not cut.turn]
        trial = [replace(one, turn=copies[id(one.turn)]) for one in (*taken, cut)]
        try:
            dialogue.drafts = [copies[id(one)] for one in drafts]
            _cut_off(dialogue, trial)
            script = finished(dialogue, self.name)
        finally:
            dialogue.drafts = drafts
        for failure in check(script):
            raise BadAnswerError(failure.check, failure.problem)

    # -- attempts ------------------------------------------------------------------------------

    def _attempts(self, work: _RoleWork) -> list[_PendingAttempt]:
        dialogue = work.drafted
        found: list[_PendingAttempt] = []
        for speaker, role in dialogue.roles.items():
            if not role.attempts or not role.kinds:
                continue
            turns = [
                one
                for one in dialogue.drafts
                if one.speaker != speaker and len(one.tokens) >= _LONG and not one.short
                and attempt_tokens(one)
            ]  # fmt: skip
            for _ in range(attempts_wanted(dialogue, role) if turns else 0):
                kind = _kind(role, _TRIED, dialogue.draws)
                if kind:
                    chosen = [dialogue.draws.choose(turns) for _ in range(3)]
                    found.append(
                        _PendingAttempt(work, speaker, kind, chosen, chosen[0], len(found))
                    )
        return found

    def _attempt_place(self, one: _PendingAttempt) -> PendingQuestion:
        role = one.work.drafted.roles[one.speaker].name

        def ask(attempt: int) -> list[Message]:
            one.turn = one.turns[attempt % len(one.turns)]
            words = " ".join(one.turn.tokens)
            return prompts.place(one.turn.speaker, words, one.speaker, one.kind, role, fails=True)

        def read(answer: str) -> None:
            at = draft.find(one.turn.tokens, answer.split("\n", 1)[0])
            if at not in attempt_tokens(one.turn):
                raise BadAnswerError("place", "no end of a clause, and no open place")
            if not one.turn.clear(at, _APART):
                raise BadAnswerError("crowded", "another mark stands too close")
            one.at = at
            one.mark = FailedInterruption(one.speaker, "", one.kind, KINDS[one.kind].style)
            one.turn.marks.append((at, one.mark))

        def choices() -> tuple[str, ...]:
            places = [at for at in attempt_tokens(one.turn) if one.turn.clear(at, _APART)]
            return tuple(dict.fromkeys(prompts.quote(one.turn.tokens, at) for at in places))

        name = f"attempt-place {one.number}"
        return PendingQuestion("place", one.work, name, ask, read, choices, optional=True)

    def _attempt(self, one: _PendingAttempt) -> PendingQuestion:
        heard, unsaid, known = _heard(one.work.drafted, one.turn, one.at)
        role = one.work.drafted.roles[one.speaker]

        def read(answer: str) -> None:
            text = read_interruption(
                answer, one.speaker, unsaid, known, [said for _, said in heard]
            ).rstrip(".,")
            if len(text.split()) > _ATTEMPT_WORDS:
                raise BadAnswerError("length", f"an attempt of {len(text.split())} words")
            self._act(one, text, role)

        return PendingQuestion(
            "attempt",
            one.work,
            f"attempt {one.number}",
            lambda _: prompts.attempt(heard, one.speaker, one.kind, role.name),
            read,
            unlike=tuple(said for _, said in heard[-1 - prompts.HEARD :]),
            optional=True,
        )

    def _act(self, one: _PendingAttempt, text: str, role: RoleSettings) -> None:
        """Make an attempt, and make it again where the role is persistent."""
        mark = FailedInterruption(one.speaker, text, one.kind, KINDS[one.kind].style)
        _say(one.turn, one.mark, (one.at, mark))
        draws = one.work.drafted.draws
        if "repeated" in KINDS[one.kind].ways and draws.chance(role.persistence):
            later = [
                at
                for at in attempt_tokens(one.turn)
                if at - one.at >= _AGAIN and one.turn.clear(at, _APART)
            ]
            if later:
                one.turn.marks.append((later[0], mark))

    # -- talk aside, and feedback --------------------------------------------------------------

    def _asides(self, work: _RoleWork, speaker: str, role: RoleSettings) -> list[PendingQuestion]:
        dialogue = work.drafted
        found: list[PendingQuestion] = []
        for kind in aside_kinds(dialogue, role):
            place = aside_place(dialogue, speaker)
            if place is not None:
                turn, at = place
                held = Aside(speaker, "", kind)
                turn.marks.append((at, held))
                found.append(self._aside(work, turn, at, held, role.name))
        return found

    def _aside(
        self, work: _RoleWork, turn: TurnDraft, at: int, held: Aside, role: str
    ) -> PendingQuestion:
        speaker, kind = held.speaker, held.kind
        heard, unsaid, known = _heard(work.drafted, turn, at)

        def read(answer: str) -> None:
            who, words = prompts.read_line(answer)
            if who != speaker:
                raise BadAnswerError("wrong-speaker", f"{speaker} speaks here, not {who!r}")
            text = draft.spoken(words.rstrip(" -."), _ASIDE_WORDS)
            if leaks_unsaid(text, unsaid, known):
                raise BadAnswerError("ignorance", "takes up what is not said yet")
            _say(turn, held, (at, Aside(speaker, text, kind)))

        return PendingQuestion(
            "aside",
            work,
            f"aside {speaker} {kind} {work.drafted.drafts.index(turn)} {at}",
            lambda _: prompts.aside(heard, speaker, kind, role),
            read,
            optional=True,
        )

    def _listen(
        self,
        work: _RoleWork,
        speaker: str,
        count: int,
        found: list[tuple[TurnDraft, BackchannelMark]],
    ) -> list[PendingQuestion]:
        dialogue = work.drafted
        draws = Draws(generator(self.seed, work.plain.id, "local-listener", speaker))
        role = dialogue.roles[speaker].name
        free = [
            one
            for one in dialogue.drafts
            if one.speaker != speaker and not one.short and one.end >= LISTENED
        ]
        chosen: list[TurnDraft] = []
        while free and len(chosen) < ASKED_PER_BACKCHANNEL * count:
            chosen.append(free.pop(draws.weighted([one.end for one in free])))

        def question(turn: TurnDraft) -> PendingQuestion:
            words = " ".join(turn.tokens[: turn.end])

            def read(answer: str) -> None:
                marks = prompts.read_marks(answer)
                if marks is None:
                    raise BadAnswerError("shape", f"no list of backchannels: {answer[:60]!r}")
                trial = draft.DraftLine(turn.speaker, turn.tokens, cut=turn.cut)
                for mark in marks:
                    draft.add_mark(trial, speaker, "backchannel", mark.after, mark.said)
                found.extend((turn, mark) for mark in marks)

            return PendingQuestion(
                "listen",
                work,
                f"listen {speaker} {dialogue.drafts.index(turn)}",
                lambda _: prompts.listen(turn.speaker, words, speaker, role),
                read,
                optional=True,
            )

        return [question(turn) for turn in chosen]

    def _give(
        self,
        work: _RoleWork,
        speaker: str,
        count: int,
        found: list[tuple[TurnDraft, BackchannelMark]],
    ) -> None:
        """As many backchannels as are wanted, of those that the model would give, where talk wants
        nothing else.
        """
        draws = Draws(generator(self.seed, work.plain.id, "local-marks", speaker))
        while found and count > 0:
            turn, mark = found.pop(int(draws.uniform() * len(found)))
            trial = draft.DraftLine(turn.speaker, turn.tokens, cut=turn.cut, marks=list(turn.marks))
            try:
                draft.add_mark(trial, speaker, "backchannel", mark.after, mark.said)
            except BadAnswerError as bad:
                self.caught[f"left-out/{bad.check}"] += 1
                continue
            at, part = trial.marks[-1]
            if wants_response(turn.tokens, at):
                self.caught["left-out/feedback-place"] += 1
                continue
            turn.marks.append((at, part))
            count -= 1

    def _checked(self, work: _RoleWork) -> tuple[Script, list[CheckFailure]]:
        script = finished(work.drafted, self.name)
        return script, check(script) + check_roles(script, self.scenario)


@dataclass
class _PendingAttempt:
    """One attempt that is being written; `at` is 0 until it has a place."""

    work: _RoleWork
    speaker: str
    kind: str
    turns: list[TurnDraft]
    turn: TurnDraft
    number: int
    at: int = 0
    mark: FailedInterruption | None = None


#: Kinds that can be tried wherever somebody can come in.
_TRIED = (*ANYWHERE, "refuse", "agree")


def _kind(role: RoleSettings, among: Sequence[str], draws: Draws) -> str:
    """A kind by the role's weights, of some; "" where the role has none of them."""
    weights = {kind: weight for kind, weight in role.kinds.items() if weight and kind in among}
    return list(weights)[draws.weighted(list(weights.values()))] if weights else ""


def _has_room(one: TurnDraft) -> bool:
    return any(draft.can_cut(one.tokens, at) for at in range(1, len(one.tokens)))


def _near(dialogue: DraftedDialogue, one: TurnDraft, other: TurnDraft) -> bool:
    """Whether two turns are the same, or follow each other."""
    places = [n for n, turn in enumerate(dialogue.drafts) if turn is one or turn is other]
    return places[-1] - places[0] <= 1


def _heard(
    dialogue: DraftedDialogue, turn: TurnDraft, at: int
) -> tuple[list[tuple[str, str]], str, frozenset[str]]:
    """Lines heard up to a token of a turn, the words that are not, and stems of those that are."""
    index = next(n for n, one in enumerate(dialogue.drafts) if one is turn)
    heard = [(one.speaker, " ".join(one.tokens[: one.end])) for one in dialogue.drafts[:index]]
    heard.append((turn.speaker, " ".join(turn.tokens[:at])))
    known = frozenset[str]().union(*(content(said) for _, said in heard))
    return heard, " ".join(turn.tokens[at:]), known


def _say(turn: TurnDraft, held: Part | None, mark: tuple[int, Part]) -> None:
    """Put a mark where one without words held its place."""
    turn.marks = [mark if part is held else (at, part) for at, part in turn.marks]


def _drop_held(dialogue: DraftedDialogue) -> None:
    """Give back the places of attempts and asides for which no words were found."""
    for turn in dialogue.drafts:
        turn.marks = [
            (at, part)
            for at, part in turn.marks
            if not (isinstance(part, Aside | FailedInterruption) and not part.text)
        ]


def _cut_off(dialogue: DraftedDialogue, cuts: Iterable[_PendingCut]) -> None:
    """Put interruptions into the drafts, each with the turn of who resumes."""
    for cut in cuts:
        index = next(n for n, one in enumerate(dialogue.drafts) if one is cut.turn)
        cut.turn.cut = cut.at
        cut.turn.marks.append((cut.at, Interruption(cut.kind, KINDS[cut.kind].style)))
        dialogue.drafts[index + 1 : index + 1] = [
            TurnDraft(cut.speaker, cut.words.split(), added=True, short=True),
            TurnDraft(cut.turn.speaker, (cut.reply or FILLER).split(), added=True),
        ]
