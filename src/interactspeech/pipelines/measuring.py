"""Timing of conversations: measured beside people's (`stats`), and learnt (`fit`)."""

from __future__ import annotations

import csv
import html
import io
import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Unpack

import numpy as np

from interactspeech.atomic_files import remove_abandoned
from interactspeech.errors import InputError
from interactspeech.formats import Report
from interactspeech.formats.conversion import save
from interactspeech.formats.report import Note
from interactspeech.formats.selection import InputChoices
from interactspeech.lexicon.language import LanguageCheck, base_language
from interactspeech.pipelines.dialogues import Conversations, dialogues_of, each_of
from interactspeech.pipelines.labelling import choose_rules, note_language
from interactspeech.progress import Progress, ShowProgress
from interactspeech.records import Dialogue
from interactspeech.turntaking import RuleSet
from interactspeech.turntaking.statistics import (
    MEASURES,
    RATES,
    SHARES,
    Comparison,
    Statistics,
    compare,
)
from interactspeech.turntaking.statistics.batches import Collector
from interactspeech.turntaking.timeline import Timeline
from interactspeech.turntaking.timing import TimingModel
from interactspeech.turntaking.timing import fit as fit_model


@dataclass(frozen=True, repr=False)
class TimingReport:
    """The timing of conversations, beside people's or other conversations'.

    Attributes:
        statistics: of the conversations.
        comparison: medians, rates, shares and distances, row by row.
        other: what stands beside them.
        report: what could not be used, and why.
    """

    statistics: Statistics
    comparison: Comparison
    other: Statistics | Literal["human"] = "human"
    report: Report = field(default_factory=Report)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values; what is not known is None."""
        return {
            "conversations": len(self.statistics.conversations),
            "rules": self.statistics.rules,
            **self.comparison.to_dict(),
        }

    def markdown(self) -> str:
        """The comparison as two Markdown tables."""
        return self.comparison.markdown()

    def conversations_csv(self) -> str:
        """A row a conversation: minutes, medians, rates and shares."""
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        medians = [f"median_{name}" for name in MEASURES]
        writer.writerow(["conversation", "minutes", *medians, *RATES, *SHARES])
        for c in self.statistics.conversations:
            samples = (c.samples[name] for name in MEASURES)
            values = [
                *(float(np.median(s)) if s.size else float("nan") for s in samples),
                *(c.per_minute(name) for name in RATES),
                *(c.share(name) for name in SHARES),
            ]
            cells = ["" if np.isnan(value) else f"{value:.6g}" for value in values]
            writer.writerow([c.name, f"{c.minutes:.3f}", *cells])
        return buffer.getvalue()

    def write(self, folder: Path | str) -> Path:
        """Write statistics.md, statistics.json, conversations.csv and plots into a folder.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from interactspeech.turntaking.statistics.plots import save_plots

        folder = Path(folder)
        remove_abandoned(folder)
        plots = save_plots(self.statistics, folder, self.other)
        pictures = "\n".join(f"![{path.stem}]({path.name})" for path in plots)
        count, hours = len(self.statistics.conversations), self.statistics.minutes / 60
        page = (
            f"# Timing of {count} conversation(s), {hours:.1f} h\n\n"
            f"Written by `interactspeech stats`, rule set `{self.statistics.rules}`.\n\n"
            f"{self.markdown()}\n{pictures}\n"
        )
        save(folder / "statistics.md", page.encode())
        plain = json.dumps(self.to_dict(), indent=1, ensure_ascii=False)
        save(folder / "statistics.json", (plain + "\n").encode())
        save(folder / "conversations.csv", self.conversations_csv().encode())
        return folder

    def __repr__(self) -> str:
        return (
            f"TimingReport({len(self.statistics.conversations):,} conversations, "
            f"{self.statistics.minutes:.1f} min, beside {self.comparison.other!r})"
        )

    def _repr_html_(self) -> str:
        rows = [
            (f"{row.name}, s (n={row.n:,})", row.median, row.other_median, row.distances.ks)
            for row in self.comparison.measures
        ]
        rows += [(row.name, row.value, row.other, float("nan")) for row in self.comparison.values]
        cells = "".join(
            f"<tr><td>{html.escape(name)}</td>"
            + "".join(f"<td>{'' if np.isnan(v) else f'{v:.3f}'}</td>" for v in values)
            + "</tr>"
            for name, *values in rows
        )
        other = html.escape(self.comparison.other)
        return (
            f"<p>{html.escape(repr(self))}</p><table><tr><th>median, rate a minute, or share</th>"
            f"<th>here</th><th>{other}</th><th>KS</th></tr>{cells}</table>"
        )


