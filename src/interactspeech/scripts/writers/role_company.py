"""In company, short turns lie over others' talk: the turns of a text that never had the floor.

A text has one turn after the other. Where three or more talk, people say the short ones while
another goes on: over the end of the turn that they follow, most of the time. Such a turn becomes a
mark of the turn that it lies over; its words stay, all of them, and the turns of one speaker on
either side of it become one.

```
A: So we keep the price, I think.          A: So we keep [B: with the logo, too] the price, I think.
B: With the logo, too.               ->       [C: at least this year] And the colour is fixed.
C: At least this year.
A: And the colour is fixed.
```

Nobody knows what has not been said: a turn that takes up words moves behind them, and one that is
answered is over before the answer begins.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from interactspeech.lexicon.feedback import feedback_kind
from interactspeech.lexicon.pace import speaking_seconds, word_seconds
from interactspeech.lexicon.words import bare, leaks_unsaid, stem, words
from interactspeech.records import Backchannel, FailedInterruption, Overlap, Part
from interactspeech.scripts.writers.folding import as_backchannel, asks
from interactspeech.scripts.writers.response_rules import wants_response
from interactspeech.scripts.writers.role_drafts import DraftedDialogue
from interactspeech.scripts.writers.turn_drafts import TurnDraft

#: Words of a turn, up to -> share of such turns that people say over another's talk, where the
#: speaker before goes on after it, and where a third one does (52 meetings of ICSI, by
#: bench/fit_company.py; those of one or two words as those of three and four).
_WORDS = (4, 8, 16)
_GOES_ON, _THIRD = (0.28, 0.15, 0.03), (0.22, 0.10, 0.02)
#: Seconds from such a turn's onset to the end of the last word before it, at the levels of
#: `_LEVELS` (1,499 turns of the same meetings); at the latest it begins with that end.
_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_LEAD = (0.0, 0.48, 1.25, 2.33, 5.22)
#: Talk before it in the turn that it lies over, and after it, seconds.
_BEFORE, _AFTER = 0.8, 0.5
#: Words of the longest turn that comes of it, and seconds of feedback at most.
_LONGEST, _FEEDBACK = 200, 0.9
#: How people pile up: how much likelier a turn lies over others' talk beside another that does; the
#: share of those that join the other, or after which the next one begins while they are said, and
#: how much of them is said by then; times a minute that two begin over the end of one turn, and how
#: early (at least, and more at most, in seconds). Set, with the shares in `role_attempts` and
#: `role_feedback`, until three talk at once, on texts of ICSI's meetings, as long as in meetings of
#: AMI (`bench/bench_company.py --fitted`).
_PILE_UP = 5.0
_TOGETHER, _INTO = 0.9, 0.15
_BOTH = 1.0
_TAIL = (1.4, 1.6)
#: First words with which a turn answers the one before it.
_ANSWERS = words(
    """
    yeah yes yep no nope right okay ok oh ah exactly sure true well so but because good great really
    mm mm-hm uh-huh hm hmm alright absolutely definitely same also thanks thank sorry why how what
    """
)


@dataclass(frozen=True, slots=True)
class _LaidOver:
    """How a turn lies over the one before: seconds before its last word ends, and whether it joins
    another that lies there, or the next turn begins meanwhile.
    """

    lead: float
    together: bool


def lay_over(dialogue: DraftedDialogue) -> None:
    """Say short turns over the talk before them, as many as people do.

    Args:
        dialogue: of three or more; its drafts change.
    """
    rates = sum(role.attempts for role in dialogue.roles.values())
    wanted = dialogue.count(rates, dialogue.floor_factor)
    waiting = _in_drawn_order(dialogue)
    picks = dict(waiting[:wanted])
    del waiting[:wanted]
    # Where one has no room, another is taken, and the turns around both are looked at again.
    while True:
        drafts, left = _laid(dialogue.drafts, picks)
        if not left:
            break
        for index in left:
            del picks[index]
        picks |= waiting[: len(left)]
        del waiting[: len(left)]
    dialogue.drafts = drafts
    dialogue.attempts_left = max(0.0, 1 - len(picks) / max(1, wanted))


def _in_drawn_order(dialogue: DraftedDialogue) -> list[tuple[int, _LaidOver]]:
    """Turns that may lie over others, drawn one after the other by people's shares."""
    weights: dict[int, float] = {}
    drafts = dialogue.drafts
    for index in range(1, len(drafts) - 1):
        said, before, after = drafts[index], drafts[index - 1], drafts[index + 1]
        size = bisect(_WORDS, len(said.tokens) - 1)
        if (
            size < len(_WORDS)
            and not said.marks
            and said.speaker not in (before.speaker, after.speaker)
            and dialogue.roles[said.speaker].attempts
            and not asks(before.tokens)
        ):
            shares = _GOES_ON if before.speaker == after.speaker else _THIRD
            weights[index] = shares[size]
    drawn: list[tuple[int, _LaidOver]] = []
    while weights:
        index = list(weights)[dialogue.draws.weighted(list(weights.values()))]
        del weights[index]
        for near in (index - 1, index + 1):
            if near in weights:
                weights[near] *= _PILE_UP
        lead = _lead(dialogue.draws.uniform())
        drawn.append((index, _LaidOver(lead, dialogue.draws.chance(_TOGETHER))))
    return drawn


