"""Checks of scripts with roles, beside those of `interactspeech.scripts.checks`.

| check | fails where |
|---|---|
| `role-floor` | somebody interrupts, tries to, or starts with another, whose role never does |
| `role-kind` | an interruption is of a kind that the role has not |
| `role-aside` | somebody talks aside whose role never does |
| `feedback-place` | feedback is given after a question, a command, or the last line of a joke |
| `choral` | what is said together is no goodbye, thanks or greeting |
| `role-laugh` | somebody laughs along whose role never laughs |
"""

from __future__ import annotations

from interactspeech.lexicon.words import bare, words
from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Overlap,
    Script,
    Sound,
    Words,
)
from interactspeech.scripts.checks import CheckFailure
from interactspeech.scripts.kinds import STRUCTURAL_KINDS
from interactspeech.scripts.roles import RoleSettings, Scenario
from interactspeech.scripts.writers.response_rules import wants_response

_TOGETHER = words("bye goodbye bye-bye thanks thank night later soon care you see hello hi welcome")
_YIELDS = frozenset({"simultaneous-start"})


def check_roles(script: Script, scenario: Scenario) -> list[CheckFailure]:
    """Every rule of the roles that is broken, in the order of the turns.

    Args:
        script: with `Script.roles`.
        scenario: with the settings of these roles.
    """
    failures: list[CheckFailure] = []
    roles = {
        speaker: scenario.role(name)
        for speaker, name in script.roles.items()
        if name in {role.name for role in scenario.roles}
    }
    for index, turn in enumerate(script.turns):
        tokens: list[str] = []
        for part in turn.parts:
            if isinstance(part, Words):
                tokens += part.text.split()
                continue
            problem = _part_problem(part, tokens, roles)
            if problem:
                failures.append(CheckFailure(problem[0], index, problem[1]))
            if isinstance(part, Overlap) and part.kind == "choral":
                reply = (
                    script.turns[index + 1].said.split() if index + 1 < len(script.turns) else []
                )
                if _TOGETHER.isdisjoint(map(bare, reply)):
                    failures.append(CheckFailure("choral", index, "no goodbye is said together"))
        reply_speaker = script.turns[index + 1].speaker if index + 1 < len(script.turns) else ""
        if turn.cut is not None and reply_speaker in roles:
            failures += _floor_failures(roles[reply_speaker], turn.cut.kind, index, reply_speaker)
    return failures


def _part_problem(
    part: object, tokens: list[str], roles: dict[str, RoleSettings]
) -> tuple[str, str] | None:
    match part:
        case Backchannel(speaker, text) if tokens:
            wants = wants_response(tokens, len(tokens))
            if wants and tokens[-1][-1] in ".?!":
                return "feedback-place", f"{speaker} says {text!r} where {wants} is wanted"
            if speaker in roles and not roles[speaker].backchannels:
                return "role-floor", f"{speaker}, {roles[speaker].name}, gives no feedback"
        case FailedInterruption(speaker, _, kind, _) if speaker in roles:
            role = roles[speaker]
            allowed = role.simultaneous_starts if kind in _YIELDS else role.attempts
            if kind != "choral" and not allowed:
                return "role-floor", f"{speaker}, {role.name}, never tries to interrupt"
            if kind and kind not in STRUCTURAL_KINDS and not role.kinds.get(kind):
                return "role-kind", f"{speaker}, {role.name}, never tries to {kind}"
        case Aside(speaker, _, kind) if speaker in roles and not roles[speaker].asides.get(kind):
            return "role-aside", f"{speaker}, {roles[speaker].name}, has no aside {kind}"
        case Sound("laugh", speaker) if speaker in roles and not roles[speaker].laughs:
            return "role-laugh", f"{speaker}, {roles[speaker].name}, never laughs"
    return None


def _floor_failures(role: RoleSettings, kind: str, index: int, speaker: str) -> list[CheckFailure]:
    if kind in _YIELDS:
        allowed, known = role.simultaneous_starts, True
    else:
        allowed, known = role.interruptions, not kind or bool(role.kinds.get(kind))
    if not allowed:
        return [CheckFailure("role-floor", index, f"{speaker}, {role.name}, never interrupts")]
    if not known:
        return [CheckFailure("role-kind", index, f"{speaker}, {role.name}, never does {kind}")]
    return []
