"""Can a small language model learn to write interactive scripts on a CPU? SmolLM2-135M, LoRA.

    python bench/bench_text_learner.py TEXT... --work DIR [--steps 150] [--dialogues 24] [--others 8]
        [--write]

TEXT is any text corpus that `interactspeech script` reads. The offline writer makes scripts of it;
the model is trained on them, dialogues that share no line with the others are held out, and three
ways of writing are compared on those: trained and staged, untrained and staged (with full
instructions and an example in each question), untrained with one question for the whole script. An
hour or two on one core; the training goes on after a stop, and what is in DIR is not made again.
--write stores docs/bench/text_learner.md.
"""

import argparse
import itertools
import time
from pathlib import Path

import msgspec

from interactspeech.dialogue import PlainDialogue, Script
from interactspeech.errors import InputError
from interactspeech.evaluate.text import Share, measure
from interactspeech.learn.text.base import SMOLLM2, find_base
from interactspeech.learn.text.dataset import prepare
from interactspeech.learn.text.generation import LocalModel
from interactspeech.learn.text.reading import read_scripts
from interactspeech.learn.text.settings import CARD, Card, TrainSettings, read_card
from interactspeech.learn.text.single import SingleStageWriter
from interactspeech.learn.text.train import train
from interactspeech.learn.text.writer import LocalWriter, WriterSettings
from interactspeech.script import WriterSettings as OfflineSettings
from interactspeech.script import check, format_script, read_all, write_offline
from interactspeech.seeds import digest

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "text_learner.md"
SEED = 9
#: Held-out examples whose loss is measured at the end.
HELD = 64


def scripts_of(texts: list[str], work: Path) -> Path:
    """The teacher's scripts: many interruptions a dialogue, so that little text teaches much."""
    path = work / "scripts.jsonl"
    if not path.exists():
        settings = OfflineSettings(interruptions=8, backchannels=1.5)
        lines = []
        for item in read_all(texts):
            if isinstance(item, PlainDialogue):
                script = write_offline(item, SEED, settings=settings)
                if not check(script):
                    lines.append(msgspec.json.encode(script, order="deterministic"))
        path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def trained(scripts: Path, work: Path, steps: int) -> Card:
    """The adapter's card; trains where there is no finished adapter."""
    folder = work / "adapter"
    card = read_card(folder) if (folder / CARD).exists() else None
    if card is not None and card.curve:
        return card
    settings = TrainSettings(
        steps=steps, rate=1e-3, batch=8, silent=0.3, held_out=0.15, max_length=256, save_every=30,
        seed=SEED,
    )  # fmt: skip
    data = prepare([one for one in read_scripts([scripts]) if isinstance(one, Script)], settings)
    data.held = data.held[:HELD]

    def say(step: int, of: int, loss: float | None) -> None:
        print(f"step {step} of {of}: loss {loss:.3f}", flush=True)

    return train(data, find_base(SMOLLM2), settings, folder, report=say)


