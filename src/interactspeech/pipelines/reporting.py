"""Reports on calls as a whole: recordings to analyses to a page, tables and an exit code.

```
inputs ─ recordings ─► executor ─► analysis of each ─► figures, conditions ─► excerpts ─► files
```
Analyses are kept in a folder while a report is being made, each whole or absent, so a run that was
ended goes on where it stopped. Neither that nor the number of workers changes a byte.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import msgspec

from interactspeech.atomic_files import remove_abandoned, write_file
from interactspeech.corpus import Corpus, StoreError
from interactspeech.corpus.writer import MANIFEST
from interactspeech.errors import InputError, MissingResourceError, UsageError
from interactspeech.evaluation.calls import tables
from interactspeech.evaluation.calls.analysis import CallAnalysis, CallModels, analyse_call
from interactspeech.evaluation.calls.conditions import call_condition
from interactspeech.evaluation.calls.excerpts import Excerpt, chosen, cut_excerpts, incident_id
from interactspeech.evaluation.calls.incidents import CallIncident
from interactspeech.evaluation.calls.overall import read_baseline
from interactspeech.evaluation.calls.page import write_html
from interactspeech.evaluation.calls.pins import (
    PinnedIncident,
    PinOutcome,
    check_pin,
    read_pins,
    write_pin,
)
from interactspeech.evaluation.calls.report import CallReport, make_report
from interactspeech.evaluation.calls.same_calls import middle_print, same_calls
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.evaluation.calls.trust import TrustFinding
from interactspeech.evaluation.calls.voices import swapped_by_voice
from interactspeech.ledger import Ledger, Loss, Losses
from interactspeech.mining.inputs import find
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.paths import Paths, expand
from interactspeech.pipelines.executors.local import run
from interactspeech.pipelines.executors.stage import Resources, TaskError
from interactspeech.progress import Progress, ShowProgress
from interactspeech.records import encode
from interactspeech.signal.recording import Recording

#: Ending of an output -> what writes it.
WRITERS: dict[str, Callable[[CallReport], bytes]] = {
    ".html": write_html,
    ".json": tables.as_json,
    ".csv": tables.as_csv,
    ".parquet": tables.as_parquet,
    ".xml": tables.as_junit,
    ".md": tables.as_markdown,
}
#: What a folder gets.
FILES = (
    "report.html",
    "report.json",
    "incidents.csv",
    "incidents.parquet",
    "junit.xml",
    "summary.md",
)
_DATE = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True)
class CallTask:
    """One call to measure: a recording, or a dialogue of a corpus.

    Attributes:
        number: in the order of the inputs.
        source: the recording; of a corpus' dialogue, only its id.
        corpus: folder of the corpus that holds it, or "".
        date: of the call, where it is known.
        names: of its speakers, where the table of names has them.
    """

    number: int
    source: RecordingSource
    corpus: str = ""
    date: str = ""
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"call {self.source.id}"


class StoredCall(msgspec.Struct, frozen=True):
    """The file of a call's analysis: the analysis, or why there is none."""

    key: str
    analysis: CallAnalysis | None = None
    loss: Loss | None = None
    reason: str = ""


class ExcerptTask(msgspec.Struct, frozen=True):
    """Excerpts to cut from one call."""

    source: RecordingSource
    corpus: str
    call: CallAnalysis
    incidents: tuple[CallIncident, ...]

    def __str__(self) -> str:
        return f"excerpts of {self.call.id}"


@dataclass(frozen=True)
class CallStage:
    """The stage of `interactspeech.pipelines.executors` that measures calls."""

    work: str
    settings: ReportSettings
    resources: ClassVar[Resources] = Resources(cpus=1.0)

    def open(self) -> Callable[[CallTask], StoredCall]:
        """Models are loaded when the first call needs them."""
        models = CallModels(self.settings)

        def measure(task: CallTask) -> StoredCall:
            key = task_key(task, self.settings)
            try:
                stored = StoredCall(key, _analysis(task, self.settings, models))
            except (InputError, StoreError) as error:
                stored = StoredCall(key, None, *_loss(error, task))
            write_file(stored_path(Path(self.work), key), msgspec.json.encode(stored), sweep=False)
            return stored

        return measure


@dataclass(frozen=True)
class ExcerptStage:
    """The stage that cuts the sound around incidents."""

    tolerance: float
    resources: ClassVar[Resources] = Resources(cpus=1.0)

    def open(self) -> Callable[[ExcerptTask], list[Excerpt]]:
        """Nothing is loaded."""
        return self._cut

    def _cut(self, task: ExcerptTask) -> list[Excerpt]:
        with _on_disk(task.source, task.corpus) as source:
            return cut_excerpts(source, task.call, task.incidents, self.tolerance)


