"""The offline writer with roles: who does what to whom, of two to six speakers.

Where `write_offline` gives both speakers of a dialogue the rates of one pair, this writer gives
each speaker the rates, kinds and manners of a role (`interactspeech.scripts.roles`), and adds talk
that is not for the other. Counts are the roles' rates times the dialogue's length, rounded up or
down at random, so that a corpus has what was asked for; the pair's own liveliness scales them.

The same dialogue, scenario and seed give the same script.
"""

from __future__ import annotations

import msgspec

from interactspeech.records import (
    Backchannel,
    PlainDialogue,
    Script,
)
from interactspeech.scripts.roles import Scenario
from interactspeech.scripts.writers import inserted_interruptions
from interactspeech.scripts.writers.folding import as_backchannel, fold_groups
from interactspeech.scripts.writers.hesitations import add_hesitations
from interactspeech.scripts.writers.response_rules import wants_response
from interactspeech.scripts.writers.role_asides import talk_aside
from interactspeech.scripts.writers.role_attempts import attempt, close_together, start_together
from interactspeech.scripts.writers.role_company import begin_together, lay_over
from interactspeech.scripts.writers.role_drafts import DraftedDialogue
from interactspeech.scripts.writers.role_feedback import FeedbackPlaces, listen
from interactspeech.scripts.writers.role_interruptions import DIRECT, interrupt
from interactspeech.scripts.writers.turn_drafts import TurnDraft, finished_script, finished_turn

#: Goes into `Script.writer` before the scenario's name; changes whenever the same input would give
#: another script.
ROLE_WRITER_NAME = "offline roles 5"

#: Minutes that an inserted interruption adds, with the speaker's resumption.
_INSERTED_MINUTES = 0.07
#: Who gives less feedback a minute keeps their acknowledgements as turns.
_FOLDS = 0.5


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
    dialogue = dialogue_with_roles(plain, seed, scenario, in_order=in_order)
    interrupt(dialogue)
    close_together(dialogue)
    for act in (attempt, start_together, talk_aside):
        for speaker, role in dialogue.roles.items():
            act(dialogue, speaker, role)
    listen(dialogue, places)
    return finished(dialogue, f"{ROLE_WRITER_NAME} {scenario.name}")


def dialogue_with_roles(
    plain: PlainDialogue, seed: int, scenario: Scenario, *, in_order: bool = False
) -> DraftedDialogue:
    """A dialogue whose speakers have roles, with its length and the text's own acts: hesitations,
    acknowledgements as backchannels, short turns of company over others' talk, self-corrections.

    Args:
        plain: see `write_with_roles`, as all the others.
        seed: likewise.
        scenario: likewise.
        in_order: likewise.

    Raises:
        UsageError: the dialogue names a role that the scenario has not.
    """
    dialogue = DraftedDialogue(plain, seed, scenario, in_order=in_order)
    dialogue.drafts = [
        _draft(dialogue, turn.speaker, turn.text, turn.written) for turn in plain.turns
    ]
    _fold(dialogue)
    rate = sum(role.interruptions for role in dialogue.roles.values()) * (1 - DIRECT / 2)
    dialogue.minutes = dialogue.talk_minutes() / max(0.5, 1 - _INSERTED_MINUTES * rate)
    if dialogue.company:
        lay_over(dialogue)
        begin_together(dialogue)
    _correct_themselves(dialogue)
    return dialogue


def finished(dialogue: DraftedDialogue, writer: str) -> Script:
    """The script of a dialogue as it is drafted; `writer` is its `Script.writer`."""
    plain = dialogue.plain
    script = finished_script(plain, map(finished_turn, dialogue.drafts), writer)
    roles = {speaker: role.name for speaker, role in sorted(dialogue.roles.items())}
    return msgspec.structs.replace(script, roles=roles)


def _draft(dialogue: DraftedDialogue, speaker: str, text: str, written: str) -> TurnDraft:
    role = dialogue.roles[speaker]
    tokens = text.split()
    draft = TurnDraft(speaker, tokens, written)
    if role.fillers or role.repeats or role.restarts or role.fragments:
        draft.tokens = add_hesitations(
            tokens,
            role.fillers,
            role.repeats,
            dialogue.draws,
            restarts=role.restarts,
            fragments=role.fragments,
            connectives=0.4,
        )
    if not written and draft.tokens != tokens:
        draft.written = text
    return draft


def _fold(dialogue: DraftedDialogue) -> None:
    """Acknowledgements of those who give feedback become backchannels."""
    folded: list[TurnDraft] = []
    groups = fold_groups([(draft.speaker, draft.tokens) for draft in dialogue.drafts])
    for group in groups:
        turn = dialogue.drafts[group[0]]
        for heard, going_on in zip(group[1::2], group[2::2], strict=True):
            said, more = dialogue.drafts[heard], dialogue.drafts[going_on]
            at = len(turn.tokens)
            if dialogue.roles[said.speaker].backchannels < _FOLDS or wants_response(
                turn.tokens, at
            ):
                folded += [turn, said]
                turn = more
                continue
            sources = [d.written or " ".join(d.tokens) for d in (turn, said, more)]
            turn = TurnDraft(
                turn.speaker,
                turn.tokens + more.tokens,
                written=f"{sources[0]} [{said.speaker}: {sources[1]}] {sources[2]}",
                marks=[
                    *turn.marks,
                    (at, Backchannel(said.speaker, as_backchannel(said.tokens))),
                    *((at + index, part) for index, part in more.marks),
                ],
            )
            dialogue.given[said.speaker] += 1
        folded.append(turn)
    dialogue.drafts = folded


def _correct_themselves(dialogue: DraftedDialogue) -> None:
    """What a speaker gets wrong and mends: "on Thursday, no, Friday"."""
    for speaker, role in dialogue.roles.items():
        for _ in range(dialogue.count(role.corrections) if role.corrections else 0):
            found = [
                (draft, index)
                for draft in dialogue.drafts
                if draft.speaker == speaker and not draft.marks
                for index in range(2, len(draft.tokens))
                if inserted_interruptions.is_value(draft.tokens, index)
                and draft.tokens[index - 1][-1].isalpha()
                and not inserted_interruptions.is_value(draft.tokens, index - 1)
            ]
            if not found:
                break
            draft, index = dialogue.draws.choose(found)
            right = draft.tokens[index].rstrip(",;.?!")
            wrong = inserted_interruptions.neighbouring_value(right, dialogue.draws)
            repair = dialogue.draws.choose(("no,", "sorry,", "no, wait,", "I mean,"))
            draft.written = draft.written or " ".join(draft.tokens)
            slip = [f"{wrong},", *repair.split()]
            draft.tokens = [*draft.tokens[:index], *slip, *draft.tokens[index:]]
