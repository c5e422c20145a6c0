"""What raters said of systems: scores with intervals, preferences, attention, agreement."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from interactspeech.evaluation.agreement.coefficients import (
    AlphaLevel,
    krippendorff_alpha,
    rating_counts,
)
from interactspeech.evaluation.events.metrics import Estimate, bootstrap
from interactspeech.evaluation.ratings import Rating
from interactspeech.evaluation.scripts import Share
from interactspeech.labels.rating_folder import QUESTIONS, RatingFolder

#: A rater who answers less than this share of the attention checks as asked is left out.
ATTENTIVE = 2 / 3


class RaterAttention(msgspec.Struct, frozen=True):
    """How a rater did.

    Attributes:
        rater: the name.
        trials: given.
        answered: without the checks.
        checks: attention checks answered as asked, of those answered.
        kept: whether the answers count.
    """

    rater: str
    trials: int
    answered: int
    checks: Share
    kept: bool


class SystemScore(msgspec.Struct, frozen=True):
    """A system's score on one question.

    Attributes:
        system: its name.
        question: the question.
        value: the mean of five points; the share of "yes"; or the share of comparisons that it
            wins, ties counting half. With a 95 % interval, bootstrapped over dialogues.
        ratings: how many answers.
    """

    system: str
    question: str
    value: Estimate
    ratings: int


class PairScore(msgspec.Struct, frozen=True):
    """Two systems compared.

    Attributes:
        first, second: their names.
        wins, ties, losses: of the first.
        preferred: the share of comparisons without a tie that the first wins, with Wilson's
            interval.
        p: of the two-sided sign test: how often chance gives this or more.
    """

    first: str
    second: str
    wins: int
    ties: int
    losses: int
    preferred: Share
    p: float


class RatingResults(msgspec.Struct, frozen=True):
    """All of a study.

    Attributes:
        design: of the study.
        raters: see `RaterAttention`.
        scores: a system and question each.
        pairs: of a pairwise study.
        alpha: question -> Krippendorff's alpha of the raters who count: ordinal for five points,
            else nominal; NaN where nobody rated the same.
    """

    design: str
    raters: list[RaterAttention]
    scores: list[SystemScore]
    pairs: list[PairScore]
    alpha: dict[str, float]


def rating_results(
    folder: RatingFolder, *, everybody: bool = False, seed: int = 0
) -> RatingResults:
    """Results of a study, as far as it has gone.

    Args:
        folder: the study.
        everybody: count raters who failed the attention checks, too.
        seed: of the bootstrap.
    """
    design = folder.settings.design
    attention: list[RaterAttention] = []
    # question -> (system, dialogue, rater, answer); of pairs: the winner, or "tie".
    rows: dict[str, list[tuple[tuple[str, ...], str, str, str]]] = defaultdict(list)
    for rater in folder.settings.raters:
        answers = folder.log(rater).answers
        trials = folder.plan.trials[rater]
        first = next(iter(QUESTIONS[design]))
        checks = [one for one in trials if one.check and one.id in answers]
        passed = sum(answers[one.id].answers[first] == one.check for one in checks)
        kept = everybody or not checks or passed / len(checks) >= ATTENTIVE
        mine = [one for one in trials if not one.check and one.id in answers]
        attention.append(
            RaterAttention(rater, len(trials), len(mine), Share(passed, len(checks)), kept)
        )
        if not kept:
            continue
        for trial in mine:
            for question, answer in answers[trial.id].answers.items():
                systems = tuple(system for system, _ in trial.stimuli)
                said = systems["ab".index(answer)] if answer in ("a", "b") else answer
                rows[question].append((systems, trial.stimuli[0][1], rater, said))
    scores: list[SystemScore] = []
    for question, given in rows.items():
        for system in (one.name for one in folder.plan.systems):
            mine_rows = [row for row in given if system in row[0]]
            values = np.array([_value(design, system, row[3]) for row in mine_rows])
            if len(values):
                estimate = bootstrap(
                    [row[1] for row in mine_rows], lambda pick, v=values: float(v[pick].mean()),  # type: ignore[misc]
                    seed=seed,
                )  # fmt: skip
                scores.append(SystemScore(system, question, estimate, len(values)))
    alpha = {question: _alpha(design, given) for question, given in rows.items()}
    pairs = _pairs(folder, rows.get("preference", []))
    return RatingResults(design, attention, scores, pairs, alpha)


def _value(design: str, system: str, answer: str) -> float:
    if design == "mos":
        return float(answer)
    if design == "scales":
        return float(answer == "yes")
    return 0.5 if answer == "tie" else float(answer == system)


def _alpha(design: str, given: Sequence[tuple[tuple[str, ...], str, str, str]]) -> float:
    units: dict[Any, list[str]] = defaultdict(list)
    for systems, dialogue, _, answer in given:
        units[tuple(sorted(systems)), dialogue].append(answer)
    order = ["1", "2", "3", "4", "5"] if design == "mos" else None
    counts, _ = rating_counts(list(units.values()), order)
    level: AlphaLevel = "ordinal" if design == "mos" else "nominal"
    return krippendorff_alpha(counts, level=level)


def _pairs(
    folder: RatingFolder, given: Sequence[tuple[tuple[str, ...], str, str, str]]
) -> list[PairScore]:
    found = []
    names = [one.name for one in folder.plan.systems]
    for first, second in itertools.combinations(names, 2):
        said = [answer for systems, *_, answer in given if set(systems) == {first, second}]
        if not said:
            continue
        wins, ties = said.count(first), said.count("tie")
        losses = len(said) - wins - ties
        n = wins + losses
        extreme = min(wins, losses)
        tail = sum(math.comb(n, k) for k in range(extreme + 1)) / 2**n if n else 1.0
        found.append(
            PairScore(first, second, wins, ties, losses, Share(wins, n), min(1.0, 2 * tail))
        )
    return found


def rating_rows(folder: RatingFolder) -> list[Rating]:
    """The answers one by one, as `interactspeech.evaluation.ratings` reads and writes them: an
    item is ``SYSTEM/DIALOGUE``, of a pair ``SYSTEM+SYSTEM/DIALOGUE``; attention checks are left
    out.
    """
    found = []
    for rater in folder.settings.raters:
        answers = folder.log(rater).answers
        for trial in folder.plan.trials[rater]:
            if trial.check or trial.id not in answers:
                continue
            systems = [system for system, _ in trial.stimuli]
            item = f"{'+'.join(sorted(systems))}/{trial.stimuli[0][1]}"
            for question, answer in answers[trial.id].answers.items():
                said = systems["ab".index(answer)] if answer in ("a", "b") else answer
                found.append(Rating(item, rater, said, question))
    return found
