"""How large a cluster a corpus needs, from measured costs, checked by a discrete simulation.

    python bench/scale_model.py [--dialogues 40] [--days 1] [--storage 1000] [--write]

Measured here, on one core: what a dialogue costs with hibari (and how that varies), how much speech
it needs, its bytes, what opening a worker costs, and the serial work of the one process that hands
out shards and finishes the corpus. Kokoro is too slow to measure in a minute: its speed, and what a
second process on this machine costs each of them, are read from docs/bench/voices.md.
"""

import argparse
import heapq
import json
import platform
import re
import tempfile
import time
from collections import deque
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from pathlib import Path

import numpy as np

from interactspeech.corpus import CorpusWriter
from interactspeech.errors import MissingExtraError
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.pipelines.building.job import ShardTask
from interactspeech.pipelines.building.settings import LARGE_SHARD
from interactspeech.pipelines.executors import ray
from interactspeech.pipelines.executors.scheduler import LOOKAHEAD
from interactspeech.scripts import demo_dialogues, read_all
from interactspeech.tts import Synthesizer, select_voices

DOCS = Path(__file__).parents[1] / "docs" / "bench"
PAGE = DOCS / "scale.md"
HOURS = (150, 1_000, 100_000)
#: Cores a machine, and hours until one is lost: assumptions, for what a loss costs.
MACHINE, LIFETIME = 16, 1_000.0
#: Events of the simulation: a worker is free, has made a shard, is lost (and replaced at once).
FREE, MADE, LOST = range(3)
NONE = -1  # no shard


@dataclass(frozen=True)
class Costs:
    """Seconds of one core unless said otherwise; arrays have one number a dialogue."""

    engine: str
    audio: np.ndarray  # seconds of dialogue
    work: np.ndarray  # making and writing it, alone on a core
    size: np.ndarray  # bytes
    crowding: float  # times slower when every core of the machine works
    opening: float  # wall seconds until a worker has its engine loaded
    reading: float  # the driver, for a dialogue: reading it
    handing: float  # the driver, for a shard: giving it out, taking its answer
    finishing: float  # the driver, for a shard, at the end

    @property
    def rate(self) -> float:
        """Core seconds for a second of dialogue."""
        return float(self.work.sum() / self.audio.sum()) * self.crowding

    @property
    def shard(self) -> float:
        """Core seconds for a shard."""
        return float(self.work.mean()) * self.crowding * LARGE_SHARD

    @property
    def driver(self) -> float:
        """Seconds of the driver for a shard."""
        return self.reading * LARGE_SHARD + self.handing

    def shards(self, hours: float) -> int:
        return ceil(hours * 3600 / (float(self.audio.mean()) * LARGE_SHARD))


class Counting(Synthesizer):
    """Counts the processor time of synthesis, and the speech that came of it."""

    cost = speech = 0.0

    def speak(self, *arguments, **options):
        start = time.process_time()
        made = super().speak(*arguments, **options)
        self.cost += time.process_time() - start
        self.speech += made.seconds
        return made


