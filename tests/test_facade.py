"""The facade: every verb from Python, with one path or many, quietly, and quick to import."""

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import interactspeech
from interactspeech import BuildSettings, Corpus, Dialogues, MineSettings
from interactspeech.errors import InputError, UsageError
from interactspeech.paths import as_paths, expand

VERBS = ("annotate", "build", "detect", "export", "fit", "import_", "mine", "read", "stats", "view",
         "write")  # fmt: skip
STM = """call 1 A 0.0 4.0 so we went down to the harbour to see the boats
call 1 B 4.1 4.4 mm-hmm
call 1 A 4.6 8.0 and then it began to rain
call 1 B 7.2 9.5 oh did you get wet
call 1 A 9.7 11.0 all of us did
"""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    (folder / "one.stm").write_text(STM)
    (folder / "two.stm").write_text(STM.replace("call 1", "other 1"))
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTERACTSPEECH_CACHE", str(tmp_path_factory.mktemp("cache")))
        steps: list[float] = []
        made = interactspeech.build(
            "@demo", tmp_path_factory.mktemp("built") / "corpus",
            BuildSettings(seed=5, voices="fake", limit=3),
            progress=lambda shown: steps.append(shown.done),
        )  # fmt: skip
    assert steps[-1] == 3
    assert "3 dialogues" in repr(made)
    assert "<svg" in made._repr_html_()
    return made.corpus()


def test_every_name_leads_somewhere():
    for name in interactspeech.__all__:
        assert getattr(interactspeech, name) is not None
    assert all(callable(getattr(interactspeech, verb)) for verb in VERBS)
    assert interactspeech.import_ is interactspeech.import_corpus


def test_importing_costs_nothing():
    """Not one heavy module, and none of the package's rooms."""
    code = (
        "import sys; before = set(sys.modules); import interactspeech; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert not {"numpy", "msgspec", "click", "pyarrow", "rich"} & set(loaded)
    assert [name for name in loaded if name.startswith("interactspeech")] == [
        "interactspeech",
        "interactspeech._version",
    ]


def test_one_path_or_many(calls, tmp_path):
    assert as_paths("abc") == ["abc"]
    assert as_paths(Path("abc")) == [Path("abc")]
    assert as_paths(name for name in ("a", "b")) == ["a", "b"]
    assert expand(f"{calls}/*.stm") == [calls / "one.stm", calls / "two.stm"]
    for wrong in (3, b"abc", [], "", [None]):
        with pytest.raises(UsageError):
            as_paths(wrong)
    for given in (calls, str(calls), [str(calls / "one.stm"), calls / "two.stm"], f"{calls}/*"):
        assert [d.id for d in interactspeech.read(given)] == ["call", "other"]
    with pytest.raises(InputError, match=r"no audio|no clip"):
        interactspeech.mine(str(calls), tmp_path / "mined", MineSettings(words="none"))


def test_what_is_lost_is_reported_or_raised(calls, caplog):
    with pytest.raises(InputError, match="does not exist"):
        interactspeech.read(calls / "none.stm")
    with caplog.at_level(logging.WARNING, "interactspeech"):
        found = interactspeech.annotate([calls / "none.stm", calls / "one.stm"])
    assert len(found) == 1
    assert "1 lost" in repr(found)
    assert "none.stm" in caplog.text


def test_annotate_write_and_read_again(calls, tmp_path):
    labelled = interactspeech.annotate(calls)
    assert isinstance(labelled, Dialogues)
    assert {"turn", "backchannel"} <= set(labelled.events.to_arrow()["type"].to_pylist())
    (table,) = labelled.write(tmp_path / "events.csv")
    assert table.read_text().count("\n") == len(labelled.events) + 1
    grids = interactspeech.write(labelled, tmp_path / "grids", "textgrid")
    assert [path.name for path in grids] == ["call.TextGrid", "other.TextGrid"]
    assert [d.id for d in interactspeech.read(grids)] == ["call", "other"]
    with pytest.raises(UsageError, match="do not fit into one"):
        interactspeech.write(labelled, tmp_path / "x.TextGrid")
    assert interactspeech.write(labelled[0], tmp_path / "x.html")[0].exists()
    assert len(labelled[:1]) == 1
    assert interactspeech.annotate(labelled[0])[0] == labelled[0]


def test_stats_and_fit(calls, corpus, tmp_path):
    measured = interactspeech.stats(calls)
    assert "2 conversations" in repr(measured)
    assert "<table>" in measured._repr_html_()
    assert interactspeech.stats(calls, compare_with=corpus).comparison.other == "other"
    model = interactspeech.fit(corpus, name="mine")
    model.save(tmp_path / "timing.json")
    assert model.id == "mine"
    with pytest.raises(UsageError, match="no rule set"):
        interactspeech.stats(calls, rules="none")


def test_detect_takes_files_folders_and_samples(tmp_path):
    rate = 16_000
    rng = np.random.default_rng(1)
    sound = rng.normal(0, 0.1, (rate * 3, 2)).astype(np.float32)
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.wav", sound, rate)
    (tmp_path / "c.wav").write_bytes(b"")
    heard = interactspeech.detect(tmp_path)
    assert [dialogue.id for dialogue in heard] == ["a", "b"]
    assert len(heard.report.errors) == 1
    assert heard.audio(0).shape == (2, rate * 3)
    assert "data:audio/flac" in heard._repr_html_()
    assert interactspeech.detect(sound.T, rate)[0].length == rate * 3
    with pytest.raises(UsageError, match="two files"):
        interactspeech.detect(tmp_path / "a.wav", pair=True)
    with pytest.raises(UsageError, match="layout"):
        interactspeech.detect(tmp_path / "a.wav", layout="three")


def test_a_corpus_by_place_by_id_and_as_tables(corpus):
    items = list(corpus)
    assert [corpus[i].id for i in range(3)] == [item.id for item in items]
    assert corpus[-1].id == items[-1].id
    assert corpus[np.int64(1)].id == items[1].id
    assert [item.id for item in corpus[::2]] == [items[0].id, items[2].id]
    assert corpus[items[1].id].dialogue == items[1].dialogue
    for wrong, error in ((3, IndexError), ("none", KeyError), (1.5, TypeError)):
        with pytest.raises(error):
            corpus[wrong]
    assert list(corpus.to_pandas()["id"]) == [item.id for item in items]
    assert corpus.to_polars().shape == (3, len(corpus.to_arrow().column_names))
    events = corpus.events.to_pandas()
    assert len(events) == sum(len(item.dialogue.events) for item in items)
    assert np.allclose(events["start_s"], events["start"] / events["rate"])
    words = corpus.table("words", where="seconds > 0", limit=1).to_pandas()
    assert len(words) == sum(len(u.words) for u in items[0].dialogue.utterances)
    assert len(repr(corpus)) < 200
    html = corpus[0]._repr_html_()
    assert "<svg" in html
    assert "data:audio/flac" in html


def test_export_import_and_view(corpus, tmp_path):
    done = interactspeech.export(corpus.root, tmp_path / "out", "webdataset")
    assert done.ledger.kept == 3
    again = interactspeech.import_(tmp_path / "out", tmp_path / "again", "webdataset")
    assert "3" in repr(again)
    assert [item.id for item in again.corpus()] == [item.id for item in corpus]
    page = interactspeech.view(corpus, tmp_path / "page", limit=2)
    assert (page.dialogues, page.lost) == (2, ())
    one = interactspeech.view(corpus[0], tmp_path / "one.html")
    assert one.dialogues == 1
    both = interactspeech.view([str(corpus.root), again.path], tmp_path / "both", limit=5)
    assert both.dialogues == 5