def arm(name: str, writer, dialogues: list[PlainDialogue], work: Path):
    """Scripts of one way of writing, with its counts; kept in the work folder."""
    path = work / f"{name}.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes())
    began, cpu = time.time(), time.process_time()
    items = list(writer.write(dialogues))
    report = measure(items)
    lost = [str(item) for item in items if isinstance(item, InputError)]
    stumbled = getattr(writer, "stumbled", None)
    first = (
        sum(isinstance(item, Script) for item in items) if stumbled is None
        else len(dialogues) - len(stumbled | {d.id for d, i in zip(dialogues, items, strict=True) if isinstance(i, InputError)})
    )  # fmt: skip
    found = {
        "valid": [report.valid.count, report.valid.of],
        "first": [first, len(dialogues)],
        "ignorant": [report.ignorant.count, report.ignorant.of],
        "ignorant_first": [
            getattr(writer, "first", 0) - getattr(writer, "leaks", 0),
            getattr(writer, "first", 0),
        ],
        "diversity": report.diversity,
        "evenness": report.placement.evenness,
        "open": [report.placement.open.count, report.placement.open.of],
        "backchannels": report.backchannels,
        "failures": report.failures,
        "report": writer.report(),
        "lost": lost[:5],
        "texts": [format_script(item, header=False) for item in items if isinstance(item, Script)],
        "cpu": time.process_time() - cpu,
        "wall": time.time() - began,
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    print(
        name,
        {
            key: found[key]
            for key in ("valid", "first", "ignorant", "ignorant_first", "cpu", "wall")
        },
        flush=True,
    )
    return found


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("texts", nargs="+")
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--steps", type=int, default=150)
    options.add_argument("--dialogues", type=int, default=24)
    options.add_argument("--others", type=int, help="Dialogues of the untrained ways. [as many]")
    options.add_argument("--note", default="", help="A sentence about this run, for the page.")
    options.add_argument("--write", action="store_true")
    arguments = options.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    scripts = scripts_of(arguments.texts, arguments.work)
    card = trained(scripts, arguments.work, arguments.steps)
    held = set(card.held_out_ids)
    unseen = [
        one
        for one in read_all(arguments.texts)
        if isinstance(one, PlainDialogue) and one.id in held
    ]
    unseen.sort(key=lambda one: digest(SEED, one.id))
    chosen = unseen[: arguments.dialogues]
    arms = {}
    for name, source, make in (
        (
            "trained",
            str(arguments.work / "adapter"),
            lambda m: LocalWriter(m, WriterSettings(least=1), 1),
        ),
        ("untrained", SMOLLM2, lambda m: LocalWriter(m, WriterSettings(least=1, explain=True), 1)),
        (
            "single",
            SMOLLM2,
            lambda m: SingleStageWriter(m, WriterSettings(tries=1, explain=True), 1),
        ),
    ):
        done = (arguments.work / f"{name}.json").exists()
        writer = None if done else make(LocalModel(source, device="cpu"))
        some = chosen if name == "trained" else chosen[: arguments.others]
        arms[name] = arm(name, writer, some, arguments.work)
    text = page(card, arms, len(chosen), arguments)
    print(text)
    if arguments.write:
        PAGE.write_text(text, "utf-8")


def _share(pair) -> str:
    count, of = pair
    if not of:
        return "-"
    low, high = Share(count, of).interval
    return f"{100 * count / of:.1f} % ({count} of {of}; {100 * low:.0f}-{100 * high:.0f})"


def _first(arms, name: str, task: str) -> str:
    if name not in arms:
        return "not run"
    report = arms[name]["report"]
    asked = report["asked"].get(task, 0)
    return _share((report["right_first"].get(task, 0), asked))


def written(texts: list[str]) -> list[str]:
    """The lines that cut in."""
    found = []
    for text in texts:
        lines = text.splitlines()
        found += [b[3:] for a, b in itertools.pairwise(lines) if "[interrupt" in a]
    return found


NAMES = {
    "trained": "trained, staged",
    "untrained": "untrained, staged",
    "single": "untrained, single-stage",
}


def page(card: Card, arms, dialogues: int, arguments) -> str:
    losses = [point.loss for point in card.curve if point.loss is not None]
    held = [point.held_out for point in card.curve if point.held_out is not None]
    tenth = max(1, len(losses) // 10)
    rows = "\n".join(
        f"| {NAMES[name]} | {_share(one['first'])} | {_share(one['valid'])} | "
        f"{_share(one['ignorant_first']) if name != 'single' else '-'} | {_share(one['ignorant'])} | "
        f"{one['cpu'] / one['first'][1]:.1f} |"
        for name, one in arms.items()
    )
    tasks = "\n".join(
        f"| `{task}` | {_first(arms, 'trained', task)} | {_first(arms, 'untrained', task)} |"
        for task in ("place", "interrupt", "resume", "listen")
    )
    lost = (
        "; ".join(f"{name} {count}" for name, count in arms["single"]["failures"].items())
        or "nothing"
    )
    caught = ", ".join(
        f"`{name}` {count}" for name, count in arms["trained"]["report"]["caught"].items()
    )
    # Only what the model wrote: the dialogues belong to others.
    examples = "".join(f"- {line}\n" for line in written(arms["trained"]["texts"])[:12])
    examples_count = ", ".join(f"{count:,} of `{task}`" for task, count in card.examples.items())
    names = ", ".join(Path(text).name for text in arguments.texts)
    diversity = ", ".join(
        f"{name} {value:.2f}" for name, value in arms["trained"]["diversity"].items()
    )
    return f"""# A small text model as script writer

Written by `python bench/bench_text_learner.py TEXT... --work DIR --steps {len(losses)} --dialogues
{dialogues} --others {arms["single"]["first"][1]} --write` from {names}. SmolLM2-135M-Instruct (4-bit weights of a package, unpacked to
float32), LoRA of rank {card.settings.rank} on every linear layer: {card.trainable:,} of {card.parameters:,} weights.
Teacher: the offline writer, {card.scripts:,} scripts; {card.held_out:,} scripts held out, which share no
line of seven words and no source with them. At hand: {examples_count};
seen in {len(losses)} updates of {card.settings.batch}: {len(losses) * card.settings.batch:,}. {card.seconds / 60:.0f} minutes on a share of one busy core.
{arguments.note}

Loss of the answers: {sum(losses[:tenth]) / tenth:.2f} over the first {tenth} updates, {sum(losses[-tenth:]) / tenth:.2f} over the last{f"; {held[-1]:.2f} on held-out examples" if held else ""}.
Weights of the base after training: {"unchanged, checked by SHA-256" if card.base_unchanged else "not checked"}.

{dialogues} held-out dialogues, an interruption in each at least:

| | scripts valid at first try | valid, asked up to five times | first interruptions ignorant of the unsaid | interruptions kept that are | CPU s a dialogue |
|---|---|---|---|---|---|
{rows}

Brackets: counts and Wilson's 95 % interval. Valid: every answer has its form, the script passes every
check of `interactspeech script` and keeps the source's words. The staged ways choose places among
those where a turn can be cut, and where an answer takes the thread up and loses it, the program goes
on with the planned words ({arms["trained"]["report"]["mended"]} times for the trained model, {arms["untrained"]["report"]["mended"] if "untrained" in arms else "not run"} for the untrained); the untrained
model gets full instructions and an example with each question. The single-stage way has one try; it
fails by: {lost}.

First answers that passed every check (of `resume`, with the planned words put in where they were missing):

| task | trained | untrained |
|---|---|---|
{tasks}

Answers of the trained model that were caught and asked again: {caught or "none"}. Diversity of its
interruptions: {diversity}. Its teacher combines phrases, and so does it: it says nothing clever.

What it said when it cut in, in the first twelve of these scripts:

{examples}"""


if __name__ == "__main__":
    main()
