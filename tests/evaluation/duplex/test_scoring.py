"""All measures together, from recordings on disk to reports, conditions and exit codes."""

import json
import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from duplex_items import SYSTEM, USER, item, sound

from interactspeech.cli.evaluate import command
from interactspeech.errors import UsageError
from interactspeech.evaluation.duplex.dialogues import both_sides
from interactspeech.evaluation.duplex.recording_reader import read_recordings
from interactspeech.evaluation.duplex.recordings import DuplexRecording
from interactspeech.evaluation.duplex.reports import write_reports
from interactspeech.evaluation.duplex.scores import DuplexScores, encode_scores
from interactspeech.evaluation.duplex.scoring import score_recordings
from interactspeech.evaluation.duplex.stimulus import StimulusEvent, StimulusTruth, encode_truth
from interactspeech.evaluation.duplex.thresholds import check_conditions, verdict
from interactspeech.evaluation.fail_conditions import FailCondition, Verdict
from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance
from interactspeech.signal.intervals import intervals


def folder(tmp_path: Path) -> Path:
    """Three items: yields and answers, talks through a cough, and one without an output."""
    events = (
        StimulusEvent("turn_end", 0.5, 2.0),
        StimulusEvent("interruption", 5.0, 6.0),
        StimulusEvent("turn_end", 5.0, 6.0),
    )
    item(tmp_path / "run/1", output={"chunks": [{"text": "<b>hi</b>", "timestamp": [2.5, 5.5]}]})
    (tmp_path / "run/1/truth.json").write_bytes(encode_truth(StimulusTruth("1", 10.0, events)))
    cough = (StimulusEvent("turn_end", 0.5, 2.0), StimulusEvent("cough", 4.0, 4.3))
    item(tmp_path / "run/2", user=sound([(0.5, 2)], 10, 1))
    (tmp_path / "run/2/truth.json").write_bytes(encode_truth(StimulusTruth("2", 10.0, cough)))
    item(tmp_path / "run/3", system=None)
    return tmp_path / "run"


def scores(path: Path) -> DuplexScores:
    return score_recordings(read_recordings([path]), "mine")


def test_measures_of_a_run(tmp_path: Path) -> None:
    found = scores(folder(tmp_path))
    assert (len(found.items), found.total) == (2, 3)
    assert found.lost[0].reason == "missing-file"
    assert found.measure("yield.rate").value == 1.0
    assert found.measure("yield.latency_median").value == pytest.approx(0.5, abs=0.011)
    assert found.measure("answer.latency_median").value == pytest.approx(0.5, abs=0.011)
    assert found.measure("answer.rate").n == 3
    assert found.measure("ignore.cough").value == 1.0
    assert found.area == 1.0
    assert found.measure("tau.yield_rate").n == 1
    assert found.measure("sid.irl").value == pytest.approx(0.5, abs=0.011)
    assert found.measure("turnbench.interruption.recall").value == 1.0
    with pytest.raises(UsageError, match="no measure is called 'grace'"):
        found.measure("grace")


def test_reports_are_the_same_bytes_and_hold_no_markup_of_others(tmp_path: Path) -> None:
    path = folder(tmp_path)
    checked = check_conditions(scores(path), [FailCondition("yield.rate<0.5")])
    for name in ("a", "b"):
        write_reports(scores(path), tmp_path / name, checked)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
        assert str(tmp_path).encode() not in file.read_bytes()
    page = (tmp_path / "a/report.html").read_text()
    assert "<b>hi" not in page
    assert "<script" not in page
    suite = ET.parse(tmp_path / "a/junit.xml").getroot()
    assert (suite.get("errors"), suite.get("failures"), suite.get("tests")) == ("1", "0", "7")
    data = json.loads((tmp_path / "a/scores.json").read_text())
    assert data["scored"] == "2 of 3"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("yield.rate < 0.9", Verdict.PASS),
        ("yield.rate >= 1", Verdict.FAIL),
        ("answer.latency_median>0.2", Verdict.FAIL),
        ("ignore.laugh < 1", Verdict.CANNOT_TELL),
        ("ignore.laugh < 1 or yield.rate >= 1e0", Verdict.FAIL),
        ("not yield.rate >= 100%", Verdict.PASS),
        ("ignore.cough < 1 and yield.rate == +1", Verdict.PASS),
    ],
)
def test_conditions(text: str, result: Verdict, tmp_path: Path) -> None:
    (one,) = check_conditions(scores(folder(tmp_path)), [FailCondition(text)])
    assert one.verdict is result


