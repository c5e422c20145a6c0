"""`interactspeech evaluate`: duplex models, event detectors, scripts, voices and audio LLMs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli import (
    evaluate_duplex,
    evaluate_events,
    evaluate_live,
    evaluate_scenarios,
    evaluate_text,
)
from interactspeech.cli.common import (
    Group,
    complete_voices,
    json_option,
    request_options,
    spoken_turns,
    telling_option,
)

if TYPE_CHECKING:
    from interactspeech.evaluation.events.benchmark import Question
    from interactspeech.evaluation.word_times import WordTimes
    from interactspeech.tts.quality_gate.calibration import Calibration


@click.group(
    "evaluate",
    cls=Group,
    examples="""
    interactspeech evaluate duplex runs/mine -o report
    interactspeech evaluate events run bench
    interactspeech evaluate text scripts.jsonl
    interactspeech evaluate words hibari
    """,
)
def command() -> None:
    """Measure duplex models, event detectors, scripts, voices and audio LLMs."""


command.add_command(evaluate_duplex.command)
command.add_command(evaluate_live.live)
command.add_command(evaluate_live.stimuli)
command.add_command(evaluate_events.command)
command.add_command(evaluate_scenarios.command)
command.add_command(evaluate_text.command)


@command.command(
    "audio-llm",
    examples="""
    interactspeech evaluate audio-llm bench --model Qwen/Qwen2.5-Omni-7B --record answers.jsonl
    interactspeech evaluate audio-llm bench --model mine --base-url http://localhost:8000/v1
    interactspeech evaluate audio-llm bench --model mine --onset --limit 20 --json
    """,
    failure="some questions were not answered",
)
@click.argument("benchmark", metavar="BENCHMARK")
@click.option(
    "--model",
    required=True,
    metavar="MODEL",
    help="Name of the model at the endpoint.",
)
@click.option(
    "--base-url",
    default="",
    metavar="URL",
    help="Address of the endpoint. [OPENAI_BASE_URL, or OpenAI]",
)
@click.option("--onset", is_flag=True, help="Also ask for the time of the first event.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help="Only the first N questions about each event.",
)
@request_options(concurrency=8, retries=3, timeout=300.0)
@click.option(
    "--record", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Record answers here as they come; recorded ones are not asked for again.",
)  # fmt: skip
@json_option
def audio_llm(
    benchmark: str,
    model: str,
    base_url: str,
    onset: bool,
    limit: int | None,
    concurrency: int,
    retries: int,
    timeout: float,
    record: Path | None,
    as_json: bool,
) -> None:
    """Ask an audio LLM yes-or-no questions about events, and count what is right.

    The model is behind an OpenAI-compatible endpoint that accepts audio, such as `vllm serve
    Qwen/Qwen2.5-Omni-7B`. BENCHMARK is a folder of `interactspeech evaluate events make`; chance is
    50 %.
    """
    import msgspec

    from interactspeech.evaluation.audio_llm import ask_all, score_replies
    from interactspeech.evaluation.events.benchmark import ASKED, Benchmark
    from interactspeech.progress import Progress

    opened = Benchmark(benchmark)
    questions = [
        question
        for event in ASKED
        for question in _some([one for one in opened.questions if one.event == event], limit)
    ]
    with Progress(len(questions), "asking", show=not as_json) as progress:
        replies = ask_all(
            opened, questions, model, base_url, onset=onset, concurrency=concurrency,
            retries=retries, timeout=timeout, record=record, done=progress.update,
        )  # fmt: skip
    report = score_replies(opened, questions, replies, model)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(report)))
    else:
        click.echo(f"{model}: {report.right} right")
        for event, one in report.events.items():
            click.echo(f"  {event:<14} {one.right}; hard no {one.hard}; says yes {one.yes}")
        click.echo(f"  in the form asked for: {report.formed}")
        if report.onset_error is not None:
            click.echo(f"  onset off by {report.onset_error:.2f} s (median)")
        for why, count in report.unanswered.items():
            click.secho(f"  unanswered, {why}: {count:,}", fg="yellow", err=True)
    sys.exit(1 if report.unanswered else 0)


def _some(questions: list[Question], limit: int | None) -> list[Question]:
    """The first `limit`, as evenly from "yes" and "no" as they alternate."""
    if limit is None:
        return questions
    half = (limit + 1) // 2
    # A benchmark lists what occurs first, then what does not.
    middle = len(questions) // 2
    return [*questions[:middle][:half], *questions[middle:][: limit - half]]


@command.command(
    "voices",
    examples="""
    interactspeech evaluate voices hibari
    interactspeech evaluate voices hibari -o limits
    interactspeech build @demo -o corpus --voices hibari --gate full --gate-limits limits
    """,
    failure="an engine or a model is not available, or the texts are too few",
)
@click.argument("engines", nargs=-1, required=True, metavar="ENGINE...")
@spoken_turns(240)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder for ENGINE.json, the limits of the quality gate.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the delivery styles.")
@json_option
def voices(
    engines: tuple[str, ...],
    texts: tuple[str, ...],
    count: int,
    output: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Measure the voices of ENGINE, and derive limits for the quality gate.

    Each voice speaks turns of dialogues in varied styles. Their clipping, pauses, level, length,
    recognition errors, predicted opinion scores and similarity to one another give the limits
    within which `interactspeech build --gate` accepts an utterance.

    The extremes are listed: listen to them before you trust the limits, because whatever is
    measured is taken for good speech.
    """
    from interactspeech.atomic_files import write_file
    from interactspeech.tts import engine
    from interactspeech.tts.quality_gate.calibration import calibrate, encode
    from interactspeech.tts.quality_gate.gate import Gate

    said = list(islice(_turns(texts), count))
    gate = Gate()
    found = {}
    for name in engines:
        made = engine(name)
        made.prepare()
        found[name] = calibrate(made, said, gate, seed)
        if output is not None:
            write_file(output / f"{name}.json", encode(found[name].limits))
    if as_json:
        click.echo(
            json.dumps({name: _limits_as_json(one) for name, one in found.items()}, indent=1)
        )
        return
    for one in found.values():
        _show_limits(one)


