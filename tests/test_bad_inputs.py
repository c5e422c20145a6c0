"""Bad inputs of every kind: the message names file, line and remedy, and has its reason.

The expectations were taken from the sources before they were laid out anew (version 0.1.0), so that
no message got worse on the way. Wording may change; the place, the reason and what the remedy names
may not.
"""

import os
import wave
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from interactspeech import Corpus, TimingModel, build, formats
from interactspeech.corpus.exchange import export, import_corpus
from interactspeech.corpus.merge import merge
from interactspeech.corpus.split import read_split, split
from interactspeech.errors import InputError, InteractSpeechError, UsageError
from interactspeech.formats import Report
from interactspeech.mining.settings import MineSettings
from interactspeech.pipelines.building import BuildSettings, NothingBuiltError
from interactspeech.pipelines.mining.job import mine
from interactspeech.scripts import parse_script, read_all
from interactspeech.training.text.dataset import read_scripts


@dataclass(frozen=True)
class Bad:
    """A bad input: `run` reads it in a folder, and raises or gives what it lost."""

    name: str
    run: Callable[[Path], Iterable[object] | None]


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, "utf-8")
    return path


def tone(folder: Path, name: str, seconds: float = 3.0, channels: int = 1) -> Path:
    path = folder / name
    samples = np.sin(np.arange(round(seconds * 8000)) / 5) * 8000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.repeat(samples.astype("<i2"), channels).tobytes())
    return path


# --- text dialogues and scripts -------------------------------------------------------------------


def text(name: str, content: str | bytes | None, what: str) -> Bad:
    def run(folder: Path) -> Iterable[object]:
        if content is not None:
            put(folder, name, content)
        return read_all([str(folder / name)])

    return Bad(f"text: {what}", run)


def notation(lines: str, what: str) -> Bad:
    def run(folder: Path) -> Iterable[object]:
        put(folder, "x.script", f"A: Well, hello there.\n{lines}\n")
        return read_all([str(folder / "x.script")])

    return Bad(f"notation: {what}", run)


TEXTS = [
    text("none.txt", None, "no such file"),
    text("a.txt", "", "empty"),
    text("a.txt", "A: Hello.\nA: Hello again.\n", "one speaker"),
    text("a.txt", "A: Caf\xe9?\nB: Yes.\n".encode("latin-1"), "Latin-1"),
    text("a.txt", "A: Привет.\nB: Hello.\n", "Russian"),
    text("a.txt", "A: ...\nB: Hello.\nA: Hi.\n", "no words"),
    text("a.txt", "A: " + "well " * 500 + "\nB: Hm.\n", "long turn"),
    text("a.txt", "A: Well.\nB: Hm.\n" * 600, "many turns"),
    text("a.json", '{"a": [1, 2', "broken JSON"),
    text("a.json", '{"a": [1, 2]}', "other JSON"),
    text("a.jsonl", '\n{"turns": [\n', "broken line"),
    text("a.csv", "x,y\n1,2\n", "columns"),
]
NOTATION = [
    notation("B: Oh [interupt] so it was.", "misspelt"),
    notation("B: Oh [A: mm-hm so it was.", "no closing bracket"),
    notation("B: Oh [pause] A] so it was.", "no opening bracket"),
    notation("B: Oh [pause 99] so it was.", "long pause"),
    notation("B: Oh [A:] so it was.", "nothing said"),
    notation("B: Oh [B: mm-hm] so it was.", "own backchannel"),
    notation("B: Oh [interrupt] so [A: mm-hm] it was.\nA: No!", "mark behind"),
    notation("B: Oh [interrupt] so [interrupt] it was.\nA: No!", "two interruptions"),
    notation("B: Oh, so it was [interrupt]\nA: No!", "interruption at the end"),
    notation("B: Oh [interrupt] so it was.", "interruption in the last turn"),
    notation("B: Oh, so it was [A: mm-hm]\nA: Yes.", "backchannel at the end"),
    notation("A: Oh, so it was.\nB: Yes [pause] it was.", "two turns in a row"),
    notation("B: Oh [A cries: mm-hm] so it was.", "third speaker"),
]


# --- timing formats -------------------------------------------------------------------------------