def report(
    inputs: Paths,
    out: Paths = (),
    settings: ReportSettings | None = None,
    *,
    annotations: Paths = (),
    names_file: Path | str | None = None,
    layout: str | None = None,
    group_by: str | None = None,
    separate: bool = False,
    fail_if: str | Sequence[str] = (),
    coverage: float = 1.0,
    baseline: Path | str | None = None,
    sounds: int = 8,
    pin: str | Sequence[str] = (),
    pins: Path | str = "pins",
    limit: float | None = None,
    cache: Path | str | None = None,
    title: str = "Calls",
    workers: int = 1,
    isolated: bool = False,
    progress: ShowProgress = False,
) -> CallReport:
    """Measure calls: who talked over whom, who waited for whom, and whether that can be trusted.

    ```python
    settings = ReportSettings(names=("agent", "caller"))
    found = interactspeech.report("calls/", "report.html", settings)
    print(found["agent.response_p95"], found.exit_code)
    ```

    Args:
        inputs: audio files, folders, patterns, manifests, roots of corpora of recordings (see
            `interactspeech.mining.inputs.find`), and corpora of this package.
        out: files to write, by their endings (.html, .json, .csv, .parquet, .xml for JUnit, .md),
            or a folder for all of them.
        settings: what to measure by.
        annotations: files of timing formats about any of the recordings, by name.
        names_file: a CSV with the columns ``recording``, ``names`` (separated by ``|``, in the
            order of the channels) and ``date``; the last two may be empty.
        layout: of corpora of recordings; see `inputs.find`, as for the next two.
        group_by: which files are one recording.
        separate: every file is a recording of its own.
        fail_if: conditions on figures; see `interactspeech.evaluation.fail_conditions`.
        coverage: least share of the calls on which a figure of a condition must be measured.
        baseline: a report.json of an earlier run, to stand beside.
        sounds: of how many incidents of each kind, over all calls, the page has the sound; 0: none.
        pin: ids of incidents to pin, into the folder `pins`, with the limit `limit`.
        pins: folder of pins.
        limit: seconds that pins allow; by default the kind's own.
        cache: folder in which analyses stay, for the next report on the same calls.
        title: of the page.
        workers: processes; the bytes do not depend on it.
        isolated: as for `mine`.
        progress: see `interactspeech.progress.ShowProgress`.

    Returns:
        The report. It exists even where no call could be measured: it says why.

    Raises:
        UsageError: a condition, an ending, a layout or a pattern is none, or a speaker or an
            incident that no call has.
        InputError: the baseline or the table of names cannot be read, or a pin cannot be made.
        MissingExtraError: a detector or recogniser is not installed.
    """
    settings = settings or ReportSettings()
    conditions = [
        call_condition(text) for text in ([fail_if] if isinstance(fail_if, str) else fail_if)
    ]
    if not 0 < coverage <= 1:
        raise UsageError(f"coverage={coverage}", remedy="give a share above 0, at most 1")
    targets = _targets(out)
    before = (Path(baseline).name, read_baseline(baseline)) if baseline is not None else None
    notes: list[str] = []
    ledger = Ledger()
    tasks = _tasks(
        inputs, ledger, notes, annotations=annotations, names_file=names_file, layout=layout,
        group_by=group_by, separate=separate,
    )  # fmt: skip
    with _work_folder(cache, targets) as work:
        calls = _measured(tasks, work, settings, ledger, notes, workers, isolated, progress)
        calls = _with_swaps(_without_duplicates(calls, notes))
        by_id = {task.source.id: task for task in tasks}
        excerpts = _excerpts(calls, by_id, settings, sounds, workers, ledger) if sounds else []
        done = make_report(
            calls, settings, ledger, notes=notes, conditions=conditions, coverage=coverage,
            baseline=before, excerpts=excerpts, title=title,
        )  # fmt: skip
        wanted = [pin] if isinstance(pin, str) else list(pin)
        if wanted:
            _pin(wanted, done, by_id, Path(pins), settings, limit)
        for path in targets:
            write_file(path, WRITERS[path.suffix.lower()](done))
    return done