def stats(
    source: Conversations,
    *,
    compare_with: Conversations | Literal["human"] = "human",
    rules: RuleSet | Path | str = "interactspeech",
    bridge: float | None = None,
    backchannels: str = "fitted",
    language: str = "",
    lexicon: Path | str | None = None,
    format: str | None = None,  # noqa: A002  (as in `read`)
    rate: int | None = None,
    group_by: str | None = None,
    skip_bad: bool = False,
    progress: ShowProgress = False,
    report: Report | None = None,
    **choices: Unpack[InputChoices],
) -> TimingReport:
    """Measure the timing of conversations and compare it with people's.

    Offsets between turns, pauses, gaps, overlaps, backchannels and interruptions: quartiles, rates
    a minute, shares of the time, and how far each distribution is from the other side's.

    Args:
        source: one or many: paths (see `interactspeech.read`), dialogues, or a corpus.
        compare_with: "human" (1,155 telephone calls), or conversations as in `source`.
        rules: see `choose_rules`, as are the next four.
        bridge: own silences shorter than this (seconds) are inside one stretch of talk.
        backchannels: "fitted" or "rule".
        language: of the words.
        lexicon: a file of word lists.
        format: of the files, where it is not to be recognised; see `interactspeech.read`.
        rate: ticks a second for formats that know seconds.
        group_by: which files are one conversation, as a regular expression.
        skip_bad: leave bad lines out, and count them, instead of giving up their file.
        progress: see `interactspeech.progress.ShowProgress`.
        report: takes up what was lost.
        choices: `tiers`, `speakers`, `columns` and `unit`: see `interactspeech.formats.read`.

    Raises:
        InputError: there is nothing to measure; or no such rule set, format or pattern.
    """
    chosen, decision = choose_rules(
        rules, bridge=bridge, backchannels=backchannels, language=language, lexicon=lexicon
    )
    found = report if report is not None else Report()

    def measure(what: Conversations) -> Statistics:
        collector = Collector(chosen, decision)
        check = LanguageCheck(base_language(chosen.language))
        with Progress(None, "measuring", show=progress) as shown:
            for one in each_of(
                what, format, rate, group_by=group_by, skip_bad=skip_bad, progress=shown,
                report=found, **choices,
            ):  # fmt: skip
                try:
                    name, timeline = (
                        (one.id, Timeline.of(one)) if isinstance(one, Dialogue) else one
                    )
                    if timeline.words:
                        check.add(text for track in timeline.words.values() for text in track.texts)
                    collector.add(name, timeline)
                    shown.update(1, timeline.seconds)
                except InputError as error:
                    found.fail(error)
        note_language(check, chosen, found)
        return Statistics(collector.finish(), chosen.id)

    statistics = measure(source)
    other: Statistics | Literal["human"] = (
        "human"
        if isinstance(compare_with, str) and compare_with == "human"
        else measure(compare_with)
    )
    if not statistics.conversations:
        raise (
            found.errors[0]
            if found.errors and report is None
            else InputError("nothing to measure: no conversation could be read", reason="no-input")
        )
    return TimingReport(statistics, compare(statistics, other), other, found)


def fit(
    source: Conversations,
    *,
    name: str = "fitted-1",
    rules: RuleSet | Path | str = "interactspeech",
    bridge: float | None = None,
    backchannels: str = "fitted",
    language: str = "",
    lexicon: Path | str | None = None,
    format: str | None = None,  # noqa: A002  (as in `read`)
    rate: int | None = None,
    group_by: str | None = None,
    skip_bad: bool = False,
    pause_places: Literal["auto", "required", "off"] = "auto",
    progress: ShowProgress = False,
    report: Report | None = None,
    **choices: Unpack[InputChoices],
) -> TimingModel:
    """Fit a timing model to conversations, for ``BuildSettings(timing=FILE)``.

    What the conversations show too little of is taken from the shipped human model, and
    `TimingModel.borrowed` names it. `TimingModel.save` writes the file.

    Args:
        source: one or many: paths (see `interactspeech.read`), dialogues, or a corpus.
        name: id of the model; it goes into records made with it.
        rules: see `choose_rules`, as are the next four.
        bridge: own silences shorter than this (seconds) are inside one stretch of talk.
        backchannels: "fitted" or "rule".
        language: of the words.
        lexicon: a file of word lists.
        format: of the files, where it is not to be recognised; see `interactspeech.read`.
        rate: ticks a second for formats that know seconds.
        group_by: which files are one conversation, as a regular expression.
        skip_bad: leave bad lines out, and count them, instead of giving up their file.
        pause_places: whether places of pauses are learnt from the words: where they allow it
            ("auto"; `report` notes why not), "required", or "off".
        progress: see `interactspeech.progress.ShowProgress`.
        report: takes up what was lost.
        choices: `tiers`, `speakers`, `columns` and `unit`: see `interactspeech.formats.read`.

    Raises:
        InputError: no conversation of two or more people with any change of floor; or no such rule
            set, format or pattern; or places of pauses are required and cannot be learnt.
    """
    chosen, decision = choose_rules(
        rules, bridge=bridge, backchannels=backchannels, language=language, lexicon=lexicon
    )
    found = report if report is not None else Report()
    dialogues = dialogues_of(
        source, format, rate, group_by=group_by, skip_bad=skip_bad, progress=progress,
        report=found, **choices,
    )  # fmt: skip
    if not dialogues and found.errors and report is None:
        raise found.errors[0]
    check = LanguageCheck(base_language(chosen.language))
    for dialogue in dialogues:
        check.add(word.text for u in dialogue.utterances for word in u.words)
    note_language(check, chosen, found)
    with Progress(len(dialogues), "annotating", show=progress) as shown:

        def show(stage: str, done: float) -> None:
            if stage == "annotate":
                shown.update(done - shown.done)
            elif shown.label != "learning":
                shown.label = "learning"
                shown.log("learning the floor process")

        return fit_model(
            dialogues, name=name, rules=chosen, backchannel=decision,
            pause_places=pause_places, progress=show, note=partial(_note_places, found),
        )  # fmt: skip


def _note_places(report: Report, error: InputError) -> None:
    """Places of pauses that could not be learnt are a note: the model has people's."""
    report.notes.append(
        Note(
            "note",
            error.reason,
            f"places of pauses are those of English telephone calls: {error.problem}",
        )
    )