def test_too_few_cases_cannot_be_told(tmp_path: Path) -> None:
    found = scores(folder(tmp_path))
    (one,) = check_conditions(found, [FailCondition("yield.rate < 0.9")], min_cases=2)
    assert one.verdict is Verdict.CANNOT_TELL
    assert verdict(found, [one]) is Verdict.FAIL  # an item is lost


@pytest.mark.parametrize(
    "text", ["", "yield.rate", "yield.rate = 1", "yield.rate < x", "<3", "a < 1.2.3", "a. < 1"]
)
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(UsageError, match="condition"):
        FailCondition(text)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, ["duplex", *words])
    return result.exit_code, result.output


def test_exit_codes_of_the_command(tmp_path: Path) -> None:
    path = folder(tmp_path)
    good = str(path / "1")
    assert run(good)[0] == 0
    assert run(good, "--fail-if", "yield.rate < 0.9")[0] == 0
    assert run(good, "--fail-if", "yield.rate > 0.9")[0] == 1
    assert run(good, "--fail-if", "ignore.cough > 0.9")[0] == 2
    code, text = run(str(path))
    assert code == 1
    assert "2 of 3 items scored" in text
    assert "system.wav is missing" in text
    leaky = item(tmp_path / "leak", system=SYSTEM + 0.1 * USER)
    code, text = run(str(leaky))
    assert code == 2
    assert "[crosstalk]" in text


def test_the_command_writes_a_page_to_listen(tmp_path: Path) -> None:
    path = folder(tmp_path)
    code, _ = run(str(path / "1"), "-o", str(tmp_path / "out"), "--listen", "1", "--json")
    assert code == 0
    assert "interactspeech" in (tmp_path / "out/items.html").read_text()[:2000]


def dialogue() -> Dialogue:
    """B interrupts A at 4 s, A stops at 4.6 s; A gives a backchannel at 8 s; a pause of B."""
    rows = [("A", 0, 4600), ("B", 4000, 7000), ("B", 7600, 12_000), ("A", 8000, 8400)]
    return Dialogue(
        "call", 1000, 14_000, (Speaker("A"), Speaker("B")),
        tuple(
            Utterance(f"u{k}", s, a, b, (Span(a, b),),
                      kind="backchannel" if k == 3 else "turn")
            for k, (s, a, b) in enumerate(rows)
        ),
        (
            Event("interruption", "B", 4000, 7000, origin="human"),
            Event("backchannel", "A", 8000, 8400, origin="human"),
            Event("pause", "B", 7000, 7600, origin="human"),
        ),
    )  # fmt: skip


def test_people_as_systems() -> None:
    a, b = both_sides(dialogue())
    assert (a.name, b.name) == ("call/B", "call/A") or (a.name, b.name) == ("call/A", "call/B")
    found = {r.name: score_recordings([r], seed=1) for r in (a, b)}
    assert found["call/A"].measure("yield.latency_median").value == pytest.approx(0.6)
    assert found["call/B"].measure("ignore.backchannel").value == 1.0


def test_an_hour_is_scored_within_a_second() -> None:
    """With words given, on one core; the margin is for a busy machine."""
    import time

    rng = np.random.default_rng(0)
    edges = np.sort(rng.choice(3600 * 16_000, 2 * 1200, replace=False)).reshape(-1, 2)
    other = np.sort(rng.choice(3600 * 16_000, 2 * 1200, replace=False)).reshape(-1, 2)
    events = tuple(
        StimulusEvent("interruption" if k % 2 else "backchannel", t, t + 0.5)
        for k, t in enumerate(np.sort(rng.uniform(0, 3590, 400)).tolist())
    )
    recording = DuplexRecording(
        "hour", 16_000, 3600 * 16_000, intervals(edges.tolist()), intervals(other.tolist()),
        truth=StimulusTruth("hour", 3600.0, events),
    )  # fmt: skip
    began = time.process_time()
    found = score_recordings([recording])
    assert time.process_time() - began < 3.0
    assert found.measure("yield.rate").n > 50


def test_scores_are_json_without_nan(tmp_path: Path) -> None:
    data = json.loads(encode_scores(scores(folder(tmp_path))), parse_constant=lambda _: 1 / 0)
    assert data["system"] == "mine"
    assert math.isfinite(data["area"])
