"""Talk that does not take the floor: attempts that fail, simultaneous starts, shared closings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from interactspeech.lexicon.words import bare, leaks_unsaid, openness, sentences, stem
from interactspeech.records import FailedInterruption, Interruption, Overlap
from interactspeech.scripts.kinds import KINDS
from interactspeech.scripts.roles import RoleSettings
from interactspeech.scripts.writers import inserted_interruptions, phrases, role_phrases
from interactspeech.scripts.writers.role_drafts import CLEAR, DraftedDialogue, RoleDraft
from interactspeech.scripts.writers.role_interruptions import ASKS

#: Tokens between an attempt and other marks.
_APART = 3
#: Tokens between an attempt and the same one again.
_AGAIN = 6
#: Share of attempts, in company, that are made where another makes one (see `role_company`).
_JOINED = 0.85
#: Factors on rates, for the marks that the planner finds no room for.
_FOR_LOST_ATTEMPTS, _FOR_LOST_STARTS = 1.06, 1.15
_CLOSINGS = frozenset(
    ["bye", "goodbye", "bye-bye", "thanks", "thank", "night", "later", "soon", "care"]
)


def attempt(dialogue: DraftedDialogue, speaker: str, role: RoleSettings) -> None:
    """Failed attempts, some of them made again in the same turn."""
    if not role.attempts or not role.kinds:
        return
    rate = role.attempts * dialogue.attempts_left
    wanted = dialogue.count(rate, dialogue.floor_factor * _FOR_LOST_ATTEMPTS)
    if wanted <= 0:
        return
    places = [
        (draft, _attempt_tokens(draft))
        for draft in dialogue.drafts
        if draft.speaker != speaker and len(draft.tokens) >= 10 and not draft.short
    ]
    while wanted > 0:
        found = [
            (draft, at) for draft, tokens in places for at in tokens if draft.clear(at, _APART)
        ]
        if dialogue.company and dialogue.draws.chance(_JOINED):
            found = _others_attempts(dialogue, speaker) or found
        if not found:
            return
        draft, at = dialogue.draws.choose(found)
        kind, text, at = _attempt_words(dialogue, role, draft, at)
        if not kind:
            return
        mark = FailedInterruption(speaker, text, kind, KINDS[kind].style)
        draft.marks.append((at, mark))
        wanted -= 1
        if wanted and "repeated" in KINDS[kind].ways and dialogue.draws.chance(role.persistence):
            later = [
                n for n in _attempt_tokens(draft) if n - at >= _AGAIN and draft.clear(n, _APART)
            ]
            if later:
                draft.marks.append((later[0], mark))
                wanted -= 1


def _others_attempts(dialogue: DraftedDialogue, speaker: str) -> list[tuple[RoleDraft, int]]:
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
    dialogue: DraftedDialogue, role: RoleSettings, draft: RoleDraft, at: int
) -> tuple[str, str, int]:
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
        kind = kinds[dialogue.draws.weighted(list(weights.values()))]
        if kind in role_phrases.ATTEMPTS:
            return kind, dialogue.memory.fresh(role_phrases.ATTEMPTS[kind], dialogue.draws), at
        if kind == "complete":
            fitting = _fitting_tokens(draft, inserted_interruptions.expects_adjective)
            if fitting:
                guess = dialogue.draws.choose(phrases.ADJECTIVES).lower()
                return kind, guess, dialogue.draws.choose(fitting)
        elif kind == "help-word":
            fitting = _fitting_tokens(draft, inserted_interruptions.expects_noun)
            nouns = inserted_interruptions.mentioned_nouns(
                [one.tokens for one in dialogue.drafts[: dialogue.drafts.index(draft)]]
            )
            if fitting and nouns:
                place = dialogue.draws.choose(fitting)
                nouns = [noun for noun in nouns if stem(noun) != stem(tokens[place])]
                if nouns:
                    return kind, f"the {dialogue.draws.choose(nouns)}", place
        elif kind == "repair":
            index = inserted_interruptions.doubtable_token(tokens, at)
            if index is not None:
                heard = tokens[index].rstrip(",;")
                draft.written = draft.written or " ".join(tokens)
                wrong = inserted_interruptions.neighbouring_value(heard, dialogue.draws)
                tokens[index] = tokens[index].replace(heard, wrong)
                return kind, heard, at
        del weights[kind]
    return "", "", at


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
        first = sentences(draft.tokens)[0][1]
        alone = not draft.marks and not draft.added and not dialogue.company
        if alone and first >= 8 and dialogue.draws.chance(0.3):
            at = 3 + int(dialogue.draws.uniform() * 2)
            resumed = phrases.resumption("agree", draft.tokens, dialogue.memory, dialogue.draws)
            yielding = dialogue.memory.fresh(role_phrases.YIELDING, dialogue.draws).split()
            if leaks_unsaid(" ".join(yielding), " ".join(draft.tokens[at:]), frozenset()):
                continue
            dialogue.drafts[index + 1 : index + 1] = [
                RoleDraft(speaker, yielding, added=True, short=True),
                RoleDraft(draft.speaker, resumed, draft.written, added=True),
            ]
            draft.cut = at
            draft.marks.append((at, Interruption(kind, KINDS[kind].style)))
            continue
        text = dialogue.draws.choose(role_phrases.STARTS)
        draft.marks.append((1, FailedInterruption(speaker, text, kind, KINDS[kind].style)))


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


def _attempt_tokens(draft: RoleDraft) -> list[int]:
    """Tokens before which somebody may try to come in: the ends of clauses, and open places."""
    return [
        at
        for at in range(4, draft.end - 3)
        if draft.tokens[at - 1][-1] in ",.;!" or openness(draft.tokens[at - 1]) >= 1.0
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
            return tokens[end - 1].endswith("?") and bare(tokens[start]) in ASKS
    return False
