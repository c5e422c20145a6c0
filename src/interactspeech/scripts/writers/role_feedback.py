"""Backchannels, by role: where people give them, of one listener or of several."""

from __future__ import annotations

from typing import Protocol

from interactspeech.records import Backchannel, FailedInterruption, Overlap
from interactspeech.scripts.roles import RoleSettings
from interactspeech.scripts.writers import backchannels
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.feedback_words import FeedbackGiver
from interactspeech.scripts.writers.response_rules import may_joke, wants_response
from interactspeech.scripts.writers.role_drafts import DraftedDialogue

#: Words at the start of a dialogue that are usually a greeting.
_GREETING = 8
#: Factor on rates (a minute), for the places that find no room: the fewer are left the more are
#: asked for.
_FOR_DENSE_FEEDBACK = 0.03
#: Share of attempts, in company, at which a third one gives feedback, for each backchannel a minute
#: that they give (see `role_company`).
_WITH_ATTEMPTS = 0.4
#: And share of the early starts of a next turn at which one does.
_WITH_STARTS = 0.8
_PAIR = 2


class FeedbackPlaces(Protocol):
    """Where in a turn people give feedback, by what is said (see `ActModel`)."""

    def weigh(self, tokens: list[str], places: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """Places of a turn, tokens before which feedback may be given, with other weights."""

    def kind(self, tokens: list[str], index: int, draws: Draws) -> str:
        """The table of words to draw from at a place, of `feedback_words.WORD_TABLES`; or ""."""


def listen(dialogue: DraftedDialogue, model: FeedbackPlaces | None) -> None:
    """Backchannels, where people give them, never where talk wants something else."""
    listeners = {speaker: FeedbackGiver() for speaker in dialogue.speakers}
    found: list[tuple[int, int, float]] | None = None
    chosen: list[tuple[int, int, str]] = []
    for speaker, role in dialogue.roles.items():
        count = feedback_wanted(dialogue, speaker, role)
        if count <= 0:
            continue
        if found is None:
            found = _feedback_places(dialogue, model)
        mine = [one for one in found if dialogue.drafts[one[0]].speaker != speaker]
        weights = [weight for _, _, weight in mine]
        while mine and count > 0 and sum(weights) > 0:
            index, at, _ = mine[dialogue.draws.weighted(weights)]
            chosen.append((index, at, speaker))
            count -= 1
            keep = [
                n
                for n, (i, a, _) in enumerate(mine)
                if i != index or abs(a - at) >= backchannels.MIN_DISTANCE
            ]
            mine, weights = [mine[n] for n in keep], [weights[n] for n in keep]
    chosen += _joining(dialogue, chosen)
    for index, at, speaker in sorted(chosen):
        draft = dialogue.drafts[index]
        kind = model.kind(draft.tokens, at, dialogue.draws) if model else ""
        said = listeners[speaker].feedback(draft.tokens, at, dialogue.draws, kind)
        draft.marks.append((at, Backchannel(speaker, said)))


def feedback_wanted(dialogue: DraftedDialogue, speaker: str, role: RoleSettings) -> int:
    """How many backchannels somebody in a role gives that the text does not."""
    rate = role.backchannels
    count = dialogue.count(rate, dialogue.feedback_factor * (1 + _FOR_DENSE_FEEDBACK * rate))
    return count - dialogue.given[speaker]


def _feedback_places(
    dialogue: DraftedDialogue, model: FeedbackPlaces | None
) -> list[tuple[int, int, float]]:
    """Places of all turns where nothing else is wanted: turn, token and weight."""
    found: list[tuple[int, int, float]] = []
    for index, draft in enumerate(dialogue.drafts):
        if draft.short or draft.end < backchannels.BEFORE + backchannels.AFTER:
            continue
        places = backchannels.backchannel_places(draft.tokens, draft.end)
        if model is not None:
            places = model.weigh(draft.tokens, places)
        if not places:
            continue
        tokens, joking = draft.tokens, may_joke(draft.tokens)
        found += [
            (index, at, weight)
            for at, weight in places
            if (index or at > _GREETING) and (not draft.marks or draft.clear(at))
            # Inside a sentence only a joke wants something else.
            and not ((joking or not tokens[at - 1][-1].isalnum()) and wants_response(tokens, at))
        ]  # fmt: skip
    return found


def _joining(
    dialogue: DraftedDialogue, chosen: list[tuple[int, int, str]]
) -> list[tuple[int, int, str]]:
    """Feedback of a third person at the places where another gives some, or tries to speak."""
    found: list[tuple[int, int, str]] = []
    if not dialogue.company:
        return found
    for index, draft in enumerate(dialogue.drafts):
        if any(isinstance(part, Overlap) for _, part in draft.marks):
            late = draft.end - 1
            following = dialogue.drafts[index + 1].speaker
            others = [s for s in dialogue.speakers if s not in (following, draft.speaker)]
            other = dialogue.draws.choose(others)
            share = _WITH_STARTS * dialogue.roles[other].backchannels
            if dialogue.draws.chance(share) and not wants_response(draft.tokens, late):
                found.append((index, late, other))
        for at, part in draft.marks:
            if not isinstance(part, FailedInterruption) or not 0 < at < draft.end - 1:
                continue
            others = [s for s in dialogue.speakers if s not in (part.speaker, draft.speaker)]
            other = dialogue.draws.choose(others)
            share = _WITH_ATTEMPTS * dialogue.roles[other].backchannels
            if dialogue.draws.chance(share) and not wants_response(draft.tokens, at):
                found.append((index, at, other))
    for index, at, speaker in chosen:
        others = [
            s for s in dialogue.speakers if s not in (speaker, dialogue.drafts[index].speaker)
        ]
        other = dialogue.draws.choose(others)
        role = dialogue.roles[other]
        if dialogue.draws.chance(role.together if role.backchannels else 0.0):
            found.append((index, at, other))
    return found
