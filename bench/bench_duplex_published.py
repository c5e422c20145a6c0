"""Do the benchmarks' own code and this package give the same numbers?

    python bench/bench_duplex_published.py DIR [--items 300] [--part NAME] [--write]

NAME is one of the folders below: that part alone is run, and its rows replaced or added.

DIR holds files of the benchmarks, which are no part of this repository:

    fdb/eval_pause_handling.py ...  v1_v1.5/evaluation/ of DanielLin94144/Full-Duplex-Bench, d7336bd
    fdb/icc_gt_distribution.json
    tau2/voice_interaction_metrics.py   src/tau2/metrics/ of sierra-research/tau2-bench, a2c0247
    eva/turn_taking.py              src/eva/metrics/experience/ of ServiceNow/eva, 997ae977
    turnbench/score.py, gold.py     the functions of turnbench/ of SesameAILabs/turnbench, a87ffac
    fdb3/analyze_tool_latency.py    v3/ of the same at 3e799c4: its two functions that compute
    eot/metrics.py                  the policy sweep of eot_harness/metrics.py of LiveKit's eot-bench

Their libraries (torch, a detector, their data classes) are replaced by stand-ins that hand them the
same random input as ours.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import math
import random
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from interactspeech.evaluation.duplex import (
    endpointing,
    eva,
    full_duplex_bench,
    tau_voice,
    turnbench,
    turnbench_gold,
)
from interactspeech.evaluation.duplex.recording_reader import read_recordings
from interactspeech.evaluation.duplex.scoring import score_recordings
from interactspeech.evaluation.duplex.timed_words import TimedWord

PAGE = Path(__file__).parents[1] / "docs/bench/duplex_published.md"


def module(name: str, **members: Any) -> types.ModuleType:
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    return made


def load(path: Path, name: str) -> dict[str, Any]:
    """Run a file of a benchmark and give what it defines."""
    made = module(name)
    made.__file__ = str(path)
    exec(compile(path.read_text("utf-8"), str(path), "exec"), made.__dict__)
    return made.__dict__


def close(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or abs(a - b) < 1e-9
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def printed(function: Callable[[], Any], folder: Path) -> dict[str, float]:
    """The figures that a script of Full-Duplex-Bench prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.chdir(folder):
        function()
    found = {}
    for line in out.getvalue().splitlines():
        name, _, value = line.partition(":")
        with contextlib.suppress(ValueError, IndexError):
            found[name.strip()] = float(value.split("±")[0].replace("Mean", "").strip(": "))
        if " - Mean: " in line:
            name, _, value = line.partition(" - Mean: ")
            found[name.strip()] = float(value.split("±")[0])
    return found


def random_words(rng: random.Random, *, missing: bool = True) -> list[dict[str, Any]]:
    start, rows = rng.choice([0.0, round(rng.uniform(0, 8), 2)]), []
    for _ in range(rng.choice([0, 1, 2, 3, 3, 4, 4, 5, 8, 12])):
        length = rng.choice([0.1, 0.2, 0.25, 0.3, 0.5])
        end = None if missing and rng.random() < 0.05 else round(start + length, 3)
        rows.append({"text": "w", "timestamp": [round(start, 3), end]})
        start += length + rng.choice([0.0, 0.0, 0.1, 0.4])
    return rows


def words_of(rows: list[dict[str, Any]]) -> list[TimedWord]:
    return [TimedWord(r["text"], *r["timestamp"]) for r in rows]


Row = tuple[str, int, int, Counter[str]]