def _lead(level: float) -> float:
    """Seconds of the lead at a level, linear between those known."""
    low = max(0, min(bisect(_LEVELS, level) - 1, len(_LEVELS) - 2))
    share = (level - _LEVELS[low]) / (_LEVELS[low + 1] - _LEVELS[low])
    return _LEAD[low] + min(max(share, 0.0), 1.0) * (_LEAD[low + 1] - _LEAD[low])


def _laid(
    drafts: Sequence[TurnDraft], picks: Mapping[int, _LaidOver]
) -> tuple[list[TurnDraft], list[int]]:
    """The turns with some of them laid over others, and those of them that have no place."""
    found: list[TurnDraft] = []
    left: list[int] = []
    known: set[str] = set()
    over = False
    last = 0
    for index, draft in enumerate(drafts):
        if index in picks and found:
            following = next((n for n in range(index + 1, len(drafts)) if n not in picks), None)
            after = drafts[following] if following is not None else None
            holder = found[-1]
            at = None
            if after is not None and draft.speaker not in (holder.speaker, after.speaker):
                more = after if after.speaker == holder.speaker else None
                joins = last if over and picks[index].together else None
                at = _token(holder, draft, more, known, picks[index].lead, joins)
                if at is None and joins is not None:
                    at = _token(holder, draft, more, known, picks[index].lead)
            if at is not None and after is not None:
                text = draft.written or " ".join(draft.tokens)
                written = f"{holder.written or ' '.join(holder.tokens)} [{draft.speaker}: {text}]"
                marks = [*holder.marks, (at, _mark(holder, draft, at))]
                if more is None and picks[index].together and at != joins:
                    marks += _early_start(holder, draft, after, at, known)
                found[-1] = replace(holder, written=written, marks=marks)
                over, last = True, at
                continue
            left.append(index)
        if over and found[-1].speaker == draft.speaker:
            found[-1] = _joined(found[-1], draft)
        else:
            known.update(stem(token) for one in found[-1:] for token in one.tokens)
            found.append(draft)
        over = False
    return found, left


def _token(
    holder: TurnDraft,
    said: TurnDraft,
    more: TurnDraft | None,
    known: set[str],
    lead: float,
    joins: int | None = None,
) -> int | None:
    """The token of the holder's turn before which the other begins; None where there is none.

    Args:
        holder: whose talk it lies over.
        said: the turn that lies over it.
        more: with which the holder goes on, or None where a third one speaks next.
        known: stems of the words before the holder's turn.
        lead: seconds before the holder's last word ends, as drawn from people's.
        joins: the token where another has begun to talk over the holder, to begin there too.
    """
    tokens, text = holder.tokens, " ".join(said.tokens)
    lasts = speaking_seconds(said.tokens)
    if more is None:
        lead = max(lead, lasts + _AFTER)
    elif len(tokens) + len(more.tokens) > _LONGEST:
        return None
    elif (
        bare(more.tokens[0]) in _ANSWERS
        or asks(said.tokens)
        or leaks_unsaid(" ".join(more.tokens), text, frozenset(known.union(map(stem, tokens))))
    ):
        lead = max(lead, lasts)  # the speaker answers: the other has to be heard
    at = _before_end(tokens, lead) if joins is None else joins
    heard = frozenset(known.union(map(stem, tokens[:at])))
    if leaks_unsaid(text, " ".join(tokens[at:]), heard):
        return None
    if leaks_unsaid(" ".join(_spoken(tokens[at:], lasts)), text, heard):
        return None
    rest = speaking_seconds(tokens[at:]) + (speaking_seconds(more.tokens) if more else 0.0)
    if speaking_seconds(tokens[:at]) < _BEFORE or rest < lasts + _AFTER:
        return None
    return at


def _before_end(tokens: Sequence[str], seconds: float) -> int:
    """The token that begins at least so many seconds before the last one ends, or the first."""
    at = len(tokens)
    while at > 0 and seconds > 0:
        at -= 1
        seconds -= word_seconds(tokens[at])
    return at


