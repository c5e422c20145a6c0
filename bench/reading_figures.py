"""What reading acts at their own place and elsewhere gives, and how much acts repeat themselves."""

import argparse
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import msgspec
import numpy as np
from reading_acts import ACT, Act
from reading_model import Reader

#: Other places at which an act's words are tried.
ELSEWHERE = 6
RESAMPLES = 2000
#: Dialogues that a kind needs to be read.
FEWEST = 10
#: Openings and words are counted in samples of equal size, so that figures can be compared.
OPENINGS, RUNNING_WORDS, DRAWS = 150, 600, 50
ORDER = (
    "turn", "turn that cuts in", "completion", "correction", "clarification", "disagreement",
    "agreement", "early answer", "distraction", "other interruption", "attempt", "said together",
    "resumption", "feedback", "aside",
)  # fmt: skip


class Read(msgspec.Struct, frozen=True):
    """One act, read: nats at its own place and at each other one, and its tokens."""

    dialogue: str
    tokens: int
    own: float
    others: tuple[float, ...]

    @property
    def gain(self) -> float:
        return self.own - float(np.mean(self.others))

    @property
    def better(self) -> float:
        middle = float(np.median(self.others))
        return 0.5 if self.own == middle else float(self.own > middle)


class Stored(msgspec.Struct):
    """What was read: of each kind and source; tokens the model read, and its CPU time in seconds."""

    read: dict[str, list[Read]] = {}
    examples: dict[str, list[str]] = {}
    tokens: int = 0
    cpu: float = 0.0


def examples(acts: list[Act], read: list[Read]) -> list[str]:
    """The act that gains most by its place, and the one that loses most."""
    order = sorted(range(len(read)), key=lambda number: read[number].gain)
    return [
        f'"... {" ".join(acts[k].before[-1][1][-9:])}" - "{" ".join(acts[k].words)}" '
        f"({read[k].gain:+.1f})"
        for k in (order[-1], order[-2], order[0])
    ]


def sample(acts: Iterable[Act], limit: int, rng: np.random.Generator) -> list[Act]:
    """At most `limit` acts, as evenly over dialogues as there are."""
    by: dict[str, list[Act]] = defaultdict(list)
    for act in acts:
        by[act.dialogue].append(act)
    queues = [list(rng.permutation(len(mine))) for mine in by.values()]
    mine = list(by.values())
    order = rng.permutation(len(mine))
    found: list[Act] = []
    while len(found) < limit and any(queues):
        for number in order:
            if queues[number] and len(found) < limit:
                found.append(mine[number][queues[number].pop()])
    return found


def read_group(reader: Reader, acts: list[Act], rng: np.random.Generator) -> list[Read]:
    """Each act at its own place and at up to `ELSEWHERE` places of the others, of other dialogues."""
    tokens = [reader.ids(" " + " ".join(act.words)) for act in acts]
    tried: list[list[int]] = [[] for _ in acts]  # of each place: acts from elsewhere
    for number, act in enumerate(acts):
        away = [k for k, other in enumerate(acts) if other.dialogue != act.dialogue]
        for place in rng.permutation(away)[:ELSEWHERE]:
            tried[place].append(number)
    own = [0.0] * len(acts)
    others: list[list[float]] = [[] for _ in acts]
    scores = reader.score(
        [
            (reader.context(act), [tokens[place], *(tokens[number] for number in tried[place])])
            for place, act in enumerate(acts)
        ]
    )
    for place, (here, *rest) in enumerate(scores):
        own[place] = here
        for number, nats in zip(tried[place], rest, strict=True):
            others[number].append(nats)
    return [
        Read(act.dialogue, len(ids), mine, tuple(away))
        for act, ids, mine, away in zip(acts, tokens, own, others, strict=True)
    ]