def check_pins(
    folder: Path | str,
    recordings: Paths = (),
    *,
    progress: ShowProgress = False,
) -> list[PinOutcome | InputError]:
    """Measure pinned incidents again.

    Args:
        folder: of pins (see `report`).
        recordings: fresh ones; each is taken for the pins of the call of its name.
        progress: see `interactspeech.progress.ShowProgress`.

    Returns:
        An outcome for each pin, and an error for each file that is none, and for each recording
        that cannot be used.

    Raises:
        InputError: the folder does not exist, or holds no pins.
    """
    folder = Path(folder)
    found: list[PinOutcome | InputError] = []
    fresh: dict[str, RecordingSource] = {}
    for one in find(recordings) if recordings else ():
        if isinstance(one, InputError):
            found.append(one)
        else:
            fresh[one.id] = one
    pins = read_pins(folder)
    models: dict[bytes, CallModels] = {}
    with Progress(len(pins), "checking", show=progress) as shown:
        for pin in pins:
            if isinstance(pin, PinnedIncident):
                key = msgspec.json.encode(pin.settings)
                model = models.setdefault(key, CallModels(pin.settings))
                found.append(check_pin(pin, folder, model, fresh))
            else:
                found.append(pin)
            shown.update(1)
    return found


def pins_exit_code(outcomes: Sequence[PinOutcome | InputError]) -> Literal[0, 1, 2]:
    """0: all are clear; 1: one is red; 2: none is red, and one cannot be told."""
    states = [one.state if isinstance(one, PinOutcome) else "unknown" for one in outcomes]
    return 1 if "red" in states else 2 if "unknown" in states else 0


def _targets(out: Paths) -> list[Path]:
    given = [Path(one) for one in ([out] if isinstance(out, str | os.PathLike) else out)]
    found: list[Path] = []
    for path in given:
        if path.suffix.lower() in WRITERS and not path.is_dir():
            found.append(path)
        elif not path.suffix or path.is_dir():
            found += [path / name for name in FILES]
        else:
            raise UsageError(
                f"{path}: no report has the ending {path.suffix!r}",
                remedy=f"use one of {', '.join(WRITERS)}, or a folder for all of them",
            )
    return found


def _tasks(
    inputs: Paths,
    ledger: Ledger,
    notes: list[str],
    *,
    annotations: Paths,
    names_file: Path | str | None,
    layout: str | None,
    group_by: str | None,
    separate: bool,
) -> list[CallTask]:
    """The calls of the inputs; what is none is dropped into the ledger."""
    named = _names_table(names_file) if names_file is not None else {}
    corpora = [path for path in expand(inputs) if path.is_dir() and (path / MANIFEST).is_file()]
    others = [path for path in expand(inputs) if path not in corpora]
    found: list[tuple[RecordingSource, str]] = []
    if others:
        for one in find(
            others, layout, group_by=group_by, separate=separate, annotations=annotations,
            on_note=notes.append,
        ):  # fmt: skip
            if isinstance(one, InputError):
                ledger.drop(one)
            else:
                found.append((one, ""))
    for path in corpora:
        try:
            rows = Corpus.open(path).query("", ("id",))
            found += [
                (RecordingSource(row["id"], (SourceFile(str(path)),)), str(path)) for row in rows
            ]
        except (StoreError, InputError) as error:
            ledger.drop(error, "bad-corpus")
    tasks: list[CallTask] = []
    seen: set[str] = set()
    for source, corpus in found:
        name, number = source.id, 1
        while name in seen:
            number += 1
            name = f"{source.id}-{number}"
        seen.add(name)
        known = named.get(name) or next(
            (named[key] for piece in source.pieces for key in (piece.path, Path(piece.path).name)
             if key in named), None,
        )  # fmt: skip
        date = known[1] if known else ""
        tasks.append(
            CallTask(
                len(tasks),
                msgspec.structs.replace(source, id=name, within=source.within or source.id),
                corpus,
                date or _date_of(source.pieces[0].path, source.id),
                known[0] if known else (),
            )
        )
    return tasks


