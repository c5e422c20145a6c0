"""`interactspeech export`, `import`, `corpus split` and `corpus merge`, as a user types them."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter
from interactspeech.corpus.exchange import chosen, export, export_names, import_names, is_free
from interactspeech.corpus.exchange.dataset_card import Totals, card
from interactspeech.corpus.exchange.registry import markdown_table
from interactspeech.pipelines.labelling import annotate
from interactspeech.records import Speaker, Voice


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Free, non-commercial, unknown and unstated licences; one voice that is not free."""
    root = tmp_path_factory.mktemp("mixed") / "corpus"
    licences = ["CC0-1.0", "CC-BY-NC-SA-4.0", "ask me first", "", "MIT", "CC-BY-4.0"]
    with CorpusWriter(root, {}) as writer:
        with writer.shard(0) as shard:
            for k, licence in enumerate(licences):
                record, samples = dialogue(k)
                source = msgspec.structs.replace(record.provenance, licence=licence)
                record = msgspec.structs.replace(record, provenance=source)
                if licence == "MIT":
                    voices = [Voice("fake", "x", licence=one) for one in ("MIT", "CC-BY-NC-4.0")]
                    speakers = tuple(Speaker(*p) for p in zip("AB", ("", ""), strict=True))
                    speakers = tuple(
                        msgspec.structs.replace(s, voice=v)
                        for s, v in zip(speakers, voices, strict=True)
                    )
                    record = msgspec.structs.replace(record, speakers=speakers)
                if k == 5:
                    shard.add(msgspec.structs.replace(record, tracks=()))
                else:
                    shard.add(record, samples)
            shard.finish()
        writer.finish(1)
    return root


def test_licences():
    for free in ("", "CC0-1.0", "CC-BY-4.0 AND Apache-2.0", "(MIT OR CC-BY-NC-4.0)", "CC-BY-3.0-US",
                 "GPL-3.0-or-later WITH Classpath-exception-2.0", "cc-by-sa-4.0", "GPL-2.0+",
                 "Apache-2.0 OR (CC-BY-NC-4.0 AND CC-BY-ND-4.0)"):  # fmt: skip
        assert is_free(free), free
    for held in ("CC-BY-NC-4.0", "CC-BY-ND-4.0", "MIT AND CC-BY-NC-4.0", "LDC User Agreement",
                 "CC0-1.0 CC-BY-NC-4.0", "CC-BY", "free for research", "MIT OR",
                 "Apache-2.0 WITH Commons-Clause", "(MIT OR ISC) AND CC-BY-NC-4.0", "MIT/X11",
                 ")("):  # fmt: skip
        assert not is_free(held), held


def test_restricted_sources_stay_behind(mixed, tmp_path, call):
    done = call("export", "moshi", mixed, "-o", tmp_path / "out", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["kept"], found["unlicensed"]) == (2, 1)
    assert {key: value["count"] for key, value in found["dropped"].items()} == {
        "no-audio": 1, "restricted-licence": 3,
    }  # fmt: skip
    there = sorted(path.stem for path in (tmp_path / "out" / "data_stereo").glob("*.wav"))
    assert there == ["made-00000", "made-00003"]
    done = call(
        "export", "moshi", mixed, "-o", tmp_path / "all", "--include-noncommercial", "--json"
    )
    assert json.loads(done.stdout)["kept"] == 5


def test_nothing_left_means_no_folder(mixed, tmp_path, call):
    done = call("export", "rttm", mixed, "-o", tmp_path / "out", "--where", "licence like '%NC%'")
    assert done.exit_code == 1
    assert "no folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_is_refused(mixed, tmp_path, call):
    (tmp_path / "out").mkdir()
    assert call("export", "chat", mixed, "-o", tmp_path / "out", "-q").exit_code == 1
    assert (tmp_path / "out" / "chat.jsonl").exists()  # an empty folder may be filled
    again = call("export", "chat", mixed, "-o", tmp_path / "out", "-q")
    assert again.exit_code == 1
    assert "holds something already" in str(again.exception)


