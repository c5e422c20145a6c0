"""Read the public test files of other libraries, and compare with what a person reads in them.

```
python bench/read_fixtures.py FOLDER [-o docs/bench/fixtures.md]
```

FOLDER holds checkouts of pympi, praatIO, speach, textgrid, meeteval, pyannote-database and
pyannote-audio (any part of them; nothing of theirs is kept here). `EXPECTED` says, for files by the
end of their path, who talks for how many seconds and how many words, as their tiers and lines show
it to a person (of the ELAN files, pympi sums up the same for the tier of utterances).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from interactspeech import formats
from interactspeech.errors import InputError
from interactspeech.records import Dialogue

#: End of a path -> speaker -> (seconds of talk, words). Conversations of a file are put together.
#: None: no speech can be read, and the error or the note says why.
EXPECTED: dict[str, dict[str, tuple[float, int]] | None] = {
    # 399 annotations of 3 s, of 5 words each; gestures and parts of speech are no talk.
    "test/sample_2.7.eaf": {"text": (1197.0, 1995)},
    "test/sample_2.8.eaf": {"text": (1197.0, 1995)},
    "test/sample_3.0.eaf": {"text": (1197.0, 1995)},
    # One person; markers, chunks and languages are about the utterances. The table is its export.
    "test/data/test.eaf": {"P001": (12.77, 28)},
    "test/data/test.eaf.tsv": {"P001": (12.77, 28)},
    "test/data/test2.eaf": {"P001": (12.77, 28), "R004001": (0.0, 0)},
    "elan/blank.eaf": {"default": (0.0, 0)},
    "test_data/fables_01_03_aesop_64kb.eaf": {"P001": (83.706, 226)},
    # Words and phones of one reader, silences labelled "sil" and "sp".
    "data/long_format.TextGrid": {"speaker": (15.73, 27)},
    "data/short_format.TextGrid": {"speaker": (15.73, 27)},
    "files/mary.TextGrid": {"speaker": (1.203, 4)},
    "files/mary_longfile.TextGrid": {"speaker": (1.203, 4)},
    "files/mary_misaligned.TextGrid": {"speaker": (1.203, 4)},
    "files/mary_with_negative_zero.TextGrid": {"speaker": (1.203, 4)},
    "files/mary_longfile_with_negative_zero.TextGrid": {"speaker": (1.203, 4)},
    "files/bobby_words.TextGrid": {"speaker": (1.052, 4)},
    "files/bobby_words_with_newlines.TextGrid": {"speaker": (1.052, 4)},
    "files/bobby_words_with_newlines_longfile.TextGrid": {"speaker": (1.052, 4)},
    "files/bobby_words_with_newlines_longfile_elan.TextGrid": {"speaker": (1.052, 4)},
    "files/bobby_phones.TextGrid": None,  # phones alone
    "files/bobby_phones_elan.TextGrid": None,
    "files/all_tiers_have_the_same_name.TextGrid": None,  # two tiers of one name
    "files/damon_set_test.TextGrid": {"speaker": (0.866, 4)},
    "files/textgrid_to_merge.TextGrid": {
        "bob": (2.994, 4), "mary": (3.029, 4), "sarah": (1.478, 3),
    },
    "files/textgrid_to_merge_longfile.TextGrid": {
        "bob": (2.994, 4), "mary": (3.029, 4), "sarah": (1.478, 3),
    },
    # Segments without length are left out, and said so; all words of the CTMs have no length.
    "example_files/ref.rttm": {"Alice": (4.0, 0), "Bob": (1.0, 0)},
    "example_files/hyp.rttm": {"Alice": (3.9, 0), "Bob": (2.9, 0)},
    "example_files/ref.seglst.json": {"Alice": (4.0, 68), "Bob": (1.0, 7)},
    "example_files/hyp.seglst.json": {"Alice": (3.9, 63), "Bob": (2.9, 22)},
    "example_files/hyp.stm": {"Alice": (3.9, 63), "Bob": (2.9, 22)},
    "example_files/refA.stm": {"Alice": (3.0, 55), "Bob": (1.0, 7)},
    "example_files/refB.stm": {"Alice": (2.0, 30)},
    "example_files/hyp1.ctm": {"1": (12.6, 63)},
    "example_files/hyp2.ctm": {"1": (4.4, 22)},
    "sample/sample.rttm": {"speaker90": (11.85, 0), "speaker91": (12.5, 0)},
    "sample/sample.stm": {"Diane": (10.372, 46), "Sheila": (11.198, 35)},
    "rttms/train.rttm": {"speaker_A": (0.7, 0), "speaker_B": (0.9, 0)},
    "ctms/filename1.ctm": {"A": (0.5, 2)},
    "ctms/filename2.ctm": {"A": (0.9, 3)},
}  # fmt: skip
_ENDINGS = (".eaf", ".textgrid", ".rttm", ".ctm", ".stm", ".uem", ".tsv", ".seglst.json")


def talk(dialogues: list[Dialogue]) -> dict[str, tuple[float, int]]:
    """Speaker -> seconds of talk and words, over all conversations of a file."""
    found: dict[str, tuple[float, int]] = {}
    for dialogue in dialogues:
        for speaker in dialogue.speakers:
            own = [u for u in dialogue.utterances if u.speaker == speaker.id]
            ticks = sum(span.end - span.start for u in own for span in u.speech)
            seconds, words = found.get(speaker.id, (0.0, 0))
            more = sum(len(u.words) for u in own)
            found[speaker.id] = (seconds + ticks / dialogue.rate, words + more)
    return found


def expected_of(path: Path) -> tuple[bool, dict[str, tuple[float, int]] | None]:
    """Whether the file is one that a person read, and what was read."""
    for end, value in EXPECTED.items():
        if path.as_posix().endswith(f"/{end}"):
            return True, value
    return False, None


def agrees(found: dict[str, tuple[float, int]], right: dict[str, tuple[float, int]] | None) -> bool:
    """Whether speakers and words are the same, and seconds to a hundredth."""
    if right is None:
        return not found
    return found.keys() == right.keys() and all(
        abs(found[who][0] - seconds) < 0.01 and found[who][1] == words
        for who, (seconds, words) in right.items()
    )


def main() -> None:
    """Read, print a table, and end with 1 if a file is read otherwise than by a person."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    chosen = parser.parse_args()
    lines = [
        "# Test files of other libraries", "",
        ("Written by `python bench/read_fixtures.py FOLDER`: who talks for how long, with how many "
         "words, and whether a person reads the same."), "",
        "| file | read | as a person |", "|---|---|---|",
    ]  # fmt: skip
    wrong = checked = 0
    files = sorted(p for p in chosen.folder.rglob("*") if p.name.lower().endswith(_ENDINGS))
    for path in files:
        report = formats.Report()
        try:
            found = talk(formats.read(path, report=report))
        except InputError as error:
            raise SystemExit(f"{path}: raised in spite of a report: {error!r}") from error
        known, right = expected_of(path)
        checked += known
        same = known and agrees(found, right)
        wrong += known and not same
        what = "; ".join(f"{who} {s:.2f} s, {n} words" for who, (s, n) in found.items())
        what = what or ", ".join(sorted({error.reason for error in report.errors})) or "regions"
        mark = "yes" if same else f"no: {right}" if known else "not looked at"
        lines.append(f"| `{path.relative_to(chosen.folder).as_posix()}` | {what} | {mark} |")
        print(lines[-1], flush=True)
    lines += ["", f"{len(files)} files, {checked} looked at, {wrong} read otherwise."]
    print(lines[-1])
    if chosen.output is not None:
        chosen.output.write_text("\n".join(lines) + "\n", "utf-8")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
