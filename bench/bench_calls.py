"""Reports on calls beside other packages: incidents found, latencies, defects found, speed, memory.

    python bench/bench_calls.py [--corpus DIR] [--limit 50] [--peers PYTHON] [--real DIR] [--mrda DIR] [--primock DIR]
        [--part NAME] [--condition NAME] [--words ENGINE] [--page] [--write]

Dialogues of DialogSum, spoken by voices of hibari that the listener was not trained on (made by
`interactspeech build`, or read from --corpus), are stored as calls of two channels: clean, by telephone, with
crosstalk, in noise. What happens in them is known from their records. `interactspeech report` measures the
folder, and so do call-ai-metrics 0.1.0 and hotato 1.20.0, where the interpreter PYTHON has them (an
environment of their own: pip install call-ai-metrics==0.1.0 hotato==1.20.0). Labelled recordings of people
(../shared/data/real_labelled) are a condition of their own, and so are the same dialogues with the attempts to take
the floor that people made in ICSI's meetings (`people_attempts`). Defects are put into the clean calls one at a time to
see which are found; late channels are also looked for in the true timing of the calls, and of 57 consultations of people
(primock57). What was measured is kept in docs/bench/calls.json, from which the page is written.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import soundfile
import soxr
from calls_page import ATTEMPTS, CONDITIONS, DOUBTFUL, DOUBTFUL_SILENCE, NEAR, TRUTH, page
from people_attempts import people_said, with_attempts

from interactspeech.corpus import Corpus
from interactspeech.evaluation.calls.analysis import CallModels, analyse_call
from interactspeech.evaluation.calls.incidents import (
    CallIncident,
    IncidentLimits,
    find_incidents,
)
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.evaluation.calls.trust import find_shift
from interactspeech.evaluation.events.benchmark import labelled_kinds_decision, true_events
from interactspeech.evaluation.events.conditions import condition
from interactspeech.evaluation.events.labelled_recordings import (
    SPEAKERS,
    doubtful_events,
    labelled_recordings,
)
from interactspeech.formats import read as read_timed
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.pipelines.reporting import report
from interactspeech.records import Dialogue, Span, Speaker, Utterance
from interactspeech.seeds import generator
from interactspeech.signal.intervals import intervals, union
from interactspeech.turntaking import DEFAULT, Timeline, annotate

DOCS = Path(__file__).parents[1] / "docs" / "bench"
PAGE, KEPT = DOCS / "calls.md", DOCS / "calls.json"
SHARED = Path(__file__).parents[2] / "shared" / "data"
RATE = 16_000
VOICES = "hibari:f_ella,f_gwen,f_hazel,m_caleb,m_gavin,m_hugo"
#: An interruption: talk of both for longer than this (the rule set's terminal overlap).
TERMINAL = 0.25
DEAD_AIR = 2.0
PARTS = ("incidents", "defects", "late", "pin", "speed", "opening")
#: Seconds by which a channel is made late, and that of two where the recording stays as it is.
LATE = (0, 1, 3, 6)


#: What an interpreter with call-ai-metrics runs: the same definition as here (a quarter second of
#: talk of both) by its own setting.
CALL_AI = """
import json, sys
from call_ai_metrics import CallAnalyzer
for path in sys.argv[1:]:
    try:
        found = CallAnalyzer(grace_s=0.25).analyze(path, speakers=["A", "B"])
    except Exception as error:
        print(json.dumps({"refused": str(error)[:200]})); continue
    turns = [(t.speaker, t.start_s, t.end_s) for t in found.turns]
    print(json.dumps({
        "interruptions": [(e.by, e.time_s, e.overlap_s) for e in found.interruption_events],
        "responses": [(b[0], b[1], b[1] - a[2]) for a, b in zip(turns, turns[1:])
                      if a[0] != b[0] and b[1] >= a[2]],
        "segments": [(s.speaker, s.start_s, s.end_s) for s in found.segments],
        "same": bool(found.bleed and found.bleed.same_audio),
        "bleed": bool(found.bleed and found.bleed.detected),
    }))