def fdb_turns(code: Path, count: int) -> Iterator[Row]:
    reply = SimpleNamespace(content="Analysis: a.\nI would rate the AI's response as 5")
    client = SimpleNamespace(
        chat=SimpleNamespace(
            completions=SimpleNamespace(
                create=lambda **_: SimpleNamespace(choices=[SimpleNamespace(message=reply)])
            )
        )
    )
    tasks: dict[str, tuple[str, Any, str]] = {
        "pause handling": ("eval_pause_handling", (), "pause.json"),
        "smooth turn-taking": ("eval_smooth_turn_taking", (), "turn_taking.json"),
        "user interruption": ("eval_user_interruption", (client,), "interrupt.json"),
    }
    for title, (name, arguments, mark_name) in tasks.items():
        theirs = load(code / f"{name}.py", name)[name]
        count = 200 if name == "eval_pause_handling" else 350  # many have no number
        rng, same, causes = random.Random(1), 0, Counter[str]()
        for k in range(count):
            rows, mark = random_words(rng), round(rng.uniform(0, 8), 2)
            ours = full_duplex_bench.turn_taken(words_of(rows), mark)
            with tempfile.TemporaryDirectory() as where:
                item = Path(where) / str(k)
                item.mkdir()
                text = " ".join(r["text"] for r in rows)
                (item / "output.json").write_text(json.dumps({"text": text, "chunks": rows}))
                times = [mark, mark + 1] if "turn_taking" in mark_name else [mark - 1, mark]
                row = {"text": "x", "timestamp": times, "interrupt": "i", "context": "c"}
                (item / mark_name).write_text(json.dumps([row]))
                try:
                    found = printed(partial(theirs, where, *arguments), Path(where))
                except ZeroDivisionError:
                    assert ours.tor == 0
                    causes["no turn in any item: the script divides by zero; TOR 0 here"] += 1
                    continue
                except TypeError:
                    causes["a word without an end: the script fails; its start counts here"] += 1
                    continue
            tor = found["Average take turn"]
            wanted = ours.latency if "Average latency" in found and tor else None
            agree = close(float(ours.tor), tor) and (
                wanted is None or close(wanted, found["Average latency"])
            )
            same += agree
            if not agree:
                causes["other"] += 1
        yield (f"Full-Duplex-Bench v1, {title}: TOR, latency", count, same, causes)


def fdb_backchannel(code: Path, count: int) -> Iterator[Row]:
    segments: list[dict[str, float]] = []
    rate = 24_000

    class Sound:
        def __init__(self, length: int) -> None:
            self.shape = (1, length)

    state = {"length": 0}
    module(
        "silero_vad", load_silero_vad=lambda: None,
        get_speech_timestamps=lambda *_, **__: list(segments),
    )  # fmt: skip
    module("torchaudio", load=lambda _: (Sound(state["length"]), rate))
    theirs = load(code / "eval_backchannel.py", "eval_backchannel")["eval_backchannel"]
    human = json.loads((code / "icc_gt_distribution.json").read_text())
    rng, same, causes = random.Random(2), 0, Counter[str]()
    for _ in range(count):
        name = rng.choice(list(human))
        length = rng.uniform(5, 30)
        state["length"] = int(length * rate)
        segments[:] = []
        at = 0.0
        for _ in range(rng.randrange(6)):
            at += rng.uniform(0.2, 4)
            end = at + rng.choice([0.2, 0.5, 0.9, 1.0, 2.0, 3.0, 3.5])
            segments.append({"start": round(at, 2), "end": round(end, 2)})
            at = end
        rows = random_words(rng)
        for row in rows:  # some at edges of segments
            if segments and rng.random() < 0.4:
                edge = rng.choice(segments)
                row["timestamp"] = [edge["start"], edge["end"]]
        with tempfile.TemporaryDirectory() as where:
            item = Path(where) / name
            item.mkdir()
            (item / "output.wav").write_text("")
            (item / "output.json").write_text(json.dumps({"chunks": rows}))
            (Path(where) / "icc_gt_distribution.json").write_text(json.dumps(human))
            found = printed(lambda: theirs(where), Path(where))
        ours = full_duplex_bench.backchannels(
            [(s["start"], s["end"]) for s in segments], words_of(rows),
            state["length"] / rate, human[name],
        )  # fmt: skip
        assert ours.jsd is not None
        agree = (
            found["TOR"] == ours.tor
            and abs(found["Frequency"] - ours.frequency) < 6e-5
            and abs(found["JSD"] - ours.jsd) < 6e-5  # it prints four decimals
        )
        same += agree
        causes["other"] += not agree
    yield ("Full-Duplex-Bench v1, backchannel: TOR, frequency, JSD", count, same, +causes)


