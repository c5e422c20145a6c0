"""`interactspeech generate`: dialogues in, scripts of a model of this machine out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from interactspeech.errors import InputError
    from interactspeech.records import PlainDialogue, Script


@click.command("generate")
@click.argument("model", metavar="MODEL")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE", help="Scripts as JSON lines.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), metavar="N", help="The first N dialogues.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--tries", type=click.IntRange(1), default=5, show_default=True, metavar="N",
    help="Times a question is asked while its answers fail a check; 1 takes the first or none.",
)  # fmt: skip
@click.option("--temperature", type=click.FloatRange(0, 2), default=0.6, show_default=True)
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), default=0.9, show_default=True)
@click.option("--interruptions", type=click.FloatRange(0), default=1.0, metavar="X")
@click.option("--backchannels", type=click.FloatRange(0), default=1.0, metavar="X")
@click.option("--max-interruptions", type=click.IntRange(0), default=2, metavar="N")
@click.option(
    "--at-least", "least", type=click.IntRange(0), default=0, metavar="N",
    help="Interruptions in each dialogue, where there is room.",
)  # fmt: skip
@click.option(
    "--mend/--no-mend", default=True,
    help="Where an answer loses the thread, go on with the planned words.",
)  # fmt: skip
@click.option(
    "--constrain/--no-constrain", default=True,
    help="Let the model choose among places where a turn can be cut.",
)  # fmt: skip
@click.option("--single-stage", is_flag=True, help="Ask for the whole script at once.")
@click.option(
    "--explain", is_flag=True,
    help="Full instructions with each question, for models that were not trained on them.",
)  # fmt: skip
@click.option(
    "--base-url", default="", metavar="URL",
    help="MODEL is a name at this OpenAI-compatible endpoint, not a folder.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def command(
    model: str,
    inputs: tuple[str, ...],
    output: Path,
    limit: int | None,
    seed: int,
    single_stage: bool,
    base_url: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Write scripts with a text model: a folder of `train text`, or any model by name.

    The same writer stands behind interactspeech script --llm local:MODEL. Here its checks can be
    turned to one try (what the model can do alone), and its answers are counted.

    \b
    Examples:
      interactspeech generate adapter chats.txt -o scripts.jsonl
      interactspeech generate adapter chats.txt -o first.jsonl --tries 1 --json
      interactspeech generate smollm2-135m chats.txt -o single.jsonl --single-stage --explain

    Exit code: 0 every dialogue became a script, 1 some did not, 2 wrong usage.
    """
    from itertools import islice

    import msgspec

    from interactspeech.errors import InputError
    from interactspeech.ledger import Ledger
    from interactspeech.progress import Progress
    from interactspeech.scripts import read_all

    writer = make_writer(model, base_url, seed, single=single_stage, **options)
    ledger = Ledger()
    part = output.with_name(f".{output.name}.part")
    with part.open("wb") as file, Progress(None, "writing", quiet=as_json) as progress:
        for item in writer.write(islice(read_all(inputs), limit)):
            progress.update(1)
            if isinstance(item, InputError):
                ledger.drop(item)
                continue
            file.write(msgspec.json.encode(item, order="deterministic") + b"\n")
            ledger.keep()
    part.replace(output)
    report = writer.report()
    if as_json:
        lost = {name: entry.count for name, entry in ledger.dropped.items()}
        click.echo(json.dumps({"kept": ledger.kept, "dropped": lost, **report}))
    else:
        click.echo(f"{ledger.kept:,} scripts written to {output}, {ledger.lost:,} lost", err=True)
        for task, count in report["asked"].items():
            right = report["right_first"].get(task, 0)
            click.echo(f"  {task:<10} {right:,} of {count:,} first answers passed", err=True)
        for name, entry in sorted(ledger.dropped.items()):
            click.secho(f"lost {entry.count:,} x {name}:", fg="yellow", err=True)
            for example in entry.examples:
                click.echo(f"  {example}", err=True)
    sys.exit(1 if ledger.lost or not ledger.kept else 0)


def make_writer(
    model: str, base_url: str, seed: int, *, single: bool = False, **settings: Any
) -> Any:
    """A writer with a model of this machine, or of an endpoint where `base_url` names one."""
    from interactspeech.training.text.generation import LocalModel, Model, ServiceModel
    from interactspeech.training.text.single_stage import SingleStageWriter
    from interactspeech.training.text.writer import LocalWriter, LocalWriterSettings

    asked: Model = ServiceModel(model, base_url) if base_url else LocalModel(model)
    chosen = LocalWriterSettings(**settings)
    return (SingleStageWriter if single else LocalWriter)(asked, chosen, seed)


def local_scripts(
    model: str,
    items: Iterable[PlainDialogue | Script | InputError],
    seed: int,
    *,
    base_url: str = "",
    **settings: Any,
) -> Iterator[Script | InputError]:
    """What `interactspeech script --llm local:MODEL` writes."""
    scripts: Iterator[Script | InputError] = make_writer(model, base_url, seed, **settings).write(
        items
    )
    return scripts