def _names_table(path: Path | str) -> dict[str, tuple[tuple[str, ...], str]]:
    """Recording -> names of its speakers and its date."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="missing-file") from None
    except UnicodeDecodeError:
        raise InputError("is no UTF-8", path, reason="bad-encoding") from None
    reader = csv.DictReader(io.StringIO(text))
    if "recording" not in (reader.fieldnames or ()):
        raise InputError(
            "has no column 'recording'", path, 1,
            remedy="use the columns recording, names (agent|caller) and date", reason="bad-csv",
        )  # fmt: skip
    found = {}
    for row in reader:
        names = tuple(n.strip() for n in (row.get("names") or "").split("|") if n.strip())
        date = (row.get("date") or "").strip()
        if len(set(names)) < len(names):
            raise InputError(
                f"two speakers of one name: {'|'.join(names)}", path, reader.line_num,
                reason="bad-row",
            )  # fmt: skip
        if date and not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
            raise InputError(
                f"{date!r} is no date", path, reader.line_num, remedy="write it as 2026-11-30",
                reason="bad-row",
            )  # fmt: skip
        found[(row.get("recording") or "").strip()] = (names, date)
    return found


def _date_of(path: str, name: str) -> str:
    """A date in a recording's name or its folder's; "" without one."""
    for text in (Path(path).stem, name, Path(path).parent.name):
        if match := _DATE.search(text):
            return "-".join(match.groups())
    return ""


@contextmanager
def _work_folder(cache: Path | str | None, targets: Sequence[Path]) -> Iterator[Path]:
    """Where analyses lie: in the cache for good, else beside the output until it is written."""
    if cache is not None:
        Path(cache).mkdir(parents=True, exist_ok=True)
        remove_abandoned(Path(cache))
        yield Path(cache)
    elif targets:
        work = targets[0].absolute().with_name(f".{targets[0].name}.work")
        work.mkdir(parents=True, exist_ok=True)
        remove_abandoned(work)
        yield work
        shutil.rmtree(work, ignore_errors=True)
    else:
        with tempfile.TemporaryDirectory(prefix="interactspeech-") as folder:
            yield Path(folder)


def task_key(task: CallTask, settings: ReportSettings) -> str:
    """What decides an analysis, as a hash: files, sizes, times of change, settings, version."""
    stamps = []
    for name in (*(piece.path for piece in task.source.pieces), *task.source.annotation):
        try:
            stat = Path(name).stat()
        except OSError:
            stamps.append((name, "missing"))
        else:
            stamps.append((name, f"{stat.st_size} {stat.st_mtime_ns}"))
    plain = [
        msgspec.to_builtins(task.source), task.corpus, task.date, task.names, stamps,
        settings.configuration(),
    ]  # fmt: skip
    data = msgspec.json.encode(plain, order="deterministic")
    return hashlib.sha256(data).hexdigest()[:32]


def stored_path(work: Path, key: str) -> Path:
    """Where an analysis lies."""
    return work / f"{key}.json"


def _stored(work: Path, key: str) -> StoredCall | None:
    try:
        found = msgspec.json.decode(stored_path(work, key).read_bytes(), type=StoredCall)
    except (OSError, msgspec.DecodeError, ValueError):
        return None
    return found if found.key == key else None


def _measured(
    tasks: Sequence[CallTask],
    work: Path,
    settings: ReportSettings,
    ledger: Ledger,
    notes: list[str],
    workers: int,
    isolated: bool,
    progress: ShowProgress,
) -> list[CallAnalysis]:
    keys = [task_key(task, settings) for task in tasks]
    there = {task.number: found for task, key in zip(tasks, keys, strict=True)
             if (found := _stored(work, key)) is not None}  # fmt: skip
    missing = [task for task in tasks if task.number not in there]
    calls: list[CallAnalysis] = []
    with Progress(len(tasks), "listening", show=progress) as shown:
        fresh = run(
            missing, CallStage(str(work.absolute()), settings),
            workers=min(workers, len(missing) or 1), isolated=isolated and len(missing) > 1,
            on_retry=lambda error: shown.log(f"{error}; trying once more"),
        )  # fmt: skip
        for task in tasks:
            stored = there.get(task.number)
            if stored is None:
                outcome = next(fresh)
                if isinstance(outcome.error, TaskError):
                    loss = Loss(f"could not be measured: {outcome.error.problem}", task.source.path)
                    stored = StoredCall("", None, loss, "failed")
                else:
                    stored = outcome.result()
            count = shown.update if task.number not in there else shown.skip
            if stored.analysis is None:
                ledger.add(_dropped(stored))
                count(1, 0.0, 0, 1)
                continue
            ledger.keep(stored.analysis.seconds)
            notes += stored.analysis.notes
            calls.append(stored.analysis)
            count(1, stored.analysis.seconds, 1, 0)
    return calls


def _dropped(stored: StoredCall) -> Ledger:
    entry = Losses(1, [stored.loss] if stored.loss is not None else [])
    return Ledger(dropped={stored.reason or "other": entry})


def _loss(error: InputError | StoreError, task: CallTask) -> tuple[Loss, str]:
    if isinstance(error, StoreError):
        return Loss(str(error), task.corpus), "bad-corpus"
    place = str(error.path) if error.path is not None else task.source.path
    return Loss(error.problem, place, error.line, error.remedy), error.reason


def _analysis(task: CallTask, settings: ReportSettings, models: CallModels) -> CallAnalysis:
    if task.names:
        settings = msgspec.structs.replace(settings, names=task.names)
    try:
        with _on_disk(task.source, task.corpus) as source:
            found = analyse_call(source, settings, models)
            prints = _print_of(source, settings.tolerance)
    except MissingResourceError as error:
        if settings.source == "rules":
            raise
        raise InputError(
            f"has one channel for both speakers, and the diarizer cannot be had: {error}",
            task.source.path, reason="one-channel",
        ) from None  # fmt: skip
    files = (task.corpus,) if task.corpus else found.files
    return msgspec.structs.replace(found, date=task.date, files=files, fingerprint=prints)


@contextmanager
def _on_disk(source: RecordingSource, corpus: str) -> Iterator[RecordingSource]:
    """The source as files: of a corpus' dialogue, its sound and record in a temporary folder."""
    if not corpus:
        yield source
        return
    item = Corpus.open(corpus)[source.within or source.id]
    assert not isinstance(item, list)
    with tempfile.TemporaryDirectory(prefix="interactspeech-") as name:
        folder = Path(name)
        (folder / "call.flac").write_bytes(item.flac())
        (folder / "call.json").write_bytes(encode(item.dialogue))
        channels = {track.speaker: track.channel for track in item.dialogue.tracks}
        order = sorted(channels, key=lambda who: channels[who])
        yield msgspec.structs.replace(
            source, pieces=(SourceFile(str(folder / "call.flac")),), speakers=tuple(order),
            channels="speakers", annotation=(str(folder / "call.json"),),
            within=item.dialogue.id,
        )  # fmt: skip