def timing(name: str, content: str | bytes | None, what: str, **options: object) -> Bad:
    def run(folder: Path) -> Iterable[object]:
        if content is not None:
            put(folder, name, content)
        report = Report()
        formats.read(str(folder / name), report=report, **options)
        lost = [note for note in report.notes if note.severity == "loss"]
        return [*report.errors, *lost]

    return Bad(f"{name.partition('.')[2]}: {what}", run)


RTTM = "SPEAKER call 1 0.5 1.0 <NA> <NA> ann <NA> <NA>\n"
EAF = '<?xml version="1.0"?>\n<ANNOTATION_DOCUMENT>\n'
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>hello\n"
TIMING = [
    timing("none.rttm", None, "no such file"),
    timing("a.rttm", "", "empty"),
    timing("a.rttm", RTTM + "SPEAKER call 1\n", "columns"),
    timing("a.rttm", RTTM + RTTM.replace("0.5", "x"), "no time"),
    timing("a.rttm", RTTM + RTTM.replace("0.5", "-3"), "negative time"),
    timing("a.rttm", RTTM + RTTM.replace("1.0", "nan"), "not a number"),
    timing("a.rttm", b"\xff\xfeS\x00P", "UTF-16, cut off"),
    timing("a.rttm", RTTM, "no such format", format="word"),
    timing("a.rttm", RTTM, "no pattern", group_by="call("),
    timing("a.rttm", RTTM, "a pattern without group", group_by="call"),
    timing("a.stm", "call 1 ann 4.0 1.0 hello\n", "reversed"),
    timing("a.ctm", "call 1 0.5\n", "columns"),
    timing("a.xyz", "hello\n", "unknown ending"),
    timing("a.json", "[1, 2", "broken"),
    timing("a.json", '{"hello": 1}', "other JSON"),
    timing("a.vtt", "hello\n", "no header"),
    timing("a.vtt", VTT.replace("<v Ann>", ""), "no speaker"),
    timing("a.vtt", VTT.replace("00:01", "00:03"), "reversed"),
    timing("a.vtt", VTT.replace("00:01", "00:x"), "no time"),
    timing("a.eaf", EAF, "cut off"),
    timing("a.eaf", '<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>\n', "entities"),
    timing("a.eaf", EAF + "</ANNOTATION_DOCUMENT>\n", "no tier"),
    timing("a.TextGrid", 'File type = "ooTextFile"\nObject class = "Text', "cut off"),
    timing("a.TextGrid", "hello\n", "text"),
    timing("a.uem", "call 1 0.0\n", "columns"),
    timing("a.cha", "@Begin\n*ANN:\thello .\n@End\n", "no times"),
]


# --- audio, mining --------------------------------------------------------------------------------


def mined(
    what: str, make: Callable[[Path], object], name: str = "in",
    settings: dict[str, object] | None = None, **options: object,
) -> Bad:  # fmt: skip
    def run(folder: Path) -> Iterable[object]:
        (folder / "in").mkdir(exist_ok=True)
        make(folder / "in")
        os.chdir(folder)
        chosen = MineSettings(**{"checks": False, "words": "none", **(settings or {})})
        try:
            mine((name,), folder / "out", chosen, **options)
        except InteractSpeechError as error:
            counts = getattr(error, "counts", None)
            if counts is None or not counts.recordings.dropped:
                raise
            return dropped(counts.recordings)
        return ()

    return Bad(f"mine: {what}", run)


def dropped(ledger) -> list[object]:
    """The first loss of each reason, as the table on standard error shows it."""
    found = []
    for reason, entry in ledger.dropped.items():
        one = entry.examples[0]
        found.append(
            InputError(one.message, one.file or None, one.line, remedy=one.remedy, reason=reason)
        )
    return found


def nothing(folder: Path) -> None:
    del folder


def cut_off(folder: Path) -> None:
    path = tone(folder, "a.wav")
    path.write_bytes(path.read_bytes()[:20_000])


def manifest(line: str, folder: Path) -> None:
    tone(folder, "a.wav", 30)
    put(folder, "m.jsonl", '{"audio": "a.wav"}\n' + line + "\n")


def two_lengths(folder: Path) -> None:
    tone(folder, "call.ann.wav", 30)
    tone(folder, "call.bob.wav", 40)


