"""`interactspeech report`: calls in, a page about them out, and an exit code for a build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli import common

if TYPE_CHECKING:
    from interactspeech.evaluation.calls.report import CallReport


class _ReportCommand(common.Command):
    """The command, whose exit codes say more than those of others."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit code"):
            formatter.write_dl(
                [
                    ("0", "done; no condition is met, no pin is red"),
                    ("1", ("a condition is met, a pin is red; or, without conditions, recordings "
                     "could not be measured (the report says which and why)")),
                    ("2", ("cannot tell: a condition needs a figure that is withheld or that "
                     "nothing was measured for, or recordings were lost; or wrong usage")),
                ]
            )  # fmt: skip
        del ctx


@click.command(
    "report",
    cls=_ReportCommand,
    examples="""
    interactspeech report calls/ -o report.html                      # look, listen
    interactspeech report calls/ -o report.html --names agent,caller
    interactspeech report calls/ -o out/ --fail-if "agent.yield_p95 > 1.0"
    interactspeech report calls/ -o new.html --baseline last/report.json
    interactspeech report calls/ --pin call_7/yield@83.420 --pins pins/
    interactspeech report --check pins/ fresh/call_7.wav             # red until it is gone
    """,
)
@click.argument("inputs", nargs=-1, metavar="[RECORDINGS...]")
@click.option(
    "-o", "--output", "outputs", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
    help="A file (.html, .json, .csv, .parquet, .xml for JUnit, .md), or a folder for all of them; "
    "repeatable.",
)  # fmt: skip
@click.option(
    "--names", default="", metavar="NAME,NAME|FILE.csv",
    help="Names of the speakers in the order of the channels, or a table with the columns "
    "recording, names (agent|caller) and date. [of files, manifests and annotation]",
)  # fmt: skip
@click.option(
    "--source", type=click.Choice(["auto", "listener", "rules", "annotation"]), default="auto",
    show_default=True,
    help="What finds the events: the listener; voice activity, words and rules; or annotation "
    "beside the recordings, with rules. auto: annotation where there is some, else the listener.",
)  # fmt: skip
@click.option(
    "--annotation", "annotations", multiple=True, metavar="PATH",
    help="Annotation or transcripts of the recordings, matched by name; repeatable.",
)  # fmt: skip
@click.option(
    "--words", default="none", show_default=True, metavar="ENGINE",
    help="Speech recogniser, for words a minute, questions without an answer and text.",
)  # fmt: skip
@click.option(
    "--channels", type=click.Choice(["auto", "speakers", "mix"]), default="auto",
    show_default=True, help="One speaker on each channel, or both mixed (then a diarizer).",
)  # fmt: skip
@click.option(
    "--diarizer", default="offline", show_default=True, metavar="ENGINE",
    help="Diarizer for recordings of one channel.",
)  # fmt: skip
@click.option(
    "--dead-air", type=click.FloatRange(0, min_open=True), default=2.0, show_default=True,
    metavar="SECONDS", help="A silence of both is dead air from here on.",
)  # fmt: skip
@click.option(
    "--monologue", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True,
    metavar="SECONDS", help="One speaker on the floor is a monologue from here on.",
)  # fmt: skip
@click.option(
    "--baseline", type=click.Path(path_type=Path, dir_okay=False), metavar="REPORT.json",
    help="An earlier report, to stand beside.",
)  # fmt: skip
@click.option(
    "--fail-if", "conditions", multiple=True, metavar="CONDITION",
    help='Exit with 1 if this holds, such as "yield_p95 > 1.0 or caller.talk_share < 20%"; with 2 '
    "if it cannot be told; repeatable.",
)  # fmt: skip
@click.option(
    "--coverage", type=click.FloatRange(0, 1, min_open=True), default=1.0, show_default=True,
    metavar="SHARE", help="Least share of the calls that a condition's figure is measured on.",
)  # fmt: skip
@click.option(
    "--sounds", type=click.IntRange(0), default=8, show_default=True, metavar="N",
    help="How many incidents of each kind can be heard in the page (the longest of all calls).",
)  # fmt: skip
@click.option("--no-sound", is_flag=True, help="Leave all sound out of the page.")
@click.option(
    "--redact", is_flag=True,
    help="Bleep names and numbers in the sound, and mask them in the text (needs words).",
)  # fmt: skip
@click.option(
    "--pin", "pinned", multiple=True, metavar="ID",
    help="Write a small check of this incident (an id of the JSON or CSV); repeatable.",
)  # fmt: skip
@click.option(
    "--pins", default="pins", show_default=True, type=click.Path(path_type=Path), metavar="FOLDER",
    help="Where pins are written.",
)  # fmt: skip
@click.option(
    "--limit", type=click.FloatRange(0), metavar="SECONDS",
    help="How long a pinned incident may be. [by its kind: see docs/calls.md]",
)  # fmt: skip
@click.option(
    "--check", "check", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Measure pins again: on RECORDINGS of the same calls, else on their own sound.",
)  # fmt: skip
@click.option(
    "--keep-untrusted", is_flag=True, help="Give figures that a finding spoils all the same."
)
@click.option(
    "--layout", metavar="NAME", help="Layout of a corpus of recordings; none: plain files."
)
@click.option(
    "--group", "group_by", metavar="REGEX",
    help="Which files belong to one recording: a pattern with the group 'conversation'.",
)  # fmt: skip
@click.option("--separate", is_flag=True, help="Treat every file as a recording of its own.")
@click.option(
    "--cache", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Keep the analyses here, so that the next report measures new calls only.",
)  # fmt: skip
@click.option("--title", default="Calls", show_default=True, help="Title of the page.")
@click.option(
    "--workers", type=click.IntRange(1), default=common.cores, show_default="one per core",
    metavar="N", help="Worker processes; their number does not change the result.",
)  # fmt: skip
@common.with_language
@common.json_option
@common.quiet_option
def command(
    inputs: tuple[str, ...], outputs: tuple[Path, ...], names: str, source: Any,
    annotations: tuple[str, ...], words: str, channels: Any, diarizer: str, dead_air: float,
    monologue: float, baseline: Path | None, conditions: tuple[str, ...], coverage: float,
    sounds: int, no_sound: bool, redact: bool, pinned: tuple[str, ...], pins: Path,
    limit: float | None, check: Path | None, keep_untrusted: bool, layout: str | None,
    group_by: str | None, separate: bool, cache: Path | None, title: str, workers: int,
    language: str, lexicon: str | None, as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Report on calls: who talked over whom, who waited for whom, and can it be trusted.

    RECORDINGS are files of two channels or a file a speaker (one channel goes through a diarizer,
    and the report says so), folders, patterns, manifests, and corpora. The page works from the
    disk with no network: figures beside people's, every incident with its time and sound, and what
    is wrong with the recordings; figures that this spoils are withheld.

    After an interruption or a crash, run the same command again: it continues where it stopped.
    """
    if check is not None:
        _check(check, inputs, as_json=as_json, quiet=quiet, junit=outputs)
        return
    if not inputs:
        raise click.UsageError("name recordings, or pins to --check")
    from interactspeech.evaluation.calls.settings import ReportSettings
    from interactspeech.pipelines.reporting import report

    table = names if names.lower().endswith(".csv") else None
    settings = ReportSettings(
        source=source,
        names=() if table else tuple(n.strip() for n in names.split(",") if n.strip()),
        words=words, channels=channels, diarizer=diarizer, dead_air=dead_air, monologue=monologue,
        redact=redact, language=language or common.lexicon_language(lexicon),
        lexicon=lexicon or "", keep_untrusted=keep_untrusted,
    )  # fmt: skip
    found = report(
        inputs, outputs, settings, annotations=annotations, names_file=table, layout=layout,
        group_by=group_by, separate=separate, fail_if=conditions, coverage=coverage,
        baseline=baseline, sounds=0 if no_sound else sounds, pin=pinned, pins=pins, limit=limit,
        cache=cache, title=title, workers=workers, isolated=True,
        progress=not (quiet or as_json),
    )  # fmt: skip
    if as_json:
        click.echo(json.dumps(found.to_dict()))
    else:
        _show(found, quiet=quiet)
        for path in outputs:
            click.echo(f"written: {path}")
        for one in pinned:
            click.echo(f"pinned: {one} in {pins}")
    raise SystemExit(found.exit_code)


def _show(found: CallReport, *, quiet: bool) -> None:
    from interactspeech.evaluation.calls.tables import SUMMARY, label, number, shown

    if found.calls and not quiet:
        head = ("figure", *(group.speaker or "all" for group in found.figures), "people")
        rows = []
        for name in SUMMARY:
            figures = [group[name] for group in found.figures]
            if any(figure.value is not None or figure.left_out for figure in figures):
                cells = (shown(figure) for figure in figures)
                rows.append((label(name), *cells, number(name, figures[0].people)))
        common.print_table(head, rows)
        for call in found.calls:
            for finding in call.findings:
                spoils = "figures withheld" if finding.spoils else "noted"
                click.echo(f"{call.id}: {finding.kind}: {finding.message} ({spoils})", err=True)
    for condition in found.conditions:
        click.echo(str(condition))
    if not quiet:
        for note in found.notes:
            click.echo(f"note: {note}", err=True)
    found.ledger.print(quiet, what="recordings")


def _check(
    folder: Path, recordings: tuple[str, ...], *, as_json: bool, quiet: bool,
    junit: tuple[Path, ...],
) -> None:  # fmt: skip
    from interactspeech.atomic_files import write_file
    from interactspeech.evaluation.calls.tables import pins_as_junit
    from interactspeech.pipelines.reporting import check_pins, pins_exit_code

    outcomes = check_pins(folder, recordings, progress=not (quiet or as_json))
    code = pins_exit_code(outcomes)
    plain: list[dict[str, Any]] = []
    for one in outcomes:
        if isinstance(one, Exception):
            plain.append({"id": str(one.path), "state": "unknown", "because": str(one)})
        else:
            plain.append(
                {"id": one.pin.id, "state": one.state, "because": one.because, "fresh": one.fresh}
            )
    for path in junit:
        if path.suffix.lower() != ".xml":
            raise click.UsageError("--check writes JUnit only: name an .xml with -o")
        write_file(path, pins_as_junit(plain))
    if as_json:
        click.echo(json.dumps({"pins": plain, "exit_code": code}))
    else:
        for row in plain:
            measured = "" if "fresh" not in row else (
                ", fresh recording" if row["fresh"] else ", its own sound"
            )  # fmt: skip
            click.echo(f"{row['state']}: {row['id']}: {row['because']}{measured}")
    raise SystemExit(code)
