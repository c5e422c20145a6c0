"""A blind reading of scripts: does an act fit its place better than others', and do acts repeat themselves?

    python bench/bench_reading.py TEXT... --mrda DIR [--ami DIR] [--limit 40] [--threads 1] [--write]

TEXT are files of text dialogues; MRDA and AMI hold meetings with dialogue acts. A language model
that knows nothing of how scripts are written (SmolLM2-135M-Instruct) says how probable the words of
each act are after what was said before them, and after what was said before other acts of its kind
in other dialogues. --write stores docs/bench/reading.md.
"""

import argparse
import gzip
import math
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    PlainDialogue,
    Script,
    Words,
)
from interactspeech.scripts import read_all, write_offline
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.scripts.writers.act_model import ActModel
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.training.acts.meetings import MeetingAct, read_ami_acts, read_mrda_acts
from interactspeech.training.text.base_models import SMOLLM2, find_base, load_model, load_tokenizer

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "reading.md"
#: Words of context before an act, and of an act, at most.
CONTEXT, ACT = 25, 8
#: Other places at which an act's words are tried.
ELSEWHERE = 6
#: Tokens of one pass of the model.
PACK = 400
RESAMPLES = 2000
#: Dialogues that a kind needs to be read.
FEWEST = 10
#: Openings and words are counted in samples of equal size, so that figures can be compared.
OPENINGS, RUNNING_WORDS, DRAWS = 150, 600, 50
#: Kinds of interruptions that are read together.
GROUPS = {
    "complete": "completion",
    "help-word": "completion",
    "clarify": "clarification",
    "cannot-hear": "clarification",
    "correct": "correction",
    "disagree": "disagreement",
    "refuse": "disagreement",
    "agree": "agreement",
    "answer": "early answer",
    "distraction": "distraction",
    "off-topic": "distraction",
}
#: Part of an MRDA tag -> the same.
TAGS = {
    "2": "completion",
    "br": "clarification",
    "bu": "clarification",
    "ar": "disagreement",
    "nd": "disagreement",
    "bc": "correction",
    "aa": "agreement",
}
ORDER = (
    "turn", "turn that cuts in", "completion", "correction", "clarification", "disagreement",
    "agreement", "early answer", "distraction", "other interruption", "attempt", "said together",
    "resumption", "feedback", "aside",
)  # fmt: skip

#: What a reader of the figures finds.
FOUND = """
What the figures say:

- **The measure tells something.** All that people say gains by its place, in every kind but feedback: their
  corrections most, their agreement least. A writer's row is to be held against people's of the same kind.
- **What is the text's own belongs where it is**, cut off or not: turns, and turns that cut in, gain no less than people's.
- **What is put in now gains by its place nearly as people's does.** Corrections, clarifications, completions, disagreement,
  agreement, early answers, other interruptions and attempts take up a phrase, an amount or a claim that was just said, or begin
  the next turn too early; all their intervals lie above 0, and most hold people's mean. When they came from lists, all but
  clarifications and completions held 0: corrections gained .3, disagreement 0, early answers 0, other interruptions
  -.1 (roles) and .5 (offline), attempts -.2 and .1, clarifications 2.3 and .5.
- **Where they differ still**: people's corrections gain more (they say the right word, which the listener knows). The writers'
  attempts gain twice what people's do, agreement three times: more than people, they only give back what was said.
- **Beside the run before**, in which 30 % of interruptions and 27 % of attempts were lines of lists (now 19 and 16, by
  [forty scripts](forty_scripts.md)): clarifications gain 4.1 to 4.6 (3.5 to 3.9 before), disagreement 3.9 (2.2), other
  interruptions 3.6 to 3.8 (3.0 to 3.7); attempts without roles gain less (3.2, 4.9 before) and so do corrections (4.4, 5.1), all
  inside each other's intervals or nearly so.
- **Distractions do not gain, and should not**: a door is about nothing that was said. Asides neither.
- **Resumptions gain most of all because they say the cut clause again**, or its last phrase, word for word.
- **Feedback does not gain, people's no more than the writers'.** "Mm-hm" says nothing of its place in its words, so this measure
  cannot judge where feedback stands, or which; [places](act_places.md) can, and its [words](feedback_words.md) have a page.

What they do not say: **a dull echo scores well**, and the writers now echo: taking up a word is what this measure sees, and
whether it makes a point a reader has to say ([forty scripts](forty_scripts.md), fault 1). Gains come from shared words and
topics, so a place in the *same* dialogue would be a harder test. The model is small, made of written text, and cannot hear; it
may have read these dialogues before (both are public), which favours the text's own turns. Kinds are not the same things: MRDA's
disagreement is any that takes the floor, the writers' is an interruption; its corrections are few. Meetings have
several people who work on one subject, texts two and a new subject each. Acts of more tokens can gain more. The presets are read together.
The writers were made with these kinds of figures in mind, though not with the texts' figures of this run.
"""
REPEATED = """
What the figures say:

- **Turns** open as variedly as the texts that they are; people in meetings, whose acts are shorter, begin more often with "yeah".
- **Feedback** has as many different forms as people's, and three of them make 52 and 56 % of it (people's: 61 and 65; before:
  .09 distinct, three making 74 and 81 %).
- **Interruptions and attempts** open nearly as variedly as people's (before: .37 and .46 distinct). What is left between
  them and ICSI's is a list's: "wait, wait", "hold on".
- **Asides** are a list of a few lines a kind.

No bar was set. What the writers put in comes near to what people say by both measures; to make a point with what it takes
up is for a writer that understands.
"""


