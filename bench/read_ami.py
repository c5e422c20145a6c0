"""Read AMI's words, segments and dialogue acts, all meetings at once: none may be left out.

```
python bench/read_ami.py FOLDER --meetings 171 [-o docs/bench/ami_words.md]
```

FOLDER is AMI's manual annotation (or a part of it). Where it holds fewer meetings than are asked
for, stand-ins make up the number: copies of its meetings under other names. Two of them get a word
without times and a word that ends before it starts, as two of the published meetings have: these
two words alone may be touched, and none may be lost.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from pathlib import Path

from interactspeech import formats

_FILE = re.compile(r"^(?P<meeting>[A-Z]{2}\d{4}[a-z]?)\.(?P<rest>.+)$")
_WORD = re.compile(
    r'(<w nite:id="[^"]+") starttime="(?P<start>[\d.]+)" endtime="(?P<end>[\d.]+)">(?P<text>\w+)</w>'
)


def files_of(folder: Path) -> dict[str, list[Path]]:
    """Meeting -> its files."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.xml")):
        if match := _FILE.match(path.name):
            found.setdefault(match["meeting"], []).append(path)
    return found


def spoil(text: str) -> tuple[str, int]:
    """The file with one word without times and one that ends before it starts; words touched."""
    found = list(_WORD.finditer(text))
    if len(found) < 30:
        return text, 0
    first, second = found[10], found[20]
    text = (
        text[: second.start()]
        + f'{second[1]} starttime="{second["end"]}" endtime="{second["start"]}">{second["text"]}</w>'
        + text[second.end() :]
    )
    return text[: first.start()] + f"{first[1]}>{first['text']}</w>" + text[first.end() :], 2


def fill(folder: Path, target: Path, count: int) -> tuple[int, int]:
    """Copy the meetings, and stand-ins up to `count`; meetings there, and words spoiled."""
    there = files_of(folder)
    names = sorted(there)
    spoiled = 0
    for number in range(max(count, len(names))):
        source = names[number % len(names)]
        name = source if number < len(names) else f"ZZ{number:04d}a"
        damage = len(names) <= number < len(names) + 2
        for path in there[source]:
            text = path.read_text("utf-8", "replace")
            if damage and path.name == f"{source}.A.words.xml":
                text, touched = spoil(text)
                spoiled += touched
            place = target / path.parent.name / path.name.replace(source, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            # References name files; `encoding` is stated in the first line.
            place.write_text(text.replace(f"{source}.", f"{name}."), "utf-8")
    return len(names), spoiled


def said(path: Path) -> int:
    """Words in one words file, punctuation left out."""
    text = path.read_text("utf-8", "replace")
    return sum('punc="true"' not in tag and not tag.endswith("/>") for tag in
               re.findall(r"<w [^>]*>", text))  # fmt: skip


def main() -> None:
    """Make the folder, read it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--meetings", type=int, default=171)
    parser.add_argument("-o", "--output", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        real, spoiled = fill(chosen.folder, place, chosen.meetings)
        count = len(files_of(place))
        words = sum(said(path) for path in place.rglob("*.words.xml"))
        report = formats.Report()
        began = time.process_time()
        found = formats.read(place, report=report)
        taken = time.process_time() - began
    read = sum(len(u.words) for d in found for u in d.utterances)
    losses = sum(note.severity == "loss" for note in report.notes)
    untimed = sum(note.reason == "untimed-word" for note in report.notes)
    made = count - real
    rows = [
        ("meetings there", f"{count} ({real} of AMI, {made} stand-ins)"),
        ("meetings read", f"{len(found)}"), ("left out", f"{len(report.errors)}"),
        ("words in the files", f"{words:,}"), ("words read", f"{read:,}"),
        ("words spoiled; files whose repair is noted", f"{spoiled}; {untimed}"), ("losses", f"{losses}"),
        ("processor s", f"{taken:.1f}"),
    ]  # fmt: skip
    lines = [
        "# All meetings of AMI", "",
        f"Written by `python bench/read_ami.py FOLDER --meetings {chosen.meetings}`.", "",
        "| | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows),
    ]  # fmt: skip
    print("\n".join(lines))
    for error in report.errors[:5]:
        print(error)
    if chosen.output is not None:
        chosen.output.write_text("\n".join(lines) + "\n", "utf-8")
    raise SystemExit(0 if len(found) == count and not report.errors and not losses else 1)


if __name__ == "__main__":
    main()
