"""`interactspeech export` and `import`: corpora in the formats of other tools."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from interactspeech.cli.common import Command, corpus_path, json_option, quiet_option
from interactspeech.corpus.exchange import ExportCheck, export_names, format_list, import_names
from interactspeech.corpus.exchange.interface import AudioFormat, ModelSpeaker, SameFrame

_LOST = "the format cannot hold it"
_NOTES = {
    "words-in-one-frame": "the trainer keeps the last word of a frame; --same-frame join",
    "joined-words": "entries hold two words or more that begin in one frame",
}


@click.command(
    "export",
    cls=Command,
    examples="""
    interactspeech export moshi demo -o moshi --model-speaker alternate
    interactspeech export moshi demo -o moshi --model-role agent --same-frame join --split all
    interactspeech export lhotse-shar demo -o shar --rate 16000
    interactspeech export huggingface demo -o hub --where "seconds < 60"
    interactspeech export textgrid demo -o praat --audio
    """,
    failure="dialogues were left out; the table says which and why",
    epilog=format_list(export_names()),
)
@click.argument("format_name", metavar="FORMAT", type=click.Choice(export_names()))
@click.argument("corpus", type=corpus_path)
@click.option(
    "-o", "--output", required=True, type=corpus_path, metavar="DIR", help="A new folder to write."
)
@click.option(
    "--where",
    default="",
    metavar="SQL",
    help="Only dialogues that satisfy this condition (as in `corpus query`).",
)
@click.option(
    "--split", "splits", multiple=True, metavar="NAME",
    help="Only this split (made by `corpus split`); repeated, or all: several, each in a folder "
    "of its own.",
)  # fmt: skip
@click.option(
    "--model-speaker",
    type=click.Choice(["auto", "A", "B", "alternate"]),
    default="auto",
    show_default=True,
    help="Speaker whose side a model learns: the agent (auto; the first where nobody is), the "
    "first, the second, or in turn.",
)
@click.option(
    "--model-role",
    default="",
    metavar="ROLE",
    help="Speaker whose side a model learns, by role (agent); goes before --model-speaker.",
)
@click.option(
    "--rate",
    type=click.IntRange(8_000, 192_000),
    metavar="HZ",
    help="Sample rate of the export; resampled without delay. "
    "[moshi: 24000; vap: 16000; else as stored]",
)
@click.option(
    "--same-frame",
    type=click.Choice(["keep", "join"]),
    default="keep",
    show_default=True,
    help="moshi: words of one speaker that begin in one frame of 80 ms. Its loader drops all but "
    "the last: keep them so, and count them; or join them into one entry, so that none is lost.",
)
@click.option(
    "--path-prefix",
    default="",
    metavar="TEXT",
    help="vap, ms-swift: stands before the paths in their lists, which count from where the "
    "trainer runs (an absolute folder with its slash, for example).",
)
@click.option(
    "--codec",
    default="",
    metavar="KIND:DIR",
    help="tokens: the codec and the folder of its weights, as mimi:weights/mimi.",
)
@click.option(
    "--include-noncommercial",
    is_flag=True,
    help="Also write dialogues whose licence restricts their use.",
)
@click.option(
    "--audio", is_flag=True, help="Timing formats: also write a WAV file for each dialogue."
)
@click.option(
    "--audio-format",
    type=click.Choice(["flac", "wav"]),
    default="flac",
    show_default=True,
    help="WebDataset: format of the audio.",
)
@json_option
@quiet_option
def export(
    format_name: str, corpus: Path, output: Path, where: str, splits: tuple[str, ...],
    model_speaker: ModelSpeaker, include_noncommercial: bool, audio: bool,
    audio_format: AudioFormat, model_role: str, rate: int | None, same_frame: SameFrame, codec: str,
    path_prefix: str,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Write CORPUS in another FORMAT.

    What will not fit is named before anything is written. The folder appears when everything is
    written; a killed export goes on when the same command is run again. PROVENANCE in it names the
    source, licence and voices of each dialogue; LICENCES.md sums them up; STATISTICS.md shows
    pauses, gaps, overlaps and interruptions beside people's. Dialogues whose source or voice has a
    non-commercial or an unknown licence are left out unless --include-noncommercial is given.
    """
    from interactspeech.corpus.exchange import ExportOptions
    from interactspeech.pipelines import exchanging

    options = ExportOptions(
        model_speaker,
        include_noncommercial,
        audio,
        audio_format,
        splits[0] if len(splits) == 1 and splits != ("all",) else "train",
        model_role,
        rate,
        same_frame,
        codec,
        path_prefix,
    )

    def on_check(found: ExportCheck) -> None:
        for line in () if quiet else found.lines():
            click.echo(f"before writing: {line}", err=True)

    done = exchanging.export(
        corpus, output, format_name, options, where=where, split=splits or None,
        progress=not (quiet or as_json), on_check=on_check,
    )  # fmt: skip
    ledger = done.ledger
    if as_json:
        found = {
            "output": str(output) if ledger.kept else None,
            **ledger.to_json(),
            "notes": dict(done.notes),
            "unlicensed": done.unlicensed,
            "resumed": done.resumed,
        }
        click.echo(json.dumps(found, ensure_ascii=False))
    elif ledger.kept:
        click.echo(f"{output}: {ledger.kept:,} dialogues, {ledger.seconds / 60:.1f} min")
        if done.resumed:
            click.echo(f"note: went on after {done.resumed:,} dialogues of a killed run", err=True)
    if not as_json:
        ledger.print()
        for reason, count in done.notes.most_common():
            click.echo(f"note: {reason}: {count:,} ({_NOTES.get(reason, _LOST)})", err=True)
        if done.unlicensed:
            click.echo(f"note: {done.unlicensed:,} dialogues state no licence", err=True)
        if not ledger.kept:
            click.secho("no dialogue was left to write; no folder was made", fg="red", err=True)
    if ledger.lost or not ledger.kept:
        sys.exit(1)


@click.command(
    "import",
    cls=Command,
    examples="""
    interactspeech import lhotse cuts/ -o corpus
    interactspeech import moshi data/list.jsonl -o corpus
    interactspeech import textgrid annotations/ -o corpus --rate 16000
    """,
    failure="something was left out; the table says what and why",
    epilog=format_list(import_names()),
)
@click.argument("format_name", metavar="FORMAT")
@click.argument("source", type=corpus_path)
@click.option(
    "-o",
    "--output",
    required=True,
    type=corpus_path,
    metavar="DIR",
    help="Folder of the new corpus.",
)
@click.option(
    "--rate",
    type=click.IntRange(1, 1_000_000_000),
    metavar="HZ",
    help="Clock of timing formats: the sample rate of their audio. [1000000]",
)
@click.option("--licence", default="", metavar="SPDX", help="Licence of dialogues that state none.")
@json_option
@quiet_option
def import_(
    format_name: str, source: Path, output: Path, rate: int | None, licence: str, as_json: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Make a corpus of SOURCE, a file or folder in FORMAT.

    Timing formats give records without audio.

    What cannot be used is left out and counted; nothing that a file names is executed, fetched or
    extracted.
    """
    from interactspeech.pipelines.exchanging import import_corpus

    ledger = import_corpus(
        source, output, format_name, rate=rate, licence=licence, progress=not (quiet or as_json)
    ).ledger
    if as_json:
        click.echo(json.dumps({"output": str(output), **ledger.to_json()}, ensure_ascii=False))
    else:
        click.echo(f"{output}: {ledger.kept:,} dialogues, {ledger.seconds / 60:.1f} min")
        ledger.print()
    if ledger.lost:
        sys.exit(1)
