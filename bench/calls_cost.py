"""What a report costs: processor time, memory, and how soon the page of an hour is there."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import soundfile
from clip_sound import two_channels

from interactspeech.corpus import Corpus
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.pipelines.reporting import report
from interactspeech.signal.log_mel import RATE

#: What a fresh process runs: seconds of processor time, and the largest resident set in MB.
WORK = r"""
import re, sys, time
from interactspeech.pipelines.reporting import report
start = time.process_time()
made = report(sys.argv[1], [sys.argv[2]], sounds=8, workers=1)
peak = int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) // 1024
print(time.process_time() - start, peak, len(made.calls[0].incidents))
"""


def long_call(arguments, path, minutes):
    """Writes calls end to end, a quarter of an hour of them over and over."""
    corpus = Corpus.open(arguments.corpus)
    pieces, total, wanted = [], 0, minutes * 60 * RATE
    number = 0
    while total < min(wanted, 15 * 60 * RATE):
        item = corpus[number % len(corpus)]
        pieces.append(two_channels(item).T)
        total += len(pieces[-1])
        number += 1
    block = np.concatenate(pieces)
    with soundfile.SoundFile(path, "w", RATE, 2) as file:
        left = wanted
        while left > 0:
            file.write(block[:left])
            left -= len(block)


def busy(tab):
    """Seconds that the page's main thread has worked."""
    found = tab.call("Performance.getMetrics")["metrics"]
    return next(row["value"] for row in found if row["name"] == "TaskDuration")


def opening(arguments, folder):
    """Seconds until the page of an hour has drawn its timeline, in a headless Chromium."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
    from chromium import browser

    path, out = folder / "hour.wav", folder / "hour.html"
    long_call(arguments, path, 60)
    made = report(path, [out], ReportSettings(), sounds=8, workers=1)
    drawn = (
        "document.readyState === 'complete' && [...document.querySelectorAll('canvas')].some(c => c.width && "
        "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 === 3 && v))"
    )
    seconds, paints, own = [], [], []
    with browser() as tab:
        tab.call("Performance.enable", timeDomain="threadTicks")
        # By a link to an incident, which opens the call's timeline there.
        tab.call("Page.navigate", url=out.resolve().as_uri())
        link = tab.wait("document.querySelector('a[href*=\"@\"]')?.getAttribute('href')")
        for _ in range(7):
            tab.call("Page.navigate", url="about:blank")
            before, began = busy(tab), time.perf_counter()
            tab.call("Page.navigate", url=out.resolve().as_uri() + link)
            tab.wait(drawn, 90)
            seconds.append(time.perf_counter() - began)
            paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
            paints.append(tab.wait(paint) / 1000)
            own.append(busy(tab) - before)
        problems = list(tab.problems)
    assert not problems, problems
    return {
        "incidents": len(made.calls[0].incidents), "page": out.stat().st_size, "times": len(seconds),
        "drawn": float(np.median(seconds)), "worst": max(seconds), "paint": float(np.median(paints)),
        "own": float(np.median(own)),
    }  # fmt: skip


def speed(arguments, folder):
    """Seconds of a recording a second of processor time, and memory."""
    path = folder / "long.wav"
    long_call(arguments, path, arguments.minutes)
    done = subprocess.run(
        [sys.executable, "-c", WORK, str(path), str(folder / "long.html")],
        capture_output=True,
        text=True,
        check=True,
    )
    cpu, peak, count = done.stdout.split()[-3:]
    return {
        "minutes": arguments.minutes, "cpu": float(cpu), "times": arguments.minutes * 60 / float(cpu),
        "peak": int(peak), "incidents": int(count), "page": (folder / "long.html").stat().st_size,
    }  # fmt: skip