"""


def peer_call_ai(python, paths):
    """What call-ai-metrics finds: (incidents, or why it refuses) of each file."""
    done = subprocess.run(
        [python, "-c", CALL_AI, *map(str, paths)], capture_output=True, text=True, check=True
    )
    for line in done.stdout.splitlines():
        found = json.loads(line)
        if "refused" in found:
            yield None
            continue
        yield {
            "interruption": [
                (who, at, over) for who, at, over in found["interruptions"] if over > TERMINAL
            ],
            "yield": [
                (who, at, over) for who, at, over in found["interruptions"] if over > TERMINAL
            ],
            "response": found["responses"],
            "dead_air": silences(found["segments"]),
        }


def silences(segments):
    """Silences of all of two seconds and more: (who talks next, start, length)."""
    out, end = [], None
    for who, start, stop in sorted(segments, key=lambda row: row[1]):
        if end is not None and start - end >= DEAD_AIR:
            out.append((who, end, start - end))
        end = stop if end is None else max(end, stop)
    return out


def peer_hotato(python, paths):
    """What hotato's scan finds, once with either channel as the agent's."""
    program = Path(python).with_name("hotato")
    for path in paths:
        merged = {"interruption": [], "yield": [], "response": [], "dead_air": []}
        for caller, agent in ((0, 1), (1, 0)):
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder) / "found.json"
                done = subprocess.run(
                    [program, "scan", "--stereo", str(path), "--caller-channel", str(caller),
                     "--agent-channel", str(agent), "--top", "0", "--min-gap", "0.01", "--format", "json",
                     "--out", str(out)],
                    check=False, capture_output=True, text=True, cwd=folder, env={"HOME": folder, "PATH": "/usr/bin:/bin"},
                )  # fmt: skip
                if done.returncode or not out.exists():
                    merged = None
                    break
                found = json.loads(out.read_text())["candidates"]
            for one in found:
                lasting, at = one["durations"], one["t_sec"]
                if (
                    one["kind"] == "overlap_while_agent_talking"
                    and lasting["overlap_sec"] > TERMINAL
                ):
                    merged["interruption"].append(("AB"[caller], at, lasting["overlap_sec"]))
                    after = one["agent_reaction"]
                    if after and after.get("went_silent_within_search"):
                        merged["yield"].append(("AB"[caller], at, after["after_sec"]))
                elif one["kind"] == "long_response_gap":
                    onset = at + lasting["gap_sec"]
                    merged["response"].append(("AB"[agent], onset, lasting["gap_sec"]))
                    if lasting["gap_sec"] >= DEAD_AIR:
                        merged["dead_air"].append(("AB"[agent], at, lasting["gap_sec"]))
        yield merged


def plain(incidents: list[CallIncident]):
    """Our incidents in the same form: kind -> (who, when, seconds)."""
    out = {
        "interruption": [],
        "yield": [],
        "response": [],
        "dead_air": [],
        "taken": [],
        "backchannel": [],
    }
    for one in incidents:
        if one.kind in ("interruption_taken", "interruption_failed"):
            out["interruption"].append((one.speaker, one.start, one.value))
        if one.kind == "interruption_taken":
            out["taken"].append((one.speaker, one.start, one.value))
        if one.kind == "yield":  # by the interrupter, as the others have it
            out["yield"].append((one.partner, one.start, one.value))
        if one.kind == "response":
            out["response"].append(
                (one.speaker, one.end if one.value >= 0 else one.start, one.value)
            )
        if one.kind == "dead_air":
            out["dead_air"].append((one.speaker, one.start, one.value))
        if one.kind == "backchannel":
            out["backchannel"].append((one.speaker, one.start, one.end - one.start))
    return out


def with_doubt(incidents, doubtful=()):
    """The truth, and what counts neither way: talk of both about as long as the border, and `doubtful`.

    Args:
        incidents: true ones.
        doubtful: (kind, speaker, start, end) of what nobody can say.
    """
    truth = plain(incidents)
    short, long = DOUBTFUL_SILENCE
    silent = [row for row in truth["dead_air"] if row[2] < long]
    truth["dead_air"] = [row for row in truth["dead_air"] if row[2] >= long]
    low, high = DOUBTFUL
    border = [
        (one.speaker, one.start, one.start)
        for one in incidents if one.kind == "talk_over" and low <= one.value <= high
    ]  # fmt: skip
    border += [
        (who, at, at) for kind in ("interruption", "yield") for who, at, value in truth[kind]
        if low <= value <= high
    ]  # fmt: skip
    truth["doubt"] = {"dead_air": [(who, at, at) for who, at, value in silent if value > short]}
    for kind in ("interruption", "taken", "yield", "backchannel"):
        unsure = [] if kind == "backchannel" else list(border)
        unsure += [
            row[1:]
            for row in doubtful
            if row[0] == "any" or (row[0] == "backchannel") == (kind == "backchannel")
        ]
        truth["doubt"][kind] = unsure
        if kind != "backchannel":
            truth[kind] = [row for row in truth[kind] if not low <= row[2] <= high]
        truth[kind] = [
            row for row in truth[kind]
            if not any(row[0] == who and a <= row[1] <= b and a < b for who, a, b in unsure)
        ]  # fmt: skip
    return truth


def undoubted(found, truth, kind):
    """What was found, without what lies at a doubtful place and matches nothing true."""
    true = truth[kind if kind in ("backchannel", "dead_air") else "interruption"]

    def near(row):
        return any(row[0] == one[0] and abs(row[1] - one[1]) <= NEAR for one in true)

    def doubtful(row):
        return any(
            row[0] == who and a - NEAR <= row[1] <= b + NEAR for who, a, b in truth["doubt"][kind]
        )

    return [row for row in found if near(row) or not doubtful(row)]


def matched(truth, found):
    """Pairs of one speaker within `NEAR`, nearest first: (true seconds, found seconds)."""
    near = sorted(
        (abs(a[1] - b[1]), i, j)
        for i, a in enumerate(truth) for j, b in enumerate(found)
        if a[0] == b[0] and abs(a[1] - b[1]) <= NEAR
    )  # fmt: skip
    left, right, pairs = set(), set(), []
    for _, i, j in near:
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            pairs.append((truth[i][2], found[j][2]))
    return pairs


def causes(truths, founds):
    """Why interruptions are missed, and what those that are none are: (missed, wrong), counted."""
    missed, wrong = Counter(), Counter()
    for truth, found in zip(truths, founds, strict=True):
        if found is None:
            missed["the call was refused"] += len(truth["interruption"])
            continue
        mine = undoubted(found["interruption"], truth, "interruption")

        def near(row, rows):
            return any(row[0] == one[0] and abs(row[1] - one[1]) <= NEAR for one in rows)

        for row in truth["interruption"]:
            if near(row, mine):
                continue
            if near(row, found["backchannel"]):
                missed["taken for feedback"] += 1
            elif near(row, [(who, at) for who, at, _ in found["response"]]):
                missed["taken for an answer or a smooth switch"] += 1
            else:
                missed["nothing begins there"] += 1
        for row in mine:
            if near(row, truth["interruption"]):
                continue
            other = [one for one in truth["interruption"] if one[0] == row[0]]
            if near(row, truth["backchannel"]):
                wrong["feedback"] += 1
            elif any(at < row[1] < at + length for _, at, length in other):
                wrong["the rest of an interruption that began before"] += 1
            elif any(who != row[0] and at <= row[1] < at + length + NEAR
                     for who, at, length in truth["backchannel"]):  # fmt: skip
                wrong["talk over the other's feedback"] += 1
            else:
                wrong["other"] += 1
    return missed, wrong


def interval(counts, draws=1000):
    """95 % interval of F1 by bootstrap over calls; counts: (hits, true, found) of each call."""
    rows = np.array(counts, float)
    rng = generator(0, "calls-bootstrap")
    sums = rows[rng.integers(len(rows), size=(draws, len(rows)))].sum(axis=1)
    return np.quantile(
        2 * sums[:, 0] / np.maximum(sums[:, 1] + sums[:, 2], 1), [0.025, 0.975]
    ).tolist()


def score(truths, founds):
    """For each kind: precision, recall, F1 with interval, and errors of its seconds."""
    table = {}
    for kind in ("interruption", "taken", "yield", "response", "dead_air", "backchannel"):
        if not all(found is None or kind in found for found in founds):
            continue
        counts, errors = [], []
        for truth, found in zip(truths, founds, strict=True):
            mine = [] if found is None else found[kind]
            if kind in truth["doubt"]:
                mine = undoubted(mine, truth, kind)
            pairs = matched(truth[kind], mine)
            counts.append((len(pairs), len(truth[kind]), len(mine)))
            errors += [abs(a - b) for a, b in pairs if a is not None and b is not None]
        hits, true, got = np.sum(counts, axis=0).tolist()
        table[kind] = {
            "n": true, "precision": hits / got if got else None, "recall": hits / true if true else None,
            "f1": 2 * hits / max(true + got, 1), "interval": interval(counts),
            "error_p50": float(np.median(errors)) if errors else None,
            "error_p90": float(np.quantile(errors, 0.9)) if errors else None,
            "refused": sum(found is None for found in founds),
        }  # fmt: skip
    return table


#: Silences are listed from the shortest that is doubtful on.
LISTED = IncidentLimits(dead_air=DOUBTFUL_SILENCE[0])


def calls_of(corpus, limit, folder, conditions=CONDITIONS):
    """Writes the calls of each condition; yields (condition, files, truths)."""
    items = [corpus[i] for i in range(min(limit, len(corpus)))]
    for name in conditions:
        change, files, truths = condition(name), [], []
        for item in items:
            dialogue = item.dialogue
            sound = soxr.resample(item.audio().T, dialogue.rate, RATE).T.astype(np.float32)
            if change is not None:
                sound = change(sound, 7, dialogue.id)
            path = folder / name / f"{dialogue.id}.wav"
            path.parent.mkdir(exist_ok=True)
            soundfile.write(path, np.clip(sound[:2], -1, 1).T, RATE)
            names = {s.id: "AB"[i] for i, s in enumerate(dialogue.speakers)}
            files.append(path)
            told = with_events(dialogue, *true_events(dialogue))
            truths.append(with_doubt(find_incidents(told, names, LISTED)))
        yield name, files, truths


def real_calls(root, folder):
    """The labelled recordings of people, and what follows from what was marked."""
    files, truths = [], []
    for one in labelled_recordings(root):
        path = folder / "real" / f"{one.name}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, one.audio.T, RATE)
        dialogue = marked_talk(one)
        rules = msgspec.structs.replace(DEFAULT, id="marked", backchannel="marked")
        events = annotate(dialogue, rules, backchannel=labelled_kinds_decision(dialogue))
        told = with_events(dialogue, events, rules)
        doubtful = [
            (e.type, e.speaker, e.start / RATE - 0.2, max(e.end, e.start + 1) / RATE)
            for e in doubtful_events(one) if e.type in ("backchannel", "interruption")
        ]  # fmt: skip
        doubtful += [
            ("any", name, a / RATE - 0.2, b / RATE)
            for name in SPEAKERS for a, b in one.unscored(name).tolist()
        ]  # fmt: skip
        files.append(path)
        truths.append(with_doubt(find_incidents(told, {n: n for n in SPEAKERS}, LISTED), doubtful))
    return files, truths


def with_events(dialogue, events, rules):
    """The dialogue with these events alone."""
    return msgspec.structs.replace(
        dialogue, events=tuple(events), rule_sets={rules.id: rules.to_dict()}
    )


def marked_talk(one):
    """A recording's talk as it was marked, feedback as such."""
    activity, utterances = one.activity(), []
    for number, unit in enumerate(sorted(one.labels.units, key=lambda u: (u.start, u.end))):
        inside = one_unit(activity[unit.speaker], round(unit.start * RATE), round(unit.end * RATE))
        if len(inside):
            kind = "backchannel" if unit.kind == "bc" else "turn"
            speech = tuple(Span(a, b) for a, b in inside.tolist())
            utterances.append(Utterance(
                f"u{number}", unit.speaker, speech[0].start, speech[-1].end, speech, kind=kind
            ))  # fmt: skip
    return Dialogue(one.name, RATE, one.samples, tuple(map(Speaker, SPEAKERS)), tuple(utterances))


