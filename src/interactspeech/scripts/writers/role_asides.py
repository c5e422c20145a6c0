"""Talk and sounds that are not for the other, by role: asides, coughs and laughs."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from interactspeech.records import Aside, Overlap, Sound
from interactspeech.records.script import AsideKind
from interactspeech.records.sounds import LAUGHS_JOINED
from interactspeech.scripts.roles import RoleSettings
from interactspeech.scripts.writers import role_phrases
from interactspeech.scripts.writers.folding import asks
from interactspeech.scripts.writers.role_drafts import DraftedDialogue
from interactspeech.scripts.writers.turn_drafts import TurnDraft

#: Where asides stand: in the speaker's own turn, over another's, after another's.
_ASIDE_WAYS = (0.3, 0.4, 0.3)


def talk_aside(dialogue: DraftedDialogue, speaker: str, role: RoleSettings) -> None:
    """Asides, coughs and laughs."""
    for kind in aside_kinds(dialogue, role):
        place = aside_place(dialogue, speaker)
        if place is not None:
            draft, at = place
            text = dialogue.memory.fresh(role_phrases.ASIDES[kind], dialogue.draws)
            draft.marks.append((at, Aside(speaker, text, kind)))
    make_sounds(dialogue, speaker, role)


def aside_kinds(dialogue: DraftedDialogue, role: RoleSettings) -> Iterator[AsideKind]:
    """The kinds of the asides that somebody in a role makes, as many as the role asks for."""
    kinds = list(role.asides)
    for _ in range(dialogue.count(sum(role.asides.values())) if kinds else 0):
        kind = kinds[dialogue.draws.weighted(list(role.asides.values()))]
        yield msgspec.convert(kind, AsideKind)


def make_sounds(dialogue: DraftedDialogue, speaker: str, role: RoleSettings) -> None:
    """Coughs and laughs, after own turns; in a laugh others join as often as in meetings of AMI."""
    # Of the laughs of somebody among others who laugh, some join those of others.
    shared = sum(bool(one.laughs) for one in dialogue.roles.values()) > 1
    began = role.laughs / (1 + LAUGHS_JOINED) if shared else role.laughs
    for sound, rate in (("cough", role.coughs), ("laugh", began)):
        for _ in range(dialogue.count(rate) if rate else 0):
            found = [
                draft
                for draft in dialogue.drafts
                if draft.speaker == speaker and not draft.cut and not draft.short
                and draft.clear(len(draft.tokens), 2)
                and (sound == "cough" or not asks(draft.tokens))  # a question wants an answer
            ]  # fmt: skip
            if found:
                draft = dialogue.draws.choose(found)
                at = len(draft.tokens)
                draft.marks.append((at, Sound("cough" if sound == "cough" else "laugh")))
                if sound == "laugh":
                    draft.marks += [
                        (at, Sound("laugh", other)) for other in _laugh_along(dialogue, speaker)
                    ]


def _laugh_along(dialogue: DraftedDialogue, speaker: str) -> list[str]:
    """Who joins in a speaker's laugh, of those whose roles laugh: one at least as often as in
    people's meetings.
    """
    others = [other for other, role in dialogue.roles.items() if other != speaker and role.laughs]
    share = 1.0 - (1.0 - LAUGHS_JOINED) ** (1.0 / max(1, len(others)))
    return [other for other in others if dialogue.draws.chance(share)]


def aside_place(dialogue: DraftedDialogue, speaker: str) -> tuple[TurnDraft, int] | None:
    """A place of an aside, in an own turn, over another's, or after another's: the turn, and the
    token before which it stands; None where there is no room.
    """
    drafts = dialogue.drafts
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
        return None
    way = ways[dialogue.draws.weighted(weights)]
    return dialogue.draws.choose(way)
