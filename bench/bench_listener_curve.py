"""What the listener owes to what: trainings that differ in one thing, hours heard, real speech.

    python bench/bench_listener_curve.py --model-folder out/model --work DIR [--batches N] [--write]

The folder is that of `make model` (features, and copies of the training on its way), --work the one in
which `bench_listener.py` made its benchmarks. Budgets of the comparison are small, so its figures are
below those of the listener that ships; their differences count. What is done is kept in --work and not
done again.
"""

import argparse
import json
from pathlib import Path

import msgspec
from listener_real import rows as real_rows

from interactspeech.evaluation.events.benchmark import ASKED, Benchmark
from interactspeech.evaluation.events.detectors import ListenerDetector
from interactspeech.evaluation.events.running import evaluate
from interactspeech.listener import Listener
from interactspeech.training.listener.augmentation import CLEAN, Conditions
from interactspeech.training.listener.loop import ListenerTrainSettings, train
from interactspeech.training.listener.onnx_export import write_listener
from interactspeech.training.listener.preparation import PreparedCorpus

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "listener_curve.md"
HEARD = ("clean", "telephone", "noisy", "bleed", "far")
DIALOGUES = 16


def variants(batches: int) -> dict[str, ListenerTrainSettings]:
    base = ListenerTrainSettings(
        batches=batches, learning_rate=4e-3, warmup=30, conditions=Conditions(mixed=0.0), seed=3
    )

    def but(**changes: object) -> ListenerTrainSettings:
        return msgspec.structs.replace(base, **changes)

    def heard(**changes: object) -> ListenerTrainSettings:
        return but(conditions=msgspec.structs.replace(base.conditions, **changes))

    return {
        "all": base,
        "2 h of dialogues": but(hours=2.0),
        "0.5 h of dialogues": but(hours=0.5),
        "clean tracks only": but(conditions=msgspec.structs.replace(CLEAN, mixed=0.0)),
        "no noise, voices, music, knocks": heard(noise=0.0, babble=0.0, music=0.0, bursts=0.0),
        "no far rooms": heard(far=0.0),
    }


def shorter(benchmark: Benchmark) -> Benchmark:
    """Its first dialogues."""
    benchmark.cases = dict(list(benchmark.cases.items())[:DIALOGUES])
    return benchmark


def measured(run: Path, settings: ListenerTrainSettings, options: argparse.Namespace) -> dict:
    result = run / "measured.json"
    if not result.exists():
        train([options.model_folder / "features" / "train"], run, settings, threads=1)
        result.write_text(json.dumps(onsets(run, options)))
    return json.loads(result.read_text())


def onsets(run: Path, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    path, _ = write_listener(run, "curve", [options.model_folder / "features" / "fit"], limit=24)
    listener = Listener.load(path)
    found = {}
    for name in HEARD:
        bench = shorter(Benchmark(options.work / f"synthetic-{name}"))
        onset = evaluate(bench, ListenerDetector(listener), questions=False).onset
        found[name] = {kind: figure.value for kind, figure in onset.items()}
    return found


def on_the_way(options: argparse.Namespace) -> list[str]:
    """Rows for the copies that `make model` kept of its training, and for its end."""
    rows = []
    runs = sorted(options.model_folder.glob("two-*"), key=lambda run: int(run.name.split("-")[1]))
    for run in (*runs, options.model_folder / "two_channel"):
        kept = options.work / "curve-heard" / f"{run.name}.json"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            found = onsets(run, options)
            about = Listener.load(run / "curve.onnx").card.about
            kept.write_text(json.dumps([about["batches"], about["heard_hours"], found]))
        batches, hours, found = json.loads(kept.read_text())
        rows.append(row(f"{hours:.0f} h ({batches:,} batches)", found))
        print(rows[-1], flush=True)
    return rows


def row(name: str, found: dict[str, dict[str, float]]) -> str:
    cells = [f"{found[c]['mean']:.3f}" for c in HEARD]
    cells += [f"{found['clean'][kind]:.3f}" for kind in ASKED]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--model-folder", type=Path, default=Path("out/model"))
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--batches", type=int, default=300)
    options.add_argument("--done", action="store_true", help="nothing but what is done already")
    options.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    given = options.parse_args()
    given.model = given.model_folder / "two_channel" / "listener-1.onnx"
    given.mixed_run = given.model_folder / "mixed"
    hours = PreparedCorpus(given.model_folder / "features" / "train").index.hours
    heard = on_the_way(given)
    real = real_rows(given) if (given.work / "ami-mono").exists() else []
    rows = []
    for name, settings in variants(given.batches).items():
        run = given.work / f"curve-{given.batches}" / name.replace(" ", "-").replace(",", "")
        if given.done and not (run / "measured.json").exists():
            continue
        rows.append(row(name, measured(run, settings, given)))
        print(rows[-1], flush=True)
    text = page(given, hours, rows, heard, real)
    if given.write:
        PAGE.write_text(text)
    print(text)


def page(
    given: argparse.Namespace, hours: float, rows: list[str], heard: list[str], real: list[str]
) -> str:
    budget = given.batches * ListenerTrainSettings().size * ListenerTrainSettings().seconds / 3600
    columns = f"{' | '.join(HEARD)} | {' | '.join(ASKED)} |"
    line = "|---|" + "---:|" * (len(HEARD) + len(ASKED))
    return "\n".join([
        "# What the listener owes to what",
        "",
        ("Written by `python bench/bench_listener_curve.py --write`. F1 of onsets within 200 ms on the "
         f"first {DIALOGUES} dialogues of each benchmark of [the listener's page](listener.md), mean "
         "over the four events; then each event on clean tracks. Two channels, but for the last table."),
        "",
        "## Hours heard",
        "",
        (f"The training of the listener that ships, on its way: {hours:.1f} h of dialogues, heard again "
         "and again under ever other conditions. The learning rate falls to nothing at the last row, "
         "which is a part of what that row gains."),
        "",
        f"| heard | {columns}",
        line,
        *heard,
        "",
        "## One thing at a time",
        "",
        (f"Trainings from nothing that differ in one thing, {given.batches} batches each ({budget:.1f} h "
         f"heard, with a falling learning rate), of {hours:.1f} h of dialogues where nothing else is "
         "said. One seed each: differences of .03 mean nothing."),
        "",
        f"| trained on | {columns}",
        line,
        *rows,
        "",
        "## Without synthetic speech, without real speech",
        "",
        ("The paper's two ablations, as far as they can be made here. Real speech with labels is five "
         "excerpts of 30 s of AMI's meetings, one channel, with 7 backchannels, 6 interruptions and 7 "
         "gaps in all: a listener learns from four of them, and is measured on the fifth, five times. "
         "Balanced accuracy of questions and F1 of onsets, whoever it is, means over three events; in "
         "brackets: 95 % intervals of a bootstrap over the five. Two minutes are too little to "
         "learn from, and half a minute is too little to tell two listeners apart: these rows show that "
         "adaptation runs, not what it is worth."),
        "",
        *real,
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