def fdb_timing(code: Path, count: int) -> Iterator[Row]:
    class Detector:
        def __init__(self, **_: Any) -> None: ...

    module("torch")
    module("torchaudio")
    module("silero_vad", VoiceActivityDetector=Detector)
    theirs = load(code / "get_timing.py", "get_timing")
    rng, same = random.Random(3), 0
    for _ in range(count):

        def talk() -> list[tuple[float, float]]:
            at, rows = 0.0, []
            for _ in range(rng.randrange(7)):
                at += rng.choice([0.2, 0.5, 0.6, 0.7, 1.5])
                rows.append((at, at := at + rng.choice([0.3, 0.8, 1.7])))
            return rows

        user, system = talk(), talk()
        merged = (
            theirs["_merge"](user, theirs["USER_MERGE_GAP"]),
            theirs["_merge"](system, theirs["MODEL_MERGE_GAP"]),
        )
        ours = full_duplex_bench.overlap_timing(user, system)
        same += close([list(x) for x in ours.stop], theirs["overlaps"](*merged)) and close(
            [list(x) for x in ours.response], theirs["response_gaps"](*merged)
        )
    yield ("Full-Duplex-Bench v1.5: stop and response intervals", count, same, Counter())


def tau(code: Path, count: int) -> Iterator[Row]:
    logger = SimpleNamespace(debug=lambda *_: None, info=lambda *_: None)
    module("loguru", logger=logger)
    for name in ("tau2", "tau2.data_model"):
        module(name)
    module("tau2.data_model.message", Tick=object)
    theirs = load(code / "voice_interaction_metrics.py", "voice_interaction_metrics")
    rng, same = random.Random(4), 0

    def speech(share: float, count: int) -> list[bool]:
        on, row = False, []
        for _ in range(count):
            on = on if rng.random() < 0.75 else rng.random() < share
            row.append(on)
        return row

    kinds: dict[str, Any] = {"vocal_tic": "vocal_tic", "non_directed": "non_directed_speech"}
    for _ in range(count):
        n = rng.randrange(10, 80)
        user, agent = speech(0.4, n), speech(0.5, n)
        sounds: list[tau_voice.LabelledSound] = []
        effects: list[tau_voice.LabelledSound] = []
        action, insert = [""] * n, [""] * n
        at = 0
        while at < n:
            end = at
            while end < n and user[end] == user[at]:
                end += 1
            if user[at] and rng.random() < 0.5:
                kind: Any = rng.choice(["backchannel", "vocal_tic", "non_directed"])
                if kind == "backchannel":
                    action[at] = "backchannel"
                    sounds.append(tau_voice.LabelledSound(kind, at, at + 1))
                else:
                    place = rng.randrange(at, end)
                    insert[place] = kinds[kind]
                    sounds.append(tau_voice.LabelledSound(kind, place, place + 1))
            elif not user[at] and rng.random() < 0.3:
                kind = rng.choice(["vocal_tic", "non_directed"])
                place = rng.randrange(at, end)
                insert[place] = kinds[kind]
                effects.append(tau_voice.LabelledSound(kind, place, place + 1))
            at = end
        ticks = [
            SimpleNamespace(
                user_chunk=SimpleNamespace(
                    contains_speech=user[k], content="", utterance_ids=[], source_effects=None,
                    turn_taking_action=SimpleNamespace(action=action[k]) if action[k] else None,
                    speech_effects=SimpleNamespace(
                        dynamic_muffling_enabled=False,
                        speech_insert=SimpleNamespace(type=insert[k], text=str(k)),
                    ) if insert[k] else None,
                ),
                agent_chunk=SimpleNamespace(
                    contains_speech=agent[k], content="", utterance_ids=[], raw_data=None,
                    source_effects=None, speech_effects=None,
                ),
            )
            for k in range(n)
        ]  # fmt: skip
        if user[-1] and not user[-2]:  # the tick that the code drops, with what lies in it
            sounds = [s for s in sounds if s.start < n - 1]
            effects = [s for s in effects if s.start < n - 1]
        events = theirs["extract_voice_quality_events_from_simulation"](ticks)
        mine, others = theirs["extract_all_segments"](ticks)
        interrupts = sum(
            e.event_type == "agent_interrupts_user"
            for e in theirs["extract_interruption_events"](mine, others, ticks)
        )
        number = Counter(e.event_type for e in events)
        latencies = {
            kind: sorted(e.latency_sec for e in events if e.event_type == kind)
            for kind in ("response", "yield")
        }
        ours = tau_voice.tick_counts(np.array(user), np.array(agent), sounds, effects)
        same += close(
            [ours.answered, ours.unanswered, ours.yielded, ours.kept, ours.agent_interrupts,
             *(ours.right.get(k, 0) for k in ("backchannel", "vocal_tic", "non_directed")),
             *(ours.wrong.get(k, 0) for k in ("backchannel", "vocal_tic", "non_directed")),
             sorted(ours.answer_latencies), sorted(ours.yield_latencies)],
            [number["response"], number["no_response"], number["yield"], number["no_yield"],
             interrupts,
             *(number[f"{k}_correct"] for k in ("backchannel", "vocal_tic", "non_directed")),
             *(number[f"{k}_error"] for k in ("backchannel", "vocal_tic", "non_directed")),
             latencies["response"], latencies["yield"]],
        )  # fmt: skip
    yield ("tau-voice: all counts and latencies of a conversation", count, same, Counter())


