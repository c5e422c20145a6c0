"""`interactspeech evaluate events`: make benchmarks of events, and measure who finds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from interactspeech.cli import evaluate_real
from interactspeech.cli.common import (
    Group,
    RenamedChoice,
    json_option,
    listener_option,
    quiet_option,
)

if TYPE_CHECKING:
    from interactspeech.evaluation.events.detectors import EventDetector
    from interactspeech.evaluation.events.running import Result
    from interactspeech.models.vad import Detector as Vad

_DETECTORS = ("listener", "majority", "energy", "silero", "webrtc", "words", "diarizer", "diarized")
_CONDITIONS = ("clean", "telephone", "noisy", "bleed", "far")


@click.group(
    "events",
    cls=Group,
    examples="""
    interactspeech evaluate events make corpus -o bench
    interactspeech evaluate events run bench
    interactspeech evaluate events bids bench
    interactspeech evaluate events fetch recordings
    interactspeech evaluate events real recordings -o real.md
    """,
)
def command() -> None:
    """Make event benchmarks, and measure how well detectors find the events."""


command.add_command(evaluate_real.fetch)
command.add_command(evaluate_real.real)


@command.command(
    "make",
    examples="""
    interactspeech evaluate events make corpus -o bench
    interactspeech evaluate events make corpus -o bench-tel --condition telephone
    interactspeech evaluate events make call.wav=call.TextGrid -o bench-call
    interactspeech evaluate events make trn00.wav=EN2001a@ami_nxt -o bench-ami
    """,
    failure="there are no dialogues to make a benchmark of, or a source cannot be read",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the benchmark.",
)
@click.option("--name", help="Name of the benchmark. [the folder's name]")
@click.option("--mono", is_flag=True, help="Put both speakers on one channel.")
@click.option(
    "--condition", type=click.Choice(_CONDITIONS), default="clean", show_default=True,
    help="Acoustic condition of the sound.",
)  # fmt: skip
@click.option(
    "--questions",
    type=click.IntRange(8),
    default=400,
    show_default=True,
    help="Number of questions, at most.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of questions and conditions."
)
@click.option(
    "--where",
    default="",
    metavar="SQL",
    help="Only dialogues that satisfy this condition (docs/corpus.md).",
)
def make(
    sources: tuple[str, ...],
    output: Path,
    name: str | None,
    mono: bool,
    condition: Any,
    questions: int,
    seed: int,
    where: str,
) -> None:
    """Make a benchmark of corpora, or of recordings with annotations.

    SOURCE is the folder of a corpus with audio, or RECORDING=ANNOTATION: an audio file and its
    annotation (any timing format; a quoted pattern for several files; ID@FOLDER for one
    conversation of a folder). Annotations longer than the recording are cut.
    """
    from interactspeech.evaluation.events import benchmark, recordings
    from interactspeech.evaluation.events.conditions import condition as made

    def dialogues() -> Iterator[Any]:
        for source in sources:
            if "=" in source:
                yield recordings.annotated_recording(*source.split("=", 1))
            else:
                yield from benchmark.from_corpus(source, where)

    manifest = benchmark.make(
        dialogues(),
        output,
        name=name or output.resolve().name,
        mono=mono,
        condition=made(condition),
        condition_name=condition,
        questions=questions,
        seed=seed,
        sources=[Path(source.partition("=")[0]).name for source in sources],
    )
    click.echo(
        f"{output}: {manifest.dialogues} dialogues, {manifest.seconds / 60:.1f} min, "
        f"{manifest.questions} questions"
    )


@command.command(
    "run",
    examples="""
    interactspeech evaluate events run bench
    interactspeech evaluate events run bench bench-tel --detector listener --detector silero
    interactspeech evaluate events run bench --model run/listener.onnx -o figures.json
    """,
    failure="a benchmark or a model cannot be read",
)
@click.argument("benchmarks", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--detector", "detectors", multiple=True,
    type=RenamedChoice(_DETECTORS, {"parted": "diarized"}),
    default=["listener", "majority", "energy"], show_default=True,
    help="Detector to measure; repeatable. diarizer: rules on its output; diarized: the listener, "
    "after the diarizer has separated the speakers of one channel.",
)  # fmt: skip
@listener_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write all figures as JSON.",
)
@json_option
@quiet_option
def run(
    benchmarks: tuple[Path, ...],
    detectors: tuple[str, ...],
    model: Path | None,
    output: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure detectors on benchmarks.

    Task A: mean balanced accuracy of the questions; Task B: F1 of the onsets within 200 ms. In
    brackets, 95 % intervals by bootstrap over dialogues.
    """
    from interactspeech.atomic_files import write_file
    from interactspeech.evaluation.events.benchmark import Benchmark
    from interactspeech.evaluation.events.running import evaluate
    from interactspeech.progress import Progress

    made = [_detector(name, model) for name in detectors]
    results: list[Result] = []
    for folder in benchmarks:
        benchmark = Benchmark(folder)
        for detector in made:
            label = f"{detector.name} on {benchmark.manifest.name}"
            with Progress(None, label, show=not (quiet or as_json)) as progress:

                def tick(done: int, total: int, progress: Progress = progress) -> None:
                    progress.total = total
                    progress.update(done - progress.done)

                results.append(evaluate(benchmark, detector, progress=tick))
    text = json.dumps([result.to_json() for result in results], indent=1)
    if output is not None:
        write_file(output, f"{text}\n".encode())
    if as_json:
        click.echo(text)
    else:
        _show(results)