GROUP = r"(?P<conversation>call)\.(?P<speaker>\w+)"
MINING = [
    mined("no such file", nothing, "none.wav"),
    mined("text", lambda f: put(f, "a.wav", "hello\n" * 99)),
    mined("empty", lambda f: put(f, "a.wav", "")),
    mined("cut off", cut_off),
    mined("too short", partial(tone, name="a.wav", seconds=1)),
    mined("three channels", partial(tone, name="a.wav", seconds=30, channels=3)),
    mined("one channel", partial(tone, name="a.wav", seconds=30), settings={"diarizer": "none"}),
    mined("lengths", two_lengths, group_by=GROUP),
    mined("manifest, broken", partial(manifest, "{"), "in/m.jsonl"),
    mined("manifest, no audio", partial(manifest, '{"sound": "a"}'), "in/m.jsonl"),
    mined("no such layout", nothing, layout="nobody"),
    mined("a pattern without group", nothing, group_by="x"),
    mined("no such diarizer", nothing, settings={"diarizer": "nobody"}),
]


# --- builds, corpora, training --------------------------------------------------------------------


CHAT = "A: Well, did it rain all day?\nB: It did, and all night too.\nA: What a pity.\n"


def built(what: str, **settings: object) -> Bad:
    def run(folder: Path) -> Iterable[object]:
        put(folder, "chat.txt", CHAT)
        os.chdir(folder)
        try:
            build(["chat.txt"], folder / "out", BuildSettings(**{"voices": ("fake",), **settings}))
        except NothingBuiltError as error:
            return dropped(error.ledger)
        return ()

    return Bad(f"build: {what}", run)


def damaged(name: str) -> Callable[[Path], Iterable[object]]:
    def run(folder: Path) -> Iterable[object]:
        put(folder, name, '{"id": 1}')
        os.chdir(folder)
        build(["@demo"], folder / "out", BuildSettings(voices=("fake",), limit=1, timing=name))
        return ()

    return run


def empty_folder(folder: Path) -> Iterable[object]:
    (folder / "noises").mkdir()
    put(folder, "chat.txt", CHAT)
    os.chdir(folder)
    settings = BuildSettings(voices=("fake",), acoustics="light", noises="noises")
    build(["chat.txt"], folder / "out", settings)
    return ()


def bad_limits(folder: Path) -> Iterable[object]:
    put(folder, "limits/fake.json", "{}")
    put(folder, "chat.txt", CHAT)
    os.chdir(folder)
    build(["chat.txt"], folder / "out", BuildSettings(voices=("fake",), gate_limits="limits"))
    return ()


def corpus(folder: Path) -> Corpus:
    put(folder, "chat.txt", CHAT)
    os.chdir(folder)
    build(["chat.txt"], "corpus", BuildSettings(voices=("fake",)))
    return Corpus.open("corpus")


def moshi_list(content: str, folder: Path) -> Iterable[object]:
    put(folder, "list/data.jsonl", content)
    os.chdir(folder)
    return dropped(import_corpus("list/data.jsonl", "out", "moshi"))


def learn(content: str, folder: Path) -> Iterable[object]:
    put(folder, "s.jsonl", content)
    os.chdir(folder)
    return read_scripts(["s.jsonl"])


STORE = "store"  # a `StoreError` has no reason
REST = [
    built("no such engine", voices=("kokro",)),
    built("no such voice", voices=("fake:nobody",)),
    built("too few voices", voices=("fake:alto",)),
    built("no such timing model", timing="none.json"),
    Bad("build: damaged timing model", damaged("t.json")),
    Bad("build: no noises", empty_folder),
    Bad("build: damaged limits", bad_limits),
    Bad("corpus: none", lambda f: Corpus.open(f / "none")),
    Bad("corpus: not one", Corpus.open),
    Bad("corpus: query", lambda f: list(corpus(f).query("hours > 1"))),
    Bad("corpus: column", lambda f: list(corpus(f).query("", ["hours"]))),
    Bad("corpus: no such split", lambda f: read_split(corpus(f), "test")),
    Bad("corpus: too small to split", lambda f: split(corpus(f), {"a": 0.5, "b": 0.5})),
    Bad("corpus: shares", lambda f: split(corpus(f), {"a": 0.9, "b": 0.5})),
    Bad("corpus: merged with itself", lambda f: merge([corpus(f), corpus(f)], f / "x")),
    Bad("export: no such format", lambda f: export(corpus(f), f / "x", "nobody")),
    Bad("import: no such format", lambda f: import_corpus(f, f / "x", "nobody")),
    Bad("import: no such file", lambda f: import_corpus(f / "no", f / "x", "lhotse")),
    Bad("import: path", partial(moshi_list, '{"path": "../a.wav", "duration": 1}\n')),
    Bad("import: broken line", partial(moshi_list, "{\n")),
    Bad("train: not a script", partial(learn, '{"id": 1}\n')),
    Bad("timing model", lambda f: TimingModel.load(put(f, "t.json", "[]"))),
    Bad("notation: no turn", lambda _: parse_script("hello")),
]

