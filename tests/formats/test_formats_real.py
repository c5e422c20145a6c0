"""Every real file is read, and comes back from the formats that hold its boundaries."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech import formats
from interactspeech.records import Dialogue, Span, Speaker, Utterance, Word
from interactspeech.turntaking import label

CORPORA = {"primock57": 57, "ami_nxt": 16, "voxconverse": 448}


def spans(dialogue: Dialogue) -> Counter[tuple[str, int, int]]:
    return Counter(
        (utterance.speaker, span.start, span.end)
        for utterance in dialogue.utterances
        for span in utterance.speech
    )


@st.composite
def conversations(draw: st.DrawFn) -> Dialogue:
    """One to three speakers; utterances with inner silences and words, at odd rates."""
    rate = draw(st.sampled_from([1, 7, 1000, 16_000, 22_050, 44_100, 48_000, 999_983, 1_000_000]))
    offset = draw(st.sampled_from([0, 3 * rate, 100_000 * rate]))
    utterances, last = [], 1
    for speaker in "ABC"[: draw(st.integers(1, 3))]:
        time = offset + draw(st.integers(0, 50))
        for _ in range(draw(st.integers(1, 4))):
            edges = [time]
            for step in draw(st.lists(st.integers(1, 40), min_size=1, max_size=5)):
                edges.append(edges[-1] + step)
            if len(edges) % 2:
                edges.append(edges[-1] + 1)
            speech = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))
            words = tuple(Word(f"w{i}", s.start, s.end) for i, s in enumerate(speech))
            utterances.append(
                Utterance("", speaker, edges[0], edges[-1], speech, words, times="human")
            )
            time = edges[-1] + draw(st.integers(0, 30))
        last = max(last, time)
    utterances.sort(key=lambda u: (u.start, u.end, u.speaker))
    numbered = tuple(
        msgspec.structs.replace(u, id=f"u{place}") for place, u in enumerate(utterances)
    )
    names = sorted({u.speaker for u in numbered})
    return Dialogue("random", rate, last, tuple(Speaker(name) for name in names), numbered)


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


def facts(dialogue: Dialogue) -> list[str]:
    """Events without the utterance they are linked to, which tiers do not hold."""
    return sorted(repr(msgspec.structs.replace(e, utterance="")) for e in dialogue.events)


#: Format -> whether it keeps utterances and word times, not only the boundaries of speech.
FORMATS = {"rttm": False, "textgrid": True, "elan": True, "seglst": True, "record": True}


def check(dialogue: Dialogue, folder: Path, kind: str) -> None:
    path = folder / f"{dialogue.id}.{kind}"
    formats.write(dialogue, path, kind)
    (back,) = formats.read(path, kind)
    assert spans(back) == spans(dialogue)
    if FORMATS[kind]:
        assert back.utterances == dialogue.utterances
    if kind in {"textgrid", "elan"}:
        assert back.length == dialogue.length
        assert facts(back) == facts(dialogue)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", CORPORA)
def test_a_round_trip_loses_no_boundary(corpora, tmp_path, name, kind):
    for dialogue in corpora[name][0][::9]:
        check(dialogue, tmp_path, kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", CORPORA)
def test_a_round_trip_of_every_file_loses_no_boundary(corpora, tmp_path, name, kind):
    for dialogue in corpora[name][0]:
        check(dialogue, tmp_path, kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["textgrid", "elan"])
def test_events_survive_the_round_trip(corpora, tmp_path, kind):
    for name in CORPORA:
        for dialogue in corpora[name][0][::8]:
            check(label(dialogue), tmp_path, kind)


@settings(max_examples=150, deadline=None)
@given(conversations())
def test_random_dialogues_come_back(tmp_path_factory, dialogue):
    folder = tmp_path_factory.mktemp("random")
    for kind in FORMATS:
        path = folder / f"{dialogue.id}.{kind}"
        formats.write(dialogue, path, kind)
        (back,) = formats.read(path, kind, rate=dialogue.rate)
        assert spans(back) == spans(dialogue), kind
        if kind in {"textgrid", "elan"}:
            assert [u.words for u in back.utterances] == [u.words for u in dialogue.utterances]