KILLED = """
import os, signal, sys
from interactspeech.corpus import Corpus
from interactspeech.corpus.exchange import chosen, export, exporting

exporting.sync_folder = lambda folder: os.kill(os.getpid(), signal.SIGKILL)
export(chosen(Corpus.open(sys.argv[1])), sys.argv[2], "chat")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_an_export_that_was_killed_after_its_rename_is_written_anew(mixed, tmp_path, call):
    out = tmp_path / "out"
    dead = subprocess.run([sys.executable, "-c", KILLED, mixed, out], check=False)
    assert dead.returncode == -signal.SIGKILL
    assert (out / "chat.jsonl").exists()
    before = (out / "chat.jsonl").read_bytes()
    call("export", "chat", mixed, "-o", out, "-q")
    assert (out / "chat.jsonl").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert not (out / ".unfinished").exists()
    again = call("export", "chat", mixed, "-o", out, "-q")  # a finished one is not
    assert "holds something already" in str(again.exception)


def test_the_export_of_a_living_process_is_left_alone(mixed, tmp_path, call):
    (tmp_path / "out").mkdir()
    mark = f"{socket.gethostname()} {os.getppid()}"
    (tmp_path / "out" / ".unfinished").write_text(mark)
    done = call("export", "chat", mixed, "-o", tmp_path / "out", "-q")
    assert "holds something already" in str(done.exception)


def test_a_failure_leaves_nothing(mixed, tmp_path, monkeypatch):
    from interactspeech.corpus.exchange import moshi

    calls = []

    def full(*samples_and_rate):
        calls.append(samples_and_rate)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return b"RIFF"

    monkeypatch.setattr(moshi, "wav", full)
    with pytest.raises(Exception, match="no space is left"):
        export(chosen(Corpus.open(mixed)), tmp_path / "out", "moshi")
    assert list(tmp_path.iterdir()) == []


#: They want a codec, scripts or long dialogues, and have tests of their own.
CHOOSY = {"tokens", "vap", "text-tasks", "preferences"}


@pytest.mark.parametrize("name", [name for name in export_names() if name not in CHOOSY])
def test_equal_corpora_give_equal_bytes(mixed, tmp_path, name):
    if name == "huggingface":
        pytest.importorskip("pyarrow")
    contents = []
    for k in range(2):
        done = export(chosen(Corpus.open(mixed)), tmp_path / str(k), name)
        assert done.ledger.kept >= 2
        contents.append(
            {
                path.relative_to(tmp_path / str(k)): path.read_bytes()
                for path in sorted((tmp_path / str(k)).rglob("*"))
                if path.is_file()
            }
        )
    assert contents[0] == contents[1]


def test_split_then_export(built, tmp_path, call):
    done = call("corpus", "merge", built.root, "-o", tmp_path / "own")
    assert done.exit_code == 0, done.output
    refused = call("export", "rttm", tmp_path / "own", "-o", tmp_path / "x", "--split", "dev")
    assert "corpus split" in str(refused.exception)
    done = call("corpus", "split", tmp_path / "own", "--dev", "0.5", "--apart", "sources", "--json")
    assert done.exit_code == 0, done.output
    sizes = json.loads(done.stdout)["dialogues"]
    assert set(sizes) == {"dev", "train"}
    done = call(
        "export",
        "huggingface",
        tmp_path / "own",
        "-o",
        tmp_path / "hub",
        "--split",
        "dev",
        "--json",
    )
    assert json.loads(done.stdout)["kept"] == sizes["dev"]
    assert (tmp_path / "hub" / "data" / "dev-00000-of-00001.parquet").exists()
    assert call("corpus", "split", tmp_path / "own", "--train", "0.5", "--dev", "0.2", "--test",
                "0.2").exit_code == 2  # fmt: skip


def test_a_card_escapes_what_sources_say():
    record, _ = dialogue(0)
    source = msgspec.structs.replace(
        record.provenance, corpus="`x` | <script>\n---\nlicense: mit", licence="a: b\n- c"
    )
    totals = Totals()
    totals.add(msgspec.structs.replace(record, provenance=source))
    text = card(totals, {"train": "data/train-*.parquet"})
    assert text.count("\n---\n") == 1
    assert "\nlicense: mit" not in text
    assert "`'x' / <script> --- license: mit`" in text


def test_the_table_of_formats_in_the_documentation_is_the_registry():
    page = Path(__file__).parents[3] / "docs" / "exports.md"
    assert markdown_table() in page.read_text("utf-8")


def test_help_lists_the_formats(call):
    for verb, names in (("export", export_names()), ("import", import_names())):
        shown = call(verb, "--help").output
        assert not [name for name in names if f"  {name} " not in shown]
        assert "\b" not in shown


def test_a_format_of_one_direction_says_why(mixed, tmp_path, call):
    done = call("import", "ms-swift", mixed, "-o", tmp_path / "x")
    assert "from which none can be made" in str(done.exception) + done.output


def test_the_card_counts_planned_events_apart_from_those_found_by_rule():
    record, _ = dialogue(0)
    events = tuple(
        msgspec.structs.replace(record.events[0], type=kind, origin=origin, rules="")
        for kind, origin in (
            ("interruption", "planned"), ("interruption", "planned"), ("interruption", "rule"),
            ("pause", "rule"),
        )
    )  # fmt: skip
    totals = Totals()
    totals.add(msgspec.structs.replace(record, events=events))
    text = card(totals, {"train": "data/train-*.parquet"})
    assert "| event | planned | rule |\n" in text
    assert "| interruption | 2 | 1 |\n" in text
    assert "| pause | 0 | 1 |\n" in text


@pytest.mark.parametrize("name", ["moshi", "huggingface", "lhotse", "rttm"])
def test_splits_are_exported_together(built, tmp_path, call, name):
    own = tmp_path / "own"
    assert call("corpus", "merge", built.root, "-o", own).exit_code == 0
    assert call("corpus", "split", own, "--dev", "0.5", "--apart", "sources").exit_code == 0
    done = call("export", name, own, "-o", tmp_path / "out", "--split", "all", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["kept"] == len(built)
    lists = {split: (own / "splits" / f"{split}.txt").read_text().split()
             for split in ("train", "dev")}  # fmt: skip
    assert {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()} == set(lists)
    for split, ids in lists.items():
        assert len(annotate([tmp_path / "out" / split])) == len(ids) > 0
    assert len(annotate([tmp_path / "out"])) == len(built)
    if name == "huggingface":
        head = (tmp_path / "out" / "README.md").read_text().split("---")[1]
        for split in lists:
            assert f'"path": "{split}/data/{split}-*.parquet"' in head
            assert list((tmp_path / "out").glob(f"{split}/data/{split}-*.parquet"))
    two = tmp_path / "two"
    done = call("export", name, own, "-o", two, "--split", "dev", "--split", "train")
    assert done.exit_code == 0, done.output
    equal = [
        {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        for root in (tmp_path / "out", two)
    ]
    assert equal[0] == equal[1]
