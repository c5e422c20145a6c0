"""`interactspeech export`: a corpus in the formats of training stacks and of people's tools."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from interactspeech.cli.common import corpus_path
from interactspeech.corpus.exchange import export_names
from interactspeech.corpus.exchange.interface import AudioFormat, ModelSpeaker


@click.command("export")
@click.argument("format_name", metavar="FORMAT", type=click.Choice(export_names()))
@click.argument("corpus", type=corpus_path)
@click.option("-o", "--output", required=True, type=corpus_path, help="A new folder to write.")
@click.option("--where", default="", metavar="SQL", help="Only dialogues that fit (corpus query).")
@click.option("--split", metavar="NAME", help="Only one of the splits that `corpus split` made.")
@click.option(
    "--model-speaker",
    type=click.Choice(["A", "B", "alternate"]),
    default="A",
    help="Whose side a model learns: the first speaker's, the second's, or in turn. [A]",
)
@click.option(
    "--include-noncommercial", is_flag=True, help="Let out what a licence does not leave free."
)
@click.option("--audio", is_flag=True, help="Timing formats: a WAV file beside each.")
@click.option(
    "--audio-format", type=click.Choice(["flac", "wav"]), default="flac", help="WebDataset. [flac]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    format_name: str, corpus: Path, output: Path, where: str, split: str | None,
    model_speaker: ModelSpeaker, include_noncommercial: bool, audio: bool,
    audio_format: AudioFormat,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Write CORPUS in another FORMAT.

    \b
    moshi, lhotse, lhotse-shar, nemo, nemo-duplex, huggingface, webdataset, original,
    textgrid, elan, rttm, ctm, stm, seglst, webvtt, chat, ms-swift

    \b
    Examples:
      interactspeech export moshi demo -o moshi --model-speaker alternate
      interactspeech export huggingface demo -o hub --where "seconds < 60"

    The folder appears when all is written. provenance.jsonl in it names the source, licence and
    voices of each dialogue. A source or voice under a non-commercial licence, or one in words that
    are no known licence, stays behind unless --include-noncommercial is given. Exit code 1: some
    dialogues were left out; the table says which and why.
    """
    from interactspeech.corpus.exchange import ExportOptions
    from interactspeech.pipelines.exchanging import export

    options = ExportOptions(
        model_speaker,
        include_noncommercial,
        audio,
        audio_format,
        split or "train",
    )
    done = export(
        corpus, output, format_name, options, where=where, split=split,
        progress=not (quiet or as_json),
    )  # fmt: skip
    ledger = done.ledger
    if as_json:
        found = {
            "output": str(output) if ledger.kept else None,
            **ledger.to_json(),
            "notes": dict(done.notes),
            "unlicensed": done.unlicensed,
        }
        click.echo(json.dumps(found, ensure_ascii=False))
    elif ledger.kept:
        click.echo(f"{output}: {ledger.kept:,} dialogues, {ledger.seconds / 60:.1f} min")
    if not as_json:
        ledger.print()
        for reason, count in done.notes.most_common():
            click.echo(f"note: {reason}: {count:,} (the format has no room for it)", err=True)
        if done.unlicensed:
            click.echo(f"note: {done.unlicensed:,} dialogues state no licence", err=True)
        if not ledger.kept:
            click.secho("nothing was left to write; there is no folder", fg="red", err=True)
    if ledger.lost or not ledger.kept:
        sys.exit(1)