def _print_of(source: RecordingSource, tolerance: float) -> str:
    tracks = [piece.track() for piece in source.pieces]
    with Recording.open(tracks, tolerance=tolerance) as recording:
        return middle_print(recording)


def _without_duplicates(calls: Sequence[CallAnalysis], notes: list[str]) -> list[CallAnalysis]:
    """The calls, each once: a second recording of a call would count it twice."""
    kept: dict[int, CallAnalysis] = {}
    for number, first in enumerate(same_calls([call.fingerprint for call in calls])):
        call = calls[number]
        if first is None:
            kept[number] = call
            continue
        other = kept[first]
        notes.append(
            f"{call.id}: a second recording of {other.id} (the same sound): not counted again"
        )
        finding = TrustFinding("duplicate", f"{call.id} is a second recording of it")
        kept[first] = msgspec.structs.replace(other, findings=(*other.findings, finding))
    return list(kept.values())


def _with_swaps(calls: Sequence[CallAnalysis]) -> list[CallAnalysis]:
    """The calls, with a finding where the voices of the others say that channels are swapped."""
    found = swapped_by_voice([[(s.name, s.voice) for s in call.speakers] for call in calls])
    return [
        msgspec.structs.replace(call, findings=(*call.findings, found[number]))
        if number in found
        else call
        for number, call in enumerate(calls)
    ]


def _excerpts(
    calls: Sequence[CallAnalysis],
    by_id: Mapping[str, CallTask],
    settings: ReportSettings,
    count: int,
    workers: int,
    ledger: Ledger,
) -> list[Excerpt]:
    picked = chosen(calls, count, keep_untrusted=settings.keep_untrusted)
    tasks = [
        ExcerptTask(
            by_id[calls[n].id].source, by_id[calls[n].id].corpus, calls[n], tuple(incidents)
        )
        for n, incidents in sorted(picked.items())
    ]
    found: list[Excerpt] = []
    # Cutting is quick: processes of their own are worth it for many calls only.
    parallel = workers if len(tasks) > 32 else 1
    for outcome in run(tasks, ExcerptStage(settings.tolerance), workers=parallel):
        if isinstance(outcome.error, InputError):
            ledger.note({f"no excerpt: {outcome.error.reason}": 1})
        else:
            found += outcome.result()
    return found


def _pin(
    wanted: Sequence[str],
    done: CallReport,
    by_id: Mapping[str, CallTask],
    folder: Path,
    settings: ReportSettings,
    limit: float | None,
) -> None:
    known = {
        incident_id(call.id, one): (call, one) for call in done.calls for one in call.incidents
    }
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"no incident is called {name!r}",
                remedy="take an id of the JSON or the CSV, such as call_7/yield@83.420",
            )
    models = CallModels(settings)
    for name in wanted:
        call, incident = known[name]
        task = by_id[call.id]
        with _on_disk(task.source, task.corpus) as source:
            write_pin(source, call, incident, folder, settings, models, limit)


__all__ = ["CallReport", "ReportSettings", "check_pins", "pins_exit_code", "report"]
