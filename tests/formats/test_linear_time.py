"""Reading takes time that grows with a file, not with its square, whatever is in it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from interactspeech import formats
from interactspeech.formats.event_labels import event_of
from interactspeech.formats.non_speech import label_class, spoken_text
from interactspeech.formats.parsed_file import AnnotationMark
from interactspeech.formats.tier_roles import role


def seconds(action: Callable[[], object]) -> float:
    """Of the quicker of two runs: garbage of the tests before is collected at some moment, too."""
    taken = []
    for _ in range(2):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return min(taken)


def grows_with_size(made: Callable[[int], Callable[[], object]]) -> None:
    """Four times the size takes at most eight times as long; sixteen times, were it quadratic."""
    made(100)()
    small, large = seconds(made(10_000)), seconds(made(40_000))
    assert large < 8 * max(small, 0.02), (small, large)


UNITS = ("[", "<", "{", "(", "((", "/", "/a ", "*a", "_", "a", "1", "1.", "a=", 'a="', "<a ",
         "</a>", "[a", "<v ", "<v.", "<c ", ",", "<,", " ", "- ", "a-", "-", "&*a", "(1", "+",
         "\u21ab", "#", "\\", "a:", "x\t", "[laughter-")  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("end", ["", "!"])
def test_labels_and_names(unit: str, end: str) -> None:
    def made(size: int) -> Callable[[], object]:
        text = unit * (size // len(unit)) + end

        def action() -> None:
            role(text)
            label_class(text)
            label_class(f"<{text}>")
            spoken_text(text)
            event_of("pause", AnnotationMark("A", 0, 1, text, 1))

        return action

    grows_with_size(made)


def test_many_names_of_tags() -> None:
    def made(size: int) -> Callable[[], object]:
        text = "".join(f"<a{n}>x</a{n}>" for n in range(size // 14))
        return lambda: spoken_text(text)

    grows_with_size(made)
    assert spoken_text("<foreign>bon jour</foreign> <a b='c'>so</a> a < b") == "bon jour so a < b"


HEADS = {
    "x.cha": ("@Participants:\tA Adult\n*A:\thi there ", " \x150_900\x15\n"),
    "x.vtt": ("WEBVTT\n\n00:00.000 --> 00:01.000\n<v A>hi ", "\n"),
    "x.stm": ("x 1 A 0.5 1.5 <o> hi ", "\n"),
    "x.txt": ("[0:01] A: hi\n[0:02] B: so\n[0:03] ", ": x\n"),
    "x.csv": ('start,end,speaker,text\n0,1,A,"', '"\n'),
    "x.ctm": ("x A 0.5 1.0 hi\nx A 1.5 0.2 ", "\n"),
}


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize(
    "unit", ["[", "<", "<v ", "<,", ",", "(", "a", "1", " ", "\n", "x\n", "a\tb"]
)
def test_files(name: str, unit: str, tmp_path: Path) -> None:
    first, last = HEADS[name]

    def made(size: int) -> Callable[[], object]:
        path = tmp_path / f"{size}-{name}"
        path.write_text(f"{first}{unit * (size // len(unit))}{last}", "utf-8")
        return lambda: formats.read(path, report=formats.Report(), skip_bad=True)

    grows_with_size(made)


def test_comments_and_wrong_timings_of_captions(tmp_path: Path) -> None:
    def made(size: int) -> Callable[[], object]:
        path = tmp_path / f"{size}.vtt"
        path.write_text("WEBVTT\n\n" + "a -->\n" * (size // 8), "utf-8")
        return lambda: formats.read(path, report=formats.Report(), skip_bad=True)

    grows_with_size(made)
    path = tmp_path / "c.vtt"
    path.write_text(
        "WEBVTT\n\nNOTE one\na -->\n\nb -->\n\n00:00.000 --> 00:01.000\n<v A>hi\n", "utf-8"
    )
    report = formats.Report()
    assert len(formats.read(path, report=report, skip_bad=True)) == 1
    assert [note.line for note in report.notes if note.severity == "loss"] == [6]


def test_tokens_that_look_like_identifiers() -> None:
    from interactspeech.formats.elan_tiers import IDENTIFIER

    grows_with_size(lambda size: lambda: IDENTIFIER.match("1" * size + "!"))
    assert all(IDENTIFIER.match(text) for text in ("NARR_05_001", "12", "S1.003"))
    assert not any(IDENTIFIER.match(text) for text in ("ab", "a 1", ""))