CASES = [*TEXTS, *NOTATION, *TIMING, *MINING, *REST]

#: Case -> what is said about it: reason, place, words of the remedy (as version 0.1.0 said it).
SAID = {
    "text: no such file": ("no-file", "none.txt", "the path"),
    "text: empty": ("empty-file", "a.txt", ""),
    "text: one speaker": ("one-speaker", "a.txt:1", "two"),
    "text: Latin-1": ("encoding", "a.txt:1:7", "as UTF-8"),
    "text: Russian": ("not-english", "a.txt:1", "translate it"),
    "text: no words": ("empty-turn", "a.txt:1", "write words"),
    "text: long turn": ("turn-too-long", "a.txt:1", "turns"),
    "text: many turns": ("too-many-turns", "a.txt:1", "parts"),
    "text: broken JSON": ("bad-json", "a.json", ""),
    "text: other JSON": ("unknown-shape", "a.json", "with --format"),
    "text: broken line": ("bad-json", "a.jsonl:2", ""),
    "text: columns": ("bad-csv", "a.csv:1", "the columns"),
    "notation: misspelt": ("unknown-mark", "x.script:2:7", "mean [interrupt]?"),
    "notation: no closing bracket": ("bad-bracket", "x.script:2:7", "the bracket"),
    "notation: no opening bracket": ("bad-bracket", "x.script:2:16", "tries: but'"),
    "notation: long pause": ("bad-pause", "x.script:2:7", "[pause 0.8]"),
    "notation: nothing said": ("empty-mark", "x.script:2:7", "is said"),
    "notation: own backchannel": ("own-listener", "x.script:2:7", "other speaker"),
    "notation: mark behind": ("after-interrupt", "x.script:2:22", "before it"),
    "notation: two interruptions": ("two-interrupts", "x.script:2:22", "the first"),
    "notation: interruption at the end": ("interrupt-place", "x.script:2:18", "[overlap] earlier"),
    "notation: interruption in the last turn": ("last-turn", "x.script:2:1", "remove it"),
    "notation: backchannel at the end": ("mark-at-end", "x.script:2:18", "a turn"),
    "notation: two turns in a row": ("same-speaker", "x.script:2:1", "[pause] between"),
    "notation: third speaker": ("speakers", "x.script:2:7", "the label"),
    "rttm: no such file": ("missing-file", "none.rttm", ""),
    "rttm: empty": ("empty-file", "a.rttm", ""),
    "rttm: columns": ("bad-line", "a.rttm:2", "bad lines"),
    "rttm: no time": ("bad-time", "a.rttm:2", "bad lines"),
    "rttm: negative time": ("bad-time", "a.rttm:2", "bad lines"),
    "rttm: not a number": ("bad-time", "a.rttm:2", "bad lines"),
    "rttm: UTF-16, cut off": ("bad-encoding", "a.rttm:1", "as UTF-8"),
    "rttm: no such format": ("usage", "", "ctm"),
    "rttm: no pattern": ("usage", "", ""),
    "rttm: a pattern without group": (
        "usage",
        "",
        "(?P<conversation>",
    ),
    "stm: reversed": ("reversed-time", "a.stm:1", "bad lines"),
    "ctm: columns": ("bad-line", "a.ctm:1", "bad lines"),
    "xyz: unknown ending": ("unknown-format", "a.xyz", "ctm"),
    "json: broken": ("bad-json", "a.json:1:6", "cut off"),
    "json: other JSON": ("unknown-format", "a.json", "list of objects"),
    "vtt: no header": ("bad-format", "a.vtt:1", ""),
    "vtt: no speaker": ("unknown-speaker", "a.vtt:3", "'Name: text'"),
    "vtt: reversed": ("reversed-time", "a.vtt:3", "bad lines"),
    "vtt: no time": ("bad-time", "a.vtt:3", "bad lines"),
    "eaf: cut off": ("bad-xml", "a.eaf:3:1", "cut off"),
    "eaf: entities": ("unsafe-xml", "a.eaf:1", "document type"),
    "eaf: no tier": ("wrong-tier", "a.eaf", ""),
    "TextGrid: cut off": ("truncated", "a.TextGrid:2", "cut off"),
    "TextGrid: text": ("truncated", "a.TextGrid:1", "cut off"),
    "uem: columns": ("bad-line", "a.uem:1", "bad lines"),
    "cha: no times": ("empty-file", "a.cha", "media bullets"),
    "mine: no such file": ("missing-file", "none.wav", ""),
    "mine: text": ("not-audio", "in/a.wav", ""),
    "mine: empty": ("empty-audio", "in/a.wav", ""),
    "mine: cut off": ("truncated-audio", "in/a.wav", "it again"),
    "mine: too short": ("too-short", "in/a.wav", ""),
    "mine: three channels": ("many-channels", "in/a.wav", "--channels mix"),
    "mine: one channel": ("one-channel", "in/a.wav", "with --diarizer"),
    "mine: lengths": ("unequal-lengths", "in/call.ann.wav", "is silence"),
    "mine: manifest, broken": ("bad-line", "in/m.jsonl:2", ""),
    "mine: manifest, no audio": ("bad-line", "in/m.jsonl:2", ""),
    "mine: no such layout": ("usage", "", "fisher"),
    "mine: a pattern without group": (
        "usage",
        "",
        "(?P<conversation>",
    ),
    "mine: no such diarizer": ("usage", "", "offline"),
    "build: no such engine": ("unknown-engine", "", "hibari"),
    "build: no such voice": ("unknown-voice", "", "soprano, tenor"),
    "build: too few voices": ("too-few-voices", "chat.txt:1", "--voices kokoro"),
    "build: no such timing model": ("unreadable", "none.json", "or original"),
    "build: damaged timing model": ("bad-timing-model", "t.json", "-o timing.json`"),
    "build: no noises": ("no-noise", "noises", "Ogg files"),
    "build: damaged limits": ("bad-limits", "limits/fake.json", "evaluate voices`"),
    "corpus: none": ("store", "", ""),
    "corpus: not one": ("store", "", ""),
    "corpus: query": ("bad-query", "", ""),
    "corpus: column": ("bad-query", "", "shard"),
    "corpus: no such split": ("no-split", "corpus", "`corpus split`"),
    "corpus: too small to split": ("cannot-split", "", "--apart sources"),
    "corpus: shares": ("usage", "", ""),
    "corpus: merged with itself": ("duplicate-id", "", "--prefix b-"),
    "export: no such format": ("usage", "", "lhotse"),
    "import: no such format": ("usage", "", "webdataset"),
    "import: no such file": ("missing-file", "no", ""),
    "import: path": ("unsafe-path", "list:1", "beside them"),
    "import: broken line": ("bad-record", "list/data.jsonl:1", ""),
    "train: not a script": ("unknown-shape", "s.jsonl:1", "with --format"),
    "timing model": ("bad-timing-model", "t.json", "-o timing.json`"),
    "notation: no turn": ("bad-line", "line 1:1", "'B: '"),
}


