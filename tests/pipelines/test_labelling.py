"""The language of the words that labels depend on."""

import json
from collections.abc import Callable
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
import soundfile

from interactspeech.errors import UsageError
from interactspeech.formats import Report
from interactspeech.pipelines import measuring
from interactspeech.pipelines.labelling import annotate, choose_rules, detect
from interactspeech.pipelines.measuring import fit, stats
from interactspeech.turntaking import DEFAULT

DUTCH = (
    "ja nee ik weet het niet maar we gaan morgen naar de markt en dan zien we wel wat er is dat is "
    "goed hoor ik vind het ook wel leuk om daar te zijn"
)
ENGLISH = "well I think that we should go there because it is nice and you know it " * 3


def ctm(path: Path, text: str) -> Path:
    lines = (f"a {1 + k % 2} {0.4 * k:.2f} 0.35 {word}\n" for k, word in enumerate(text.split()))
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("verb", [annotate, stats, fit])
@pytest.mark.parametrize("backchannels", ["fitted", "rule"])
def test_words_of_another_language_are_warned_about_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: Callable[..., object],
    backchannels: str,
) -> None:
    monkeypatch.setattr(measuring, "fit_model", lambda *_, **__: None)  # it takes a minute
    report = Report()
    verb([ctm(tmp_path / "a.ctm", DUTCH)], report=report, backchannels=backchannels)
    (warning,) = [note for note in report.notes if note.reason == "other-language"]
    assert warning.severity == "warning"
    assert "1 of 1 conversation(s) with words: 14% of 35 words" in warning.message
    assert not report.lost
    report = Report()
    verb([ctm(tmp_path / "b.ctm", ENGLISH)], report=report, backchannels=backchannels)
    assert not report.counts()


LEXICON = {
    "language": "nl", "continuers": ["Hm"], "acknowledgements": ["ja", "precies  zo"],
    "reactions": ["echt"], "fillers": ["eh"], "incomplete": ["de", "het"],
}  # fmt: skip


def lexicon(folder: Path, **fields: object) -> Path:
    path = folder / "dutch.json"
    path.write_text(json.dumps(LEXICON | fields), encoding="utf-8")
    return path


def test_phrases_that_the_user_brings_win_over_the_fitted_decision(tmp_path: Path) -> None:
    assert choose_rules()[1] is not None
    path = tmp_path / "dutch.json"
    path.write_text('{"continuers": ["hm"], "acknowledgements": ["ja"], "reactions": ["oh"]}')
    rules, decision = choose_rules(path)
    assert decision is None
    assert rules.acknowledgements == ("ja",)
    rules, decision = choose_rules(lexicon=lexicon(tmp_path))
    assert decision is None
    assert (rules.language, rules.id) == ("nl", "interactspeech-1+nl-dutch")
    assert rules.acknowledgements == ("ja", "precies zo")
    assert (rules.continuers, rules.fillers, rules.incomplete) == (("hm",), ("eh",), ("de", "het"))
    english, decision = choose_rules(lexicon=lexicon(tmp_path, language="en-GB", fillers=None))
    assert decision is None
    assert english.fillers == DEFAULT.fillers  # lists that are left out stay, in one language


def test_another_language_without_a_lexicon_is_labelled_by_its_timing(tmp_path: Path) -> None:
    path = ctm(tmp_path / "a.ctm", DUTCH)
    report = Report()
    (labelled,) = annotate([path], language="nl", report=report)
    assert report.counts() == {"note": {"no-lexicon": 1}}
    (rules,) = labelled.rule_sets.values()
    assert (rules["language"], rules["acknowledgements"]) == ("nl", [])
    without_words = msgspec.structs.replace(
        labelled, events=(), rule_sets={},
        utterances=tuple(
            msgspec.structs.replace(u, words=(), times="none") for u in labelled.utterances
        ),
    )  # fmt: skip
    (by_timing,) = annotate(without_words, language="nl")
    facts = [[(e.type, e.speaker, e.start, e.end) for e in one.events]
             for one in (labelled, by_timing)]  # fmt: skip
    assert facts[0] == facts[1]


