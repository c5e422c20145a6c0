"""`interactspeech import`: a corpus of what other tools wrote."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from interactspeech.cli.common import corpus_path


@click.command("import")
@click.argument("format_name", metavar="FORMAT")
@click.argument("source", type=corpus_path)
@click.option("-o", "--output", required=True, type=corpus_path, help="Folder of the new corpus.")
@click.option(
    "--rate",
    type=click.IntRange(1, 1_000_000_000),
    metavar="HZ",
    help="Clock of timing formats: the sample rate of their audio. [1000000]",
)
@click.option("--licence", default="", metavar="SPDX", help="Of what states none itself.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    format_name: str, source: Path, output: Path, rate: int | None, licence: str, as_json: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Make a corpus of SOURCE, a file or folder in FORMAT.

    \b
    original     the InteractSpeech release's layout, with audio
    webdataset   tars of records and audio
    lhotse       cut manifests and audio files
    lhotse-shar  Lhotse Shar; nemo-duplex: the same with user and agent
    nemo         NeMo manifests with mono audio, CTM or RTTM
    moshi        moshi-finetune's stereo WAV and word times
    huggingface  Parquet data sets that `export` wrote
    textgrid, elan, rttm, ctm, stm, seglst, webvtt, chat, nxt, record
                 timing without audio

    \b
    Examples:
      interactspeech import lhotse cuts/ -o corpus
      interactspeech import textgrid annotations/ -o corpus --rate 16000

    What cannot be used is left out and counted; nothing that a file names is executed, fetched or
    extracted. Exit code 1: something was left out; the table says what and why.
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
