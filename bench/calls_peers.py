"""What call-ai-metrics and hotato find in recorded calls, in the form of `calls_scoring.plain`."""

import json
import subprocess
import tempfile
from pathlib import Path

from calls_scoring import DEAD_AIR, TERMINAL

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