def one_unit(spans, start, end):
    """The activity inside a unit."""
    cut = np.clip(spans, start, end)
    return cut[cut[:, 1] > cut[:, 0]]


def attempts_corpus(arguments, corpus, folder):
    """The dialogues of the calls with people's attempts to take the floor, built once."""
    path = folder / "corpus of attempts"
    if not path.is_dir():
        scripts = [
            corpus[i].dialogue.provenance.script for i in range(min(arguments.limit, len(corpus)))
        ]
        said = with_attempts(scripts, people_said(Path(arguments.mrda), tests=True)[1], "calls")
        (folder / "attempts.txt").write_text(said, encoding="utf-8")
        build(folder / "attempts.txt", path)
    return path


def build(texts, out, *more):
    subprocess.run(
        [sys.executable, "-m", "interactspeech", "build", str(texts), "-o", str(out), "--voices", VOICES,
         "--seed", "21", "-q", *more], check=True,
    )  # fmt: skip


def incidents(arguments, folder):
    """Everything about what is found, by condition and system."""
    corpus = Corpus.open(arguments.corpus)
    wanted = arguments.condition or [*CONDITIONS, *ATTEMPTS, "real"]
    made = [name for name in CONDITIONS if name in wanted]
    groups = list(calls_of(corpus, arguments.limit, folder, made))
    for name in wanted:
        if name in ATTEMPTS and Path(arguments.mrda).is_dir():
            tried = Corpus.open(attempts_corpus(arguments, corpus, folder))
            inner = folder / name
            inner.mkdir()
            [(_, files, truths)] = calls_of(tried, arguments.limit, inner, [ATTEMPTS[name]])
            groups.append((name, files, truths))
    if "real" in wanted and Path(arguments.real).is_dir():
        groups.append(("real", *real_calls(arguments.real, folder)))
    out = {}
    for name, files, truths in groups:
        print(name, len(files), flush=True)
        settings = ReportSettings(names=("A", "B"), channels="speakers", source="listener")
        asked = {"interactspeech": settings}
        if arguments.words:  # beside the report without words on the same calls
            with_words = msgspec.structs.replace(settings, words=arguments.words)
            first = f"first {len(files)} calls"
            asked = {
                f"interactspeech, {first}": settings,
                f"interactspeech with {arguments.words}, {first}": with_words,
            }
        systems = {}
        for ours, wanted in asked.items():
            begun = time.process_time()
            made = report(files, (), wanted, sounds=0, workers=1)
            print(ours, f"{time.process_time() - begun:.0f} s of processor time", flush=True)
            by_id = {call.id: call for call in made.calls}
            systems[ours] = [
                plain(list(by_id[path.stem].incidents)) if path.stem in by_id else None
                for path in files
            ]
        if arguments.peers:
            systems["call-ai-metrics 0.1.0"] = list(peer_call_ai(arguments.peers, files))
            systems["hotato 1.20.0"] = list(peer_hotato(arguments.peers, files))
        out[name] = {
            "calls": len(files),
            "minutes": sum(soundfile.info(p).duration for p in files) / 60,
            "lost": made.ledger.lost,
            "withheld": Counter(kind for call in made.calls for kind in call.withheld),
            "findings": Counter(f.kind for call in made.calls for f in call.findings),
            "systems": {system: score(truths, found) for system, found in systems.items()},
            "causes": {ours: causes(truths, systems[ours]) for ours in asked},
            "truth": TRUTH,
        }
        for system, table in out[name]["systems"].items():
            print(
                name,
                system,
                {k: (round(v["f1"], 3), v["error_p50"]) for k, v in table.items()},
                flush=True,
            )
    return out


