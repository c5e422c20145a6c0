"""`telling` of a build: the summary is spoken, its source is in the record, and misuse is named."""

import json

import pytest

import interactspeech
from interactspeech import BuildSettings
from interactspeech.errors import UsageError

ROW = {
    "fname": "d_1",
    "dialogue": "#Person1#: I need a pan.\n#Person2#: This big one has a lid.\n"
    "#Person1#: I take it.\n#Person2#: Thank you. Bye.",
    "summary": "#Person1# wants a pan. #Person2# recommends a big one with a lid.",
}


@pytest.mark.parametrize("telling", ["fold", "narrative"])
def test_a_build_tells_the_summary_and_keeps_its_source(telling, tmp_path):
    text = tmp_path / "d.jsonl"
    text.write_text(json.dumps(ROW) + "\n")
    settings = BuildSettings(voices="fake", telling=telling)
    (item,) = interactspeech.build(text, tmp_path / "corpus", settings, workers=1).corpus()
    last = next(u for u in reversed(item.dialogue.utterances) if u.kind == "turn")
    told = "recommend" in " ".join(word.text for word in last.words)
    assert told == (telling == "narrative")
    kept = "#A# wants a pan. #B# recommends a big one with a lid." in last.written
    assert kept == (telling == "narrative")


@pytest.mark.parametrize("other", [{"writer": "none"}, {"timing": "original"}])
def test_without_a_writer_nothing_can_be_told(other):
    with pytest.raises(UsageError, match="offline writer"):
        BuildSettings(telling="narrative", **other)
    BuildSettings(**other)