def _detector(name: str, model: Path | None) -> EventDetector:
    from interactspeech.diarization import diarizer
    from interactspeech.evaluation.events.detectors import (
        ActivityRules,
        DiarizerRules,
        ListenerDetector,
        MajorityDetector,
    )
    from interactspeech.listener import Listener

    if name == "listener":
        return ListenerDetector(Listener.load(model))
    if name == "diarized":
        return ListenerDetector(Listener.load(model), diarizer("offline"))
    if name == "diarizer":
        return DiarizerRules(diarizer("offline"))
    if name == "majority":
        return MajorityDetector()
    if name == "words":
        from interactspeech.evaluation.events.detectors import word_recogniser

        return ActivityRules("silero", word_recogniser())
    return ActivityRules(cast("Vad", name))


def _show(results: Sequence[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    columns = ("mean", "backchannel", "interruption", "gap", "pause")
    for title, pick in (
        ("Task A: balanced accuracy", "accuracy"),
        ("Task B: F1 of onsets within 200 ms", "onset"),
    ):
        table = Table(title=title, title_justify="left")
        table.add_column("benchmark")
        table.add_column("detector")
        for name in columns:
            table.add_column(name, justify="right")
        for result in results:
            figures = getattr(result, pick)
            cells = [str(figures[name]) if name in figures else "-" for name in columns]
            table.add_row(result.benchmark, result.detector, *cells)
        Console().print(table)


@command.command(
    "bids",
    examples="""
    interactspeech evaluate events bids bench
    interactspeech evaluate events bids bench --beside energy --beside silero
    interactspeech evaluate events bids bench --model run/listener.onnx --json
    """,
    failure="a benchmark or a model cannot be read",
)
@click.argument("benchmarks", nargs=-1, required=True, type=click.Path(path_type=Path))
@listener_option
@click.option(
    "--beside", multiple=True, type=click.Choice(["energy", "silero", "webrtc"]),
    default=["energy"], show_default=True,
    help="Baselines, which decide by how long a voice activity detector hears talk; repeatable.",
)  # fmt: skip
@json_option
def bids(
    benchmarks: tuple[Path, ...], model: Path | None, beside: tuple[Any, ...], as_json: bool
) -> None:
    """Measure how soon a bid for the floor is distinguished from a backchannel, in real time.

    Recall of interruptions and their median delay, with at most 10 % false alarms on backchannels
    in overlap and on stretches of one speaker alone.
    """
    from rich.console import Console
    from rich.table import Table

    from interactspeech.evaluation.events.benchmark import Benchmark
    from interactspeech.evaluation.events.floor_bids import (
        duration_scorer,
        evaluate_floor_bids,
        listener_scorer,
    )
    from interactspeech.listener import Listener

    listener = Listener.load(model)
    results = []
    for folder in benchmarks:
        benchmark = Benchmark(folder)
        results.append(evaluate_floor_bids(benchmark, listener_scorer(listener), "listener"))
        results += [
            evaluate_floor_bids(benchmark, duration_scorer(vad), f"{vad}, how long")
            for vad in beside
        ]
    if as_json:
        click.echo(json.dumps([result.to_json() for result in results]))
        return
    table = Table(title="Task C: bids for the floor", title_justify="left")
    for name in ("benchmark", "who", "recall", "delay", "false alarms", "of backchannels"):
        table.add_column(name, justify="left" if name in {"benchmark", "who"} else "right")
    for r in results:
        delay = f"{r.delay:.2f} s"
        cells = (str(r.recall), delay, str(r.false_alarms), f"{r.at_backchannels:.2f}")
        table.add_row(r.benchmark, r.scorer, *cells)
    Console().print(table)


@command.command(
    "shifts",
    examples="""
    interactspeech evaluate events shifts bench
    interactspeech evaluate events shifts bench bench-tel
    interactspeech evaluate events shifts bench --model run/listener.onnx --json
    """,
    failure="a benchmark or a model cannot be read",
)
@click.argument("benchmarks", nargs=-1, required=True, type=click.Path(path_type=Path))
@listener_option
@json_option
def shifts(benchmarks: tuple[Path, ...], model: Path | None, as_json: bool) -> None:
    """Measure the prediction of turn shifts and backchannels, in real time.

    A quarter of a second into each silence: does the other speaker take the floor? And just before
    backchannels and elsewhere: is one coming? Area under the ROC curve; 0.5 is chance.
    """
    from rich.console import Console
    from rich.table import Table

    from interactspeech.evaluation.events.benchmark import Benchmark
    from interactspeech.evaluation.events.shifts import evaluate_predictor, listener_predictor
    from interactspeech.listener import Listener

    listener = Listener.load(model)
    results = []
    for folder in benchmarks:
        benchmark = Benchmark(folder)
        for what in ("shift", "backchannel"):
            asked: Any = what
            results.append(
                evaluate_predictor(
                    benchmark, listener_predictor(listener, asked), "listener", asked
                )
            )
    if as_json:
        click.echo(json.dumps([result.to_json() for result in results]))
        return
    table = Table(title="Task C: turn shifts and backchannels to come", title_justify="left")
    for name in ("benchmark", "who", "what", "yes", "no", "area"):
        table.add_column(name, justify="right" if name in {"yes", "no", "area"} else "left")
    for r in results:
        table.add_row(r.benchmark, r.scorer, r.what, str(r.yes), str(r.no), str(r.area))
    Console().print(table)


@command.command(
    "turnbench",
    examples="""
    interactspeech evaluate events turnbench turn-benchmark-dev/ -o predictions.json
    interactspeech evaluate events turnbench calls/*.wav -o predictions.json --false-alarms 0.05
    interactspeech evaluate events turnbench call.wav -o predictions.json
    """,
    failure="some conversations could not be read; they are named, and left out",
)
@click.argument(
    "inputs", nargs=-1, required=True, metavar="AUDIO...", type=click.Path(path_type=Path)
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The submission (JSON, schema_version 1).",
)
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    metavar="X",
    help="Operating point of the listener's scores.",
)
@listener_option
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def turnbench(
    inputs: tuple[Path, ...], output: Path, false_alarms: float, model: Path | None, quiet: bool
) -> None:
    """Write the listener's predictions for TurnBench: ends of turns and interruptions, live.

    AUDIO are the data set's Parquet files, or recordings of two channels, whose names are the ids
    of the conversations; folders of either. `evaluate duplex` scores the file.
    """
    from interactspeech.atomic_files import write_file
    from interactspeech.errors import InputError
    from interactspeech.evaluation.duplex.turnbench import write_predictions
    from interactspeech.evaluation.events.turn_predictions import TurnPredictor, conversations
    from interactspeech.listener import Listener

    predict = TurnPredictor(Listener.load(model), false_alarms=false_alarms)
    done, failed = [], 0
    for path in inputs:
        try:
            for name, blocks in conversations([path]):
                done.append(predict(name, blocks))
                if not quiet:
                    click.echo(f"{name}: {len(done)}", err=True)
        except InputError as error:
            failed += 1
            click.echo(f"left out: {error}", err=True)
    if done:
        write_file(output, write_predictions(done))
    if failed or not done:
        raise SystemExit(1)
