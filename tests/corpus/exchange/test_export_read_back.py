"""What `export` writes is read by `annotate`, `stats` and other loaders without more words."""

import numpy as np
import pytest

from interactspeech.corpus.exchange import ExportOptions, chosen, export
from interactspeech.corpus.exchange.registry import export_names
from interactspeech.formats import Report
from interactspeech.models import codecs
from interactspeech.pipelines.dialogues import read
from interactspeech.pipelines.measuring import stats

#: Exports of texts, which hold no times.
WITHOUT_TIMES = {
    "chat", "ms-swift", "vap", "tokens", "barge-in", "text-tasks", "preferences",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(export_names()) - WITHOUT_TIMES))
def test_every_export_is_read_by_the_verbs(built, tmp_path, name):
    export(chosen(built), tmp_path / "out", name)
    report = Report()
    found = read([tmp_path / "out"], report=report)
    assert not report.errors
    assert not report.lost
    assert len(found) == len(built)
    measured = stats([tmp_path / "out"], report=report)
    assert len(measured.statistics.conversations) == len(built)


class Silence:
    name, rate, hop, codebooks, cardinality = "silence", 8000, 640, 1, 2

    def encode(self, samples):
        return np.zeros((1, len(samples) // self.hop), np.int16)


@pytest.mark.parametrize("name", sorted(WITHOUT_TIMES))
def test_exports_without_times_say_so(built, tmp_path, monkeypatch, name):
    monkeypatch.setitem(codecs.CODECS._loaded, "mimi", lambda _: Silence())
    export(chosen(built), tmp_path / "out", name, ExportOptions(codec="mimi:x"))
    report = Report()
    assert not read([tmp_path / "out"], report=report)
    assert [error.reason for error in report.errors] == ["no-timing"]


def test_the_only_lists_of_a_moshi_export_name_paths(built, tmp_path):
    import json

    export(chosen(built), tmp_path / "out", "moshi")
    for listing in (tmp_path / "out").glob("*.jsonl"):
        for line in listing.read_text("utf-8").splitlines():
            assert "path" in json.loads(line)
    assert (tmp_path / "out" / "PROVENANCE").is_file()
