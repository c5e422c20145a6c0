"""Reports as a whole: outputs, exit codes, bad inputs, resuming, pins; events from annotation."""

import csv
import io
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow.parquet
import pytest
import soundfile
from made_calls import RATE, RTTM, TALK, sound

import interactspeech
from interactspeech import ReportSettings
from interactspeech.errors import InputError, UsageError
from interactspeech.evaluation.calls.pins import PinOutcome
from interactspeech.pipelines import call_analyses, reporting
from interactspeech.pipelines.call_inputs import CallTask
from interactspeech.pipelines.reporting import check_pins, pins_exit_code, report

SETTINGS = ReportSettings(names=("agent", "caller"))
#: The same call in which the caller gives way at once.
BETTER = {**TALK, "B": [(4.3, 8.68), *TALK["B"][1:]]}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Without the checks that listen twice; tests/evaluation/calls has those."""
    from interactspeech.evaluation.calls import analysis

    monkeypatch.setattr(analysis.trust, "find_copies", lambda _recording: [])
    monkeypatch.setattr(analysis, "_placed", lambda *_given: [])


def write(folder: Path, name: str, talk=TALK, samples=None) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{name}.wav"
    soundfile.write(path, (sound(talk) if samples is None else samples).T, RATE)
    lines = [
        f"SPEAKER {name} 1 {a:.3f} {b - a:.3f} <NA> <NA> {who} <NA> <NA>\n"
        for who, spans in talk.items()
        for a, b in spans
    ]
    (folder / f"{name}.rttm").write_text("".join(lines))
    return path


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calls")
    write(folder, "2026-11-01_one")
    shifted = {who: [(a + 0.2, b + 0.25) for a, b in spans] for who, spans in TALK.items()}
    write(folder, "2026-11-02_two", shifted, sound(shifted) * 0.5 + 1e-4)
    return folder


def test_figures_and_files(calls, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    found = report(calls, out, SETTINGS, fail_if=("caller.yield_p95 > 0.5", "dead_air_count > 99"))
    assert found["caller.yield_p50"] == pytest.approx(0.625, abs=0.03)
    assert found["agent.response_worst"] == pytest.approx(3.2, abs=0.01)
    assert found["talk_share"] is None
    assert found["agent.talk_share"] == pytest.approx(17.9 / 26.3, abs=0.01)
    assert [one.met for one in found.conditions] == [True, False]
    assert found.exit_code == 1
    assert {path.name for path in out.iterdir()} == set(reporting.FILES)  # no folder of work left
    plain = json.loads((out / "report.json").read_bytes())
    assert plain["exit_code"] == 1
    assert [row["period"] for row in plain["trend"]] == ["2026-11-01", "2026-11-02"]
    assert plain["calls"][0]["measured_by"].startswith("annotation (2026-11-01_one.rttm)")
    rows = list(csv.DictReader(io.StringIO((out / "incidents.csv").read_text())))
    table = pyarrow.parquet.read_table(out / "incidents.parquet")
    assert len(rows) == table.num_rows == sum(len(c["incidents"]) for c in plain["calls"])
    assert {"response", "yield", "dead_air"} <= {row["kind"] for row in rows}
    suite = ET.parse(out / "junit.xml").getroot()
    assert (suite.get("failures"), suite.get("errors")) == ("1", "0")
    summary = (out / "summary.md").read_text()
    assert "**FAILED**" in summary
    page = (out / "report.html").read_text()
    assert "Content-Security-Policy" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count('id="sound-') == len(found.excerpts) > 4


@pytest.mark.slow
def test_same_bytes_with_more_workers_and_after_an_interruption(calls, tmp_path, monkeypatch):
    report(calls, tmp_path / "one.html", SETTINGS)
    report(calls, tmp_path / "two.html", SETTINGS, workers=2)
    real = reporting.make_report

    def ends(*_given, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(reporting, "make_report", ends)
    with pytest.raises(KeyboardInterrupt):
        report(calls, tmp_path / "three.html", SETTINGS)
    monkeypatch.setattr(reporting, "make_report", real)
    monkeypatch.setattr(
        call_analyses, "analyse_call", None
    )  # what was measured is not measured again
    report(calls, tmp_path / "three.html", SETTINGS)
    pages = {path.read_bytes() for path in tmp_path.glob("*.html")}
    assert len(pages) == 1
    assert not list(tmp_path.glob(".*.work"))


def test_a_cache_spares_calls_that_did_not_change(calls, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    report(calls, (), SETTINGS, cache=cache, sounds=0)
    assert len(list(cache.iterdir())) == 2
    monkeypatch.setattr(call_analyses, "analyse_call", None)
    assert len(report(calls, (), SETTINGS, cache=cache, sounds=0).calls) == 2
    with pytest.raises(TypeError):
        call_analyses._analysis(CallTask(0, None), SETTINGS, None)


def test_a_baseline_stands_beside(calls, tmp_path):
    report(calls, tmp_path / "old.json", SETTINGS, sounds=0)
    found = report(calls, tmp_path / "new.html", SETTINGS, baseline=tmp_path / "old.json")
    figure = found.table["caller", "yield_p50"]
    assert figure.baseline == figure.value
    for text in ("{", '{"format": "other", "figures": []}', "[]"):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(InputError) as caught:
            report(calls, (), SETTINGS, baseline=tmp_path / "bad.json")
        assert caught.value.reason == "bad-report"


def test_names_and_dates_from_a_table(calls, tmp_path):
    table = tmp_path / "names.csv"
    table.write_text("recording,names,date\n2026-11-01_one,Ada|Bob,2025-01-02\n")
    found = report(calls, (), names_file=table, sounds=0)
    assert [[s.name for s in call.speakers] for call in found.calls] == [["Ada", "Bob"], ["A", "B"]]
    assert [call.date for call in found.calls] == ["2025-01-02", "2026-11-02"]
    for text, line in (
        ("a,b\n", 1),
        ("recording,names\nx,A|A\n", 2),
        ("recording,date\nx,1.2.\n", 2),
    ):
        table.write_text(text)
        with pytest.raises(InputError) as caught:
            report(calls, (), names_file=table)
        assert caught.value.line == line


def test_inputs_that_cannot_be_used_are_in_the_report(calls, tmp_path):
    folder = tmp_path / "mixed"
    shutil.copytree(calls, folder)
    (folder / "broken.wav").write_bytes(b"RIFF....")
    (folder / "empty.flac").write_bytes(b"")
    soundfile.write(folder / "silent.wav", np.zeros((8000, 2)), 8000)
    soundfile.write(folder / "five.wav", np.zeros((8000, 5)) + 0.1, 8000)
    write(folder, "again_one")
    out = tmp_path / "page.html"
    found = report([folder, tmp_path / "missing.wav"], out, SETTINGS)
    assert found.exit_code == 1
    assert {"silent-channel", "many-channels", "missing-file"} <= set(found.ledger.dropped)
    assert found.ledger.lost == 5
    page = out.read_text()
    for name in ("broken.wav", "empty.flac", "silent.wav", "five.wav", "missing.wav"):
        assert name in page
    # A second recording of a call is counted once, and said.
    assert len(found.calls) == 2
    assert any("second recording" in note for note in found.notes)
    told = report(folder, (), SETTINGS, fail_if="yield_p95 > 10", sounds=0)
    assert told.exit_code == 2  # what was lost might have been worse


def test_an_empty_folder(tmp_path):
    (tmp_path / "none").mkdir()
    found = report(tmp_path / "none", tmp_path / "page.html", SETTINGS)
    assert found.exit_code == 1
    assert not found.calls
    assert "holds no audio" in (tmp_path / "page.html").read_text()
    assert report(tmp_path / "none", (), fail_if="yield_p95 > 1").exit_code == 2


def test_a_call_of_one_speaker_and_a_dead_channel(tmp_path):
    samples = sound(TALK)
    alone = {"A": TALK["A"], "B": []}
    path = write(tmp_path / "one", "alone", alone, np.stack([samples[0], samples[0] * 0 + 2e-4]))
    found = report(path, (), SETTINGS, fail_if="yield_p95 > 1", sounds=0)
    assert [one.kind for one in found.calls[0].findings] == ["one-speaker"]
    assert found.exit_code == 2
    assert found.table["", "talk_seconds"].value == pytest.approx(17.9)
    dead = write(tmp_path / "two", "dead", TALK, np.stack([samples[0], samples[0] * 0]))
    found = report(dead, (), SETTINGS, fail_if="response_p95 > 1", sounds=0)
    assert [one.kind for one in found.calls[0].findings] == ["dead-channel"]
    assert found["response_p95"] is None
    assert found.exit_code == 2
    kept = report(
        dead, (), ReportSettings(keep_untrusted=True), fail_if="response_p95 > 1", sounds=0
    )
    assert kept.exit_code == 1


def test_hostile_names_and_texts_stay_text(tmp_path):
    bad = "<img src=x onerror=alert(1)></script>"
    path = write(tmp_path / "calls", "call")
    settings = ReportSettings(names=(bad, "=cmd|' /C calc'!A0"))
    out = tmp_path / "out"
    report(path, out, settings, title=bad, fail_if=f'"{bad}".yield_p95 > 1')
    page = (out / "report.html").read_text()
    assert "<img" not in page
    assert page.count("</script>") == page.count("<script")
    ET.parse(out / "junit.xml")
    rows = list(csv.reader(io.StringIO((out / "incidents.csv").read_text())))
    assert not [cell for row in rows for cell in row if cell.startswith("=")]
    assert "<img" not in (out / "summary.md").read_text()


def test_wrong_usage(calls, tmp_path):
    for change in (
        {"out": tmp_path / "x.pdf"},
        {"fail_if": "nonsense > 1"},
        {"fail_if": "nobody.yield_p95 > 1"},
        {"coverage": 0.0},
        {"pin": "no/such@1"},
        {"layout": "nonsense"},
    ):
        with pytest.raises(UsageError):
            report(calls, change.pop("out", ()), SETTINGS, sounds=0, **change)
    with pytest.raises(UsageError):
        ReportSettings(names=("a", "a"))
    with pytest.raises(UsageError):
        ReportSettings(dead_air=0)


def test_a_corpus(tmp_path, monkeypatch):
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))
    made = interactspeech.build(
        "@demo", tmp_path / "corpus", interactspeech.BuildSettings(voices="fake", limit=2)
    )
    # A test voice is a tone, which is no talk: its figures are withheld unless they are wanted.
    found = report(made.path, (), ReportSettings(keep_untrusted=True), sounds=2)
    assert len(found.calls) == 2
    assert all(call.measured_by.startswith("annotation") for call in found.calls)
    assert found.excerpts
    assert found.table["", "words_per_minute"].value


@pytest.fixture
def listening(monkeypatch):
    """The listener is replaced by the annotation of the call: what is tested is the check."""
    from interactspeech.evaluation.calls import analysis

    talks = {}

    def heard(source, _settings, _models, native, **_more):
        from interactspeech.mining.labelling import compose_dialogue
        from interactspeech.signal.intervals import intervals

        talk = talks[source.path]
        activity = {
            who: intervals([(round(a * native.rate), round(b * native.rate)) for a, b in spans])
            for who, spans in talk.items()
        }
        dialogue = compose_dialogue(source.id, native.rate, native.samples, activity)
        return analysis._MeasuredCall(dialogue, {"A": 0, "B": 1}, "rule", "test")

    monkeypatch.setattr(analysis, "_heard", heard)
    return talks


def test_a_pin_is_red_until_a_fresh_recording_clears_it(tmp_path, listening):
    path = write(tmp_path / "calls", "call")
    pins = tmp_path / "pins"
    cut = {
        who: [(max(a - 0.4, 0), min(b - 0.4, 16.6)) for a, b in spans if a < 17.0]
        for who, spans in TALK.items()
    }
    listening[str(pins / "call_yield_8.400.flac")] = cut
    found = report(path, (), SETTINGS, sounds=0, pin="call/yield@8.400", pins=pins, limit=0.3)
    assert found.calls
    assert sorted(one.name for one in pins.iterdir()) == [
        "call_yield_8.400.flac",
        "call_yield_8.400.json",
    ]
    [red] = check_pins(pins)
    assert isinstance(red, PinOutcome)
    assert (red.state, red.fresh) == ("red", False)
    assert pins_exit_code([red]) == 1
    fresh = write(tmp_path / "fresh", "call", BETTER)
    fresh.with_suffix(".rttm").unlink()
    listening[str(fresh)] = BETTER
    [clear] = check_pins(pins, fresh)
    assert (clear.state, clear.fresh) == ("clear", True)
    assert pins_exit_code([clear]) == 0
    listening[str(fresh)] = {"A": TALK["A"][:1], "B": TALK["B"][-1:]}  # nobody interrupts in it
    [unknown] = check_pins(pins, fresh)
    assert unknown.state == "unknown"
    assert pins_exit_code([unknown]) == 2
    assert pins_exit_code([unknown, red]) == 1


def test_pins_that_are_none(tmp_path):
    with pytest.raises(InputError):
        check_pins(tmp_path / "none")
    with pytest.raises(InputError):
        check_pins(tmp_path)
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.json").write_bytes(b"\xff")
    outcomes = check_pins(tmp_path)
    assert [one.reason for one in outcomes] == ["bad-pin", "bad-pin"]
    assert pins_exit_code(outcomes) == 2
    assert RTTM
