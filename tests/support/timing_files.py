"""Timing files as tools write them, and what is read of one."""

from pathlib import Path

from interactspeech import formats
from interactspeech.records import Dialogue


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def told(dialogue: Dialogue) -> list[tuple[str, int, int, str]]:
    """Who talks from when to when (milliseconds), and what."""
    return [
        (u.speaker, span.start, span.end, u.text) for u in dialogue.utterances for span in u.speech
    ]


def read(path: Path, **options: object) -> tuple[Dialogue, formats.Report]:
    report = formats.Report()
    found = formats.read(path, rate=1000, report=report, **options)
    assert not report.errors, report.errors
    (dialogue,) = found
    return dialogue, report


def grid(**tiers: list[tuple[float, float, str]]) -> str:
    """A TextGrid in the short form; names of tiers with `_` for a blank."""
    end = max(high for marks in tiers.values() for _, high, _ in marks)
    out = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", str(end), "<exists>"]
    out.append(str(len(tiers)))
    for name, marks in tiers.items():
        out += ['"IntervalTier"', f'"{name.replace("_", " ")}"', "0", str(end), str(len(marks))]
        for low, high, label in marks:
            out += [str(low), str(high), f'"{label}"']
    return "\n".join(out) + "\n"


def eaf(
    tiers: list[tuple[str, str, list[tuple[str, str, str]]]],
    slots: dict[str, int | None],
    header: str = "",
) -> str:
    """An ELAN file: (attributes, kind of annotation, [(slot or reference, slot, value)])."""
    out = ['<?xml version="1.0"?><ANNOTATION_DOCUMENT>']
    out.append(f'<HEADER TIME_UNITS="milliseconds">{header}</HEADER><TIME_ORDER>')
    for name, value in slots.items():
        timed = "" if value is None else f' TIME_VALUE="{value}"'
        out.append(f'<TIME_SLOT TIME_SLOT_ID="{name}"{timed}/>')
    out.append("</TIME_ORDER>")
    number = 0
    for attributes, kind, marks in tiers:
        out.append(f"<TIER {attributes}>")
        for first, second, value in marks:
            number += 1
            refs = (
                f'TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{second}"'
                if kind == "ALIGNABLE"
                else f'ANNOTATION_REF="{first}"'
            )
            out.append(
                f'<ANNOTATION><{kind}_ANNOTATION ANNOTATION_ID="a{number}" {refs}>'
                f"<ANNOTATION_VALUE>{value}</ANNOTATION_VALUE></{kind}_ANNOTATION></ANNOTATION>"
            )
        out.append("</TIER>")
    return "\n".join([*out, "</ANNOTATION_DOCUMENT>"])
