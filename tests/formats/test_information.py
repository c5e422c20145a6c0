"""The original release's file: turns with times in whole samples, and the script beside them."""

import json
from pathlib import Path

import pytest

from interactspeech.errors import InputError
from interactspeech.formats import Report, information
from interactspeech.formats.clock import Clock
from interactspeech.formats.parsed_file import InputFile


def read(**changes):
    value = {
        "original_dialog_id": "d-1",
        "dialog_index": 3,
        "processed_dialogue": "A: So we go\nB: Wait [interrupt] a moment\nA: Yes",
        "speakerA_time": [[0, 100], [250, 400]],
        "speakerB_time": [[90, 240]],
    } | changes
    data = json.dumps(value).encode()
    source = InputFile(Path("d/information.json"), data, Clock(1000), Report())
    (found,) = information.parse(source)
    return found


def test_turns_take_their_lines_in_order_and_what_was_cut_is_unsaid():
    found = read()
    assert [(u.speaker, u.start, u.end, u.text, u.unsaid) for u in found.utterances] == [
        ("A", 0, 100, "So we go", ()),
        ("B", 90, 240, "Wait", ("a", "moment")),
        ("A", 250, 400, "Yes", ()),
    ]


@pytest.mark.parametrize(
    ("pair", "reason"),
    [([5, 5], "reversed-time"), ([6, 5], "reversed-time"), ([-1, 5], "reversed-time"),
     ([1, 2, 3], "bad-time"), ([1], "bad-time"), ("1-2", "bad-time"), ([1.5, 2], "bad-time"),
     ([True, 2], "bad-time"), ([0, 1], None)],
)  # fmt: skip
def test_times_are_pairs_of_samples_in_order(pair, reason):
    if reason is None:
        (second,) = [u for u in read(speakerB_time=[pair]).utterances if u.speaker == "B"]
        assert (second.start, second.end) == (0, 1)
        return
    with pytest.raises(InputError, match=r"speakerB_time\[0\]") as caught:
        read(speakerB_time=[pair])
    assert caught.value.reason == reason


@pytest.mark.parametrize("line", ["C: hi", "hi", "A hi"])
def test_lines_begin_with_their_speaker(line):
    with pytest.raises(InputError, match="does not begin with") as caught:
        read(processed_dialogue=f"A: So\n{line}\nA: Yes")
    assert caught.value.reason == "unknown-speaker"


def test_it_is_written_as_the_release_has_it():
    text = information.serialise(read(), Report())
    assert text.startswith('{\n    "original_dialog_id": ')
    assert json.loads(text)["speakerA_time"] == [[0, 100], [250, 400]]
    assert text.endswith("}\n")