def eva_turns(code: Path, count: int) -> Iterator[Row]:
    class Metric:
        logger = SimpleNamespace(info=lambda *_: None)

    class Score(SimpleNamespace):
        def __init__(self, **members: Any) -> None:
            super().__init__(**{"details": {}, "sub_metrics": {}, "error": None, **members})

    for name in ("eva", "eva.metrics", "eva.models"):
        module(name)
    module("eva.metrics.base", CodeMetric=Metric, MetricContext=object)
    module("eva.metrics.processor", is_agent_timeout_on_user_turn=lambda *_: False)
    module("eva.metrics.registry", register_metric=lambda kind: kind)
    module("eva.metrics.utils", mean_agent_perf_stat=lambda *_: None)
    module("eva.models.results", MetricScore=Score)
    metric = load(code / "turn_taking.py", "eva_turn_taking")["TurnTakingMetric"]()
    rng, same = random.Random(5), 0
    for _ in range(count):
        user: dict[int, Any] = {}
        agent: dict[int, Any] = {}
        at = 0.0
        for turn in range(1, rng.randrange(2, 7)):
            at += rng.uniform(-1, 2)
            user[turn] = [(at, at := at + rng.uniform(0.3, 3))]
            if rng.random() < 0.3:
                user[turn].append((at + 0.3, at := at + 0.3 + rng.uniform(0.3, 2)))
            start = at + rng.uniform(-1.5, 4.5)
            agent[turn] = [(start, start + rng.uniform(0.2, 3))]
            if rng.random() < 0.4:
                start = agent[turn][-1][1] + rng.uniform(0.2, 2)
                agent[turn].append((start, start + rng.uniform(0.2, 2)))
            at = max(at, agent[turn][-1][1])
        latency = {t: agent[t][0][0] - user[t][-1][1] for t in user}
        by_agent = {t for t in user if rng.random() < 0.3}
        by_user = {t for t in user if rng.random() < 0.3}
        tools = {t for t in user if rng.random() < 0.3}
        context = SimpleNamespace(
            audio_timestamps_user_turns=user, audio_timestamps_assistant_turns=agent,
            latency_assistant_turns=latency, assistant_interrupted_turns=by_agent,
            user_interrupted_turns=by_user, fallback_turn_ids=set(), record_id="r",
            conversation_trace=[{"type": "tool_call", "turn_id": t} for t in tools],
            conversation_ended_reason="", output_dir="/nowhere",
        )  # fmt: skip
        found = asyncio.run(metric.compute(context))
        turns = [
            eva.EvaTurn(
                tuple(user[t]), tuple(agent[t]),
                agent[t - 1][-1][1] if t - 1 in agent else None,
                t in by_agent, t in by_user, latency[t], t in tools,
            )
            for t in sorted(user)
        ]  # fmt: skip
        ours = eva.eva_score(turns)
        reasons = list(found.details["per_turn_reason"].values())
        same += close(ours.score, found.score) and reasons == [t.reason for t in ours.turns]
    yield ("EVA v0.2: a conversation's score, each turn's reason", count, same, Counter())


