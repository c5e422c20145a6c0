"""A dialogue that is being written with roles: its turns so far, and who does what in it."""

from __future__ import annotations

import math

from interactspeech.lexicon.pace import conversation_minutes
from interactspeech.records import PlainDialogue
from interactspeech.scripts.roles import Scenario, assign_roles
from interactspeech.scripts.writers import phrases
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.turn_drafts import TurnDraft
from interactspeech.seeds import generator

#: How much the dyads differ: sigma of the log-normal factors of mean 1 on the rates of feedback and
#: of interruptions. People's dyads differ by .43 of the mean in backchannels (framework.md, section
#: 6), a part of which is chance, which the rounding of counts does not add again.
_SPREAD = 0.3
_PAIR = 2


class DraftedDialogue:
    """One dialogue being written.

    Attributes:
        plain: the source.
        speakers: ids, in the order of their first turns.
        roles: speaker -> role.
        draws: all that is random.
        memory: phrases that were used lately.
        feedback_factor, floor_factor: of this dialogue, on rates of feedback and of interruptions.
        drafts: the turns.
        minutes: length of the conversation that they make.
        given: speaker -> backchannels that the text gives.
        attempts_left: share of the roles' failed interruptions that the text does not give.
    """

    def __init__(
        self, plain: PlainDialogue, seed: int, scenario: Scenario, *, in_order: bool
    ) -> None:
        self.plain = plain
        rng = generator(seed, plain.id, "role-writer")
        self.draws = Draws(rng)
        feedback, floor = (max(-2.0, min(x, 2.0)) for x in rng.standard_normal(2).tolist())
        self.feedback_factor = math.exp(_SPREAD * feedback - _SPREAD**2 / 2)
        self.floor_factor = math.exp(_SPREAD * floor - _SPREAD**2 / 2)
        self.speakers = list(dict.fromkeys(turn.speaker for turn in plain.turns))
        texts: dict[str, str] = {}
        if len(scenario.roles) > 1:  # else it is known who has which
            for speaker in self.speakers:
                said = [turn.text for turn in plain.turns if turn.speaker == speaker]
                texts[speaker] = " ".join(said).lower()
        self.roles = assign_roles(
            scenario, self.speakers, plain.names, plain.roles, texts, in_order=in_order
        )
        self.memory = phrases.RecentPhrases()
        self.drafts: list[TurnDraft] = []
        self.minutes = 0.0
        self.given: dict[str, int] = dict.fromkeys(self.speakers, 0)
        self.attempts_left = 1.0

    @property
    def company(self) -> bool:
        """Whether there are more than two."""
        return len(self.speakers) > _PAIR

    def count(self, rate: float, factor: float = 1.0) -> int:
        """How many a rate a minute makes, rounded up or down at random."""
        return int(rate * factor * self.minutes + self.draws.uniform())

    def talk_minutes(self) -> float:
        """Length of the conversation that the turns make, without what is still to be added."""
        return conversation_minutes([draft.tokens for draft in self.drafts])