def test_feedback_of_the_users_lexicon_is_found(tmp_path: Path) -> None:
    """The word "ja" is feedback and "maar nee" is none, in talk of one timing."""
    turns = "".join(f"a A {t:.1f} 0.3 {w}\n" for t, w in
                    zip(np.arange(0, 9, 0.4), DUTCH.split(), strict=False))  # fmt: skip
    for said, found in (("ja", 1), ("maar nee", 0), ("precies zo", 1)):
        path = tmp_path / "a.ctm"
        words = said.split()
        answer = (f"a B {4 + 0.2 * place:.1f} 0.2 {word}\n" for place, word in enumerate(words))
        path.write_text(turns + "".join(answer))
        (labelled,) = annotate([path], lexicon=lexicon(tmp_path))
        events = [e for e in labelled.events if e.type == "backchannel" and e.speaker == "B"]
        assert len(events) == found, said


@pytest.mark.parametrize(
    ("text", "problem"),
    [("[]", "no lexicon"), ('{"language": "nl"}', "no word of feedback"), ("{", "no lexicon"),
     ('{"continuers": ["hm"], "langauge": "nl"}', "no lexicon"),
     ('{"continuers": "hm"}', "no lexicon"), ('{"language": "dutch", "reactions": ["o"]}', "no language"),  # noqa: E501
     ('{"language": "de", "reactions": ["o"]}', "'de'")],
)  # fmt: skip
def test_lexicons_that_are_none(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=problem):
        choose_rules(lexicon=path, language="nl")
    with pytest.raises(UsageError):
        choose_rules(lexicon=tmp_path / "none.json")


def test_another_language_than_the_listeners_is_warned_about(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((16_000, 2)), 16_000)
    report = Report()
    (heard,) = detect([tmp_path / "a.wav"], language="nl", report=report)
    assert report.counts() == {"warning": {"other-language": 1}}
    assert [one["language"] for one in heard.rule_sets.values()] == ["nl"]
    report = Report()
    detect([tmp_path / "a.wav"], language="en-GB", report=report)
    assert not report.counts()


ENDINGS = {"wav": "pcm_s16le", "m4a": "aac", "webm": "libopus", "mp3": "mp3", "ogg": "libopus",
           "flac": "flac", "mka": "pcm_s16le"}  # fmt: skip


def test_detect_takes_every_recording_of_a_folder_and_names_the_rest(tmp_path: Path) -> None:
    """Each recording is heard as if it were named, whatever its container."""
    rng = np.random.default_rng(1)
    for ending, codec in ENDINGS.items():
        with av.open(str(tmp_path / f"{ending}-call.{ending}"), "w") as out:
            stream = out.add_stream(codec, rate=48_000)
            stream.layout = "stereo"
            convert = av.AudioResampler(format=stream.format.name, layout="stereo", rate=48_000)
            noise = rng.normal(0, 0.05, (2, 48_000)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
            frame.sample_rate = 48_000
            for one in [*convert.resample(frame), *convert.resample(None)]:
                out.mux(stream.encode(one))
            out.mux(stream.encode())
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.4")
    report = Report()
    found = detect([tmp_path], report=report)
    assert sorted(dialogue.id for dialogue in found) == sorted(f"{e}-call" for e in ENDINGS)
    passed_over = [note for note in report.notes if note.reason == "passed-over"]
    assert len(passed_over) == 1
    assert "notes.pdf" in passed_over[0].message
    assert not report.lost


def test_the_shared_case_of_a_folder_of_recordings(shared_data: Path) -> None:
    folder = shared_data / "cases" / "28-detect-folder" / "calls"
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    assert sorted(dialogue.id for dialogue in detect([folder])) == [
        "monday",
        "tuesday",
        "wednesday",
    ]
