"""`interactspeech evaluate words`: an engine's word times against a forced aligner's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from interactspeech.evaluation.word_times import WordTimes


@click.command("words")
@click.argument("voices", nargs=-1, required=True, metavar="VOICES...")
@click.option(
    "--aligner",
    default="pocketsphinx",
    show_default=True,
    metavar="NAME",
    help="pocketsphinx, mfa, whisperx or nemo.",
)
@click.option(
    "--texts",
    multiple=True,
    default=["@demo"],
    show_default=True,
    metavar="INPUT",
    help="Dialogues whose turns are spoken.",
)
@click.option(
    "--count", type=click.IntRange(1), default=60, show_default=True, help="Turns an engine says."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, nothing else.")
def command(
    voices: tuple[str, ...], aligner: str, texts: tuple[str, ...], count: int, as_json: bool
) -> None:
    r"""Measure the word times of VOICES (engines, or engine:voice) against a forced aligner.

    Each engine's voices say turns of dialogues in turn. Shown are the differences, engine minus
    aligner: the lag (their median), the median and percentiles 90 and 99 of their magnitudes, a
    histogram, and the words that are farthest off.

    \b
    Examples:
      interactspeech evaluate words hibari
      interactspeech evaluate words kokoro hibari:heart --count 200
      interactspeech evaluate words mine --aligner mfa --json

    The aligner is off by 10 to 20 ms itself in the median. Engines whose own times come from an
    aligner (voices list says "aligned") agree with that one by construction: name another.
    """
    from interactspeech.evaluation.word_times import word_times
    from interactspeech.models.aligners import aligner as aligner_called
    from interactspeech.tts import Synthesizer, select_voices

    chosen: dict[str, list[Any]] = {}
    for voice in select_voices(voices):
        chosen.setdefault(voice.engine, []).append(voice)
    found_by = aligner_called(aligner)
    said = list(islice(turns(texts), count))
    synthesizer = Synthesizer()
    found = {}
    for name, own in chosen.items():
        synthesizer.engine(name).prepare()
        found[name] = word_times(_spoken(synthesizer, own, said), found_by)
    if as_json:
        plain = {name: _as_json(one, aligner) for name, one in found.items()}
        click.echo(json.dumps(plain, indent=1))
    else:
        _show(found, aligner)


def _spoken(synthesizer: Any, voices: list[Any], texts: list[str]) -> Iterator[tuple[str, Any]]:
    from interactspeech.errors import InputError

    for index, text in enumerate(texts):
        try:
            yield text, synthesizer.speak(text, voices[index % len(voices)])
        except InputError:
            continue  # a word that this engine cannot say


def turns(inputs: tuple[str, ...]) -> Iterator[str]:
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


def _as_json(one: WordTimes, aligner: str) -> dict[str, Any]:
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


def _show(found: dict[str, WordTimes], aligner: str) -> None:
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
