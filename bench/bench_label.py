"""The served pages, measured: kills, a large corpus, an hour of sound, a person's job.

    python bench/bench_label.py [--kills 100] [--dialogues 50000] [--images] [--write]

Browser figures are of a headless Chromium that draws without a graphics card, on a machine under
other load. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import base64
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
import soundfile

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from chromium import Tab, browser  # noqa: E402
from label_server import kill_trial, served  # noqa: E402

from interactspeech.corpus import Corpus, CorpusWriter  # noqa: E402
from interactspeech.records import (  # noqa: E402
    Dialogue,
    Event,
    Provenance,
    Span,
    Speaker,
    Utterance,
    Voice,
    Word,
)
from interactspeech.seeds import generator  # noqa: E402

PAGE = ROOT / "docs" / "bench" / "labelling.md"
IMAGES = ROOT / "docs" / "images" / "labelling"
RATE = 8000
#: Card, Moran and Newell (1983), keystroke-level model: a key, pointing, a button, thinking.
KEY, POINT, BUTTON, THINK = 0.28, 1.1, 0.1, 1.35
NOUNS = [
    "train",
    "harbour",
    "kitchen",
    "garden",
    "ticket",
    "window",
    "letter",
    "bridge",
    "market",
    "doctor",
    "river",
    "school",
]


def large_corpus(root: Path, count: int) -> None:
    """Dialogues of 12 turns with words and events, without sound."""
    with CorpusWriter(root, {}) as writer:
        shards = -(-count // 1000)
        for number in range(shards):
            with writer.shard(number) as shard:
                for i in range(number * 1000, min(count, number * 1000 + 1000)):
                    shard.add(_dialogue(i), None)
                shard.finish()
        writer.finish(shards)


def _dialogue(number: int) -> Dialogue:
    rng = generator(2, "bench-label", number)
    at, utterances, events = 0, [], []
    for turn in range(12):
        who = "AB"[turn % 2]
        length = int(rng.uniform(0.8, 4) * RATE)
        edges = np.linspace(at, at + length, 9).astype(int)
        picked = rng.integers(len(NOUNS), size=8)
        words = tuple(
            Word(NOUNS[k], int(a), int(b))
            for k, a, b in zip(picked, edges, edges[1:], strict=False)
        )
        utterances.append(
            Utterance(f"u{turn}", who, at, at + length, (Span(at, at + length),), words)
        )
        if rng.random() < 0.4:
            kind = ("backchannel", "interruption", "pause", "laugh")[int(rng.integers(4))]
            events.append(Event(kind, who, at, at + length // 4, origin="human"))
        at += length + int(rng.uniform(-0.2, 1.0) * RATE)
    length = max(u.end for u in utterances) + RATE
    return Dialogue(
        f"d{number:06d}", RATE, length,
        (Speaker("A", voice=Voice("fake", f"v{number % 40}")), Speaker("B")),
        tuple(sorted(utterances, key=lambda u: u.start)), tuple(sorted(events, key=lambda e: e.start)),
        provenance=Provenance(f"source{number % 7}", str(number), "CC0-1.0"),
    )  # fmt: skip


def explorer_rows(root: Path, count: int, tab: Tab) -> list[str]:
    corpus = root / "large"
    large_corpus(corpus, count)
    print("corpus made", flush=True)
    began = time.perf_counter()
    rows = []
    with served(["view", str(corpus), "--serve"]) as page:
        rows.append(f"| the command, until it answers | {time.perf_counter() - began:.2f} s |")
        opened = []
        for _ in range(5):
            tab.call("Page.navigate", url="about:blank")
            began = time.perf_counter()
            tab.call("Page.navigate", url=page.links["explorer"])
            tab.wait("Boolean(document.getElementById('name')?.textContent)")
            opened.append(time.perf_counter() - began)
        rows.append(
            f"| the page, from the link to the first dialogue drawn (5 times) | median "
            f"{statistics.median(opened):.2f} s, longest {max(opened):.2f} s |"
        )
        read = time.perf_counter()
        while (state := page.ask("api/start", name="explorer")["texts"])["read"] < state["of"]:
            time.sleep(0.5)
        rows.append(
            f"| reading all texts in the background, once | {time.perf_counter() - read:.0f} s "
            "after the page was opened |"
        )
        queries = {
            "at least 3 backchannels": "event=backchannel&at_least=3",
            "a source, 20 to 30 s": "source=source3&shortest=20&longest=30",
            "a voice": "name=v17",
            "what is said": "text=harbour%20train",
            "a condition": "where=words%20%2F%20seconds%20%3E%204%20and%20laughs%20%3D%200",
            "most interruptions a minute": "order=interruption",
            "text, event and order": "text=market&event=pause&order=longest",
        }
        slowest = 0.0
        for what, query in queries.items():
            times = []
            for offset in range(0, 200, 10):
                began = time.perf_counter()
                found = page.ask(f"api/search?{query}&offset={offset}", name="explorer")
                times.append(1000 * (time.perf_counter() - began))
            slowest = max(slowest, *times)
            rows.append(
                f"| filter: {what} ({found['total']:,} fit) | median {statistics.median(times):.0f} "
                f"ms, longest {max(times):.0f} ms of 20 |"
            )
        times = []
        for _ in range(5):
            began = time.perf_counter()
            page.ask("api/overview?", name="explorer")
            times.append(1000 * (time.perf_counter() - began))
        rows.append(
            f"| all distributions of the overview | median {statistics.median(times):.0f} ms |"
        )
        # In the browser, from the key to the list.
        shown = tab.run(
            "(async () => { const t = [], text = document.getElementById('text');"
            "for (const word of ['harbour', 'train', 'bridge market', 'garden', 'river']) {"
            "const found = document.getElementById('found'), from = performance.now();"
            "found.textContent = '';"
            "text.value = word; text.dispatchEvent(new Event('input', { bubbles: true }));"
            "while (!found.textContent) "
            "await new Promise((r) => setTimeout(r, 4)); t.push(performance.now() - from); }"
            "return t; })()"
        )
        rows.append(
            f"| in the browser, from typing to the new list (it waits 120 ms for the next letter) | "
            f"median {statistics.median(shown):.0f} ms, longest {max(shown):.0f} ms of 5 |"
        )
    return rows


def busy(tab: Tab) -> float:
    """Processor seconds of the page's main thread so far: other work on the machine is not in it."""
    metrics = tab.call("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def hour_rows(root: Path, tab: Tab) -> list[str]:
    """An hour of two channels at 16 kHz."""
    rate, hour = 16_000, 3600
    path = root / "hour.flac"
    rng = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", rate, 2) as file:
        for _ in range(hour // 10):
            block = rng.normal(0, 0.003, (10 * rate, 2)).astype(np.float32)
            for c in range(2):
                start, end = sorted(rng.integers(0, 10 * rate, 2).tolist())
                block[start:end, c] += 0.3 * np.sin(np.arange(end - start) * rng.uniform(0.03, 0.1))
            file.write(block)
    rows = []
    tab.call("Performance.enable", timeDomain="threadTicks")
    with served(["label", str(path), "-o", str(root / "hour-labels")]) as page:
        began = time.perf_counter()
        page.ask("api/dialogue?id=hour")
        rows.append(
            f"| reading the hour once, for its outline and its speech | "
            f"{time.perf_counter() - began:.1f} s |"
        )
        painted, worked = [], []
        drawn = (
            "(() => { const c = document.getElementById('base');"
            "if (!document.getElementById('name')?.textContent || !c?.width) return false;"
            "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "for (let i = 3; i < d.length; i += 4) if (d[i]) return true; return false; })()"
        )
        for _ in range(5):
            tab.call("Page.navigate", url="about:blank")
            before, began = busy(tab), time.perf_counter()
            tab.call("Page.navigate", url=page.links["me"])
            tab.wait(drawn, 90)
            painted.append(time.perf_counter() - began)
            worked.append(busy(tab) - before)
        rows.append(
            f"| first paint of the waveforms, after that (5 times) | median "
            f"{statistics.median(painted):.2f} s, shortest {min(painted):.2f} s; "
            f"{statistics.median(worked):.2f} s of it in the page's own thread |"
        )
        box = tab.run("document.getElementById('timeline').getBoundingClientRect().toJSON()")
        send = (
            "const root = document.getElementById('timeline'); root.setPointerCapture = () => {};"
            "window.send = (type, x) => root.dispatchEvent(new PointerEvent(type, { clientX: x,"
            f"clientY: {box['top'] + 60}, pointerId: 1, button: 0, buttons: 1, bubbles: true }}));"
        )
        tab.run(f"(() => {{ {send} }})()")
        for what, presses in (("a quarter of an hour in view", 4), ("a minute in view", 10),
                              ("nine seconds in view", 15)):  # fmt: skip
            tab.press("Home", "0", *(["+"] * presses))
            x = box["left"] + box["width"] * 0.9
            tab.run(f"window.send('pointerdown', {x})")
            frames = []
            for _ in range(120):
                x -= 6
                before = busy(tab)
                tab.run(
                    f"(window.send('pointermove', {x}), "
                    "new Promise((r) => requestAnimationFrame(() => r())))"
                )
                frames.append(1000 * (busy(tab) - before))
            tab.run(f"window.send('pointerup', {x})")
            rows.append(
                f"| panning, {what}: 120 frames, time of the page's own thread | median "
                f"{statistics.median(frames):.0f} ms, longest {max(frames):.0f} ms, "
                f"{sum(f > 50 for f in frames)} over 50 ms |"
            )
    return rows


