import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.evaluation.likeness import PauseCensus
from interactspeech.evaluation.planned_rates import plan_corpus
from interactspeech.records import PlainDialogue
from interactspeech.scripts import demo_dialogues
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.annotator import annotate_table
from interactspeech.turntaking.timeline import WordTrack
from interactspeech.turntaking.timing import fit
from interactspeech.turntaking.timing.pause_fitting import PauseCounts
from interactspeech.turntaking.timing.pause_places import PausePlaces

PLAIN = [item for item in demo_dialogues() if isinstance(item, PlainDialogue)]
RATE = 1000
TURNS = {"A": np.array([(0, 900)]), "B": np.array([(1000, 1900)])}
GERMAN = ["ich", "bin", "heute", "zum", "Hafen", "gegangen."]


@pytest.fixture(scope="module")
def fitted():
    found, census = PauseCounts(), PauseCensus()
    for seed in range(2):
        for dialogue in plan_corpus(PLAIN[:20], seed=seed):
            timeline = Timeline.of(dialogue)
            found.add(timeline, annotate_table(timeline))
            census.add(dialogue)
    return found.model("demo", "demo"), census


def two(texts, gaps, other=()):
    """A conversation of A, whose words last .2 s with the given silences before them, and B."""
    times, at = [], 500
    for gap in gaps:
        at += gap
        times.append((at, at + 200))
        at += 200
    times = np.array(times)
    rows = np.array(other or [(at + 500, at + 1500)])
    track = WordTrack(tuple(texts), times, np.zeros(len(texts), bool))
    return Timeline(RATE, at + 5000, {"A": times, "B": rows}, {"A": track})


def counted(timeline):
    found = PauseCounts()
    found.add(timeline, annotate_table(timeline))
    return found


def test_silences_between_words_are_pauses_unless_another_talks() -> None:
    texts, gaps = ["we", "take", "the", "train."] * 2, [0, 0, 300, 50, 900, 4000, 100, 250]
    found = counted(two(texts, gaps))
    assert found.pauses == 3  # .3, .9 and .25 s; the 4 s are no pause of a turn
    talked_over = two(texts, gaps, [(950, 2300), (20_000, 21_000)])
    assert counted(talked_over).pauses == 1


def test_a_model_fitted_to_a_corpus_has_its_shares_and_lengths(fitted) -> None:
    people = PausePlaces.human()
    model, census = fitted
    # `evaluate likeness` counts the same pauses, by the record instead of by the rules.
    assert model.inside == pytest.approx(census.inside, abs=0.03)
    for place in ("inside an act", "between acts"):
        ours = model.length[place]["content word"]
        assert ours.median == pytest.approx(people.length[place]["content word"].median, abs=0.15)
    pair = "content word|content word"
    assert model.risk["between acts"][pair] > 3 * model.risk["inside an act"][pair]


def test_a_corpus_planned_with_a_fitted_model_pauses_where_it_says(fitted) -> None:
    model, _ = fitted
    # Nobody of this model pauses inside a sentence.
    only = PausePlaces(
        "between",
        "test",
        {
            "inside an act": {"content word|content word": 0.0},
            "between acts": model.risk["between acts"],
        },
        model.length,
        model.stretch,
        inside=0.0,
    )
    tokens = ["We", "take", "the", "train.", "Then", "we", "walk."]
    rates = only.rates([tokens] * 10, 8.0)
    drawn = [hold for n in range(50) for hold in only.draw(tokens, rates, np.random.default_rng(n))]
    assert drawn
    assert {hold.token for hold in drawn} == {4}


@pytest.mark.parametrize(
    ("timeline", "reason"),
    [
        (Timeline(RATE, 9000, TURNS), "no-word-times"),
        (two(["we", "take", "trains."], [0, 300, 300]), "few-pauses"),
        (two(["we", "take", "trains"] * 20, [300] * 60), "no-sentence-marks"),
        (two(GERMAN * 10, [300] * 60), "not-english"),
    ],
)  # fmt: skip
def test_what_says_too_little_is_an_error(timeline, reason) -> None:
    with pytest.raises(InputError) as caught:
        counted(timeline).model("x", "x")
    assert caught.value.reason == reason


@pytest.mark.slow
def test_a_model_without_places_says_so_or_is_refused() -> None:
    timeline = two(["we", "take", "trains."], [0, 300, 300])
    with pytest.raises(InputError) as caught:
        fit([timeline], pause_places="required")
    assert caught.value.reason == "few-pauses"
    noted = []
    model = fit([timeline], note=noted.append)
    assert model.pauses is None
    assert "pauses" in model.borrowed
    assert [error.reason for error in noted] == ["few-pauses"]