def table(engine: str) -> tuple[float, float]:
    """Seconds of speech a second, and the gain of a second process, of docs/bench/voices.md."""
    row = re.search(
        rf"^\| {engine} \| x ([\d.]+) \| x ([\d.]+) \|",
        (DOCS / "voices.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert row, f"docs/bench/voices.md has no speed of {engine}"
    return float(row[1]), float(row[2]) / float(row[1])


def reading_cost() -> float:
    """Processor seconds of the driver for one dialogue of a file of text."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "soda.jsonl"
        texts = [
            {"dialogue": [turn.text for turn in one.turns],
             "speakers": [turn.speaker for turn in one.turns]}
            for one in demo_dialogues() if hasattr(one.turns[0], "text")
        ]  # fmt: skip
        lines = [json.dumps(text) for text in texts]
        file.write_text("\n".join(lines * 20), encoding="utf-8")
        start = time.process_time()
        read = sum(not isinstance(one, Exception) for one in read_all([str(file)], None))
        assert read == 20 * len(lines) > 0, (read, len(lines))
        return (time.process_time() - start) / read


def measure(count: int) -> tuple[Costs, Costs]:
    """The costs of hibari, and of Kokoro."""
    speaker = Counting()
    start = time.perf_counter()
    maker = DialogueBuilder(
        BuildSettings(seed=1, voices=("hibari",)), select_voices("hibari"), speaker
    )
    scripts = list(islice(demo_dialogues(), count + 1))
    maker.build(scripts.pop())  # loads the engine
    opening = time.perf_counter() - start
    speaker.cost = speaker.speech = 0.0
    audio, work, synthesis, size = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, CorpusWriter(folder, {}) as writer:
        for number, source in enumerate(scripts):
            before, spoken = time.process_time(), speaker.cost
            made = maker.build(source)
            with writer.shard(number) as shard:
                shard.add(made.dialogue, made.samples)
                shard.finish()
            work.append(time.process_time() - before)
            synthesis.append(speaker.cost - spoken)
            audio.append(made.dialogue.seconds)
            size.append(next(Path(folder).rglob(f"*{number:06d}.tar")).stat().st_size)
        before = time.perf_counter()
        writer.finish(len(scripts))
        finishing = (time.perf_counter() - before) / len(scripts)
    reading = reading_cost()
    hibari = Costs(
        "hibari", np.array(audio), np.array(work), np.array(size), 2 / table("hibari")[1],
        opening, reading, handing(scripts), finishing,
    )  # fmt: skip
    # The same speech costs Kokoro its own speed; everything beside synthesis costs the same.
    speed, gain = table("kokoro")
    share = np.array(synthesis) / sum(synthesis)
    slow = hibari.work - np.array(synthesis) + share * speaker.speech / speed
    return hibari, replace(hibari, engine="kokoro", work=slow, crowding=2 / gain)


@dataclass(frozen=True)
class Nothing:
    """A stage whose tasks cost nothing: what is left is the executor."""

    def open(self):
        return _nothing


def _nothing(_task):
    return None


def handing(scripts) -> float:
    """Processor seconds of the driver for one shard on Ray, its texts being sent."""
    texts = tuple((scripts * LARGE_SHARD)[:LARGE_SHARD])
    outcomes = ray.run((ShardTask(k, texts, ()) for k in range(300)), Nothing(), workers=1)
    next(outcomes)  # Ray starts
    start = time.process_time()
    count = sum(1 for _ in outcomes)
    return (time.process_time() - start) / count


def formula(costs: Costs, hours: float, cores: int, storage: float) -> tuple[float, str]:
    """Wall seconds of a build, and what bounds it.

    The busiest of three (workers, in whole shards; driver; storage) sets the pace; before it engines
    load, after it the driver finishes the corpus.
    """
    shards = costs.shards(hours)
    paces = {
        "cores": ceil(shards / cores) * costs.shard,
        "the driver": shards * costs.driver,
        "storage": shards * float(costs.size.mean()) * LARGE_SHARD / storage,
    }
    bound = max(paces, key=paces.__getitem__)
    return costs.opening + paces[bound] + shards * costs.finishing, bound


def simulate(
    costs: Costs, hours: float, cores: int, storage: float, seed: int, lifetime: float | None
) -> tuple[float, int, int]:
    """Wall seconds, shards that were lost with a machine, and shards that were lost twice.

    Events in the order of time. The driver serves one call at a time; shards begin in order, at most
    `LOOKAHEAD` a worker before the oldest that is not done; storage takes one whole shard after the
    other, at its end (harder on it than the builder, which writes while it works); machines of
    `MACHINE` cores are lost as Poisson processes, each worker then losing what it had begun.
    """
    random = np.random.default_rng(seed)
    shards = costs.shards(hours)
    draws = random.integers(0, len(costs.work), (shards, LARGE_SHARD))
    work = costs.work[draws].sum(1) * costs.crowding
    writing = costs.size[draws].sum(1) / storage
    machines = ceil(cores / MACHINE)
    failures = np.full(machines, np.inf)
    if lifetime is not None:
        failures = random.exponential(lifetime * 3600, machines)
    events = [(costs.opening, FREE, worker, NONE) for worker in range(cores)]
    heapq.heapify(events)
    again: deque[int] = deque()
    parked: list[int] = []
    done = np.zeros(shards, bool)
    tries = np.zeros(shards, int)
    driver = disk = now = 0.0
    begun = due = finished = 0
    while finished < shards:
        now, kind, worker, shard = heapq.heappop(events)
        if kind == MADE:
            disk = max(disk, now) + writing[shard]
            heapq.heappush(events, (disk, FREE, worker, shard))
            continue
        idle = [worker, *parked]
        parked = []
        if kind == LOST:
            again.append(shard)
        elif shard != NONE:
            done[shard] = True
            finished += 1
            while due < shards and done[due]:
                due += 1
        for one in idle:
            if again:
                shard = again.popleft()
            elif begun < shards and begun < due + LOOKAHEAD * cores:
                shard, begun = begun, begun + 1
            else:
                parked.append(one)
                continue
            start = driver = max(driver, now) + costs.driver
            machine = one // MACHINE
            while lifetime is not None and failures[machine] <= start - 2 * costs.shard:
                # Every worker of it has seen this loss: the next machine in its place.
                failures[machine] += random.exponential(lifetime * 3600)
            tries[shard] += 1
            if start < failures[machine] < start + work[shard]:
                heapq.heappush(events, (failures[machine], LOST, one, shard))
            else:
                heapq.heappush(events, (start + work[shard], MADE, one, shard))
    repeated = tries - 1
    return now + shards * costs.finishing, int(repeated.sum()), int((repeated > 1).sum())


def clock(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:,.1f} min"


def row(costs: Costs, hours: float, days: float, storage: float) -> str:
    wanted = costs.shards(hours) * costs.shard
    cores = max(1, ceil(wanted / (days * 86_400)))
    while cores < 10**6 and formula(costs, hours, cores, storage)[0] > days * 86_400:
        cores = ceil(cores * 1.005)  # one more at least
    told, bound = formula(costs, hours, cores, storage)
    simulated, _, _ = simulate(costs, hours, cores, storage, 1, None)
    broken, lost, twice = simulate(costs, hours, cores, storage, 1, LIFETIME)
    size = hours * 3600 * costs.size.sum() / costs.audio.sum() / 1e9
    return (
        f"| {costs.engine} | {hours:,} | {size:,.0f} | {wanted / 3600:,.0f} | {cores:,} | {bound} | "
        f"{clock(told)} | {clock(simulated)} | {simulated / told - 1:+.1%} | {clock(broken)} | "
        f"{lost:,} ({twice}) |"
    )


def limits(costs: Costs, storage: float) -> str:
    disk = costs.shard * storage / (float(costs.size.mean()) * LARGE_SHARD)
    return (
        f"| {costs.engine} | {1 / costs.rate:,.2f} | {clock(costs.shard)} | "
        f"{float(costs.size.mean()) * LARGE_SHARD / 1e6:,.0f} | {costs.shard / costs.driver:,.0f} | "
        f"{disk:,.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dialogues", type=int, default=40)
    parser.add_argument("--days", type=float, default=1.0, help="until the corpus is to be done")
    parser.add_argument("--storage", type=float, default=1000.0, help="MB a second, shared")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    try:
        hibari, kokoro = measure(options.dialogues)
    except MissingExtraError as error:
        parser.exit(1, f"{error}\n")
    storage = options.storage * 1e6
    rows = [row(costs, h, options.days, storage) for costs in (kokoro, hibari) for h in HOURS]
    text = f"""\
# Sizes of clusters

Written by `bench/scale_model.py --write`; what it means and how to use it is in
[scale.md](../scale.md). Machine: {platform.machine()}, Python {platform.python_version()}. Nothing
here was run on a cluster or a GPU.

## Measured

{options.dialogues} dialogues that ship, hibari, one core, no cache, each in a shard of its own, processor
time; Kokoro's synthesis from the same speech and its speed in [voices.md](voices.md).

| | |
|---|---:|
| mean dialogue | {hibari.audio.mean():.1f} s |
| the same, with hibari: core time (standard deviation) | {hibari.work.mean():.2f} s ({hibari.work.std():.2f}) |
| the same, with Kokoro, from its speed: core time | {kokoro.work.mean():.1f} s |
| bytes of a second of dialogue | {hibari.size.sum() / hibari.audio.sum():,.0f} |
| slower when both cores work: hibari, Kokoro | x {hibari.crowding:.2f}, x {kokoro.crowding:.2f} |
| opening a worker (hibari; taken for Kokoro too, where it is longer by seconds) | {hibari.opening:.1f} s |
| driver: reading a dialogue | {hibari.reading * 1e3:.3f} ms |
| driver: a shard through Ray, {LARGE_SHARD} texts sent | {hibari.handing * 1e3:.1f} ms |
| driver: a shard at the finish | {hibari.finishing * 1e3:.1f} ms |

## Bounds

From so many cores on, more cores do not help, because one driver or the shared storage
({options.storage:,.0f} MB a second: an assumption) is busy all the time.

| engine | x real time of a core | core time of a shard | MB of a shard | cores that fill the driver | cores that fill the storage |
|---|---:|---:|---:|---:|---:|
{limits(kokoro, storage)}
{limits(hibari, storage)}

## Clusters that finish in {options.days:g} day{"" if options.days == 1 else "s"}

Estimated, for cores like this machine's. The formula's wall time beside that of a discrete simulation
with the same costs, each shard drawn from the measured dialogues; the last two columns simulate the
loss of machines of {MACHINE} cores, each once in {LIFETIME:,.0f} h on average (an assumption), as shards
that were begun again, and in brackets those that were lost twice, where a build stops and is started
again by hand.

| engine | hours | GB | core hours | cores | bound by | formula | simulation | difference | with losses | shards lost (twice) |
|---|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|
{chr(10).join(rows)}
"""
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