def defects_of(sound, seed):
    """Defect -> the sound with it."""
    rng = generator(seed, "defects")
    n = sound.shape[1]
    late = np.zeros_like(sound)
    late[0] = sound[0]
    late[1, 3 * RATE :] = sound[1, : -3 * RATE]
    echo, cross = sound.copy(), sound.copy()
    echo[0, RATE // 5 :] += 0.2 * sound[1, : -RATE // 5]
    cross[1] += 0.2 * sound[0]
    lost, repeated = sound.copy(), sound.copy()
    for at in range(320, n - 320, 320):
        if rng.random() < 0.05:
            lost[:, at : at + 320] = 0
            repeated[:, at : at + 320] = sound[:, at - 320 : at]
    time_ = np.arange(10 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * time_) for f in (262.0, 330.0, 392.0, 523.0)) * 0.05
    hold, tone = sound.copy(), sound.copy()
    start = min(n // 2, max(n - 10 * RATE, 0))
    hold[0, start : start + 10 * RATE] = chord[: n - start]
    tone[1, start : start + 2 * RATE] = 0.2 * np.sin(
        2 * np.pi * 440 * time_[: min(2 * RATE, n - start)]
    )
    dead = sound.copy()
    dead[1] = 0
    return {
        "none": sound, "dead-channel": dead, "same-sound": np.stack([sound.mean(axis=0)] * 2),
        "crosstalk": cross, "echo": echo, "shifted": late, "music": hold, "tone": tone,
        "lost-packets": lost, "lost-packets, concealed": repeated,
        "clipping": np.clip(sound * 8, -0.9, 0.9),
    }  # fmt: skip


def defects(arguments, folder):
    """Defect -> in how many of the calls it is found, and what else is said of them."""
    corpus = Corpus.open(arguments.corpus)
    settings = ReportSettings(source="listener")
    models = CallModels(settings)
    out = {}
    for number in range(min(arguments.defects, len(corpus))):
        item = corpus[number]
        sound = soxr.resample(item.audio().T, item.dialogue.rate, RATE).T.astype(np.float32)[:2]
        floor = generator(number, "floor").standard_normal(sound.shape).astype(np.float32)
        sound = sound + 3e-4 * floor
        for name, changed in defects_of(sound, number).items():
            path = folder / "defect.wav"
            soundfile.write(path, np.clip(changed, -1, 1).T, RATE)
            found = analyse_call(
                RecordingSource("call", (SourceFile(str(path)),)), settings, models
            )
            kinds = {finding.kind for finding in found.findings}
            row = out.setdefault(name, {"calls": 0, "found": 0, "withheld": 0, "others": Counter()})
            row["calls"] += 1
            row["found"] += name.split(",")[0] in kinds
            row["withheld"] += bool(found.withheld)
            row["others"].update(kinds - {name.split(",")[0]})
        print(number, {k: v["found"] for k, v in out.items()}, flush=True)
    return out


def late(arguments, folder):
    """Source -> seconds late -> in how many the late channel is found, and its lag told rightly.

    By true timing: that of the made calls, and the utterances of consultations.
    """
    del folder
    corpus = Corpus.open(arguments.corpus)
    items = [corpus[i].dialogue for i in range(min(arguments.limit, len(corpus)))]
    sources = {"made calls": [timing_of(d) for d in items]}
    paths = sorted(Path(arguments.primock).glob("*_doctor.TextGrid"))
    if paths:
        sources["consultations of people (primock57)"] = [
            (
                *[
                    tier_of(p)
                    for p in (path, path.with_name(path.name.replace("_doctor", "_patient")))
                ],
            )
            for path in paths
        ]
    out = {}
    for name, calls in sources.items():
        rows = {}
        for seconds in LATE:
            found, told, right = 0, 0, 0
            for place, (one, other) in enumerate(calls):
                end = max(one.max(), other.max())
                moved = np.minimum((one, other)[place % 2] + seconds * RATE, end)
                moved = moved[moved[:, 1] > moved[:, 0]]
                pair = (moved, other) if place % 2 == 0 else (one, moved)
                finding = find_shift(*pair, RATE, int(end))
                found += finding is not None
                if finding is not None and finding.channel:
                    told += 1
                    lag = float(re.search(r"be ([\d.]+) s late", finding.message)[1])
                    right += finding.channel == place % 2 + 1 and abs(lag - seconds) <= 0.5
            rows[str(seconds)] = {"calls": len(calls), "found": found, "told": told, "right": right}
        minutes = float(np.median([max(a.max(), b.max()) for a, b in calls])) / RATE / 60
        out[name] = {"minutes": minutes, "rows": rows}
        print(name, out[name], flush=True)
    return out


def timing_of(dialogue):
    """Talk of the two speakers of a dialogue, samples at `RATE`."""
    rows = Timeline.of(dialogue).activity
    return [
        np.rint(rows[s.id] * (RATE / dialogue.rate)).astype(np.int64) for s in dialogue.speakers
    ][:2]


def tier_of(path):
    """The utterances of a TextGrid of one tier, samples at `RATE`."""
    [dialogue] = read_timed([path], rate=RATE)
    return union(intervals([(u.start, u.end) for u in dialogue.utterances]))


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
        pieces.append(
            soxr.resample(item.audio().T, item.dialogue.rate, RATE)[:, :2].astype(np.float32)
        )
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


def pin(arguments, folder):
    """An incident is pinned, checked, and cleared by a recording in which it does not happen."""
    corpus = Corpus.open(arguments.corpus)
    calls, fresh = folder / "calls", folder / "fresh"
    calls.mkdir()
    fresh.mkdir()
    log = []

    def command(*words):
        shown = " ".join(str(word).replace(f"{folder}/", "") for word in words)
        done = subprocess.run(
            [sys.executable, "-m", "interactspeech", *map(str, words)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        log.append({"command": f"interactspeech {shown}", "code": done.returncode,
                    "said": done.stdout.replace(f"{folder}/", "").strip()})  # fmt: skip
        return done.returncode

    settings = ReportSettings(names=("agent", "caller"), channels="speakers", source="listener")
    for item in corpus:
        sound = soxr.resample(item.audio().T, item.dialogue.rate, RATE).T.astype(np.float32)[:2]
        path = calls / f"{item.id}.wav"
        soundfile.write(path, sound.T, RATE)
        [call] = report(path, (), settings, sounds=0).calls
        late = [one for one in call.incidents if one.kind == "yield" and one.value > 0.6]
        if late:
            break
        path.unlink()
    one = max(late, key=lambda row: row.value)
    # The fresh recording: the same call, in which the one who is interrupted stops in time.
    better = sound.copy()
    channel = ("agent", "caller").index(one.speaker)
    first, last = round((one.start + 0.3) * RATE), round((one.end + 0.1) * RATE)
    better[channel, first:last] = 0
    for other in call.incidents:
        if other.kind == "yield" and other.speaker == one.speaker and other.value > 0.45:
            better[channel, round((other.start + 0.3) * RATE) : round((other.end + 0.1) * RATE)] = 0
    soundfile.write(fresh / path.name, better.T, RATE)
    name = f"{call.id}/yield@{one.start:.3f}"
    names = ("--names", "agent,caller", "--channels", "speakers", "-q")
    command(
        "report",
        calls,
        *names,
        "--no-sound",
        "--pin",
        name,
        "--pins",
        folder / "pins",
        "--limit",
        "0.5",
    )
    command("report", "--check", folder / "pins", "-q")
    command("report", "--check", folder / "pins", fresh, "-q")
    return log


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus")
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("--defects", type=int, default=20, help="calls into which defects are put")
    parser.add_argument("--peers", default="")
    parser.add_argument("--real", default=str(SHARED / "real_labelled"))
    parser.add_argument("--minutes", type=int, default=120)
    parser.add_argument("--part", action="append", choices=[*PARTS])
    parser.add_argument(
        "--page", action="store_true", help="only write the page, from what is kept"
    )
    parser.add_argument("--condition", action="append", choices=[*CONDITIONS, *ATTEMPTS, "real"])
    parser.add_argument("--mrda", default=str(SHARED / "timing" / "mrda"))
    parser.add_argument("--primock", default=str(SHARED / "timing" / "primock57" / "transcripts"))
    parser.add_argument("--words", default="", metavar="ENGINE", help="measure the report with words of this "
                        "recogniser, and add it to what is kept")  # fmt: skip
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    if arguments.page:
        PAGE.write_text(page(kept), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        if arguments.corpus is None:
            arguments.corpus = str(folder / "corpus")
            texts = SHARED / "text" / "dialogsum" / "dialogsum.dev.jsonl"
            build(texts, arguments.corpus, "--limit", str(arguments.limit))
        for part in arguments.part or PARTS:
            found = globals()[part](arguments, folder)
            # Read again: parts may be measured side by side.
            kept = json.loads(KEPT.read_text()) if KEPT.exists() else kept
            if part == "incidents":
                # What is measured again replaces itself; other systems and conditions stay.
                before = kept.setdefault(part, {})
                for condition_name, row in found.items():
                    same = before.get(condition_name, {})
                    keep = same if arguments.words and same.get("truth") == TRUTH else row
                    for what in ("systems", "causes"):
                        older = same.get(what, {}) if same.get("truth") == TRUTH else {}
                        keep[what] = {**older, **row[what]}
                    before[condition_name] = keep
            else:
                kept[part] = found
            if arguments.write:
                KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    if arguments.write:
        PAGE.write_text(page(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