def _limits_as_json(one: Calibration) -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(one.limits)
    plain["extremes"] = {
        name: [[m.value, m.voice, m.text] for m in rows] for name, rows in one.extremes.items()
    }
    return plain


def _show_limits(one: Calibration) -> None:
    import msgspec
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    limits = one.limits
    table = Table(
        title=f"{limits.engine} {limits.version}: {limits.utterances} utterances, "
        f"{limits.seconds:.0f} s",
        title_justify="left",
    )
    for title in ("measure", "least", "1 %", "median", "99 %", "most"):
        table.add_column(title, justify="left" if title == "measure" else "right")
    for name, row in limits.measured.items():
        table.add_row(name, *(f"{value:.3g}" for value in row))
    console.print(table)
    for name, value in msgspec.to_builtins(limits.limits).items():
        console.print(f"limit of {name}: {value}", highlight=False)
    for voice, own in limits.apart.items():
        for name, value in msgspec.to_builtins(own).items():
            if value != getattr(limits.limits, name):
                console.print(f"limit of {name} for {voice}: {value}", highlight=False)
    worst = Table(title="extremes", title_justify="left", box=None)
    for name, rows in one.extremes.items():
        for m in rows:
            worst.add_row(name, f"{m.value:.3g}", m.voice, Text(m.text))
    console.print(worst)