def interval(read: list[Read], value: str, rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean, and the 95 % interval of a bootstrap over dialogues."""
    by: dict[str, list[float]] = defaultdict(list)
    for one in read:
        by[one.dialogue].append(getattr(one, value))
    sums = np.array([[sum(each), len(each)] for each in by.values()])
    drawn = sums[rng.integers(len(sums), size=(RESAMPLES, len(sums)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return float(sums[:, 0].sum() / sums[:, 1].sum()), float(low), float(high)


def row(source: str, group: str, read: list[Read]) -> str:
    rng = np.random.default_rng(21)
    tokens = sum(one.tokens for one in read)
    here = math.exp(-sum(one.own for one in read) / tokens)
    away = math.exp(-sum(float(np.mean(one.others)) for one in read) / tokens)
    gain = interval(read, "gain", rng)
    better = interval(read, "better", rng)
    dialogues = len({one.dialogue for one in read})
    return (
        f"| {group} | {source} | {len(read)} ({dialogues}) | {tokens / len(read):.1f} | {here:,.0f} | "
        f"{away:,.0f} | {gain[0]:+.2f} ({gain[1]:+.2f} to {gain[2]:+.2f}) | "
        f"{100 * better[0]:.0f} % ({100 * better[1]:.0f} to {100 * better[2]:.0f}) |"
    )


def entropy(counts: Counter[str]) -> float:
    """Bits."""
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values())


def repetition(
    name: str, source: str, said: list[tuple[str, ...]], rng: np.random.Generator
) -> str:
    """A row: openings of two words and running words, in samples of the same size."""
    distinct, bits, types, word_bits = [], [], [], []
    for _ in range(DRAWS):
        drawn = [said[k] for k in rng.permutation(len(said))]
        openings = Counter(" ".join(words[:2]) for words in drawn[:OPENINGS])
        distinct.append(len(openings) / OPENINGS)
        bits.append(entropy(openings))
        running = [word for words in drawn for word in words][:RUNNING_WORDS]
        if len(running) == RUNNING_WORDS:
            types.append(len(set(running)) / RUNNING_WORDS)
            word_bits.append(entropy(Counter(running)))
    every = Counter(" ".join(words[:2]) for words in said)
    common = ", ".join(f'"{text}" {100 * n / len(said):.1f} %' for text, n in every.most_common(3))
    words = f"{np.mean(types):.2f} | {np.mean(word_bits):.2f}" if types else "too few |"
    return f"| {name} | {source} | {len(said):,} | {np.mean(distinct):.2f} | {np.mean(bits):.2f} | {words} | {common} |"


def repetitions(acts: dict[str, list[Act]], turns: dict[str, list[tuple[str, ...]]]) -> list[str]:
    """Rows of `repetition`."""
    rng = np.random.default_rng(20)

    def of(keep: Callable[[Act], bool]) -> dict[str, list[tuple[str, ...]]]:
        return {source: [a.words for a in mine if keep(a)] for source, mine in acts.items()}

    said = {
        "turns": turns,
        "feedback": of(lambda act: act.group == "feedback"),
        "interruptions and attempts": of(lambda act: act.cuts_in and act.group != "feedback"),
        "asides": of(lambda act: act.group == "aside"),
    }
    return [
        repetition(name, source, [words[:ACT] for words in lines if words], rng)
        for name, by in said.items()
        for source, lines in by.items()
        if len(lines) >= OPENINGS
    ]


def read_all_groups(
    acts: dict[str, list[Act]], given: argparse.Namespace, stored: Stored
) -> list[str]:
    """Rows of what was read; what `stored` has is not read again."""
    cpu = time.process_time()
    reader = None
    rows = []
    for group in ORDER:
        for number, source in enumerate(("people (MRDA)", "offline", "roles")):
            draws = np.random.default_rng([19, ORDER.index(group), number])
            mine = [act for act in acts[source] if act.group == group]
            chosen = sample(mine, given.limit, draws)
            if len({act.dialogue for act in chosen}) < FEWEST:
                continue
            key = f"{group}, {source}"
            if key not in stored.read:
                reader = reader or Reader(given.threads)
                before = reader.read
                stored.read[key] = read_group(reader, chosen, draws)
                stored.examples[key] = examples(chosen, stored.read[key])
                stored.tokens += reader.read - before
                stored.cpu += time.process_time() - cpu
                cpu = time.process_time()
                if given.results:
                    given.results.write_bytes(msgspec.json.encode(stored))
            rows.append(row(source, group, stored.read[key]))
            print(rows[-1], flush=True)
    return rows
