"""Every real file is read, and comes back from the formats that hold its boundaries."""

from collections import Counter

import pytest

from interactspeech import formats
from interactspeech.dialogue import Dialogue

CORPORA = {"primock57": 57, "ami_nxt": 16, "voxconverse": 448}


def spans(dialogue: Dialogue) -> Counter[tuple[str, int, int]]:
    return Counter(
        (utterance.speaker, span.start, span.end)
        for utterance in dialogue.utterances
        for span in utterance.speech
    )


@pytest.fixture(scope="module")
def corpora(shared_data):
    found = {}
    for name in CORPORA:
        report = formats.Report()
        found[name] = formats.read(shared_data / "timing" / name, report=report), report
    return found


@pytest.mark.parametrize("name", CORPORA)
def test_no_file_of_the_real_corpora_fails(corpora, name):
    dialogues, report = corpora[name]
    assert [str(error) for error in report.errors] == []
    assert not report.lost
    assert len({dialogue.id for dialogue in dialogues}) == len(dialogues)


def test_one_conversation_from_the_files_of_its_speakers(corpora):
    dialogues, _ = corpora["primock57"]
    assert len(dialogues) == 57
    assert {tuple(s.id for s in d.speakers) for d in dialogues} == {("doctor", "patient")}
    meetings, _ = corpora["ami_nxt"]
    assert {len(meeting.speakers) for meeting in meetings} == {4, 5}


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("kind", ["rttm", "textgrid"])
def test_a_round_trip_loses_no_boundary(corpora, tmp_path, name, kind):
    dialogues, _ = corpora[name]
    for dialogue in dialogues[::7]:
        path = tmp_path / f"{dialogue.id}.{kind}"
        formats.write(dialogue, path, kind)
        (back,) = formats.read(path, kind)
        assert spans(back) == spans(dialogue)
        if kind == "textgrid":
            assert back.utterances == dialogue.utterances
            assert back.length == dialogue.length
