"""What the listener owes to what: trainings that differ in one thing, each of the same small budget.

    python bench/bench_listener_curve.py --features DIR --fit DIR --work DIR [--batches N] [--write]

DIR of --features are prepared folders (`make model` leaves them in out/model/features), --fit is the
one for thresholds; --work is the folder in which `bench_listener.py` made its benchmarks. Budgets are
small, so the figures are far below those of the listener that ships; their differences count. What
is done is kept in --work and not done again.
"""

import argparse
import json
from pathlib import Path

import msgspec

from interactspeech.evaluate.events.benchmark import ASKED, Benchmark
from interactspeech.evaluate.events.detectors import Listening
from interactspeech.evaluate.events.run import evaluate
from interactspeech.learn.events.augment import CLEAN, Conditions
from interactspeech.learn.events.prepare import Prepared
from interactspeech.learn.events.training import TrainSettings, train
from interactspeech.learn.events.writing import write_listener
from interactspeech.listen import Listener

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "listener_curve.md"
HEARD = ("clean", "noisy", "telephone")
DIALOGUES = 16


def variants(batches: int) -> dict[str, TrainSettings]:
    base = TrainSettings(
        batches=batches, rate=4e-3, warmup=20, conditions=Conditions(mono=0.0), seed=3
    )

    def but(**changes: object) -> TrainSettings:
        return msgspec.structs.replace(base, **changes)

    def heard(**changes: object) -> TrainSettings:
        return but(conditions=msgspec.structs.replace(base.conditions, **changes))

    return {
        "all": base,
        "1 h of dialogues": but(hours=1.0),
        "0.2 h of dialogues": but(hours=0.2),
        "clean tracks only": but(conditions=msgspec.structs.replace(CLEAN, mono=0.0)),
        "no noise, voices, music, knocks": heard(noise=0.0, babble=0.0, music=0.0, bursts=0.0),
        "three of ten on one channel": heard(mono=0.3),
    }


def shorter(benchmark: Benchmark) -> Benchmark:
    """Its first dialogues."""
    benchmark.cases = dict(list(benchmark.cases.items())[:DIALOGUES])
    return benchmark


def measured(run: Path, settings: TrainSettings, options: argparse.Namespace) -> dict:
    result = run / "measured.json"
    if not result.exists():
        train(options.features, run, settings, threads=1)
        result.write_text(json.dumps(onsets(run, options)))
    return json.loads(result.read_text())


def onsets(run: Path, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    path, _ = write_listener(run, "curve", [options.fit], limit=24)
    listener = Listener.load(path)
    found = {}
    for name in HEARD:
        bench = shorter(Benchmark(options.work / f"synthetic-{name}"))
        onset = evaluate(bench, Listening(listener), questions=False).onset
        found[name] = {kind: figure.value for kind, figure in onset.items()}
    return found


def stages(options: argparse.Namespace) -> list[str]:
    """Rows for the stages of a training, each measured as it was at its end."""
    rows = []
    for run in options.stages:
        kept = options.work / "curve-stages" / f"{run.name}.json"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            found = onsets(run, options)
            about = Listener.load(run / "curve.onnx").card.about
            kept.write_text(json.dumps([about["batches"], about["heard_hours"], found]))
        batches, hours, found = json.loads(kept.read_text())
        rows.append(row(f"`{run.name}`: {batches:,} batches, {hours:.0f} h heard", found))
        print(rows[-1], flush=True)
    return rows


def row(name: str, found: dict[str, dict[str, float]]) -> str:
    cells = [f"{found[c]['mean']:.3f}" for c in HEARD]
    cells += [f"{found['clean'][kind]:.3f}" for kind in ASKED]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--features", type=Path, nargs="+", required=True)
    options.add_argument("--fit", type=Path, required=True)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--stages", type=Path, nargs="*", default=[], help="runs of `make model`")
    options.add_argument("--batches", type=int, default=100)
    options.add_argument("--done", action="store_true", help="nothing but what is done already")
    options.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    given = options.parse_args()
    hours = sum(Prepared(folder).index.hours for folder in given.features)
    rows = []
    for name, settings in variants(given.batches).items():
        folder = name.replace(" ", "-").replace(",", "")
        if (
            given.done
            and not (given.work / f"curve-{given.batches}" / folder / "measured.json").exists()
        ):
            continue
        found = measured(given.work / f"curve-{given.batches}" / folder, settings, given)
        rows.append(row(name, found.get("onset", found)))
        print(rows[-1], flush=True)
    heard = given.batches * TrainSettings().size * TrainSettings().seconds / 3600
    text = "\n".join([
        "# What the listener owes to what",
        "",
        ("Written by `python bench/bench_listener_curve.py --write`. Trainings from nothing that "
         f"differ in one thing, {given.batches} batches each ({heard:.1f} h heard; the listener that "
         f"ships heard many times as much), of {hours:.1f} h of dialogues where nothing else is said. "
         f"F1 of onsets within 200 ms on the first {DIALOGUES} dialogues of each benchmark of "
         "[the listener's page](listener.md), mean over the four events; then each event on clean "
         "tracks. One seed each, and too few batches for hours to matter: differences of .05 mean nothing."),
        "",
        ("The paper's two ablations, without synthetic and without real speech, have no counterpart "
         "here: all that the listener learns from is synthetic, and no recorded speech."),
        "",
        f"| trained on | {' | '.join(HEARD)} | {' | '.join(ASKED)} |",
        "|---|" + "---:|" * (len(HEARD) + len(ASKED)),
        *rows,
        "",
        *(
            [
                "The stages of the listener that ships, each at its end, and after all stages before it:",
                "",
                f"| stage | {' | '.join(HEARD)} | {' | '.join(ASKED)} |",
                "|---|" + "---:|" * (len(HEARD) + len(ASKED)),
                *stages(given),
                "",
            ]
            if given.stages
            else []
        ),
    ])  # fmt: skip
    if given.write:
        PAGE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