@command.command(
    "words",
    examples="""
    interactspeech evaluate words hibari
    interactspeech evaluate words kokoro hibari:heart --count 200
    interactspeech evaluate words hibari --aligner mfa --json
    """,
    failure="an engine or an aligner is not available",
)
@click.argument(
    "voices", nargs=-1, required=True, metavar="VOICES...", shell_complete=complete_voices
)
@click.option(
    "--aligner",
    default="pocketsphinx",
    show_default=True,
    metavar="NAME",
    help="Forced aligner: pocketsphinx, mfa, whisperx, nemo or a plug-in's.",
)
@spoken_turns(60)
@json_option
def words(
    voices: tuple[str, ...], aligner: str, texts: tuple[str, ...], count: int, as_json: bool
) -> None:
    """Measure the word times of VOICES (engines, or engine:voice) against a forced aligner.

    The voices of an engine speak the turns of dialogues in rotation. Shown are the differences,
    engine minus aligner: the lag (their median), the median and percentiles 90 and 99 of their
    magnitudes, a histogram, and the words that are farthest off.

    The aligner's own median error is 10 to 20 ms. Engines whose times come from an aligner (`voices
    list` says "aligned") agree with that one by construction: name another.
    """
    from interactspeech.evaluation.word_times import word_times
    from interactspeech.models.aligners import aligner as aligner_called
    from interactspeech.tts import Synthesizer, select_voices

    chosen: dict[str, list[Any]] = {}
    for voice in select_voices(voices):
        chosen.setdefault(voice.engine, []).append(voice)
    found_by = aligner_called(aligner)
    said = list(islice(_turns(texts), count))
    synthesizer = Synthesizer()
    found = {}
    for name, own in chosen.items():
        synthesizer.engine(name).prepare()
        found[name] = word_times(_spoken(synthesizer, own, said), found_by)
    if as_json:
        plain = {name: _word_times_as_json(one, aligner) for name, one in found.items()}
        click.echo(json.dumps(plain, indent=1))
    else:
        _show_word_times(found, aligner)


def _spoken(synthesizer: Any, voices: list[Any], texts: list[str]) -> Iterator[tuple[str, Any]]:
    from interactspeech.errors import InputError

    for index, text in enumerate(texts):
        try:
            yield text, synthesizer.speak(text, voices[index % len(voices)])
        except InputError:
            continue  # a word that this engine cannot say


def _turns(inputs: tuple[str, ...]) -> Iterator[str]:
    """Texts of the turns of dialogues, each once; errors of inputs are raised."""
    from interactspeech.errors import InputError
    from interactspeech.records import Script
    from interactspeech.scripts import read_all

    seen = set()
    for item in read_all(inputs):
        if isinstance(item, InputError):
            raise item
        if isinstance(item, Script):
            texts = [" ".join(turn.said.split()) for turn in item.turns]
        else:
            texts = [turn.text for turn in item.turns]
        for text in texts:
            if text and text not in seen:
                seen.add(text)
                yield text


def _word_times_as_json(one: WordTimes, aligner: str) -> dict[str, Any]:
    from dataclasses import asdict

    from interactspeech.evaluation.word_times import EDGES, histogram, spread

    return {
        "aligner": aligner,
        "utterances": one.utterances,
        "unaligned": one.unaligned,
        "words": one.words,
        "onsets": asdict(spread(one.onsets)),
        "offsets": asdict(spread(one.offsets)),
        "edges": list(EDGES),
        "histogram": {
            "onsets": histogram(one.onsets).tolist(),
            "offsets": histogram(one.offsets).tolist(),
        },
        "worst": [list(row) for row in one.worst],
    }


