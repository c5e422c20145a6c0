"""Benchmark of the LLM writer: does it keep a slow service busy?

    python bench/bench_llm.py [--write] [--delay S]

A local server answers each request after a fixed delay and counts how many are in flight. The ideal
is `concurrency / delay` requests a second; the share of it that is reached, and how full the gate
is between the first and the last tenth of the run, say what the client's own work costs. Client and
server share one process, so the figures are a lower bound.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from llm_server import LLMServer, good  # noqa: E402

from interactspeech.records import Script  # noqa: E402
from interactspeech.scripts import demo_dialogues  # noqa: E402
from interactspeech.scripts.writers.llm import LLMSettings, LLMWriter, Service  # noqa: E402

PAGE = ROOT / "docs" / "bench" / "llm.md"
COPIES = 16


def measure(concurrency: int, delay: float) -> str:
    """One row: what a run over copies of the shipped dialogues reaches."""
    flying: list[int] = []

    def slow(request):
        flying.append(server.flying)
        reply = good(request)
        reply.delay = delay
        return reply

    plains = [
        msgspec.structs.replace(plain, id=f"{plain.id}-{n}")
        for n in range(COPIES)
        for plain in demo_dialogues()
    ]
    with LLMServer(slow) as server:
        writer = LLMWriter(
            Service("m", server.url, concurrency=concurrency), LLMSettings(interruptions=2.0)
        )
        start, cpu = time.perf_counter(), time.process_time()
        kept = sum(isinstance(one, Script) for one in writer.write(plains))
        elapsed, cpu = time.perf_counter() - start, time.process_time() - cpu
    count = len(server.requests)
    middle = flying[count // 10 : -count // 10]
    full = sum(middle) / len(middle) / concurrency
    rate = count / elapsed
    return (
        f"| {concurrency} | {delay:g} | {kept:,} of {len(plains):,} | {count:,} | {server.most} "
        f"| {full:.0%} | {rate:,.0f} | {rate * delay / concurrency:.0%} "
        f"| {1000 * cpu / count:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--delay", type=float, default=0.3, help="seconds to an answer")
    chosen = parser.parse_args()
    lines = [
        "# The LLM writer: keeping a slow service busy",
        "",
        "Written by `bench/bench_llm.py`: a local server answers after a fixed delay. Client and",
        "server share one process.",
        "",
        "| at most | seconds to an answer | scripts | requests | most | full | a second | ideal | CPU |",
        "|---|---|---|---|---|---|---|---|---|",
        *(measure(64, times * chosen.delay) for times in (1, 3)),
        "",
        "At most, most: requests in flight, allowed and seen. Full: mean share of the allowed ones in",
        "flight, without the first and the last tenth of the run. Ideal: share of `at most / seconds",
        "to an answer` requests a second that was reached, beginning and end included. CPU:",
        "milliseconds a request, client and server.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if chosen.write:
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
