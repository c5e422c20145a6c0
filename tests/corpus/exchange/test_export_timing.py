"""Timing formats and the release's layout: out, in again, and compared."""

import json

import pytest

from interactspeech.corpus import Corpus
from interactspeech.corpus.exchange import chosen, export, import_corpus


def spoken(dialogue):
    return sorted((u.speaker, w.text, w.start, w.end) for u in dialogue.utterances for w in u.words)


def audible(dialogue):
    return sorted((u.speaker, s.start, s.end) for u in dialogue.utterances for s in u.speech)


@pytest.mark.parametrize("name", ["textgrid", "elan", "rttm", "ctm", "stm", "seglst", "webvtt"])
def test_timing_round_trip(built, tmp_path, name):
    done = export(chosen(built), tmp_path / "out", name)
    assert done.ledger.kept == len(built)
    rate = next(iter(built)).dialogue.rate
    ledger = import_corpus(tmp_path / "out", tmp_path / "back", name, rate=rate)
    assert (ledger.kept, ledger.dropped) == (len(built), {})
    back = Corpus.open(tmp_path / "back")
    tick = {"elan": rate // 1000 + 1, "webvtt": rate // 1000 + 1}.get(name, 0)
    for item in built:
        found = back[item.id].dialogue
        assert not back[item.id].has_audio
        if name in ("textgrid", "elan", "ctm", "seglst"):
            before, after = spoken(item.dialogue), spoken(found)
            assert [w[1] for w in sorted(before, key=lambda w: (w[2], w[0]))] == [
                w[1] for w in sorted(after, key=lambda w: (w[2], w[0]))
            ]
            for one, other in zip(
                sorted(before, key=lambda w: (w[2], w[0])),
                sorted(after, key=lambda w: (w[2], w[0])),
                strict=True,
            ):
                assert abs(one[2] - other[2]) <= tick
                assert abs(one[3] - other[3]) <= tick
        if name in ("textgrid", "rttm"):
            assert [s[1:] for s in sorted(audible(item.dialogue), key=lambda s: s[1:])] == [
                s[1:] for s in sorted(audible(found), key=lambda s: s[1:])
            ]
        if name in ("stm", "webvtt"):
            for one, other in zip(audible(item.dialogue), audible(found), strict=True):
                assert max(abs(one[1] - other[1]), abs(one[2] - other[2])) <= tick
        if name == "seglst":
            turns, back_turns = (
                sorted((u.start, u.end) for u in one.utterances) for one in (item.dialogue, found)
            )
            assert turns == back_turns
        if name in ("textgrid", "elan"):
            wanted = sorted((e.type, e.start, e.end) for e in item.dialogue.events)
            for one, other in zip(
                wanted, sorted((e.type, e.start, e.end) for e in found.events), strict=True
            ):
                assert one[0] == other[0]
                assert abs(one[1] - other[1]) <= tick


def test_praat_reads_the_textgrid(built, tmp_path):
    from praatio import textgrid

    export(chosen(built), tmp_path / "out", "textgrid")
    for item in built:
        grid = textgrid.openTextgrid(
            str(tmp_path / "out" / f"{item.id}.TextGrid"), includeEmptyIntervals=False
        )
        names = [name for name in grid.tierNames if name.endswith(" - words")]
        entries = [entry for name in names for entry in grid.getTier(name).entries]
        assert sorted(round(e.start * item.dialogue.rate) for e in entries) == sorted(
            w.start for u in item.dialogue.utterances for w in u.words
        )


def test_the_textgrid_library_reads_it_too(built, tmp_path):
    from textgrid import TextGrid

    export(chosen(built), tmp_path / "out", "textgrid")
    for item in built:
        grid = TextGrid.fromFile(str(tmp_path / "out" / f"{item.id}.TextGrid"))
        rate = item.dialogue.rate
        assert round(grid.maxTime * rate) == item.dialogue.length
        found = sorted(
            (round(mark.minTime * rate), round(mark.maxTime * rate), mark.mark)
            for tier in grid
            if tier.name.endswith(" - words")
            for mark in tier
            if mark.mark
        )
        assert [place[:2] for place in found] == sorted(
            (w.start, w.end) for u in item.dialogue.utterances for w in u.words
        )


def test_original_round_trip(built, tmp_path, call):
    done = call("export", "original", built.root, "-o", tmp_path / "out", "-q")
    assert done.exit_code == 0, done.output
    done = call("import", "original", tmp_path / "out", "-o", tmp_path / "back", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["kept"] == len(built)
    back = {item.id: item for item in Corpus.open(tmp_path / "back")}
    assert len(back) == len(built)


def test_provenance_lies_beside(built, tmp_path):
    export(chosen(built), tmp_path / "out", "rttm")
    lines = (tmp_path / "out" / "PROVENANCE").read_text("utf-8").splitlines()
    found = {one["id"]: one for one in map(json.loads, lines)}
    assert set(found) == {item.id for item in built}
    for one in found.values():
        assert (one["corpus"], one["licence"]) == ("demo", "CC0-1.0")
        assert [voice["engine"] for voice in one["voices"]] == ["fake", "fake"]
