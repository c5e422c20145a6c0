"""UEM: the stretches of a recording that count, one a line (NIST): ``file channel start end``.

Beside the files that say who speaks, a UEM cuts: each of its stretches becomes a dialogue of its
own (see `cut`), and what lies outside is left out and counted. Alone, it gives dialogues without
speakers.
"""

from __future__ import annotations

from collections.abc import Iterable

from interactspeech.errors import InputError
from interactspeech.formats.clock import Clock
from interactspeech.formats.parsed_file import InputFile, ParsedFile, join_spans
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One sheet for each file name, with its regions sorted and disjoint."""
    regions: dict[str, list[tuple[int, int]]] = {}
    for number, line in source.lines():
        if line.startswith((";;", "#")):
            continue
        fields = line.split()
        try:
            if len(fields) < 4:
                raise source.error("not a UEM line: 'file channel start end' is wanted", number)
            start, end = source.stretch(fields[2], fields[3], number, "the region")
        except InputError as error:
            source.bad(error)
            continue
        if start < end:
            regions.setdefault(fields[0], []).append((start, end))
    if not regions:
        raise source.error("has no region", reason="empty-file")
    return [
        ParsedFile(name, "uem", source.path, source.clock.rate, regions=list(join_spans(spans)))
        for name, spans in regions.items()
    ]


def serialise(dialogue: Dialogue, report: Report) -> str:
    """The whole dialogue as one region."""
    del report
    clock = Clock(dialogue.rate)
    return f"{dialogue.id} 1 {clock.text(0)} {clock.text(dialogue.length)}\n"
