"""Agreement of human raters: shares, kappa and alpha with intervals, from files of ratings.

A file has one rating a line: CSV with the columns ``item, rater, question, rating`` (``question``
may be left out). Ratings are categories ("good", "bad") or numbers, compared as categories.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from interactspeech import csv_rows
from interactspeech.errors import InputError
from interactspeech.evaluation.agreement.coefficients import (
    cohen_kappa,
    krippendorff_alpha,
    rating_counts,
)
from interactspeech.evaluation.scripts import Share
from interactspeech.seeds import generator

_COLUMNS = ("item", "rater", "rating")
#: Ratings that speak for an item.
GOOD = frozenset({"good", "yes", "1", "true", "agree", "4", "5"})
_SAMPLES = 1000


class Rating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rating of one item."""

    item: str
    rater: str
    rating: str
    question: str = ""


class RaterAgreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the raters of one question say, and how far they agree.

    Attributes:
        items, raters: how many.
        good: items that most of their raters call good (ties count as not).
        agreement: share of pairs of ratings of one item that are equal.
        kappa: Cohen's (1960) for each pair of raters, averaged, weighted by the items they share;
            None where no raters share items or where chance alone would agree always.
        kappa_interval: 95 %, from resampled items (Efron 1979).
        alpha: Krippendorff's (2004), nominal: any number of raters, with gaps.
    """

    question: str
    items: int
    raters: int
    good: Share
    agreement: float | None
    kappa: float | None
    kappa_interval: tuple[float, float] | None
    alpha: float | None


def read_ratings(paths: Iterable[Path | str]) -> tuple[list[Rating], list[InputError]]:
    """Ratings and losses of CSV files.

    Raises:
        InputError: a file has not the columns that are needed, or cannot be read.
    """
    kept: dict[tuple[str, str, str], Rating] = {}
    lost: list[InputError] = []
    for path in map(Path, paths):
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read: {error}", path, reason="unreadable") from None
        names, rows = csv_rows.table(csv_rows.text_lines(text), path)
        missing = [name for name in _COLUMNS if name not in names]
        if missing:
            raise InputError(
                f"no column {missing[0]!r}", path, 1,
                remedy="a file of ratings has the columns item, rater, rating and, if "
                "wanted, question",
                reason="bad-ratings",
            )  # fmt: skip
        for found in rows:
            if isinstance(found, InputError):
                lost.append(found)
                continue
            line, row = found
            one = Rating(
                row["item"].strip(), row["rater"].strip(), row["rating"].strip().lower(),
                row.get("question", "").strip(),
            )  # fmt: skip
            key = (one.question, one.item, one.rater)
            if not (one.item and one.rater and one.rating):
                problem = "a rating without item, rater or rating"
            elif key in kept:
                problem = f"{one.rater} rates {one.item!r} twice; the first one counts"
            else:
                kept[key] = one
                continue
            lost.append(InputError(problem, path, line, reason="bad-rating"))
    return list(kept.values()), lost


def agreements(ratings: Sequence[Rating], seed: int = 0) -> list[RaterAgreement]:
    """One report a question, in the order in which questions appear."""
    questions: dict[str, dict[str, dict[str, str]]] = {}
    for one in ratings:
        questions.setdefault(one.question, {}).setdefault(one.item, {})[one.rater] = one.rating
    return [_agreement(question, items, seed) for question, items in questions.items()]


_Items = Mapping[str, Mapping[str, str]]


def _agreement(question: str, items: _Items, seed: int) -> RaterAgreement:
    good = 0
    for given in items.values():
        good += 2 * sum(rating in GOOD for rating in given.values()) > len(given)
    tables = [list(given.items()) for given in items.values()]
    return RaterAgreement(
        question=question,
        items=len(items),
        raters=len({rater for given in items.values() for rater in given}),
        good=Share(good, len(items)),
        agreement=_equal(tables),
        kappa=kappa(tables),
        kappa_interval=_interval(tables, kappa, seed, question),
        alpha=alpha(tables),
    )


_Table = Sequence[Sequence[tuple[str, str]]]


def _equal(tables: _Table) -> float | None:
    pairs = [
        one[1] == other[1] for given in tables for one, other in itertools.combinations(given, 2)
    ]
    return sum(pairs) / len(pairs) if pairs else None


def kappa(tables: _Table) -> float | None:
    """Cohen's kappa, averaged over pairs of raters by the items they share.

    Args:
        tables: for each item its (rater, rating).
    """
    shared: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for given in tables:
        for (one, first), (other, second) in itertools.combinations(sorted(given), 2):
            shared[one, other].append((first, second))
    total = weight = 0.0
    for pairs in shared.values():
        names = sorted({rating for pair in pairs for rating in pair})
        index = {name: i for i, name in enumerate(names)}
        confusion = np.zeros((len(names), len(names)))
        for first, second in pairs:
            confusion[index[first], index[second]] += 1
        value = cohen_kappa(confusion)
        if not math.isnan(value):
            total += len(pairs) * value
            weight += len(pairs)
    return total / weight if weight else None


def alpha(tables: _Table) -> float | None:
    """Krippendorff's alpha for categories: 1 minus observed over expected disagreement."""
    counts, _ = rating_counts([[rating for _, rating in given] for given in tables])
    value = krippendorff_alpha(counts)
    return None if math.isnan(value) else value


def _interval(
    tables: _Table, measure: Callable[[_Table], float | None], seed: int, question: str
) -> tuple[float, float] | None:
    """The middle 95 % of a measure over resampled items."""
    if measure(tables) is None:
        return None
    rng = generator(seed, question, "ratings")
    found: list[float] = []
    for _ in range(_SAMPLES):
        value = measure([tables[n] for n in rng.integers(len(tables), size=len(tables))])
        if value is not None and math.isfinite(value):
            found.append(value)
    if not found:
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
