"""Studies of ratings: drawn once, blind, in each rater's own order."""

from collections import Counter
from pathlib import Path

import pytest

from interactspeech.errors import InputError, StoreError, UsageError
from interactspeech.labels.rating_folder import (
    QUESTIONS,
    RatedSystem,
    RatingAnswer,
    RatingFolder,
    RatingSettings,
    plan_ratings,
)

SYSTEMS = [RatedSystem(name, f"/{name}", "sound") for name in ("one", "two")]
IDS = {"one": [f"d{i}" for i in range(20)], "two": [f"d{i}" for i in range(5, 25)]}


def plan(**given):
    return plan_ratings(SYSTEMS, IDS, RatingSettings(**given))


def test_everybody_rates_everything_in_an_order_of_their_own() -> None:
    found = plan(raters=("a", "b"), checks=0.1)
    stimuli = {
        rater: [trial.stimuli for trial in trials if not trial.check]
        for rater, trials in found.trials.items()
    }
    assert Counter(stimuli["a"]) == Counter(stimuli["b"])
    assert stimuli["a"] != stimuli["b"]
    assert len(stimuli["a"]) == 40
    assert sum(bool(trial.check) for trial in found.trials["a"]) == 4
    ids = [trial.id for trials in found.trials.values() for trial in trials]
    assert len(set(ids)) == len(ids)
    assert found == plan(raters=("a", "b"), checks=0.1)
    assert found != plan(raters=("a", "b"), checks=0.1, seed=1)


def test_pairs_are_versions_of_one_dialogue_and_their_sides_are_drawn() -> None:
    found = plan(design="pairwise", checks=0.0)
    trials = found.trials["me"]
    assert len(trials) == 15
    assert all(
        one[1] == other[1] and one[0] != other[0] for one, other in (t.stimuli for t in trials)
    )
    sides = Counter(trial.stimuli[0][0] for trial in trials)
    assert min(sides.values()) > 2
    with pytest.raises(InputError, match="share no dialogue"):
        plan_ratings(SYSTEMS, {"one": ["a"], "two": ["b"]}, RatingSettings(design="pairwise"))
    with pytest.raises(UsageError, match="two systems"):
        plan_ratings(SYSTEMS[:1], IDS, RatingSettings(design="pairwise"))


def test_a_part_of_the_raters_and_of_the_items() -> None:
    found = plan(raters=("a", "b", "c"), per_item=2, items=6, checks=0.0)
    count = Counter(trial.stimuli for trials in found.trials.values() for trial in trials)
    assert set(count.values()) == {2}
    assert len(count) == 12
    assert {len(trials) for trials in found.trials.values()} == {8}


def test_checks_ask_for_an_answer_that_there_is() -> None:
    for design in ("mos", "scales", "pairwise"):
        answers = dict(next(iter(QUESTIONS[design].values()))[1])
        checks = [t.check for t in plan(design=design, checks=0.5).trials["me"] if t.check]
        assert checks
        assert set(checks) <= set(answers)


def test_answers_are_there_again_and_the_last_one_counts(tmp_path: Path) -> None:
    with RatingFolder.begin(tmp_path / "r", plan()) as folder:
        keys = folder.access_keys()
        folder.log("me").add(RatingAnswer("t1", {"quality": "2"}))
        folder.log("me").add(RatingAnswer("t1", {"quality": "4"}, 3.0, (1.0,)))
        with pytest.raises(StoreError, match="another process"):
            RatingFolder.begin(tmp_path / "r", None)
    assert (tmp_path / "r" / "access.json").stat().st_mode & 0o077 == 0
    log = tmp_path / "r" / "logs" / "me.log"
    log.write_bytes(log.read_bytes() + b"half a li")
    with RatingFolder.begin(tmp_path / "r", None) as folder:
        assert folder.access_keys() == keys
        assert folder.log("me").answers["t1"].answers == {"quality": "4"}
    with pytest.raises(InputError, match="another study"):
        RatingFolder.begin(tmp_path / "r", plan(seed=5))
    with pytest.raises(InputError, match="no study"):
        RatingFolder.begin(tmp_path, None)


@pytest.mark.parametrize(
    "bad", [{"raters": ()}, {"raters": ("a", "A")}, {"raters": ("a/b",)}, {"per_item": 2},
            {"design": "x"}, {"checks": 2.0}, {"items": 0}],
)  # fmt: skip
def test_settings_are_checked(bad: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        RatingSettings(**bad)