def job_rows(root: Path, corpus: Path, tab: Tab) -> tuple[list[str], dict[str, float]]:
    """Forty events of a five-minute call, labelled by a script with the keys of the page."""
    records, sounds = [], []
    for item in Corpus.open(corpus):
        records.append(item.dialogue)
        sounds.append(item.audio())
    rate = records[0].rate
    whole = np.concatenate(sounds, axis=1)[:, : 300 * rate]
    soundfile.write(root / "call.wav", whole.T, rate)
    wanted, at = [], 0
    for record in records:
        wanted += [
            (event.type, "AB".index(event.speaker), at + event.start, at + event.end)
            for event in record.events
            if event.origin == "planned" and event.type in ("backchannel", "interruption")
            and at + event.end < 300 * rate
        ]  # fmt: skip
        at += record.length
    wanted = sorted(wanted, key=lambda one: one[2])[:40]
    counts = {"keys": 0, "drags": 0}
    with served(["label", str(root / "call.wav"), "-o", str(root / "job")]) as page:
        tab.size(1440, 900)
        tab.call("Page.navigate", url=page.links["me"])
        tab.wait("Boolean(document.getElementById('name')?.textContent)")
        tab.run("document.getElementById('listen').click()")
        speech = page.ask("api/dialogue?id=call")["speech"]

        def press(*keys: str) -> None:
            counts["keys"] += len(keys)
            tab.press(*keys)

        def label(digit: str) -> None:
            """Press a number, and look whether the label is there, as a person does."""
            there = tab.run("document.getElementById('labels-title').textContent")
            press(digit)
            tab.wait(f"document.getElementById('labels-title').textContent !== {there!r}", 5)

        began = time.perf_counter()
        for track in (0, 1):
            place = -1
            if track:
                press("ArrowDown")
                press("Home")
            for kind, who, start, end in wanted:
                if who != track:
                    continue
                fits = [
                    i for i, (a, b) in enumerate(speech[track])
                    if abs(a - start) < 0.15 * rate and abs(b - end) < 0.4 * rate
                ]  # fmt: skip
                digit = "1" if kind == "backchannel" else "2"
                if fits and fits[0] > place:
                    press(*("j" for _ in range(fits[0] - place)))
                    label(digit)
                    place = fits[0]
                    continue
                near = max((i for i, (a, _) in enumerate(speech[track]) if a <= end), default=0)
                if near > place:
                    press(*("j" for _ in range(near - place)))
                    place = near
                box = tab.run(
                    "(() => { const b = document.getElementById('timeline').getBoundingClientRect();"
                    "return [b.left, b.top, b.width]; })()"
                )
                # A drag over about the right place, and the digit.
                y = box[1] + 60 + track * 150
                x = box[0] + 116 + (box[2] - 116) * 0.4
                tab.drag(x, y, x + 40, shift=True)
                counts["drags"] += 1
                label(digit)
        tab.wait("document.getElementById('saved').textContent === 'saved'")
        seconds = time.perf_counter() - began
        time.sleep(1)  # what is on its way arrives
        labelled = sum(
            one["item"] is not None and one["item"]["kind"] == "event"
            for one in page.ask("api/dialogue?id=call")["edited"]
        )
    counts["seconds"] = seconds
    counts["klm"] = counts["keys"] * KEY + counts["drags"] * (2 * POINT + 2 * BUTTON)
    rows = [
        (
            f"| this page: J steps to speech, a number labels it | {counts['keys']} | {counts['drags']} "
            f"| {counts['klm']:.0f} s |"
        ),
        (
            f"| ELAN, annotation mode with a controlled vocabulary | {40 * 3 + 1} | 40 | "
            f"{(40 * 3 + 1) * KEY + 40 * (2 * POINT + 2 * BUTTON):.0f} s |"
        ),
        (
            f"| ELAN, segmentation mode, then the labels | {40 * 2 + 40 * 4 + 1} | 0 | "
            f"{(40 * 6 + 1) * KEY:.0f} s |"
        ),
    ]
    counts["labelled"] = labelled
    return rows, counts


