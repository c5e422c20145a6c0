"""Tokens and money: what was spent, and when to stop."""

from __future__ import annotations

import math

import msgspec


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a million tokens cost, in the currency of the budget."""

    prompt: float = 0.0
    answer: float = 0.0

    def of(self, prompt: int, answer: int) -> float:
        """The price of so many tokens."""
        return (prompt * self.prompt + answer * self.answer) / 1e6


class Spending(msgspec.Struct, forbid_unknown_fields=True):
    """What a run has spent, held against its limits.

    A request is let through only if its worst case still fits beside those in flight, so a limit is
    never passed by more than a service passes `max_tokens`.

    Attributes:
        money, tokens: the limits.
        asked: requests that were answered by the service; `recorded`: by the cache.
    """

    prices: Prices = Prices()
    money: float = math.inf
    tokens: float = math.inf
    asked: int = 0
    recorded: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    _held_prompt: int = 0
    _held_answer: int = 0

    @property
    def cost(self) -> float:
        """What was spent, in the currency of the prices."""
        return self.prices.of(self.prompt_tokens, self.answer_tokens)

    def hold(self, prompt: int, answer: int) -> bool:
        """Reserve a request's worst case; False where it does not fit any more."""
        prompts = self.prompt_tokens + self._held_prompt + prompt
        answers = self.answer_tokens + self._held_answer + answer
        if prompts + answers > self.tokens or self.prices.of(prompts, answers) > self.money:
            return False
        self._held_prompt += prompt
        self._held_answer += answer
        return True

    def release(self, prompt: int, answer: int) -> None:
        """Give a reservation back."""
        self._held_prompt -= prompt
        self._held_answer -= answer

    def spend(self, prompt: int, answer: int) -> None:
        """Count a request that was answered."""
        self.asked += 1
        self.prompt_tokens += prompt
        self.answer_tokens += answer