def _show_word_times(found: dict[str, WordTimes], aligner: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from interactspeech.evaluation.word_times import EDGES, histogram, spread

    console = Console()
    table = Table(title=f"Word times, engine minus {aligner} (ms)", title_justify="left")
    for title in ("engine", "of words", "n", "lag", "median", "p90", "p99", "unaligned"):
        table.add_column(title, justify="left" if title in ("engine", "of words") else "right")
    for name, one in found.items():
        for side, differences in (("onsets", one.onsets), ("offsets", one.offsets)):
            s = spread(differences)
            times = (f"{1000 * v:.0f}" for v in (s.median, s.p90, s.p99))
            table.add_row(
                *(name, side, f"{s.count:,}", f"{1000 * s.lag:+.0f}", *times),
                f"{one.unaligned} of {one.utterances}" if side == "onsets" else "",
            )
    console.print(table)
    labels = ["", *(f"{1000 * edge:+.0f}" for edge in EDGES), ""]
    for name, one in found.items():
        counts = histogram(one.onsets)
        console.print(f"\n{name}: onsets", highlight=False)
        for index, count in enumerate(counts.tolist()):
            share = count / max(one.words, 1)
            row = (
                f"{labels[index]:>5} .. {labels[index + 1]:<5} {count:6,} {'#' * round(60 * share)}"
            )
            console.print(row, highlight=False, markup=False)
        for apart, word, text in one.worst:
            console.print(Text(f"{1000 * apart:+5.0f} ms  {word}  in: {text}"))


@command.command(
    "likeness",
    examples="""
    interactspeech evaluate likeness corpus
    interactspeech evaluate likeness corpus --limit 100 -o likeness.md
    interactspeech evaluate likeness corpus --against calls/*.rttm --judge none
    """,
    failure="a file could not be read",
)
@click.argument("corpus", metavar="CORPUS")
@click.option(
    "--against",
    multiple=True,
    metavar="FILES",
    help="Timing of real conversations of two, which a classifier tries to distinguish from the "
    "corpus; repeatable.",
)
@click.option(
    "--judge",
    type=click.Choice(["smart-turn", "none"]),
    default="smart-turn",
    show_default=True,
    help="Who is asked whether a turn sounds complete (8.7 MB, fetched once).",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Look at N dialogues.")
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write the page there.")
@json_option
def likeness(
    corpus: str,
    against: tuple[str, ...],
    judge: str,
    limit: int | None,
    output: str | None,
    as_json: bool,
) -> None:
    """Measure how like people's talk a CORPUS is: holds and ends, pauses, words before them, rates.

    An outside judge, smart-turn v3.2, is asked 200 ms into every silence whether the turn is
    complete: a held pause should not sound so, an end should. The other figures are counted from
    the words and their times. All stand beside those of 1,155 telephone calls.
    """
    from interactspeech import formats
    from interactspeech.atomic_files import write_file
    from interactspeech.corpus import Corpus
    from interactspeech.evaluation.likeness import likeness as measure
    from interactspeech.models.smart_turn import SmartTurn
    from interactspeech.turntaking import Timeline

    items = islice(Corpus.open(corpus), limit)
    asked = SmartTurn() if judge == "smart-turn" else None
    real = [Timeline.of(dialogue) for dialogue in formats.read(list(against))] if against else []
    found = measure(
        ((item.dialogue, item.audio() if asked is not None else None) for item in items),
        judge=asked,
        against=real,
    )
    text = json.dumps(found.to_json(), indent=1) if as_json else found.markdown()
    if output is not None:
        write_file(output, found.markdown().encode())
    click.echo(text)


@command.command(
    "rates",
    examples="""
    interactspeech evaluate rates dialogsum.dev.jsonl
    interactspeech evaluate rates dialogsum.dev.jsonl dialogues_test.txt --limit 500
    interactspeech evaluate rates chats/*.txt --rates dense
    """,
    failure="a dialogue could not be read or written",
)
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Look at N dialogues of each TEXT."
)
@click.option(
    "--rates",
    type=click.Choice(["people", "interruptions", "feedback", "dense"]),
    default="people",
    show_default=True,
    help="As for `build`.",
)
@click.option(
    "--timing",
    default="human",
    show_default=True,
    metavar="MODEL",
    help="Timing model: human, or a file written by `interactspeech fit`.",
)
@telling_option
@click.option("--seed", type=int, default=0, show_default=True, help="As for `build`.")
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write the table there.")
@json_option
def rates_of_texts(
    texts: tuple[str, ...],
    limit: int | None,
    rates: Any,
    timing: str,
    telling: Any,
    seed: int,
    output: str | None,
    as_json: bool,
) -> None:
    """Say what a build of TEXT would have a minute, without speaking: a table, a column a TEXT.

    Scripts are written and planned as for a build, with lengths of words estimated from the
    spelling; the rule annotator finds turns, pauses, backchannels and interruptions from timing and
    words alone. Each figure has its 95 % interval (bootstrap over dialogues) and people's beside
    it.
    """
    import msgspec

    from interactspeech.evaluation.planned_rates import rates_table
    from interactspeech.pipelines.building.planned import rates_of

    found, ledger = rates_of(
        texts, limit=limit, rates=rates, timing=timing, telling=telling, seed=seed
    )
    table = rates_table(found)
    if output is not None:
        Path(output).write_text(table, "utf-8")
    if as_json:
        sources = [msgspec.to_builtins(source) for source in found]
        click.echo(json.dumps({"sources": sources, **ledger.to_json()}, indent=1))
    else:
        click.echo(table)
        ledger.print()
    if ledger.lost:
        sys.exit(1)