def turn_bench(code: Path, count: int) -> Iterator[Row]:
    score, gold = load(code / "score.py", "tb_score"), load(code / "gold.py", "tb_gold")
    rng, same = random.Random(6), 0
    for _ in range(count):
        positives = [(rng.choice([1, 2]), round(rng.uniform(0, 60), 1)) for _ in range(12)]
        spans = [
            (rng.choice([1, 2]), a := round(rng.uniform(0, 60), 1), a + round(rng.uniform(0, 3), 1))
            for _ in range(14)
        ]
        times = {s: sorted(round(rng.uniform(0, 60), 2) for _ in range(20)) for s in (1, 2)}
        theirs = score["score_task"](
            [score["AnchorEvent"](*p) for p in positives],
            [score["Interval"](*s) for s in spans[:10]],
            times,
            [score["Interval"](*s) for s in spans[10:]],
        )
        ours = turnbench.score_task(
            [turnbench_gold.GoldAnchor(*p) for p in positives],
            [turnbench_gold.GoldSpan(*s) for s in spans[:10]],
            times,
            [turnbench_gold.GoldSpan(*s) for s in spans[10:]],
        )
        same += close(
            [ours.hits, ours.misses, ours.false_alarms, ours.quiet, list(ours.latencies)],
            [theirs.tp, theirs.fn, theirs.fp, theirs.tn, theirs.latencies_ms],
        )
    yield ("TurnBench: counts and latencies of a task", count, same, Counter())
    labels = [*turnbench_gold.CLASSES, "Normal Turn", "Normal Turn", "Filler", "Something else"]
    same = 0
    for _ in range(count):
        tracks: dict[int, list[list[tuple[float, float, str]]]] = {}
        for speaker in (1, 2):
            base, at = [], 0.0
            for _ in range(15):
                at += rng.uniform(0.0, 2.0)
                base.append((at, at := at + rng.uniform(0.2, 3), rng.choice(labels)))
            tracks[speaker] = [
                sorted(
                    (
                        round(a + rng.gauss(0, 0.08), 3),
                        round(b + rng.gauss(0, 0.08), 3),
                        kind if rng.random() < 0.85 else rng.choice(labels),
                    )
                    for a, b, kind in base
                    if rng.random() < 0.9
                )
                for _ in "abc"
            ]
        theirs = gold["events_for_conversation"](
            {(s, who): tracks[s][k] for s in (1, 2) for k, who in enumerate("abc")}
        )
        ours_gold = turnbench_gold.gold_of_annotators(
            {
                s: [[turnbench_gold.LabelledStretch(*row) for row in track] for track in of]
                for s, of in tracks.items()
            }
        )

        def anchors(rows: Any) -> list[tuple[float, float]]:
            return [
                (r.speaker, getattr(r, "time", None) or getattr(r, "time_s", 0.0)) for r in rows
            ]

        def spans_of(rows: Any) -> list[tuple[float, float, float]]:
            return [(r.speaker, r.start, r.end) for r in rows]

        same += all(
            [
                anchors(ours_gold.eot_positive) == anchors(theirs.eot_positive_events),
                spans_of(ours_gold.eot_negative) == spans_of(theirs.eot_negative_spans),
                anchors(ours_gold.int_positive) == anchors(theirs.int_positive_events),
                spans_of(ours_gold.int_negative) == spans_of(theirs.int_negative_spans),
                spans_of(ours_gold.eot_excluded) == spans_of(theirs.eot_excluded),
                spans_of(ours_gold.int_excluded) == spans_of(theirs.int_excluded),
            ]
        )
    yield ("TurnBench: gold of a conversation, three annotators", count, same, Counter())