@dataclass(frozen=True)
class Act:
    """Words with what was said before them: lines of (speaker, words), the last one unfinished."""

    source: str
    group: str
    dialogue: str
    speaker: str
    words: tuple[str, ...]
    before: tuple[tuple[str, tuple[str, ...]], ...]
    cuts_in: bool = False


def plain_words(text: str) -> tuple[str, ...]:
    """Words as meetings write them: no case, no punctuation."""
    return tuple(
        word
        for token in text.replace("\u2019", "'").split()
        # Meetings' readers close words that break off with an x.
        if (word := re.sub(r"[^\w']+x[.?]?$|[^\w'-]", "", token.lower()).strip("-'"))
    )


def last_lines(
    lines: Sequence[tuple[str, tuple[str, ...]]],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The last `CONTEXT` words, in lines; lines of one speaker in a row are one."""
    kept: list[tuple[str, tuple[str, ...]]] = []
    room = CONTEXT
    for speaker, said in reversed(lines):
        if room <= 0:
            break
        piece = said[-room:]
        room -= len(piece)
        if kept and kept[0][0] == speaker:
            kept[0] = (speaker, piece + kept[0][1])
        elif piece:
            kept.insert(0, (speaker, piece))
    return tuple(kept)


def script_acts(script: Script, plain: PlainDialogue, source: str) -> Iterator[Act]:
    """Acts of a script, and the text's own turns for comparison."""
    own = {
        (turn.speaker, plain_words(text))
        for turn in plain.turns
        for text in (turn.text, turn.written or turn.text)
    }

    def is_own(number: int) -> bool:
        turn = script.turns[number]
        text = plain_words(turn.written or f"{turn.said} {turn.unsaid}")
        return any(
            speaker == turn.speaker
            and (text == of or (len(of) >= 4 and " ".join(of) in " ".join(text)))
            for speaker, of in own
        )

    lines: list[tuple[str, tuple[str, ...]]] = []
    cut: Interruption | None = None
    overlap: Overlap | None = None
    resumes = ""

    def act(
        group: str,
        speaker: str,
        text: str,
        now: Sequence[tuple[str, tuple[str, ...]]] = (),
        *,
        cuts_in: bool = False,
    ) -> Act:
        words, before = plain_words(text)[:ACT], last_lines([*lines, *now])
        return Act(source, group, script.id, speaker, words, before, cuts_in)

    for number, turn in enumerate(script.turns):
        mine = is_own(number)
        if number:
            group = "turn" if mine else ""
            if cut is not None:
                group = "turn that cuts in" if mine else GROUPS.get(cut.kind, "other interruption")
            elif overlap is not None:
                group = "said together" if overlap.kind == "choral" else ""
            elif turn.speaker == resumes:
                group = "resumption"
            if group:
                yield act(group, turn.speaker, turn.said, cuts_in=cut is not None)
        # Who was cut off by words that are not the text's own takes the thread up again.
        resumes = script.turns[number - 1].speaker if cut is not None and not mine else ""
        said: tuple[str, ...] = ()
        for part in turn.parts:
            now = [(turn.speaker, said)]
            match part:
                case Words(text):
                    said += plain_words(text)
                case Interruption():
                    break
                case Backchannel(speaker, text):
                    yield act("feedback", speaker, text, now)
                case FailedInterruption(speaker, text, kind):
                    group = GROUPS.get(kind, "")
                    group = group if group in ("completion", "correction") else "attempt"
                    yield act(group, speaker, text, now, cuts_in=True)
                case Aside(speaker, text):
                    yield act("aside", speaker, text, now)
                case _:
                    pass
        lines.append((turn.speaker, said))
        cut = turn.cut
        overlap = next((part for part in turn.parts if isinstance(part, Overlap)), None)


def mrda_tags(folder: Path) -> dict[tuple[str, str, float], str]:
    """Meeting, speaker and onset of the first word -> tag of the act."""
    found = {}
    for path in sorted([*folder.glob("*.dadb"), *folder.glob("*.dadb.gz")]):
        data = path.read_bytes()
        table = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
        for line in table.splitlines():
            fields = line.split(",")
            timed = re.match(r"[0-9]+(\.[0-9]+)?(?=\+)", fields[4]) if len(fields) > 7 else None
            if timed:
                key = path.name.split(".")[0], fields[7], round(float(timed[0]), 3)
                found[key] = fields[5]
    return found


def meeting_acts(
    name: str, acts: Sequence[MeetingAct], tags: dict[tuple[str, str, float], str], source: str
) -> Iterator[Act]:
    """What people did: an interruption begins in another's act and outlasts it, an attempt does not."""
    for number, one in enumerate(acts):
        earlier = acts[max(0, number - 40) : number]
        if one.role == "other" or not earlier:
            continue
        held = [a for a in earlier if a.role != "feedback" and a.start + 0.3 < one.start]
        others = [a for a in held if a.speaker != one.speaker]
        if not others or held[-1].speaker == one.speaker or one.start - others[-1].end > 3:
            continue
        over = [a for a in others if a.end - one.start > 0.2]
        kinds = [
            TAGS[part]
            for part in re.split(r"[\^.:|]", tags.get((name, one.speaker, round(one.start, 3)), ""))
            if part in TAGS
        ]
        if one.role == "feedback":
            group = "feedback"
        elif kinds:
            group = kinds[0]
        elif over:
            goes_on = max(a.end for a in over) - one.end > 0.5
            group = "attempt" if goes_on and one.end - one.start <= 1.2 else "other interruption"
        else:
            group = "turn"
        lines = [
            (a.speaker, tuple(w for t, s in zip(a.tokens, a.starts, strict=True) if s < one.start
                              for w in plain_words(t)))
            for a in held
        ]  # fmt: skip
        words = tuple(word for token in one.tokens for word in plain_words(token))
        yield Act(source, group, name, one.speaker, words[:ACT], last_lines(lines), bool(over))


class Reader:
    """Log-probabilities of acts' words after a context, one pass of the model for many acts."""

    def __init__(self, threads: int, dtype: str = "bfloat16") -> None:
        import torch

        torch.set_num_threads(threads)
        base = find_base(SMOLLM2)
        self._torch = torch
        self._tokens = load_tokenizer(base)
        self._start = self._tokens.convert_tokens_to_ids("<|endoftext|>")
        whole = load_model(base, device="cpu").eval()
        self._head = whole.lm_head.weight.detach().float().clone()
        self._model = whole.model.to(getattr(torch, dtype))
        self._dtype = getattr(torch, dtype)
        self.read = 0

    def ids(self, text: str) -> list[int]:
        return list(self._tokens(text, add_special_tokens=False).input_ids)

    def context(self, act: Act) -> list[int]:
        """The place: lines, and the name of who speaks next (always B)."""
        names = {act.speaker: "B"}
        for speaker, _ in act.before:
            names.setdefault(speaker, "ACDEFGHIJKLM"[len(names) - 1])
        lines = [f"{names[speaker]}: {' '.join(said)}" for speaker, said in act.before]
        return [self._start, *self.ids("\n".join([*lines, "B:"]))]

    def score(self, places: Sequence[tuple[list[int], Sequence[list[int]]]]) -> list[list[float]]:
        """Nats, for each place (a context) and each act tried there.

        Acts see their context and not each other, and no context sees another: several places are
        one sequence with a mask.
        """
        found: list[list[float]] = []
        pack: list[tuple[list[int], Sequence[list[int]]]] = []
        size = 0
        for context, acts in places:
            length = len(context) + sum(map(len, acts))
            if pack and size + length > PACK:
                found += self._score(pack)
                pack, size = [], 0
            pack.append((context, acts))
            size += length
        return found + (self._score(pack) if pack else [])

    def _score(self, pack: list[tuple[list[int], Sequence[list[int]]]]) -> list[list[float]]:
        torch = self._torch
        total = sum(len(context) + sum(map(len, acts)) for context, acts in pack)
        self.read += total
        hidden_from = torch.finfo(self._dtype).min
        mask = torch.full((total, total), hidden_from, dtype=self._dtype)
        ids: list[int] = []
        positions: list[int] = []
        asked: list[int] = []
        answers: list[int] = []
        for context, acts in pack:
            first, shared = len(ids), len(context)
            ids += context
            positions += range(shared)
            seen = slice(first, first + shared)
            mask[seen, seen] = torch.full((shared, shared), hidden_from, dtype=self._dtype).triu(1)
            for act in acts:
                mine = slice(len(ids), len(ids) + len(act))
                mask[mine, seen] = 0
                mask[mine, mine] = torch.full(
                    (len(act), len(act)), hidden_from, dtype=self._dtype
                ).triu(1)
                asked += [first + shared - 1, *range(mine.start, mine.stop - 1)]
                answers += act
                positions += range(shared, shared + len(act))
                ids += act
        with torch.inference_mode():
            hidden = self._model(
                input_ids=torch.tensor([ids]),
                attention_mask=mask[None, None],
                position_ids=torch.tensor([positions]),
                use_cache=False,
            ).last_hidden_state[0]
            logits = hidden[asked].float() @ self._head.T
            each = logits.log_softmax(-1).gather(1, torch.tensor(answers)[:, None])[:, 0]
        sums = [
            float(part.sum()) for part in each.split([len(a) for _, acts in pack for a in acts])
        ]
        found, at = [], 0
        for _, acts in pack:
            found.append(sums[at : at + len(acts)])
            at += len(acts)
        return found


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


def gather(
    given: argparse.Namespace,
) -> tuple[dict[str, list[Act]], dict[str, list[tuple[str, ...]]]]:
    """Source -> its acts, and -> its turns; each text is written by both writers, in all presets."""
    acts: dict[str, list[Act]] = defaultdict(list)
    turns: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    plains = [item for item in read_all(given.texts) if isinstance(item, PlainDialogue)]
    order = np.random.default_rng(19).permutation(len(plains))[: given.dialogues]
    places = ActModel.people()
    names = list(SCENARIOS)
    for number, plain in enumerate(plains[k] for k in order):
        turns["source texts"] += [plain_words(turn.text) for turn in plain.turns]
        script = write_offline(plain, 7)
        acts["offline"] += script_acts(script, plain, "offline")
        turns["offline"] += [plain_words(turn.said) for turn in script.turns]
        for name, scenario in SCENARIOS.items():
            script = write_with_roles(plain, 7, scenario, places=places)
            acts["roles"] += script_acts(script, plain, "roles")
            if name == names[number % len(names)]:
                turns["roles"] += [plain_words(turn.said) for turn in script.turns]
    tags = mrda_tags(given.mrda)
    for source, meetings in (
        ("people (MRDA)", read_mrda_acts(given.mrda)),
        ("people (AMI)", read_ami_acts(given.ami) if given.ami else ()),
    ):
        for name, said in meetings:
            acts[source] += meeting_acts(name, said, tags, source)
        turns[source] = [act.words for act in acts[source] if act.group != "feedback"]
    return {
        source: [act for act in mine if act.words and act.before] for source, mine in acts.items()
    }, turns


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--mrda", type=Path, required=True)
    parser.add_argument("--ami", type=Path)
    parser.add_argument("--dialogues", type=int, default=600)
    parser.add_argument("--limit", type=int, default=50, help="Acts of a kind and source.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--results", type=Path, help="Keep what was read here, and do not read it again."
    )
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    stored = Stored()
    if given.results and given.results.is_file():
        stored = msgspec.json.decode(given.results.read_bytes(), type=Stored)
    acts, turns = gather(given)
    repeated = repetitions(acts, turns)
    rows = read_all_groups(acts, given, stored)
    text = page(given, rows, repeated, stored)
    print(text)
    if given.write:
        PAGE.write_text(text, "utf-8")


def page(given: argparse.Namespace, rows: list[str], repeated: list[str], stored: Stored) -> str:
    names = " ".join(Path(text).name for text in given.texts)
    shown = "\n".join(f"- {key}: {'; '.join(lines)}" for key, lines in stored.examples.items())
    return f"""# A blind reading of scripts

`python bench/bench_reading.py {names} --mrda MRDA --ami AMI --dialogues {given.dialogues} --limit {given.limit}
--write`. {stored.tokens:,} tokens in {stored.cpu / 60:.0f} minutes of one busy core.

Nobody who wrote the writer judges here: a language model that knows nothing of it does
(SmolLM2-135M-Instruct, 4-bit weights of a package, unpacked and run in bfloat16, which moves a single act by
up to .1 nats). The {given.dialogues} texts are written by the offline writer without roles
(*offline*), and in each of the {len(SCENARIOS)} presets with feedback placed by the model (*roles*), seed 7.
People are meetings of ICSI (MRDA) and, for openings, AMI. All words are read alike: lower case, no
punctuation, others' feedback left out, up to {CONTEXT} words before the act as lines of speakers, up to {ACT} words of the act.

## Does an act fit its own place?

The probability of an act's words after what was said before it, against their probability at the places
of {ELSEWHERE} other acts of the same kind and source, in other dialogues. **Gain**: mean of the difference, nats an act;
0 if acts were dealt to places at random. **Own place better**: than the median of the others (a half by chance).
Brackets: 95 %, bootstrap over dialogues. {given.limit} acts of a kind at most, as evenly over dialogues as there are.
Kinds with fewer than {FEWEST} dialogues are left out.

| act | source | n (dialogues) | tokens an act | perplexity at its place | elsewhere | gain, nats an act | own place better |
|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

*Turn*: the text's own, uncut, after the other's; of people, a change of floor without overlap. It is what
fits at best. *Turn that cuts in*: the text's own next turn as an interruption. People's
kinds are MRDA's tags: completion `2`, clarification `br` and `bu`, correction `bc`, disagreement `ar` and `nd`,
agreement `aa`; people's other interruptions and attempts begin in another's act, and outlast it or do not.
{FOUND}
## Do acts repeat themselves?

Openings are the first two words, in samples of {OPENINGS}; words are those of samples of {RUNNING_WORDS}, up to {ACT} from an act; means of
{DRAWS} draws. Samples of one size, because long lists repeat themselves more.

| what | source | n | distinct openings | entropy of openings, bits | types to tokens | entropy of words, bits | commonest openings |
|---|---|---|---|---|---|---|---|
{chr(10).join(repeated)}
{REPEATED}
## The best and the worst places

Of each kind the two acts that gain most by their place and the one that loses most (nats): the last words
before it, and its words.

{shown}
"""


if __name__ == "__main__":
    main()
