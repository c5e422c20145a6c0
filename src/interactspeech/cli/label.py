"""`interactspeech label`: a page to label a corpus or recordings; `labels`: what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli.common import Command

if TYPE_CHECKING:
    from interactspeech.labels import LabelSettings


def _names(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(one.strip() for one in value.split(",") if one.strip()) if value else ()


def serving_options(command: Any) -> Any:
    """The command with the options of everything that is served."""
    options = (
        click.option(
            "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
            help="Address to listen on. With another than this machine's own, everybody who "
            "reaches it can try a key, and what is sent is not encrypted: put a proxy with TLS "
            "before it.",
        ),
        click.option("--port", type=click.IntRange(0, 65535), metavar="N",
                     help="Port. [8765, or the next that is free]"),
        click.option("--name", "names", multiple=True, metavar="NAME",
                     help="Another name under which the page is reached (of a proxy)."),
        click.option("--open", "open_page", is_flag=True, help="Open the page in the browser."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    "label",
    cls=Command,
    examples="""
    interactspeech label corpus -o labels --open
    interactspeech label call.wav -o labels --suggest rules
    interactspeech label caller.wav agent.wav --pair -o labels
    interactspeech label calls/ -o labels --annotators anna,ben,carl --per-dialogue 2
    """,
    failure="a recording could not be used (the others are on the page), or the page could not run",
)
@click.argument("source", nargs=-1, required=True, metavar="CORPUS|RECORDINGS...")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="LABELS",
              help="Folder of the labels; what is there goes on.")  # fmt: skip
@click.option("--annotators", callback=_names, metavar="NAME,...",
              help="Who labels; each has a link of their own. [me]")  # fmt: skip
@click.option("--per-dialogue", type=click.IntRange(min=1), metavar="N",
              help="How many annotators label each dialogue, blind to each other. [1]")  # fmt: skip
@click.option("--adjudicator", metavar="NAME", help="Who decides between the annotators.")
@click.option("--types", callback=_names, metavar="TYPE,...",
              help="Types of events on the number keys, in their order.")  # fmt: skip
@click.option("--suggest", type=click.Choice(["none", "record", "rules", "model"]),
              help="What proposes events, to be accepted or refused: the record's own events, the "
              "rules, the listener. Suggestions draw annotators to themselves. [none]")  # fmt: skip
@click.option("--speakers", type=click.IntRange(min=1), metavar="N",
              help="How many speak in a recording of one channel. [1]")  # fmt: skip
@click.option("--pair", is_flag=True, help="The two files are one recording, a speaker in each.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N",
              help="Of the order and the assignment. [0]")  # fmt: skip
@serving_options
def label(
    source: tuple[str, ...],
    output: Path,
    annotators: tuple[str, ...],
    per_dialogue: int | None,
    adjudicator: str | None,
    types: tuple[str, ...],
    suggest: str | None,
    speakers: int | None,
    pair: bool,
    seed: int | None,
    host: str,
    port: int | None,
    names: tuple[str, ...],
    open_page: bool,
) -> None:
    """Serve a page on which a corpus or recordings are labelled, by one person or several.

    Events and words are put on as many tracks as there are speakers, by mouse or keyboard alone.
    Every edit is on the disk before the page calls it saved. Annotations named beside recordings
    (call.TextGrid beside call.wav) are where the labels begin. End it with Ctrl-C; the same
    command goes on, and the same links stay good.
    """
    from interactspeech.errors import InputError
    from interactspeech.pipelines.serving import serve_labels
    from interactspeech.viewer.served.running import Listening

    given = {
        "annotators": annotators or None,
        "per_dialogue": per_dialogue,
        "adjudicator": adjudicator,
        "types": types or None,
        "suggest": suggest,
        "seed": seed,
    }
    lost: list[InputError] = []

    def on_lost(error: InputError) -> None:
        lost.append(error)
        click.secho(f"left out: {error}", fg="yellow", err=True)

    def on_start(found: Listening) -> None:
        for name, link in found.links.items():
            click.echo(f"{name}: {link}")
        click.echo(f"labels: {output}    (Ctrl-C ends; every edit is saved when it is made)")
        if open_page:
            click.launch(next(iter(found.links.values())))

    serve_labels(
        list(source), output, _settings(output, given), pair=pair, speakers=speakers, host=host,
        port=port, names=names, on_start=on_start, on_lost=on_lost,
    )  # fmt: skip
    if lost:
        raise SystemExit(1)


def _settings(output: Path, given: dict[str, Any]) -> LabelSettings | None:
    """The settings of the folder, if there is one, with those that were given."""
    import msgspec

    from interactspeech.labels import LabelSettings
    from interactspeech.labels.folder import MANIFEST, read_manifest, settings_of

    changed = {name: value for name, value in given.items() if value is not None}
    if not (output / MANIFEST).exists():
        return LabelSettings(**changed)
    if not changed:
        return None
    return msgspec.structs.replace(settings_of(read_manifest(output)), **changed)
