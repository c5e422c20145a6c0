"""The offline writer with roles: who does what to whom, of two to six speakers.

Where `write_offline` gives both speakers of a dialogue the rates of one pair, this writer gives
each speaker the rates, kinds and manners of a role (`interactspeech.scripts.roles`), and adds talk
that is not for the other. Counts are the roles' rates times the dialogue's length, rounded up or
down at random, so that a corpus has what was asked for; the pair's own liveliness scales them.

The same dialogue, scenario and seed give the same script.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from interactspeech.lexicon.pace import conversation_minutes
from interactspeech.lexicon.words import (
    FUNCTION_WORDS,
    bare,
    leaks_unsaid,
    openness,
    sentences,
    stem,
)
from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    Part,
    PlainDialogue,
    Script,
    Sound,
    Turn,
    Words,
)
from interactspeech.records.script import AsideKind
from interactspeech.scripts.kinds import DISTRACTING_KINDS, KINDS
from interactspeech.scripts.roles import RoleSettings, Scenario, assign_roles
from interactspeech.scripts.writers import (
    backchannels,
    cut_points,
    inserted_interruptions,
    phrases,
    role_phrases,
)
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.folding import as_backchannel, fold_groups
from interactspeech.scripts.writers.hesitations import add_hesitations
from interactspeech.scripts.writers.response_rules import wants_response
from interactspeech.seeds import generator

#: Goes into `Script.writer` before the scenario's name; changes whenever the same input would give
#: another script.
ROLE_WRITER_NAME = "offline roles 1"

#: How much the dyads differ: sigma of the log-normal factors of mean 1 on the rates of feedback and
#: of interruptions. People's dyads differ by .43 of the mean in backchannels (framework.md, section
#: 6), a part of which is chance, which the rounding of counts does not add again.
_SPREAD = 0.3
_PAIR = 2
#: Words of a turn that is said over another's talk in company, at most, and of the turn that comes
#: of it.
_OVERLAID, _LONGEST = 4, 200
#: Minutes that an inserted interruption adds, with the speaker's resumption.
_INSERTED_MINUTES = 0.07
#: Share of interruptions by the next turn itself, where one can.
_DIRECT = 0.6
#: Tokens between two marks of a turn, at least.
_CLEAR = 4
#: Tokens between an attempt and the same one again.
_AGAIN = 6
#: Words at the start of a dialogue that are usually a greeting.
_GREETING = 8
_TRIES = 5
#: Who gives less feedback a minute keeps their acknowledgements as turns.
_FOLDS = 0.5
#: Factors on rates, for the marks that the planner finds no room for.
_FOR_LOST_ATTEMPTS, _FOR_LOST_STARTS = 1.06, 1.15
#: And for those that find no place in the text: interruptions, and backchannels, for which there
#: are the fewer places left the more are asked for (a minute).
_FOR_LOST_INTERRUPTIONS, _FOR_DENSE_FEEDBACK = 1.08, 0.03
#: Where asides stand: in the speaker's own turn, over another's, after another's.
_ASIDE_WAYS = (0.3, 0.4, 0.3)
_CLOSINGS = frozenset(
    ["bye", "goodbye", "bye-bye", "thanks", "thank", "night", "later", "soon", "care"]
)
_ASKS = ("do", "does", "did", "is", "are", "was", "were", "can", "could", "would", "will", "have",
         "has", "shall", "should")  # fmt: skip


class FeedbackPlaces(Protocol):
    """Where in a turn people give feedback, by what is said (see `ActModel`)."""

    def weigh(self, tokens: list[str], places: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """Places of a turn, tokens before which feedback may be given, with other weights."""

    def kind(self, tokens: list[str], index: int, draws: Draws) -> str:
        """The table of words to draw from at a place, of `backchannels.WORD_TABLES`; or ""."""


@dataclass(slots=True)
class RoleDraft:
    """A turn under construction: tokens, the cut, and marks before tokens."""

    speaker: str
    tokens: list[str]
    written: str = ""
    cut: int = 0
    marks: list[tuple[int, Part]] = field(default_factory=list)
    added: bool = False
    short: bool = False

    @property
    def end(self) -> int:
        """Tokens that are said."""
        return self.cut or len(self.tokens)

    def clear(self, at: int, distance: int = _CLEAR) -> bool:
        """Whether no mark stands within `distance` tokens of `at`."""
        return all(abs(at - index) >= distance for index, _ in self.marks)


@dataclass(frozen=True, slots=True)
class _Pick:
    """An interruption to be written: by whom, where, of which kind."""

    speaker: str
    place: cut_points.CutPoint
    kind: str


def write_with_roles(
    plain: PlainDialogue,
    seed: int,
    scenario: Scenario,
    *,
    in_order: bool = False,
    places: FeedbackPlaces | None = None,
) -> Script:
    """Make a plain dialogue interactive, each speaker in a role.

    Args:
        plain: two to six speakers.
        seed: of the corpus; with the dialogue's id it decides everything.
        scenario: the roles; see `assign_roles` for who gets which.
        in_order: the first speaker has the first role, whatever names and words say.
        places: where people give feedback, by what was said; the rule places it where None.

    Raises:
        UsageError: the dialogue names a role that the scenario has not.
    """
    return _RoleWriter(plain, seed, scenario, in_order=in_order, places=places).script()


class _RoleWriter:
    """One dialogue being written."""

    def __init__(
        self,
        plain: PlainDialogue,
        seed: int,
        scenario: Scenario,
        *,
        in_order: bool,
        places: FeedbackPlaces | None,
    ) -> None:
        self.plain, self.scenario, self.places = plain, scenario, places
        rng = generator(seed, plain.id, "role-writer")
        self.draws = Draws(rng)
        feedback, floor = rng.standard_normal(2).clip(-2.0, 2.0).tolist()
        self._feedback = math.exp(_SPREAD * feedback - _SPREAD**2 / 2)
        self._floor = math.exp(_SPREAD * floor - _SPREAD**2 / 2)
        self.speakers = list(dict.fromkeys(turn.speaker for turn in plain.turns))
        texts: dict[str, str] = {}
        for turn in plain.turns:
            texts[turn.speaker] = f"{texts.get(turn.speaker, '')} {turn.text.lower()}"
        self.roles = assign_roles(
            scenario, self.speakers, plain.names, plain.roles, texts, in_order=in_order
        )
        self.memory = phrases.RecentPhrases()
        self.drafts: list[RoleDraft] = []
        self.minutes = 0.0
        self.given: dict[str, int] = dict.fromkeys(self.speakers, 0)
        self.tried: dict[str, int] = dict.fromkeys(self.speakers, 0)

    def script(self) -> Script:
        """The script."""
        self.drafts = [
            self._draft(turn.speaker, turn.text, turn.written) for turn in self.plain.turns
        ]
        self._fold()
        talk = conversation_minutes([draft.tokens for draft in self.drafts])
        rate = sum(role.interruptions for role in self.roles.values()) * (1 - _DIRECT / 2)
        self.minutes = talk / max(0.5, 1 - _INSERTED_MINUTES * rate)
        self._correct_themselves()
        self._interrupt()
        self._close_together()
        for speaker, role in self.roles.items():
            self._attempt(speaker, role)
        for speaker, role in self.roles.items():
            self._start_together(speaker, role)
        for speaker, role in self.roles.items():
            self._talk_aside(speaker, role)
        self._listen()
        plain = self.plain
        return Script(
            id=plain.id,
            turns=tuple(_finish(draft) for draft in self.drafts),
            names=plain.names,
            corpus=plain.corpus,
            source_id=plain.source_id,
            licence=plain.licence,
            split=plain.split,
            writer=f"{ROLE_WRITER_NAME} {self.scenario.name}",
            file=plain.file,
            line=plain.line,
            roles={speaker: role.name for speaker, role in sorted(self.roles.items())},
        )

    def _count(self, rate: float, factor: float = 1.0) -> int:
        """How many a rate a minute makes, rounded up or down at random."""
        return int(rate * factor * self.minutes + self.draws.uniform())

    # Turns

    def _draft(self, speaker: str, text: str, written: str) -> RoleDraft:
        role = self.roles[speaker]
        tokens = text.split()
        draft = RoleDraft(speaker, tokens, written)
        if role.fillers or role.repeats or role.restarts or role.fragments:
            draft.tokens = add_hesitations(
                tokens,
                role.fillers,
                role.repeats,
                self.draws,
                restarts=role.restarts,
                fragments=role.fragments,
                connectives=0.4,
            )
        if not written and draft.tokens != tokens:
            draft.written = text
        return draft

    def _fold(self) -> None:
        """Acknowledgements of those who give feedback become backchannels."""
        folded: list[RoleDraft] = []
        groups = fold_groups([(draft.speaker, draft.tokens) for draft in self.drafts])
        for group in groups:
            turn = self.drafts[group[0]]
            for heard, going_on in zip(group[1::2], group[2::2], strict=True):
                said, more = self.drafts[heard], self.drafts[going_on]
                at = len(turn.tokens)
                if self.roles[said.speaker].backchannels < _FOLDS or wants_response(
                    turn.tokens, at
                ):
                    folded += [turn, said]
                    turn = more
                    continue
                sources = [d.written or " ".join(d.tokens) for d in (turn, said, more)]
                turn = RoleDraft(
                    turn.speaker,
                    turn.tokens + more.tokens,
                    written=f"{sources[0]} [{said.speaker}: {sources[1]}] {sources[2]}",
                    marks=[
                        *turn.marks,
                        (at, Backchannel(said.speaker, as_backchannel(said.tokens))),
                        *((at + index, part) for index, part in more.marks),
                    ],
                )
                self.given[said.speaker] += 1
            folded.append(turn)
        self.drafts = folded
        if len(self.speakers) > _PAIR:
            self.drafts = self._overlaid()

    def _overlaid(self) -> list[RoleDraft]:
        """In company, a word or two between two turns of one speaker is said over their talk.

        The words stay: they are an attempt at the floor, and the two turns become one.
        """
        found: list[RoleDraft] = []
        left = list(self.drafts)
        while left:
            turn = left.pop(0)
            while len(left) > 1 and self._is_short(turn, left[0], left[1]):
                said, more = left.pop(0), left.pop(0)
                at = len(turn.tokens)
                text = " ".join(said.tokens).rstrip(".!,")
                mark = FailedInterruption(said.speaker, phrases.lower_initial(text))
                turn = RoleDraft(
                    turn.speaker,
                    turn.tokens + more.tokens,
                    turn.written or " ".join(turn.tokens),
                    marks=[
                        *turn.marks,
                        (at, mark),
                        *((at + index, part) for index, part in more.marks),
                    ],
                )
                self.tried[said.speaker] += 1
            found.append(turn)
        return found

    def _is_short(self, turn: RoleDraft, said: RoleDraft, more: RoleDraft) -> bool:
        return (
            turn.speaker == more.speaker != said.speaker
            and len(said.tokens) <= _OVERLAID
            and not said.marks
            and bool(self.roles[said.speaker].attempts)
            and not turn.tokens[-1].endswith("?")
            and not said.tokens[-1].endswith("?")
            and len(turn.tokens) + len(more.tokens) <= _LONGEST
            and len(more.tokens) >= _CLEAR
        )

    def _correct_themselves(self) -> None:
        """What a speaker gets wrong and mends: "on Thursday, no, Friday"."""
        for speaker, role in self.roles.items():
            for _ in range(self._count(role.corrections) if role.corrections else 0):
                found = [
                    (draft, index)
                    for draft in self.drafts
                    if draft.speaker == speaker and not draft.marks
                    for index in range(2, len(draft.tokens))
                    if inserted_interruptions.is_value(draft.tokens, index)
                    and draft.tokens[index - 1][-1].isalpha()
                    and not inserted_interruptions.is_value(draft.tokens, index - 1)
                ]
                if not found:
                    break
                draft, index = self.draws.choose(found)
                right = draft.tokens[index].rstrip(",;.?!")
                wrong = inserted_interruptions.neighbouring_value(right, self.draws)
                repair = self.draws.choose(("no,", "sorry,", "no, wait,", "I mean,"))
                draft.written = draft.written or " ".join(draft.tokens)
                draft.tokens[index:index] = [f"{wrong},", *repair.split()]

    # Interruptions

    def _interrupt(self) -> None:
        wanted = [
            speaker
            for speaker, role in self.roles.items()
            for _ in range(
                self._count(role.interruptions, self._floor * _FOR_LOST_INTERRUPTIONS)
                if role.kinds
                else 0
            )
        ]
        if not wanted:
            return
        known: list[frozenset[str]] = [frozenset()]
        for draft in self.drafts:
            known.append(known[-1].union(map(stem, draft.tokens)))
        direct: list[cut_points.CutPoint] = []
        inserted: list[cut_points.CutPoint] = []
        for index, draft in enumerate(self.drafts):
            if len(draft.tokens) < cut_points.MIN_SAID + cut_points.MIN_UNSAID + 2:
                continue
            inserted += cut_points.inserted_cut_points(index, draft.tokens)
            inserted += _question_cut_points(index, draft.tokens)
            if index + 1 < len(self.drafts):
                reply = self.drafts[index + 1]
                if reply.speaker != draft.speaker and self.roles[reply.speaker].interruptions:
                    direct += cut_points.direct_cut_points(
                        index, draft.tokens, reply.tokens, known[index]
                    )
        named = any(
            self.roles[speaker].kinds.get(kind)
            for speaker in wanted
            for kind in ("help-word", "repair")
        )
        nouns = {
            index: inserted_interruptions.mentioned_nouns(
                [draft.tokens for draft in self.drafts[:index]]
            )
            for index in {place.turn for place in inserted}
        } if named else {}  # fmt: skip
        chosen: list[_Pick] = []
        while wanted:
            speaker = wanted.pop(int(self.draws.uniform() * len(wanted)))
            taken = {pick.place.turn for pick in chosen}
            # A turn that cuts another off is not cut off itself, nor the one before it by it.
            direct_turns = {
                turn
                for one in chosen
                if one.place.way == "direct"
                for turn in (one.place.turn - 1, one.place.turn, one.place.turn + 1)
            }
            near = {turn + step for turn in taken for step in (-1, 0, 1)}
            used = {pick.kind for pick in chosen}
            pick = self._pick(
                speaker,
                [place for place in direct if place.turn not in near],
                [place for place in inserted if place.turn not in taken | direct_turns],
                nouns,
                DISTRACTING_KINDS if used & DISTRACTING_KINDS else frozenset(),
            )
            if pick is not None:
                chosen.append(pick)
        cuts = {p.place.turn: p.place.at for p in chosen if p.place.way == "direct"}
        # From the last to the first, so that what is inserted moves no place that is still to come.
        for pick in sorted(chosen, key=lambda one: -one.place.turn):
            said = known[0].union(map(stem, self.drafts[pick.place.turn].tokens[: pick.place.at]))
            said = said.union(
                *(
                    map(stem, draft.tokens[: cuts.get(n)])
                    for n, draft in enumerate(self.drafts[: pick.place.turn])
                )
            )
            self._cut(pick, said, nouns.get(pick.place.turn, []))

    def _pick(
        self,
        speaker: str,
        direct: list[cut_points.CutPoint],
        inserted: list[cut_points.CutPoint],
        nouns: dict[int, list[str]],
        without: frozenset[str],
    ) -> _Pick | None:
        """A place and a kind, drawn by the role's weights among the kinds that have a place."""
        drafts, draws = self.drafts, self.draws
        mine = [
            place
            for place in direct
            if drafts[place.turn].speaker != speaker and drafts[place.turn + 1].speaker == speaker
        ]
        added = [place for place in inserted if drafts[place.turn].speaker != speaker]
        weights = {
            kind: weight
            for kind, weight in self.roles[speaker].kinds.items()
            if weight > 0 and kind not in without
        }
        while weights:
            kinds = list(weights)
            kind = kinds[draws.weighted(list(weights.values()))]
            by_turn = [place for place in mine if place.kind == kind]
            by_insert = [
                place
                for place in added
                if _makes_possible(
                    kind, drafts[place.turn].tokens, place, nouns.get(place.turn, [])
                )
            ]
            for places in (by_turn, by_insert) if draws.chance(_DIRECT) else (by_insert, by_turn):
                if places:
                    place = places[draws.weighted([place.weight for place in places])]
                    return _Pick(speaker, place, kind)
            del weights[kind]
        return None

    def _cut(self, pick: _Pick, said: frozenset[str], nouns: list[str]) -> None:
        """Write one interruption; not, where its words would give away what stays unsaid."""
        draft, place, kind = self.drafts[pick.place.turn], pick.place, pick.kind
        unsaid = draft.tokens[place.at :]
        cut = place.at
        role = self.roles[pick.speaker]
        if place.way == "direct":
            reply = self.drafts[place.turn + 1]
            if leaks_unsaid(" ".join(reply.tokens), " ".join(unsaid), said):
                return
            self._preface(reply, kind, role, " ".join(unsaid), said)
        else:
            made = self._insertion(kind, draft.tokens, place, nouns, " ".join(unsaid), said)
            if made is None:
                return
            words = made.words.split()
            if KINDS[kind].style == "competitive":
                words = self._apologised(words, role)
            self.drafts[place.turn + 1 : place.turn + 1] = [
                RoleDraft(pick.speaker, words, added=True, short=True),
                RoleDraft(draft.speaker, made.resumed, added=True),
            ]
            if made.said != draft.tokens[: place.at]:
                draft.written = draft.written or " ".join(draft.tokens)
                cut = len(made.said)
                draft.tokens = made.said + unsaid
        draft.cut = cut
        draft.marks = [mark for mark in draft.marks if mark[0] < place.at - 1]
        draft.marks.append((cut, Interruption(kind, KINDS[kind].style)))

    def _preface(
        self,
        reply: RoleDraft,
        kind: str,
        role: RoleSettings,
        unsaid: str,
        said: frozenset[str],
    ) -> None:
        before = reply.tokens
        after = phrases.add_preface(kind, before, self.memory, self.draws)
        if len(after) == len(before) and KINDS[kind].style == "competitive":
            after = self._apologised(before, role)
        if len(after) == len(before) or leaks_unsaid(" ".join(after), unsaid, said):
            return
        shift = len(after) - len(before)
        reply.tokens = after
        reply.marks = [(at + shift, part) for at, part in reply.marks]
        reply.written = reply.written or " ".join(before)

    def _apologised(self, words: list[str], role: RoleSettings) -> list[str]:
        """The words, seldom with an apology for interrupting."""
        if not role.apologies or not self.draws.chance(role.apologies):
            return words
        head = phrases.lower_initial(words[0])
        if head[0].isupper() and head.rstrip(",") != "I" and not head.startswith("I'"):
            return words
        return [*self.draws.choose(role_phrases.APOLOGIES).split(), head, *words[1:]]

    def _insertion(
        self,
        kind: str,
        tokens: list[str],
        place: cut_points.CutPoint,
        nouns: list[str],
        unsaid: str,
        said: frozenset[str],
    ) -> inserted_interruptions.InsertedInterruption | None:
        for _ in range(_TRIES):
            if kind == "repair":
                made = self._other_repair(tokens, place, nouns)
            elif kind in role_phrases.INSERTED:
                again = tokens[place.restart :]
                resumed = phrases.resumption(
                    role_phrases.RESUMED_AS.get(kind, "asked"), again, self.memory, self.draws
                )
                words = self.memory.fresh(role_phrases.INSERTED[kind], self.draws)
                made = inserted_interruptions.InsertedInterruption(
                    kind, tokens[: place.at], words, resumed
                )
            else:
                made = inserted_interruptions.insert_interruption(
                    kind, tokens, place, nouns, self.memory, self.draws
                )
            if made is not None and not leaks_unsaid(made.words, unsaid, said):
                return made
        return None

    def _other_repair(
        self, tokens: list[str], place: cut_points.CutPoint, nouns: list[str]
    ) -> inserted_interruptions.InsertedInterruption | None:
        """The speaker says a wrong day, number or thing; the other gives the right one."""
        index = inserted_interruptions.doubtable_token(tokens, place.at)
        if index is not None:
            heard = tokens[index].rstrip(",;")
            wrong = inserted_interruptions.neighbouring_value(heard, self.draws)
        else:
            index = _recent_noun(tokens, place.at)
            heard = tokens[index] if index is not None else ""
            others = [noun for noun in nouns if stem(noun) != stem(heard)]
            if index is None or not others:
                return None
            wrong = self.draws.choose(others)
        said = list(tokens[: place.at])
        said[index] = said[index].replace(heard, wrong)
        if index and tokens[index - 1] == "the":
            heard = f"the {heard}"
        words = self.draws.choose(("{}.", "You mean {}.", "No, {}.", "{}, isn't it?")).format(heard)
        words = words[0].upper() + words[1:]
        taken = self.draws.choose(("{}, yes.", "Yes, sorry, {}.", "{}, of course.")).format(heard)
        taken = taken[0].upper() + taken[1:]
        again = phrases.resumption("doubted", tokens[place.restart :], self.memory, self.draws)
        return inserted_interruptions.InsertedInterruption(
            "repair", said, words, [*taken.split(), *again]
        )

    # Talk that does not take the floor

    def _attempt(self, speaker: str, role: RoleSettings) -> None:
        """Failed attempts, some of them made again in the same turn."""
        if not role.attempts or not role.kinds:
            return
        wanted = self._count(role.attempts, self._floor * _FOR_LOST_ATTEMPTS)
        wanted -= self.tried[speaker]
        while wanted > 0:
            found = [
                (draft, at)
                for draft in self.drafts
                if draft.speaker != speaker and len(draft.tokens) >= 10 and not draft.short
                for at in _attempt_tokens(draft)
            ]
            if not found:
                return
            draft, at = self.draws.choose(found)
            kind, text, at = self._attempt_words(role, draft, at)
            if not kind:
                return
            mark = FailedInterruption(speaker, text, kind, KINDS[kind].style)
            draft.marks.append((at, mark))
            wanted -= 1
            if wanted and "repeated" in KINDS[kind].ways and self.draws.chance(role.persistence):
                later = [n for n in _attempt_tokens(draft) if n - at >= _AGAIN]
                if later:
                    draft.marks.append((later[0], mark))
                    wanted -= 1

    def _attempt_words(self, role: RoleSettings, draft: RoleDraft, at: int) -> tuple[str, str, int]:
        """Kind and words of an attempt before a token, or before another that the kind needs."""
        tokens = draft.tokens
        asked = "answer" if _in_yes_no_question(tokens, at) else ""
        weights = {
            kind: weight
            for kind, weight in role.kinds.items()
            if weight and kind != ("" if asked else "answer")
        }
        while weights:
            kinds = list(weights)
            kind = kinds[self.draws.weighted(list(weights.values()))]
            if kind in role_phrases.ATTEMPTS:
                return kind, self.memory.fresh(role_phrases.ATTEMPTS[kind], self.draws), at
            if kind == "complete":
                fitting = _fitting_tokens(draft, inserted_interruptions.expects_adjective)
                if fitting:
                    guess = self.draws.choose(phrases.ADJECTIVES).lower()
                    return kind, guess, self.draws.choose(fitting)
            elif kind == "help-word":
                fitting = _fitting_tokens(draft, inserted_interruptions.expects_noun)
                nouns = inserted_interruptions.mentioned_nouns(
                    [one.tokens for one in self.drafts[: self.drafts.index(draft)]]
                )
                if fitting and nouns:
                    place = self.draws.choose(fitting)
                    nouns = [noun for noun in nouns if stem(noun) != stem(tokens[place])]
                    if nouns:
                        return kind, f"the {self.draws.choose(nouns)}", place
            elif kind == "repair":
                index = inserted_interruptions.doubtable_token(tokens, at)
                if index is not None:
                    heard = tokens[index].rstrip(",;")
                    draft.written = draft.written or " ".join(tokens)
                    wrong = inserted_interruptions.neighbouring_value(heard, self.draws)
                    tokens[index] = tokens[index].replace(heard, wrong)
                    return kind, heard, at
            del weights[kind]
        return "", "", at

    def _start_together(self, speaker: str, role: RoleSettings) -> None:
        """Turns of others that this speaker begins at the same time, and leaves to them."""
        if not role.simultaneous_starts:
            return
        for _ in range(self._count(role.simultaneous_starts, _FOR_LOST_STARTS)):
            found = [
                index
                for index, draft in enumerate(self.drafts)
                if index > 1
                and draft.speaker != speaker
                and not draft.short
                and len(draft.tokens) >= 8
                and not self.drafts[index - 1].cut
                and not any(isinstance(part, Overlap) for _, part in self.drafts[index - 1].marks)
                and draft.clear(0, 7)
            ]
            if not found:
                return
            index = self.draws.choose(found)
            draft = self.drafts[index]
            kind = "simultaneous-start"
            first = sentences(draft.tokens)[0][1]
            if not draft.marks and first >= 8 and not draft.added and self.draws.chance(0.3):
                at = 3 + int(self.draws.uniform() * 2)
                resumed = phrases.resumption("agree", draft.tokens, self.memory, self.draws)
                yielding = self.memory.fresh(role_phrases.YIELDING, self.draws).split()
                if leaks_unsaid(" ".join(yielding), " ".join(draft.tokens[at:]), frozenset()):
                    continue
                self.drafts[index + 1 : index + 1] = [
                    RoleDraft(speaker, yielding, added=True, short=True),
                    RoleDraft(draft.speaker, resumed, draft.written, added=True),
                ]
                draft.cut = at
                draft.marks.append((at, Interruption(kind, KINDS[kind].style)))
                continue
            text = self.draws.choose(role_phrases.STARTS)
            draft.marks.append((1, FailedInterruption(speaker, text, kind, KINDS[kind].style)))

    def _close_together(self) -> None:
        """Goodbyes and thanks that both say at once."""
        if len(self.drafts) < 2:
            return
        before, last = self.drafts[-2:]
        role = self.roles[last.speaker]
        said = {bare(token) for token in last.tokens}
        closing = not _CLOSINGS.isdisjoint(said) and len(last.tokens) <= 8
        both = closing and not _CLOSINGS.isdisjoint(map(bare, before.tokens[-4:]))
        if not both or before.cut or not self.draws.chance(role.choral):
            return
        if len(before.tokens) >= 4 and before.clear(len(before.tokens) - 1):
            at = len(before.tokens) - (2 if len(before.tokens) >= 6 else 1)
            if self.draws.chance(0.7):
                before.marks.append((at, Overlap("choral")))
            else:
                text = self.draws.choose(role_phrases.CHORAL)
                before.marks.append(
                    (at, FailedInterruption(last.speaker, text, "choral", "cooperative"))
                )

    def _talk_aside(self, speaker: str, role: RoleSettings) -> None:
        """Asides, coughs and laughs."""
        kinds = list(role.asides)
        for _ in range(self._count(sum(role.asides.values())) if kinds else 0):
            kind = kinds[self.draws.weighted(list(role.asides.values()))]
            self._place_aside(speaker, msgspec.convert(kind, AsideKind))
        for sound, rate in (("cough", role.coughs), ("laugh", role.laughs)):
            for _ in range(self._count(rate) if rate else 0):
                found = [
                    draft
                    for draft in self.drafts
                    if draft.speaker == speaker and not draft.cut and not draft.short
                    and draft.clear(len(draft.tokens), 2)
                ]  # fmt: skip
                if found:
                    draft = self.draws.choose(found)
                    draft.marks.append(
                        (len(draft.tokens), Sound("cough" if sound == "cough" else "laugh"))
                    )

    def _place_aside(self, speaker: str, kind: AsideKind) -> None:
        """One aside, in an own turn, over another's, or after another's."""
        drafts = self.drafts
        own = [
            (draft, at)
            for draft in drafts
            if draft.speaker == speaker and not draft.short
            for at in range(3, draft.end - 2)
            if draft.tokens[at - 1][-1] in ",.;" and draft.clear(at)
        ]
        over = [
            (draft, at)
            for draft in drafts
            if draft.speaker != speaker and not draft.short
            for at in range(4, draft.end - 4)
            if draft.clear(at, 6)
        ]
        after = [
            (draft, len(draft.tokens))
            for draft in drafts[:-1]
            if draft.speaker != speaker
            and not draft.cut
            and not any(isinstance(part, Overlap | Aside) for _, part in draft.marks)
        ]
        ways = [own, over, after]
        weights = [weight if way else 0.0 for weight, way in zip(_ASIDE_WAYS, ways, strict=True)]
        if not any(weights):
            return
        way = ways[self.draws.weighted(weights)]
        draft, at = self.draws.choose(way)
        text = self.memory.fresh(role_phrases.ASIDES[kind], self.draws)
        draft.marks.append((at, Aside(speaker, text, kind)))

    def _listen(self) -> None:
        """Backchannels, where people give them, never where talk wants something else."""
        habits = {speaker: self.draws.uniform() for speaker in self.speakers}
        last = dict.fromkeys(self.speakers, "")
        found: list[tuple[int, int, float]] = []
        for index, draft in enumerate(self.drafts):
            if draft.short or draft.end < backchannels.BEFORE + backchannels.AFTER:
                continue
            places = backchannels.backchannel_places(draft.tokens, draft.end)
            if self.places is not None:
                places = self.places.weigh(draft.tokens, places)
            found += [
                (index, at, weight)
                for at, weight in places
                if draft.clear(at) and (index or at > _GREETING)
                and not wants_response(draft.tokens, at)
            ]  # fmt: skip
        chosen: list[tuple[int, int, str]] = []
        for speaker, role in self.roles.items():
            rate = role.backchannels
            count = self._count(rate, self._feedback * (1 + _FOR_DENSE_FEEDBACK * rate))
            count -= self.given[speaker]
            mine = [one for one in found if self.drafts[one[0]].speaker != speaker]
            weights = [weight for _, _, weight in mine]
            while mine and count > 0 and sum(weights) > 0:
                index, at, _ = mine[self.draws.weighted(weights)]
                chosen.append((index, at, speaker))
                count -= 1
                keep = [
                    n
                    for n, (i, a, _) in enumerate(mine)
                    if i != index or abs(a - at) >= backchannels.MIN_DISTANCE
                ]
                mine, weights = [mine[n] for n in keep], [weights[n] for n in keep]
        chosen += self._joining(chosen)
        for index, at, speaker in sorted(chosen):
            draft = self.drafts[index]
            kind = self.places.kind(draft.tokens, at, self.draws) if self.places else ""
            said = backchannels.backchannel_text(
                draft.tokens, at, self.draws, habits[speaker], last[speaker], kind
            )
            last[speaker] = said
            draft.marks.append((at, Backchannel(speaker, said)))

    def _joining(self, chosen: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
        """Feedback of a third person at the places where another gives some."""
        found: list[tuple[int, int, str]] = []
        if len(self.speakers) <= _PAIR:
            return found
        for index, at, speaker in chosen:
            others = [s for s in self.speakers if s not in (speaker, self.drafts[index].speaker)]
            other = self.draws.choose(others)
            if self.draws.chance(self.roles[other].together):
                found.append((index, at, other))
        return found


def _attempt_tokens(draft: RoleDraft) -> list[int]:
    """Tokens before which somebody may try to come in: the ends of clauses, and open places."""
    return [
        at
        for at in range(4, draft.end - 3)
        if (draft.tokens[at - 1][-1] in ",.;!" or openness(draft.tokens[at - 1]) >= 1.0)
        and draft.clear(at, 3)
    ]


def _fitting_tokens(draft: RoleDraft, expects: Callable[[list[str], int], bool]) -> list[int]:
    """Tokens of a turn before which something is expected that a listener can guess."""
    return [
        at for at in range(4, draft.end - 3) if draft.clear(at, 3) and expects(draft.tokens, at)
    ]


def _in_yes_no_question(tokens: Sequence[str], at: int) -> bool:
    """Whether token `at` lies in a sentence that asks for yes or no."""
    for start, end in sentences(list(tokens)):
        if start < at < end:
            return tokens[end - 1].endswith("?") and bare(tokens[start]) in _ASKS
    return False


def _question_cut_points(turn: int, tokens: list[str]) -> list[cut_points.CutPoint]:
    """Places late in a question for yes or no, where an answer can come early."""
    start, end = sentences(tokens)[-1]
    if not tokens[end - 1].endswith("?") or bare(tokens[start]) not in _ASKS or end - start < 7:
        return []
    return [
        cut_points.CutPoint(turn, at, 1.0, "inserted", "answer", start)
        for at in range(start + 4, end - cut_points.MIN_UNSAID + 1)
        if at - start >= 0.55 * (end - start) and openness(tokens[at - 1])
    ]


def _makes_possible(
    kind: str, tokens: list[str], place: cut_points.CutPoint, nouns: list[str]
) -> bool:
    """Whether an inserted turn of a kind can stand at a place."""
    at = place.at
    if kind == "answer" or place.kind == "answer":
        return kind == place.kind
    match kind:
        case "complete":
            return inserted_interruptions.expects_adjective(
                tokens, at
            ) or inserted_interruptions.expects_verb(tokens, at)
        case "correct":
            return inserted_interruptions.doubtable_token(tokens, at) is not None
        case "repair":
            if inserted_interruptions.doubtable_token(tokens, at) is not None:
                return True
            index = _recent_noun(tokens, at)
            return index is not None and any(stem(n) != stem(tokens[index]) for n in nouns)
        case "help-word":
            return inserted_interruptions.expects_noun(tokens, at) and bool(nouns)
        case "agree":
            return cut_points.invites_agreement(tokens, at)
        case "impatience":
            return at >= 12
        case "refuse":
            return cut_points.asks_for_something(tokens[max(0, at - 12) : at])
        case _:
            return True


def _recent_noun(tokens: list[str], at: int) -> int | None:
    """Index of a noun just before the cut that was said with "the", in the middle of a clause."""
    for index in range(at - 1, max(1, at - 4), -1):
        if (
            tokens[index - 1] == "the"
            and tokens[index].isalpha()
            and tokens[index].islower()
            and stem(tokens[index])
            and (index + 1 == at or bare(tokens[index + 1]) in FUNCTION_WORDS)
        ):
            return index
    return None


def _finish(draft: RoleDraft) -> Turn:
    tokens = draft.tokens
    parts: list[Part] = []
    at = 0
    for index, part in sorted(draft.marks, key=lambda mark: mark[0]):
        if index > at:
            parts.append(Words(" ".join(tokens[at:index])))
        parts.append(part)
        at = index
    if at < len(tokens):
        parts.append(Words(" ".join(tokens[at:])))
    return Turn(draft.speaker, tuple(parts), draft.written)


def all_kinds(roles: Iterable[RoleSettings]) -> frozenset[str]:
    """Kinds of interruption that any of the roles does."""
    return frozenset(kind for role in roles for kind, weight in role.kinds.items() if weight)