def eot_bench(code: Path, count: int) -> Iterator[Row]:
    import pandas as pd

    theirs = load(code / "metrics.py", "eot_metrics")["policy_sweep_rows"]
    rng, same = random.Random(7), 0
    count = max(10, count // 20)  # each is a whole sweep of 5,454 policies over 30 silences
    for _ in range(count):
        cases, spans, rows = [], [], []
        for k in range(30):
            label: Any = "eot" if k % 3 == 0 else "hold"
            length = rng.choice([0.1, 0.2, 0.7, 1.0, 2.3, 5.0, 6.0])
            times = [round(0.1 * j, 1) for j in range(int(length * 10) + 1)]
            scores = [round(rng.random() ** 2, 2) for _ in times]
            cases.append(endpointing.SilenceCase(label, length, tuple(times), tuple(scores)))
            spans.append({"id": str(k), "span_index": 0, "label": label, "span_dur": length})
            rows += [
                {"id": str(k), "span_index": 0, "silence_dur": t, "timestamp": t, "p_eot": s}
                for t, s in zip(times, scores, strict=True)
            ]
        found = theirs(pd.DataFrame(spans), pd.DataFrame(rows))
        ours = [
            (p.threshold, p.action_delay, p.timeout, p.cutoff_rate, p.mean_latency, p.detect_rate)
            for p in endpointing.policy_sweep(cases)
        ]
        same += close([list(x) for x in ours], [list(x) for x in found])
    yield ("eot-bench: sweeps of 5,454 policies", count, same, Counter())


def fdb_v3(code: Path, count: int) -> Iterator[Row]:
    """A run of several items at a time, from result files to the report's rates and means."""
    module("openai", OpenAI=object)
    theirs = load(code / "analyze_tool_latency.py", "analyze_tool_latency")
    rng, same, causes = random.Random(8), 0, Counter[str]()
    for _ in range(count):
        results = []
        for _ in range(rng.randrange(1, 30)):
            end = round(rng.uniform(2, 9), 3)
            first = rng.choice([end, round(end - 0.001, 3), round(rng.uniform(0, 14), 3)])
            said = [{"text": "w", "timestamp": [first + k, first + k + 0.4]} for k in range(3)]
            start: float | None = round(rng.uniform(0, 14), 3)
            calls = [
                {
                    "function": "f",
                    "timestamp_start": rng.choice([start, None]),
                    "timestamp_end": 15.0,
                }
                for _ in range(rng.randrange(3))
            ]
            results.append(
                {"user_speech_end_rel": end, "asr_chunks": rng.choice([said, said, said, []]),
                 "actual_tool_calls": calls, "transcript": ""}
            )  # fmt: skip
        found = theirs["aggregate_stats"]([theirs["compute_latencies"](r) for r in results])
        with tempfile.TemporaryDirectory() as where:
            for k, one in enumerate(results):
                (Path(where) / str(k)).mkdir()
                (Path(where) / str(k) / "result_s.json").write_text(json.dumps(one))
            scores = score_recordings(read_recordings([Path(where)]))
        ours = {m.key: m for m in scores.measures}
        pairs = [(ours["fdb.v3.turn_take_rate"].value, found["turn_taking"]["turn_take_rate"])]
        for mine, other in (("latency", "first_response"), ("tool_latency", "tool_call")):
            there, measure = found[f"{other}_latency"], ours.get(f"fdb.v3.{mine}")
            pairs.append((float(measure.n if measure else 0), float(there["count"])))
            if there["count"] and measure:
                pairs.append((measure.value, there["mean"]))
        agree = all(abs(a - b) < 5.1e-4 for a, b in pairs)  # it rounds to three decimals
        same += agree
        causes["other"] += not agree
    yield ("Full-Duplex-Bench v3: turn-take rate, latencies of a run", count, same, +causes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("code", type=Path)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--part", default="", help="one of the folders alone")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    parts = (("fdb", fdb_turns), ("fdb", fdb_backchannel), ("fdb", fdb_timing), ("tau2", tau),
             ("eva", eva_turns), ("turnbench", turn_bench), ("eot", eot_bench),
             ("fdb3", fdb_v3))  # fmt: skip
    lines = [
        "# Benchmarks' own code beside this package",
        "",
        f"Written by `python bench/bench_duplex_published.py DIR --items {options.items} --write`,",
        "which names the files and commits. Both are given the same random input, boundary values",
        "among it. The functions of TurnBench, eot-bench and v3 were typed from their published text.",
        "",
        "| what | items | the same | where the code has no number |",
        "|---|---:|---:|---|",
    ]
    for name, part in parts:
        if options.part not in ("", name):
            continue
        for title, count, same, causes in part(options.code / name, options.items):
            why = "; ".join(f"{cause} ({n})" for cause, n in causes.items())
            lines.append(f"| {title} | {count} | {same} | {why} |")
            print(lines[-1], flush=True)
    if options.write and options.part:
        made = {line.split(" | ")[0]: line for line in lines if line.startswith("| ")}
        kept = [
            line
            for line in PAGE.read_text("utf-8").splitlines()
            if not line.startswith("| ") or line.split(" | ")[0] not in made
        ]
        table = next(k for k, line in enumerate(kept) if line.startswith("|---"))
        lines = [*lines[:8], *kept[table + 1 :], *lines[8:]]
    if options.write:
        PAGE.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