def pictures(root: Path, corpus: Path, tab: Tab) -> None:
    """Screenshots for docs/labelling.md."""
    IMAGES.mkdir(parents=True, exist_ok=True)

    def shot(name: str, width: int, height: int, *, dark: bool = False) -> None:
        tab.size(width, height, dark=dark)
        tab.run("new Promise((r) => setTimeout(r, 500))")
        data = tab.call("Page.captureScreenshot", format="png")["data"]
        (IMAGES / f"{name}.png").write_bytes(base64.b64decode(data))

    with served(["label", str(corpus), "-o", str(root / "shots"), "--suggest", "rules", "--types",
                 ("backchannel,interruption,silent_interruption,terminal_overlap,pause,"
                 "filled_pause,laugh,breath")]) as page:  # fmt: skip
        tab.size(1280, 900)
        tab.call("Page.navigate", url=page.links["me"])
        tab.wait("Boolean(document.getElementById('name')?.textContent)")
        tab.run("document.getElementById('listen').click()")
        tab.press("j", "j", "j")
        shot("select", 1280, 860)
        tab.press("2", "c", "ArrowDown", "j", "j", "1", "n")
        shot("suggestion", 1280, 860)
        tab.press("y", "p")
        shot("dark", 1280, 860, dark=True)
        shot("narrow", 390, 1000)
    with served(["view", str(corpus), "--serve"]) as page:
        tab.size(1440, 1000)
        tab.call("Page.navigate", url=page.links["explorer"])
        tab.wait("Boolean(document.getElementById('name')?.textContent)")
        tab.run("document.getElementById('overview-panel').open = true")
        tab.wait("document.getElementById('overview-note').textContent.startsWith('Timing')")
        shot("explorer", 1440, 1000)
    with served(["rate", f"one={corpus}", f"two={corpus}", "-o", str(root / "rated"), "--design",
                 "pairwise"]) as page:  # fmt: skip
        tab.call("Page.navigate", url=page.links["me"])
        tab.wait("document.querySelectorAll('.stimulus').length === 2")
        shot("rate", 1100, 560)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=100)
    arguments.add_argument("--dialogues", type=int, default=50_000)
    arguments.add_argument("--corpus", type=Path, help="a small corpus with sound")
    arguments.add_argument("--part", choices=("kills", "hour", "job", "large"), action="append",
                           help="measure only this, and keep what FILE has of the rest")  # fmt: skip
    arguments.add_argument("--results", type=Path, default=Path("label_results.json"))
    arguments.add_argument("--images", action="store_true", help="write docs/images/labelling/")
    arguments.add_argument("--write", action="store_true", help="write docs/bench/labelling.md")
    given = arguments.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT / "src")
    parts = given.part or ["kills", "hour", "job", "large"]
    found: dict[str, object] = {"kills": [], "kills_done": 0}
    if given.results.exists():
        found = msgspec.json.decode(given.results.read_bytes())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, browser() as tab:
        root = Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(root / "cache")  # texts are read for the first time
        corpus = given.corpus or root / "small"
        if not given.corpus:
            import interactspeech
            from interactspeech import BuildSettings

            interactspeech.build("@demo", corpus, BuildSettings(voices="hibari", limit=6))
        if given.images:
            pictures(root, corpus, tab)
            return
        if "kills" in parts:
            done = sum(one["kills"] for one in found["kills"])
            for number in range(-(-(given.kills - done) // 20)):
                (root / f"kill{number}").mkdir()
                trial = kill_trial(
                    root / f"kill{number}", min(20, given.kills - done), seed=len(found["kills"])
                )
                done += trial["kills"]
                found["kills"].append(trial)
                given.results.write_bytes(msgspec.json.encode(found))
                print(trial, flush=True)
                if given.part:
                    break  # a part at a time
        if "hour" in parts:
            found["hour"] = hour_rows(root, tab)
        if "job" in parts:
            found["job"], found["counts"] = job_rows(root, corpus, tab)
        if "large" in parts:
            found["large"] = explorer_rows(root, given.dialogues, tab)
        given.results.write_bytes(msgspec.json.encode(found))
    print(msgspec.json.format(msgspec.json.encode(found)).decode())
    if given.write:
        total = {
            name: sum(one[name] for one in found["kills"])
            for name in ("kills", "sent", "acknowledged", "lost", "torn")
        }
        text = PAGE_TEXT.format(
            machine=platform.machine(), python=platform.python_version(),
            dialogues=given.dialogues, hour="\n".join(found["hour"]), job="\n".join(found["job"]),
            large="\n".join(found["large"]), script_seconds=found["counts"]["seconds"],
            labelled=int(found["counts"]["labelled"]), **total,
        )  # fmt: skip
        PAGE.write_text(text, encoding="utf-8")


PAGE_TEXT = """# The served pages

`python bench/bench_label.py --write`, on two cores of {machine} (other work ran beside it at a lower priority), Python {python}; a headless
Chromium without a graphics card.

## Killed at random moments

Two clients label without pause while the server is killed with SIGKILL {kills} times, at most 400 ms after it has
answered again.
After every kill the log is read, and each edit that was acknowledged is looked for.

| kills | edits sent | acknowledged | lines cut off inside | acknowledged and lost |
|---:|---:|---:|---:|---:|
| {kills} | {sent:,} | {acknowledged:,} | {torn} | {lost} |

(SIGKILL ends the process and leaves the system running: it shows that nothing waits in the process. That what is
written survives a loss of power rests on `fsync`, which this does not test.)

## A corpus of {dialogues:,} dialogues

| what | measured |
|---|---:|
{large}

## An hour of two channels

| what | measured |
|---|---:|
{hour}

## A person's job

Forty backchannels and interruptions of a call of five minutes (synthetic speech), {labelled} of them labelled by a
script that uses the page's keys and knows what it wants: no figure here includes listening or thinking. The script took
{script_seconds:.0f} s. Beside it, the steps that ELAN's user guide (6.2) documents for the same, counted on paper, not
measured: in annotation mode a drag over the stretch, Alt+N, a letter of the controlled vocabulary, Enter; in
segmentation mode Enter at the start and at the end of each, then for each annotation: next, open, a letter, Enter;
one change of tier. Seconds are those of the keystroke-level model (Card, Moran and Newell 1983): {KEY} s a key, a drag
pointing twice and two button movements.

| with | key presses | drags | keystroke-level model |
|---|---:|---:|---:|
{job}

The keys J step over stretches that are not labelled, too, so the count grows with what lies between the events.
""".replace("{KEY}", str(KEY))


if __name__ == "__main__":
    main()
