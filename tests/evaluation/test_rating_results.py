"""Results of studies whose answers are known."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from interactspeech.cli.rate import ratings
from interactspeech.evaluation.rating_results import rating_results, rating_rows
from interactspeech.evaluation.ratings import read_ratings
from interactspeech.labels.rating_folder import (
    RatedSystem,
    RatingAnswer,
    RatingFolder,
    RatingSettings,
    plan_ratings,
)

SYSTEMS = [RatedSystem(name, f"/{name}", "sound") for name in ("one", "two")]
IDS = {name: [f"d{i}" for i in range(10)] for name in ("one", "two")}


def answered(root: Path, answer, **given) -> Path:
    """A study in which ``answer(rater, trial)`` was said to everything; checks as asked."""
    with RatingFolder.begin(root, plan_ratings(SYSTEMS, IDS, RatingSettings(**given))) as folder:
        for rater, trials in folder.plan.trials.items():
            for trial in trials:
                folder.log(rater).add(RatingAnswer(trial.id, answer(rater, trial)))
    return root


def test_means_of_five_points(tmp_path: Path) -> None:
    def answer(_rater, trial):
        return {"quality": trial.check or ("4" if trial.stimuli[0][0] == "one" else "2")}

    root = answered(tmp_path / "r", answer, raters=("a", "b"))
    with RatingFolder.open(root) as folder:
        found = rating_results(folder)
    assert {(s.system, s.value.value, s.ratings) for s in found.scores} == {
        ("one", 4.0, 20), ("two", 2.0, 20),
    }  # fmt: skip
    assert found.alpha["quality"] == 1
    assert all(one.kept and one.checks.count == one.checks.of == 2 for one in found.raters)
    output = CliRunner().invoke(ratings, ["results", str(root)]).output
    assert "quality: one 4.000 [4.00, 4.00] (20 ratings)" in output


def test_who_does_not_attend_is_left_out(tmp_path: Path) -> None:
    def answer(rater, trial):
        if rater == "b":
            return {"quality": "1" if trial.check != "1" else "5"}
        return {"quality": trial.check or "4"}

    root = answered(tmp_path / "r", answer, raters=("a", "b"))
    with RatingFolder.open(root) as folder:
        found = rating_results(folder)
        assert [one.kept for one in found.raters] == [True, False]
        assert {s.value.value for s in found.scores} == {4.0}
        everybody = rating_results(folder, everybody=True)
        assert {s.value.value for s in everybody.scores} == {2.5}


def test_preferences_are_counted_for_the_system_whatever_its_side(tmp_path: Path) -> None:
    def answer(_rater, trial):
        if trial.stimuli[0][1] in ("d0", "d1"):
            return {"preference": "tie"}
        return {"preference": "a" if trial.stimuli[0][0] == "two" else "b"}

    root = answered(tmp_path / "r", answer, design="pairwise", checks=0.0)
    with RatingFolder.open(root) as folder:
        found = rating_results(folder)
        (pair,) = found.pairs
        assert (pair.first, pair.wins, pair.ties, pair.losses) == ("one", 0, 2, 8)
        assert pair.p == pytest.approx(2 / 2**8)
        assert {s.system: s.value.value for s in found.scores} == {"one": 0.1, "two": 0.9}
        rows = rating_rows(folder)
    assert {one.rating for one in rows} == {"tie", "two"}
    file = tmp_path / "x.csv"
    assert CliRunner().invoke(ratings, ["export", str(root), "-o", str(file)]).exit_code == 0
    read, lost = read_ratings([file])
    assert (len(read), lost) == (10, [])


def test_scales_are_shares_of_yes(tmp_path: Path) -> None:
    def answer(_rater, trial):
        good = trial.stimuli[0][1] < "d5"
        return {"natural": "yes" if good else "no", "consistent": "yes", "specific": "no"}

    root = answered(tmp_path / "r", answer, design="scales", checks=0.0)
    with RatingFolder.open(root) as folder:
        found = {(s.system, s.question): s.value for s in rating_results(folder).scores}
    assert found["one", "natural"].value == 0.5
    assert found["one", "natural"].low < 0.4
    assert found["two", "consistent"].value == 1


def test_a_study_that_nobody_has_answered(tmp_path: Path) -> None:
    RatingFolder.begin(tmp_path / "r", plan_ratings(SYSTEMS, IDS, RatingSettings())).close()
    result = CliRunner().invoke(ratings, ["results", str(tmp_path / "r")])
    assert "no ratings yet" in result.output
