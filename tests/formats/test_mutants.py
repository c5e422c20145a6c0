"""Damaged and odd files of every format: a result or an error of ours, and no text lost."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech import formats

_SPEC = importlib.util.spec_from_file_location(
    "soak_formats", Path(__file__).parents[2] / "bench" / "soak_formats.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
soak_formats = importlib.util.module_from_spec(_SPEC)
sys.modules["soak_formats"] = soak_formats
_SPEC.loader.exec_module(soak_formats)


def test_every_format_has_a_seed():
    endings = {formats.registry.ending_of(Path(name)) for name in soak_formats.SEEDS}
    for info in formats.FORMATS.values():
        assert info.name == "record" or endings & set(info.endings), info.name


@pytest.mark.parametrize("name", soak_formats.SEEDS)
def test_mutants_are_read_or_refused_in_our_words(tmp_path, name):
    outcomes, slowest = soak_formats.soak(name, 200, 7, tmp_path)
    assert sum(outcomes.values()) == 200
    assert len(outcomes) > 2
    assert slowest < 20


#: Words with any times: without length, inside one another, on two channels.
WORDS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 12), st.sampled_from("AB")),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(words=WORDS, kind=st.sampled_from(["ctm", "csv", "rttm"]), rate=st.sampled_from([10, 1000]))
def test_every_word_comes_out_or_is_counted_as_lost(tmp_path_factory, words, kind, rate):
    rows = [(f"w{place}", low / 10, long / 10, who) for place, (low, long, who) in enumerate(words)]
    line = {
        "ctm": "c {3} {1} {2} {0}",
        "csv": "{1},{2},{3},{0}",
        "rttm": "LEXEME c 1 {1} {2} {0} lex {3} <NA> <NA>",
    }[kind]
    text = "".join(line.format(*row) + "\n" for row in rows)
    path = tmp_path_factory.mktemp("words") / f"c.{kind}"
    path.write_text(("start,duration,speaker,word\n" if kind == "csv" else "") + text)
    report = formats.Report()
    (dialogue,) = formats.read(path, rate=rate, report=report)
    said = Counter(word.text for u in dialogue.utterances for word in u.words)
    lost = sum(note.severity == "loss" for note in report.notes)
    assert said <= Counter(row[0] for row in rows)
    assert sum(said.values()) + lost == len(rows), report.notes