def losses(case: Bad, folder: Path) -> list[tuple[str, str]]:
    """(reason, message) of everything that is said, the folder's own name left out."""
    said: list[object] = []
    try:
        said += case.run(folder) or ()
    except InteractSpeechError as error:
        said.append(error)
    return [
        (
            str(getattr(one, "reason", STORE)),
            str(one).replace(f"{folder}/", "").replace(str(folder), "."),
        )
        for one in said
        if isinstance(one, InteractSpeechError) or hasattr(one, "reason")
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_message_names_place_reason_and_remedy(
    case: Bad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # and back, wherever the case goes
    reason, place, remedy = SAID[case.name]
    found, message = losses(case, tmp_path)[0]
    assert found == reason
    assert message.startswith(f"{place}: " if place else "")
    assert remedy in message.removeprefix(place)


def test_the_list_is_complete() -> None:
    assert [case.name for case in CASES] == list(SAID)


@pytest.mark.parametrize(
    "name",
    ["rttm: no such format", "mine: no such layout", "build: no such engine", "corpus: shares",
     "export: no such format", "import: no such format"],
)  # fmt: skip
def test_wrong_usage_is_told_from_bad_data(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (case,) = (case for case in CASES if case.name == name)
    with pytest.raises(UsageError):
        case.run(tmp_path)
