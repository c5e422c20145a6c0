"""Talk that does not take the floor: attempts that fail, simultaneous starts, shared closings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from interactspeech.lexicon.words import bare, leaks_unsaid, openness, stem, words
from interactspeech.records import FailedInterruption, Interruption, Overlap
from interactspeech.scripts.kinds import KINDS
from interactspeech.scripts.roles import RoleSettings
from interactspeech.scripts.writers import (
    content_phrases,
    early_answers,
    inserted_interruptions,
    phrases,
    role_phrases,
)
from interactspeech.scripts.writers.folding import asks
from interactspeech.scripts.writers.mentions import mentions
from interactspeech.scripts.writers.role_drafts import DraftedDialogue
from interactspeech.scripts.writers.role_interruptions import ASKS
from interactspeech.scripts.writers.turn_drafts import CLEAR, TurnDraft

#: Tokens between an attempt and other marks.
_APART = 3
#: Tokens between an attempt and the same one again.
_AGAIN = 6
#: Places that are tried for an attempt whose words belong to it.
_PLACES = 3
#: Share of attempts, in company, that are made where another makes one (see `role_company`).
_JOINED = 0.85
#: Factors on rates, for the marks that find no place in the text and no room in the plan.
_FOR_LOST_ATTEMPTS, _FOR_LOST_STARTS = 1.06, 1.06
#: First words of turns that answer, which nobody begins with before there is anything to answer.
_REACTS = words(
    """
    yes yeah yep no nope oh really wow great good thanks thank sure okay ok right exactly absolutely
    of that's it's it that this sorry why how what me too alright fine nice cool
    """
)
_CLOSINGS = frozenset(
    ["bye", "goodbye", "bye-bye", "thanks", "thank", "night", "later", "soon", "care"]
)


def attempt(dialogue: DraftedDialogue, speaker: str, role: RoleSettings) -> None:
    """Failed attempts, some of them made again in the same turn."""
    if not role.attempts or not role.kinds:
        return
    wanted = attempts_wanted(dialogue, role)
    if wanted <= 0:
        return
    places = [
        (draft, attempt_tokens(draft))
        for draft in dialogue.drafts
        if draft.speaker != speaker and len(draft.tokens) >= 10 and not draft.short
    ]
    while wanted > 0:
        found = [
            (draft, at)
            for draft, tokens in places
            for at in tokens
            if not draft.marks or draft.clear(at, _APART)
        ]
        if dialogue.company and dialogue.draws.chance(_JOINED):
            found = _others_attempts(dialogue, speaker) or found
        if not found:
            return
        draft, at, kind, text = _attempt_words(dialogue, role, speaker, found)
        if not kind:
            return
        mark = FailedInterruption(speaker, text, kind, KINDS[kind].style)
        draft.marks.append((at, mark))
        wanted -= 1
        if wanted and "repeated" in KINDS[kind].ways and dialogue.draws.chance(role.persistence):
            later = [
                n for n in attempt_tokens(draft) if n - at >= _AGAIN and draft.clear(n, _APART)
            ]
            if later:
                draft.marks.append((later[0], mark))
                wanted -= 1


def attempts_wanted(dialogue: DraftedDialogue, role: RoleSettings) -> int:
    """How many failed attempts somebody in a role makes that the text does not give."""
    rate = role.attempts * dialogue.attempts_left
    return dialogue.count(rate, dialogue.floor_factor * _FOR_LOST_ATTEMPTS)


def _others_attempts(dialogue: DraftedDialogue, speaker: str) -> list[tuple[TurnDraft, int]]:
    """Where others than the speaker try to get the floor from one who is neither."""
    return [
        (draft, at)
        for draft in dialogue.drafts
        if draft.speaker != speaker and len(draft.tokens) >= 10 and not draft.short
        for at, part in draft.marks
        if isinstance(part, FailedInterruption)
        and 4 <= at < draft.end - 3
        and sum(abs(at - other) < CLEAR for other, _ in draft.marks) == 1
        and part.speaker != speaker
    ]


def _attempt_words(
    dialogue: DraftedDialogue,
    role: RoleSettings,
    speaker: str,
    found: Sequence[tuple[TurnDraft, int]],
) -> tuple[TurnDraft, int, str, str]:
    """Turn, place, kind and words of an attempt; no kind where none is possible.

    The kind is drawn first, by the role's weights; then the place, of a few the first at which the
    words can begin the speaker's next turn or take up what was said.
    """
    draft, at = dialogue.draws.choose(found)
    asked = _in_yes_no_question(draft, at)
    weights = {
        kind: weight
        for kind, weight in role.kinds.items()
        if weight and (asked or kind != "answer")
    }
    while weights:
        kinds = list(weights)
        kind = kinds[dialogue.draws.weighted(list(weights.values()))]
        if kind in role_phrases.ATTEMPTS:
            for _ in range(_PLACES):
                text = _fitting_words(dialogue, speaker, kind, draft, at)
                if text or kind == "answer":
                    break
                other, place = dialogue.draws.choose(found)
                if not _in_yes_no_question(other, place):
                    draft, at = other, place
            text = text or dialogue.memory.fresh(role_phrases.ATTEMPTS[kind], dialogue.draws)
            return draft, at, kind, text
        text, at = _guess(dialogue, kind, draft, at)
        if text:
            return draft, at, kind, text
        del weights[kind]
    return draft, at, "", ""


def _fitting_words(
    dialogue: DraftedDialogue, speaker: str, kind: str, draft: TurnDraft, at: int
) -> str:
    """Words of an attempt that belong to its place; "" where there are none."""
    draws, index = dialogue.draws, dialogue.drafts.index(draft)
    following = dialogue.drafts[index + 1] if index + 1 < len(dialogue.drafts) else None
    reply = following.tokens if following is not None and following.speaker == speaker else []
    if kind == "answer":
        start = max(start for start, _ in draft.analysed.sentences if start < at)
        known = early_answers.choices(draft.tokens[start:at], reply)
        return phrases.lower_initial(draws.choose(known)) if known else ""
    if reply and following is not None and not following.short and not following.added:
        begins, text = content_phrases.start_of_next(
            draft.analysed, at, reply, _SaidBefore(dialogue, index), draws
        )
        if text and begins in (kind, "clarify" if kind == "floor-taking" else kind):
            return text
    value = inserted_interruptions.doubtable_token(draft.tokens, at)
    if kind in {"correct", "change-mind"} and value is not None:
        heard = draft.tokens[value].rstrip(",;")
        other = inserted_interruptions.neighbouring_value(heard, draws)
        return draws.choose(role_phrases.OTHER_VALUES[kind]).format(other, heard=heard)
    if not content_phrases.takes_up(content_phrases.ATTEMPTS, kind):
        return ""
    before = dialogue.drafts[index - 2] if index > 1 else None
    earlier = before.tokens if before is not None and before.speaker == draft.speaker else []
    between = dialogue.drafts[index - 1] if index else None
    listener = between.tokens if between is not None and between.speaker == speaker else []
    heard_words = content_phrases.Heard(draft.tokens, at, earlier, listener)
    return content_phrases.taken_up(
        content_phrases.ATTEMPTS, kind, heard_words, dialogue.memory, draws
    )


def _guess(dialogue: DraftedDialogue, kind: str, draft: TurnDraft, at: int) -> tuple[str, int]:
    """Words and place of an attempt that finishes, helps or repairs; no words where none fit."""
    tokens, draws = draft.tokens, dialogue.draws
    index = dialogue.drafts.index(draft)
    if kind == "complete":
        known = _SaidBefore(dialogue, index)
        right = [
            (place, text)
            for place in range(4, draft.end - 3)
            if draft.clear(place, 3)
            and openness(tokens[place - 1])
            and (text := inserted_interruptions.completion(tokens, place, known))
        ]
        if right and draws.chance(0.7):
            place, text = draws.choose(right)
            return phrases.lower_initial(text), place
        fitting = _fitting_tokens(draft, inserted_interruptions.expects_adjective)
        if fitting:
            return draws.choose(phrases.ADJECTIVES).lower(), draws.choose(fitting)
    elif kind == "help-word":
        fitting = _fitting_tokens(draft, inserted_interruptions.expects_noun)
        nouns = inserted_interruptions.mentioned_nouns(
            [one.tokens for one in dialogue.drafts[:index]]
        )
        if fitting and nouns:
            place = draws.choose(fitting)
            nouns = [noun for noun in nouns if stem(noun) != stem(tokens[place])]
            if nouns:
                return f"the {draws.choose(nouns)}", place
    elif kind == "repair":
        value = inserted_interruptions.doubtable_token(tokens, at)
        if value is not None:
            heard = tokens[value].rstrip(",;")
            draft.written = draft.written or " ".join(tokens)
            wrong = inserted_interruptions.neighbouring_value(heard, draws)
            draft.tokens = tokens.copy()
            draft.tokens[value] = tokens[value].replace(heard, wrong)
            return heard, at
    return "", at


class _SaidBefore:
    """Stems of everything said before a turn; seldom asked for one, so gathered when they are."""

    __slots__ = ("_dialogue", "_found", "_index")

    def __init__(self, dialogue: DraftedDialogue, index: int) -> None:
        self._dialogue = dialogue
        self._index = index
        self._found: frozenset[str] | None = None

    def __contains__(self, stem_: object) -> bool:
        if self._found is None:
            earlier = self._dialogue.drafts[: self._index]
            self._found = frozenset[str]().union(
                *(one.analysed.stems[: one.end] for one in earlier)
            )
        return stem_ in self._found


def start_together(dialogue: DraftedDialogue, speaker: str, role: RoleSettings) -> None:
    """Turns of others that this speaker begins at the same time, and leaves to them."""
    if not role.simultaneous_starts:
        return
    for _ in range(dialogue.count(role.simultaneous_starts, _FOR_LOST_STARTS)):
        found = [
            index
            for index, draft in enumerate(dialogue.drafts)
            if index > 1
            and draft.speaker != speaker
            and not draft.short
            and len(draft.tokens) >= 8
            and not dialogue.drafts[index - 1].cut
            and not any(isinstance(part, Overlap) for _, part in dialogue.drafts[index - 1].marks)
            and draft.clear(0, 7)
        ]
        if not found:
            return
        index = dialogue.draws.choose(found)
        draft = dialogue.drafts[index]
        kind = "simultaneous-start"
        first = draft.analysed.sentences[0][1]
        alone = not draft.marks and not draft.added and not dialogue.company
        if alone and first >= 8 and dialogue.draws.chance(0.3):
            at = 3 + int(dialogue.draws.uniform() * 2)
            resumed = phrases.resumption("agree", draft.tokens, dialogue.memory, dialogue.draws)
            yielding = dialogue.memory.fresh(role_phrases.YIELDING, dialogue.draws).split()
            if leaks_unsaid(" ".join(yielding), " ".join(draft.tokens[at:]), frozenset()):
                continue
            dialogue.drafts[index + 1 : index + 1] = [
                TurnDraft(speaker, yielding, added=True, short=True),
                TurnDraft(draft.speaker, resumed, draft.written, added=True),
            ]
            draft.cut = at
            draft.marks.append((at, Interruption(kind, KINDS[kind].style)))
            continue
        text = _first_words(dialogue, index, speaker) or dialogue.draws.choose(role_phrases.STARTS)
        draft.marks.append((1, FailedInterruption(speaker, text, kind, KINDS[kind].style)))


def _first_words(dialogue: DraftedDialogue, index: int, speaker: str) -> str:
    """With what a speaker begins who yields at once: the first words of their next turn, where they
    know nothing of the one before it, or more of what they have just said; "" where neither fits.
    """
    draws, drafts = dialogue.draws, dialogue.drafts
    following = drafts[index + 1] if index + 1 < len(drafts) else None
    if following is not None and following.speaker == speaker and not following.added:
        text = content_phrases.early_start(following.tokens, 0.4 * draws.uniform())
        reacts = bare(following.tokens[0]) in _REACTS or asks(drafts[index].tokens)
        unsaid = " ".join(drafts[index].tokens)
        if text and not reacts and not leaks_unsaid(text, unsaid, _SaidBefore(dialogue, index)):
            return text
    before = drafts[index - 1]
    if before.speaker != speaker or asks(before.tokens):
        return ""
    found = mentions(before.tokens, len(before.tokens), len(before.tokens))
    own = draws.choose(found).own(before.tokens) if found else ""
    return draws.choose(role_phrases.MORE).format(own) if own else ""


def close_together(dialogue: DraftedDialogue) -> None:
    """Goodbyes and thanks that both say at once."""
    if len(dialogue.drafts) < 2:
        return
    before, last = dialogue.drafts[-2:]
    role = dialogue.roles[last.speaker]
    said = {bare(token) for token in last.tokens}
    closing = not _CLOSINGS.isdisjoint(said) and len(last.tokens) <= 8
    both = closing and not _CLOSINGS.isdisjoint(map(bare, before.tokens[-4:]))
    if not both or before.cut or not dialogue.draws.chance(role.choral):
        return
    if len(before.tokens) >= 4 and before.clear(len(before.tokens) - 1):
        at = len(before.tokens) - (2 if len(before.tokens) >= 6 else 1)
        if dialogue.draws.chance(0.7):
            before.marks.append((at, Overlap("choral")))
        else:
            text = dialogue.draws.choose(role_phrases.CHORAL)
            before.marks.append(
                (at, FailedInterruption(last.speaker, text, "choral", "cooperative"))
            )


def attempt_tokens(draft: TurnDraft) -> list[int]:
    """Tokens before which somebody may try to come in: the ends of clauses, and open places."""
    return [
        at
        for at in range(4, draft.end - 3)
        if draft.tokens[at - 1][-1] in ",.;!" or openness(draft.tokens[at - 1]) >= 1.0
    ]


def _fitting_tokens(draft: TurnDraft, expects: Callable[[list[str], int], bool]) -> list[int]:
    """Tokens of a turn before which something is expected that a listener can guess."""
    return [
        at for at in range(4, draft.end - 3) if draft.clear(at, 3) and expects(draft.tokens, at)
    ]


def _in_yes_no_question(draft: TurnDraft, at: int) -> bool:
    """Whether token `at` of a turn lies in a sentence that asks for yes or no."""
    for start, end in draft.analysed.sentences:
        if start < at < end:
            return draft.tokens[end - 1].endswith("?") and bare(draft.tokens[start]) in ASKS
    return False
