"""The page of a report on calls in a browser: hostile text, keyboard, a long call, no network."""

import base64

import numpy as np
import pytest

from interactspeech import ReportSettings
from interactspeech.evaluation.calls.analysis import CallAnalysis, CallSpeaker
from interactspeech.evaluation.calls.excerpts import Excerpt, incident_id
from interactspeech.evaluation.calls.incidents import CallIncident
from interactspeech.evaluation.calls.page import write_html
from interactspeech.evaluation.calls.report import make_report
from interactspeech.evaluation.calls.trust import TrustFinding
from interactspeech.ledger import Ledger
from interactspeech.seeds import generator
from interactspeech.signal.flac import encode_flac


def call(hostile, name="call_1", seconds=3600.0):
    rng = generator(1, "page")
    times = np.sort(rng.uniform(0, seconds - 5, 900)).round(3).tolist()
    kinds = ("response", "yield", "interruption_taken", "talk_over", "dead_air", "pause", "turn")
    incidents = tuple(
        CallIncident(kinds[i % 7], t, t + 1.0, "agent", hostile, 1.0 + i / 1000, text=hostile)
        for i, t in enumerate(times)
    )
    loud = base64.b64encode(rng.integers(0, 127, 6000).astype(np.int8).tobytes()).decode()
    spans = tuple(int(x) for x in rng.integers(20, 200, 3000))
    return CallAnalysis(
        id=name, files=(hostile,), seconds=seconds, measured_by=hostile,
        speakers=(CallSpeaker("agent", 1, talk=900.0, spans=spans),
                  CallSpeaker(hostile, 2, talk=800.0, spans=spans)),
        incidents=incidents, loudness=(loud, loud),
        findings=(TrustFinding("clipping", hostile, (), 1, ((3.0, 4.0),), hostile),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(hostile, tmp_path_factory):
    one = call(hostile)
    flac = encode_flac(0.1 * np.sin(np.arange(16000, dtype=np.float32))[None], 16000)
    worst = max((i for i in one.incidents if i.kind == "yield"), key=lambda i: i.value)
    sound = Excerpt(
        incident_id(one.id, worst), 1.0, 1.0, "audio/flac", base64.b64encode(flac).decode()
    )
    ledger = Ledger(kept=1, seconds=one.seconds)
    ledger.drop(hostile, "other")
    made = make_report(
        [one], ReportSettings(), ledger, notes=[hostile], excerpts=[sound], title=hostile
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_bytes(write_html(made))
    return path


@pytest.mark.slow
def test_the_page_in_a_browser(tab, page):
    tab.problems.clear()
    tab.addresses.clear()
    tab.call("Page.navigate", url=page.resolve().as_uri())
    tab.wait("document.readyState == 'complete'")
    assert tab.run("window.hacked === undefined && !document.querySelector('img')")
    # An hour opens at once: the time of the page's own work, whatever else the machine does.
    spent = tab.run(
        "(() => { const d = document.querySelector('details[data-call]'), t = performance.now();"
        " d.open = true; d.dispatchEvent(new Event('toggle'));"
        " return new Promise(done => requestAnimationFrame(() => done("
        "[performance.now() - t, d.querySelectorAll('tbody tr').length]))); })()"
    )
    assert spent[1] == 644  # pauses and turns are not listed
    assert spent[0] < 3000, spent
    tab.run("document.querySelector('canvas').focus()")
    before = float(tab.run("document.querySelector('canvas').getAttribute('aria-valuenow')"))
    for key in ("n", "ArrowRight", "+", "n"):
        tab.key(key)
    now = float(tab.run("document.querySelector('canvas').getAttribute('aria-valuenow')"))
    assert now > before
    assert "talk" in tab.run("document.querySelector('canvas').getAttribute('aria-valuetext')")
    assert tab.run("document.querySelectorAll('tr.at').length") == 1
    tab.run("document.querySelector('#kind-yield button').click()")
    tab.wait("document.getElementById('audio').duration > 0.9")
    tab.run("location.hash = '#call-0@1800'")
    tab.wait("Math.abs(document.querySelector('canvas').getAttribute('aria-valuenow') - 1800) < 1")
    assert not tab.problems
    assert not [one for one in tab.addresses if not one.startswith(("file:", "blob:", "data:"))]
