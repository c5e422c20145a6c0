"""Agreement on tables whose figures are published or can be worked out by hand."""

import pytest

from interactspeech.errors import InputError
from interactspeech.evaluation.ratings import Rating, agreements, alpha, kappa, read_ratings


def _pairs(both_yes, yes_no, no_yes, both_no):
    pairs = (
        [("yes", "yes")] * both_yes
        + [("yes", "no")] * yes_no
        + [("no", "yes")] * no_yes
        + [("no", "no")] * both_no
    )
    return [[("anna", one), ("ben", other)] for one, other in pairs]


def test_kappa_of_a_table_worked_by_hand():
    # Observed .7; chance .5 x .6 + .5 x .4 = .5; kappa .4.
    assert kappa(_pairs(20, 5, 10, 15)) == pytest.approx(0.4)
    assert kappa(_pairs(10, 0, 0, 10)) == 1.0
    assert kappa(_pairs(10, 0, 0, 0)) is None  # chance alone agrees always
    assert kappa(_pairs(0, 10, 10, 0)) == pytest.approx(-1.0)


def test_alpha_of_krippendorffs_own_example():
    # Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section C: alpha .743.
    rows = {
        "A": "1 2 3 3 2 1 4 1 2 . . .",
        "B": "1 2 3 3 2 2 4 1 2 5 . 3",
        "C": ". 3 3 3 2 3 4 2 2 5 1 .",
        "D": "1 2 3 3 2 4 4 1 2 5 1 .",
    }
    columns = {rater: line.split() for rater, line in rows.items()}
    tables = [
        [(rater, column[n]) for rater, column in columns.items() if column[n] != "."]
        for n in range(12)
    ]
    assert alpha(tables) == pytest.approx(0.743, abs=5e-4)


def test_shares_and_intervals_of_two_files(tmp_path):
    lines = ["item,rater,rating,question"]
    for number, pair in enumerate(_pairs(20, 5, 10, 15)):
        lines += [f"s{number},{rater},{rating},natural" for rater, rating in pair]
    half = len(lines) // 2
    (tmp_path / "a.csv").write_text("\n".join(lines[:half]) + "\n")
    (tmp_path / "b.csv").write_text("\n".join([lines[0], *lines[half:]]) + "\n")
    ratings, lost = read_ratings([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert not lost
    (found,) = agreements(ratings)
    assert (found.items, found.raters, found.question) == (50, 2, "natural")
    assert found.good.count == 20  # a tie is no majority
    assert found.agreement == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    low, high = found.kappa_interval
    # The large-sample standard error is .128 (Fleiss et al. 1969): about .15 to .65.
    assert low == pytest.approx(0.15, abs=0.06)
    assert high == pytest.approx(0.65, abs=0.06)
    assert agreements(ratings) == [found]


def test_bad_ratings_are_listed_and_bad_files_refused(tmp_path):
    file = tmp_path / "r.csv"
    file.write_text("item,rater,rating\ns1,anna,yes\ns1,anna,no\n,ben,yes\ns2,ben,\ns2,anna,no\n")
    ratings, lost = read_ratings([file])
    assert ratings == [Rating("s1", "anna", "yes"), Rating("s2", "anna", "no")]
    assert [loss.line for loss in lost] == [3, 4, 5]
    file.write_text("item,rating\ns1,yes\n")
    with pytest.raises(InputError, match="no column 'rater'"):
        read_ratings([file])
    (single,) = agreements([Rating("s1", "anna", "yes")])
    assert single.kappa is None
    assert single.alpha is None
    assert single.kappa_interval is None