def _early_start(
    holder: TurnDraft, said: TurnDraft, after: TurnDraft, at: int, known: set[str]
) -> list[tuple[int, Part]]:
    """A mark at which a third one begins while two talk, and gets the floor; none where they would
    know what is not yet said.
    """
    tokens = holder.tokens
    begins = at + max(1, len(_spoken(tokens[at:], _INTO * speaking_seconds(said.tokens))))
    overlap = speaking_seconds(tokens[begins:])
    heard = frozenset(known.union(map(stem, tokens[:begins])))
    unsaid = f"{' '.join(tokens[begins:])} {' '.join(said.tokens)}"
    if (
        begins > len(tokens) - 2
        or holder.cut
        or any(isinstance(part, Overlap) for _, part in holder.marks)
        or speaking_seconds(after.tokens) < overlap + _AFTER
        or leaks_unsaid(" ".join(after.tokens), unsaid, heard)
    ):
        return []
    return [(begins, Overlap())]


def begin_together(dialogue: DraftedDialogue) -> None:
    """Two begin over the end of one turn: one says little, and the other goes on.

    Args:
        dialogue: of three or more; its drafts get marks.
    """
    places = [
        index
        for index in range(len(dialogue.drafts) - 2)
        if _can_begin(*dialogue.drafts[index : index + 3])
    ]
    left = dialogue.count(_BOTH)
    while places and left:
        index = places.pop(int(dialogue.draws.uniform() * len(places)))
        known = {stem(token) for one in dialogue.drafts[:index] for token in one.tokens}
        share, after = dialogue.draws.uniform(), dialogue.draws.uniform()
        turn, first, second = dialogue.drafts[index : index + 3]
        left -= _start_both(turn, first, second, known, share, after)


def _start_both(
    turn: TurnDraft,
    first: TurnDraft,
    second: TurnDraft,
    known: set[str],
    share: float,
    after: float,
) -> bool:
    """Let the next two begin over the end of a turn, and say whether they can.

    Args:
        turn: the turn.
        first: the next one, which says little.
        second: the one after it, which goes on.
        known: stems of the words before them.
        share: how early the first begins, in [0, 1).
        after: how soon after it the second begins, in [0, 1).
    """
    lasts = speaking_seconds(first.tokens)
    at = _before_end(turn.tokens, min(_TAIL[0] + _TAIL[1] * share, lasts - _AFTER))
    begun = len(_spoken(first.tokens, 0.05 + 0.4 * after))
    heard = frozenset(known.union(map(stem, turn.tokens[:at])))
    unsaid = " ".join(turn.tokens[at:])
    both = f"{unsaid} {' '.join(first.tokens[begun:])}"
    if (
        lasts < _TAIL[0]
        or not _is_clear(turn, at)
        or first.marks
        or speaking_seconds(turn.tokens[:at]) < _BEFORE
        or begun >= len(first.tokens)
        or speaking_seconds(second.tokens) < speaking_seconds(first.tokens[begun:]) + _AFTER
        or leaks_unsaid(" ".join(first.tokens), unsaid, heard)
        or leaks_unsaid(" ".join(second.tokens), both, heard.union(map(stem, first.tokens[:begun])))
    ):
        return False
    turn.marks.append((at, Overlap()))
    first.marks.append((begun, Overlap()))
    return True


def _is_clear(turn: TurnDraft, at: int) -> bool:
    """Whether a next turn may begin before a token: others are heard out, and none begins early."""
    return not turn.cut and all(
        not isinstance(part, Overlap) and mark < at - 3 for mark, part in turn.marks
    )


def _can_begin(turn: TurnDraft, first: TurnDraft, second: TurnDraft) -> bool:
    """Whether the next two may begin over the end of a turn."""
    return (
        len({one.speaker for one in (turn, first, second)}) == 3
        and 4 <= len(first.tokens) <= 20
        and not asks(turn.tokens)
        and not asks(first.tokens)
    )


def _spoken(tokens: Sequence[str], seconds: float) -> list[str]:
    """The words that are said in so many seconds."""
    found: list[str] = []
    for token in tokens:
        if seconds <= 0:
            break
        found.append(token)
        seconds -= word_seconds(token)
    return found


def _mark(holder: TurnDraft, said: TurnDraft, at: int) -> Part:
    """Feedback where the words are nothing else, or an attempt at the floor."""
    listening = (
        feedback_kind(said.tokens)
        and speaking_seconds(said.tokens) <= _FEEDBACK
        and not wants_response(holder.tokens, at)
    )
    text = as_backchannel(said.tokens)
    return Backchannel(said.speaker, text) if listening else FailedInterruption(said.speaker, text)


def _joined(turn: TurnDraft, more: TurnDraft) -> TurnDraft:
    """Two turns of one speaker, between which others spoke over them, as one."""
    at = len(turn.tokens)
    return TurnDraft(
        turn.speaker,
        turn.tokens + more.tokens,
        f"{turn.written} {more.written or ' '.join(more.tokens)}",
        marks=[*turn.marks, *((at + index, part) for index, part in more.marks)],
    )
