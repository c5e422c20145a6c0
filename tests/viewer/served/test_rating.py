"""The rating server as a process: nothing tells raters which system they hear."""

import json
from pathlib import Path
from typing import Any

import pytest
from label_server import served

from interactspeech.corpus import CorpusWriter

SCRIPT = "A: So we take the train [B: mm-hm] on Friday.\nB: Good.\n"


@pytest.fixture(scope="module")
def page(make_dialogue: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("rate")
    for name in ("secretive", "rival"):
        with CorpusWriter(root / name, {}) as writer:
            with writer.shard(0) as shard:
                for key in ("d1", "d2"):
                    shard.add(*make_dialogue(key))
                shard.finish()
            writer.finish(1)
    systems = [f"secretive={root / 'secretive'}", f"rival={root / 'rival'}"]
    with served(["rate", *systems, "-o", str(root / "r"), "--design", "pairwise",
                 "--checks", "0.5"]) as running:  # fmt: skip
        yield running


def test_trials_name_neither_system_nor_dialogue(page: Any) -> None:
    for place in range(3):
        trial = page.ask(f"api/trial?place={place}")
        text = json.dumps(trial)
        assert "secretive" not in text
        assert "rival" not in text
        assert "d1" not in text
        assert len(trial["stimuli"]) == 2
    assert any("please choose" in page.ask(f"api/trial?place={p}")["questions"][0]["text"]
               for p in range(3))  # fmt: skip
    assert page.ask("api/trial?place=99")[0] == 422


def test_answers_are_saved_and_bad_ones_refused(page: Any) -> None:
    trial = page.ask("api/trial")
    bad = [{}, {"preference": "x"}, {"preference": "a", "more": "b"}, {"quality": "1"}]
    for answers in bad:
        assert page.ask("api/rate", {"trial": trial["trial"], "answers": answers})[0] == 422
    assert page.ask("api/rate", {"trial": "t99", "answers": {"preference": "a"}})[0] == 422
    saved = page.ask("api/rate", {"trial": trial["trial"], "answers": {"preference": "a"},
                                  "heard": [1.0, 0.7], "seconds": 12.5})  # fmt: skip
    assert saved == {"saved": trial["trial"]}
    again = page.ask(f"api/trial?place={trial['place']}")
    assert again["answers"] == {"preference": "a"}
    assert page.ask("api/trial")["done"] == 1
    assert page.ask("api/sound.wav?trial=t1&side=5")[0] == 422


@pytest.mark.slow
def test_a_rater_listens_answers_and_goes_on(tab: Any, tmp_path: Path) -> None:
    scripts = tmp_path / "scripts.txt"
    scripts.write_text(SCRIPT)
    with served(["rate", f"ours={scripts}", "-o", str(tmp_path / "r"), "--design", "scales",
                 "--checks", "0"]) as running:  # fmt: skip
        tab.call("Page.navigate", url=running.links["me"])
        tab.wait("document.querySelector('.stimulus pre')?.textContent.includes('mm-hm')")
        tab.key("Enter")
        tab.wait("!document.getElementById('problem').hidden")
        for key in ("2", "4", "5"):
            tab.key(key)
        tab.key("Enter")
        tab.wait("document.getElementById('stimuli').textContent.includes('Thank you')")
        assert running.ask("api/trial?place=0")["answers"] == {
            "natural": "yes", "consistent": "yes", "specific": "no",
        }  # fmt: skip
        assert not tab.problems
