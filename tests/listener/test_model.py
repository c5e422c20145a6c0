"""The weights that ship are those of their card."""

from pathlib import Path

import pytest
from spoken import spoken

from interactspeech.evaluation.events.benchmark import Benchmark, from_corpus, make
from interactspeech.evaluation.events.detectors import ListenerDetector
from interactspeech.evaluation.events.running import evaluate
from interactspeech.listener import Listener

DATA = Path(__file__).parents[2] / "src" / "interactspeech" / "listener" / "data"


def test_they_are_small_and_say_what_they_are():
    card = Listener.load().card
    assert sum(file.stat().st_size for file in DATA.iterdir()) < 12_000_000
    assert card.id == "listener-1"
    assert card.about["trained_on"]["hours"] > 1
    assert all(
        "CC0" in text or "CC-BY-4.0" in text for text in card.about["trained_on"]["texts"]
    )  # nothing non-commercial was learnt from
    page = (Path(__file__).parents[2] / "docs" / "listener_card.md").read_text("utf-8")
    assert f"{card.about['batches']:,} batches" in page
    for voice in card.about["trained_on"]["voices"]:
        assert voice in page


@pytest.mark.slow
def test_they_do_what_their_card_says(tmp_path):
    listener = Listener.load()
    make(from_corpus(spoken(limit=6, seed=3)), tmp_path / "b", name="guard", questions=8)
    found = evaluate(Benchmark(tmp_path / "b"), ListenerDetector(listener), questions=False)
    for kind, value in listener.card.figures["guard"].items():
        # Other versions of the voices' libraries may move a boundary here and there.
        assert found.onset[kind].value == pytest.approx(value, abs=0.05), kind
