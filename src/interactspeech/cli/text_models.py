"""`interactspeech generate` and `serve`: text models on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli.common import Command, event_rates, json_option, renamed_flags

if TYPE_CHECKING:
    from interactspeech.errors import InputError
    from interactspeech.records import PlainDialogue, Script
    from interactspeech.scripts.roles import Scenario


@click.command(
    "generate",
    cls=Command,
    examples="""
    interactspeech generate adapter chats.txt -o scripts.jsonl
    interactspeech generate adapter chats.txt -o first.jsonl --tries 1 --json
    interactspeech generate smollm2-135m chats.txt -o single.jsonl --single-stage --explain
    """,
    failure="some dialogues did not become a script; the list says which and why",
)
@click.argument("model", metavar="MODEL")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE", help="Scripts as JSON lines.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N dialogues.")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same scripts.")
@click.option(
    "--tries", type=click.IntRange(1), default=5, show_default=True, metavar="N",
    help="How often a question is asked until an answer passes its checks.",
)  # fmt: skip
@click.option(
    "--temperature", type=click.FloatRange(0, 2), default=0.6, show_default=True,
    help="Sampling temperature.",
)  # fmt: skip
@click.option(
    "--top-p", type=click.FloatRange(0, 1, min_open=True), default=0.9, show_default=True,
    help="Nucleus sampling: cumulative probability of the words to choose from.",
)  # fmt: skip
@event_rates
@click.option(
    "--at-least", "least", type=click.IntRange(0), default=0, metavar="N",
    help="Interruptions in each dialogue, at least, if it has room for them.",
)  # fmt: skip
@click.option(
    "--complete/--no-complete", default=True, is_eager=True,
    help="If a resumption loses the thread, complete it with the planned words.",
)  # fmt: skip
@renamed_flags("complete", "mend")
@click.option(
    "--constrain/--no-constrain", default=True,
    help="Restrict the model to places where a turn can be cut.",
)  # fmt: skip
@click.option("--single-stage", is_flag=True, help="Ask for the whole script in one question.")
@click.option(
    "--explain", is_flag=True,
    help="Send full instructions with each question, for models that were not trained on them.",
)  # fmt: skip
@click.option(
    "--base-url", default="", metavar="URL",
    help="MODEL is a name at this OpenAI-compatible endpoint, not a folder.",
)  # fmt: skip
@json_option
def generate(
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

    `interactspeech script --llm local:MODEL` uses the same writer. Here the number of tries can be
    set to one (what the model can do alone), and its answers are counted.
    """
    from itertools import islice

    import msgspec

    from interactspeech.atomic_files import replacing
    from interactspeech.errors import InputError
    from interactspeech.ledger import Ledger
    from interactspeech.progress import Progress
    from interactspeech.scripts import read_all

    writer = make_writer(model, base_url, seed, single=single_stage, **options)
    ledger = Ledger()
    with (
        replacing(output) as part,
        part.open("wb") as file,
        Progress(None, "writing", show=not as_json) as progress,
    ):
        for item in writer.write(islice(read_all(inputs), limit)):
            progress.update(1)
            if isinstance(item, InputError):
                ledger.drop(item)
                continue
            file.write(msgspec.json.encode(item, order="deterministic") + b"\n")
            ledger.keep()
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


@click.command(
    "serve",
    cls=Command,
    examples="""
    interactspeech serve adapter --port 8000 --name mine
    interactspeech script chats.txt -o s.jsonl --llm local:mine --base-url http://localhost:8000/v1
    interactspeech serve smollm2-135m --cpu
    """,
    failure="the model cannot be loaded, or the port is in use",
)
@click.argument("model", metavar="MODEL")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0: all interfaces.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on.",
)
@click.option("--name", default="", help="Model name that clients use. [the folder's name]")
@click.option("--cpu", is_flag=True, help="Do not use the GPU.")
@click.option("--allow-cpu", is_flag=True, help="Run even a large model on the CPU.")
def serve(model: str, host: str, port: int, name: str, cpu: bool, allow_cpu: bool) -> None:
    """Serve a text model: a folder of `train text` or `train merge`, or a base model by name.

    It answers one request at a time and asks for no key: it is meant for one user on one machine.
    For more users, serve the merged model with vLLM, which speaks the same protocol.
    """
    from interactspeech.training.text.generation import LocalModel
    from interactspeech.training.text.serving import Server

    local = LocalModel(model, device="cpu" if cpu else "", allow_cpu=allow_cpu)
    server = Server(local, name=name, host=host, port=port)
    click.echo(f"serving {server.name!r} at {server.url} (Ctrl-C ends it)", err=True)
    with suppress(KeyboardInterrupt):
        server.serve()


def make_writer(
    model: str, base_url: str, seed: int, *, single: bool = False, **settings: Any
) -> Any:
    """A writer with a model of this machine, or of an endpoint where `base_url` names one."""
    from interactspeech.training.text.generation import LocalModel, Model, ServiceModel
    from interactspeech.training.text.questions import LocalWriterSettings
    from interactspeech.training.text.single_stage import SingleStageWriter
    from interactspeech.training.text.writer import LocalWriter

    asked: Model = ServiceModel(model, base_url) if base_url else LocalModel(model)
    chosen = LocalWriterSettings(**settings)
    return (SingleStageWriter if single else LocalWriter)(asked, chosen, seed)


def local_scripts(
    model: str,
    items: Iterable[PlainDialogue | Script | InputError],
    seed: int,
    *,
    base_url: str = "",
    scenario: Scenario | None = None,
    in_order: bool = False,
    **settings: Any,
) -> Iterator[Script | InputError]:
    """What `interactspeech script --llm local:MODEL` writes; `scenario` has roles, or is None."""
    if scenario is not None:
        from interactspeech.training.text.generation import LocalModel, Model, ServiceModel
        from interactspeech.training.text.role_writer import LocalRoleWriter

        asked: Model = ServiceModel(model, base_url) if base_url else LocalModel(model)
        written: Iterator[Script | InputError] = LocalRoleWriter(
            asked, scenario, seed=seed, in_order=in_order
        ).write(items)
        return written
    scripts: Iterator[Script | InputError] = make_writer(model, base_url, seed, **settings).write(
        items
    )
    return scripts
