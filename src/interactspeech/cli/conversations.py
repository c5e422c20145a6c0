"""What `annotate`, `stats` and `fit` share: which files, how they are read, which rules."""

from __future__ import annotations

import glob
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
import msgspec

from interactspeech.errors import InputError

if TYPE_CHECKING:
    from interactspeech.formats import Report
    from interactspeech.records import Dialogue
    from interactspeech.turntaking import Decision, RuleSet

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class ReadingOptions:
    """How to read: the options of `reading_options`."""

    format: str | None
    rate: int | None
    group: str | None
    skip_bad: bool
    quiet: bool


def reading_options(command: Callable[P, R]) -> Callable[P, R]:
    """Options about the input."""
    options = (
        click.argument("files", nargs=-1, required=True, metavar="FILES..."),
        click.option(
            "--from", "from_format", metavar="FORMAT",
            help="Format of the files, where their endings do not say it: rttm, ctm, stm, uem, "
            "textgrid, elan, seglst, webvtt, chat, nxt, information, record.",
        ),
        click.option(
            "--rate", type=click.IntRange(1, 1_000_000_000), metavar="N",
            help="Samples a second of the clock that seconds are turned into. [1000000: six "
            "decimals are exact]",
        ),
        click.option(
            "--group", metavar="REGEX",
            help="Which files are one conversation: a pattern with the group 'conversation' (and "
            "'speaker'), searched in each path.",
        ),
        click.option(
            "--skip-bad", is_flag=True,
            help="Leave bad lines out, and count them, instead of giving up their file.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="No progress, no list of repairs."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def rules_options(command: Callable[P, R]) -> Callable[P, R]:
    """Options about the rules that name events."""
    options = (
        click.option(
            "--rules", "rules_name", default="interactspeech", show_default=True,
            metavar="NAME|FILE",
            help="Rule set: interactspeech, heldner_edlund, or a JSON file of parameters.",
        ),
        click.option(
            "--bridge", type=click.FloatRange(0, 10), metavar="SECONDS",
            help="Own silences shorter than this are inside one stretch of talk, in place of the "
            "rule set's.",
        ),
        click.option(
            "--backchannels", type=click.Choice(["fitted", "rule"]), default="fitted",
            show_default=True,
            help="Who decides what a backchannel is: the scorecard fitted on people's labels "
            "(where words are known, else the rule), or always the rule.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def rules_of(name: str, bridge: float | None, backchannels: str) -> tuple[RuleSet, Decision | None]:
    """The rule set and the decision that the options name.

    Raises:
        click.UsageError: no such rule set, or a parameter that does not exist.
    """
    from interactspeech.turntaking import RULE_SETS, RuleSet, rule_set
    from interactspeech.turntaking.backchannel_decision import feedback_decision, feedback_rules

    try:
        if name in RULE_SETS:
            rules = rule_set(name)
        elif Path(name).is_file():
            values = json.loads(Path(name).read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise click.UsageError(f"{name}: a rule set is a JSON object of parameters")
            identity = str(values.pop("id", Path(name).stem))
            rules = RuleSet.from_dict(identity, values)
        else:
            raise click.UsageError(
                f"no rule set {name!r}: one of {', '.join(RULE_SETS)}, or a JSON file"
            )
    except (InputError, ValueError, OSError) as error:
        raise click.UsageError(f"{name}: {error}") from None
    if bridge is not None:
        milliseconds = round(bridge * 1000)
        rules = msgspec.structs.replace(
            rules, id=f"{rules.id}+bridge{milliseconds}", bridge_ms=milliseconds
        )
    if backchannels == "fitted" and rules.backchannel == "default":
        return feedback_rules(rules), feedback_decision
    return rules, None


def expand(files: Iterable[str]) -> Iterator[Path]:
    """Paths as they are; a pattern that the shell left alone (quoted) is looked up here."""
    for name in files:
        if not Path(name).exists() and glob.has_magic(name):
            found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207  (absolute patterns)
            if found:
                yield from map(Path, found)
                continue
        yield Path(name)


def gather(files: Iterable[str], reading: ReadingOptions, report: Report) -> list[Dialogue]:
    """All dialogues of files, folders and corpora; what is lost is in the report.

    Raises:
        click.UsageError: the format or the grouping pattern does not exist.
    """
    from interactspeech.formats import read
    from interactspeech.progress import Progress

    plain: list[Path] = []
    dialogues: list[Dialogue] = []
    for path in expand(files):
        if path.is_dir() and (path / "build.json").is_file():
            dialogues += _corpus(path, report)
        else:
            plain.append(path)
    if not plain:
        return dialogues
    try:
        with Progress(None, "reading", quiet=reading.quiet) as progress:

            def show(done: int, total: int) -> None:
                progress.total = total
                progress.update(done - progress.done)

            dialogues += read(
                plain, reading.format, reading.rate, group_by=reading.group, report=report,
                skip_bad=reading.skip_bad, progress=show,
            )  # fmt: skip
    except InputError as error:
        if error.reason == "usage":
            raise click.UsageError(str(error)) from None
        raise
    return _distinct(dialogues, report)


def _corpus(path: Path, report: Report) -> Iterator[Dialogue]:
    from interactspeech.corpus import Corpus, StoreError

    try:
        for item in Corpus.open(path):
            yield item.dialogue
    except InputError as error:
        report.fail(error)
    except StoreError as error:
        report.fail(InputError(str(error), path, reason="bad-corpus"))


def _distinct(dialogues: list[Dialogue], report: Report) -> list[Dialogue]:
    """Dialogues of one id are told apart by a number, so that none overwrites another."""
    seen: dict[str, int] = {}
    distinct = []
    for dialogue in dialogues:
        count = seen[dialogue.id] = seen.get(dialogue.id, 0) + 1
        if count > 1:
            report.note("same-id", f"a second dialogue {dialogue.id!r} is called '-{count}'")
            dialogue = msgspec.structs.replace(dialogue, id=f"{dialogue.id}-{count}")  # noqa: PLW2901
        distinct.append(dialogue)
    return distinct


def show_report(report: Report, kept: int, *, quiet: bool) -> None:
    """The ledger on standard error: every reason with its count and an example; losses always."""
    from interactspeech.ledger import Ledger

    ledger = Ledger(kept=kept)
    for error in report.errors:
        ledger.drop(error)
    for note in report.notes:
        if note.severity == "loss":
            ledger.drop(InputError(note.message, note.path, note.line, reason=note.reason))
    ledger.print()
    if quiet:
        return
    repairs: dict[str, list[Any]] = {}
    for note in report.notes:
        if note.severity == "repair":
            repairs.setdefault(note.reason, []).append(note)
    for reason, notes in sorted(repairs.items()):
        click.echo(f"mended {len(notes):,} x {reason}, for example {notes[0]}", err=True)
