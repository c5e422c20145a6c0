"""Reports on calls as a whole: recordings to analyses to a page, tables and an exit code.

```
inputs ─ recordings ─► executor ─► analysis of each ─► figures, conditions ─► excerpts ─► files
```
Recordings are those of `call_inputs`. Analyses (`call_analyses`) are kept in a folder while a
report is being made, each whole or absent, so a run that was ended goes on where it stopped.
Neither that nor the number of workers changes a byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import msgspec

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError, UsageError
from interactspeech.evaluation.calls import tables
from interactspeech.evaluation.calls.analysis import CallAnalysis, CallModels
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
from interactspeech.evaluation.calls.same_calls import same_calls
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.evaluation.calls.trust import TrustFinding
from interactspeech.evaluation.calls.voices import swapped_by_voice
from interactspeech.ledger import Ledger
from interactspeech.mining.inputs import find
from interactspeech.mining.source import RecordingSource
from interactspeech.paths import Paths
from interactspeech.pipelines.call_analyses import analysed_calls, work_folder
from interactspeech.pipelines.call_inputs import CallTask, call_tasks, on_disk
from interactspeech.pipelines.executors.local import run
from interactspeech.pipelines.executors.stage import Resources
from interactspeech.progress import Progress, ShowProgress

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


class ExcerptTask(msgspec.Struct, frozen=True):
    """Excerpts to cut from one call."""

    source: RecordingSource
    corpus: str
    call: CallAnalysis
    incidents: tuple[CallIncident, ...]

    def __str__(self) -> str:
        return f"excerpts of {self.call.id}"


@dataclass(frozen=True)
class ExcerptStage:
    """The stage that cuts the sound around incidents."""

    tolerance: float
    resources: ClassVar[Resources] = Resources(cpus=1.0)

    def open(self) -> Callable[[ExcerptTask], list[Excerpt]]:
        """Nothing is loaded."""
        return self._cut

    def _cut(self, task: ExcerptTask) -> list[Excerpt]:
        with on_disk(task.source, task.corpus) as source:
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
    tasks = call_tasks(
        inputs, ledger, notes, annotations=annotations, names_file=names_file, layout=layout,
        group_by=group_by, separate=separate,
    )  # fmt: skip
    with work_folder(cache, targets) as work:
        calls = analysed_calls(tasks, work, settings, ledger, notes, workers, isolated, progress)
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
        with on_disk(task.source, task.corpus) as source:
            write_pin(source, call, incident, folder, settings, models, limit)


__all__ = ["CallReport", "ReportSettings", "check_pins", "pins_exit_code", "report"]
