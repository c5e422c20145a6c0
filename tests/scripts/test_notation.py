import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.errors import InputError
from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    Part,
    Pause,
    Script,
    Sound,
    Turn,
    Words,
)
from interactspeech.records.script import ASIDE_KINDS
from interactspeech.rendering.script_lines import (
    spoken_lines,
)
from interactspeech.scripts.kinds import KINDS
from interactspeech.scripts.notation import format_script, parse_script

WORDS = st.lists(
    st.sampled_from(["so", "we", "it's,", "no.", "late?", "Tuesday", "#5", "naïve", "well:", "B:"]),
    min_size=1,
    max_size=6,
).map(" ".join)
WORDS = st.one_of(WORDS, WORDS.map(", {}".format), WORDS.map("... {}".format))
KIND = st.sampled_from(["", *KINDS])
STYLE = st.sampled_from(["", "competitive", "cooperative"])


@st.composite
def turns(draw: st.DrawFn, speaker: str, other: str, *, last: bool) -> Turn:
    parts: list[Part] = [Words(draw(WORDS))]
    for _ in range(draw(st.integers(0, 3))):
        mark = draw(
            st.one_of(
                st.builds(Backchannel, st.just(other), WORDS),
                st.builds(FailedInterruption, st.just(other), WORDS, KIND, STYLE),
                st.builds(Pause, st.none() | st.floats(0.05, 10)),
                st.builds(Sound, st.sampled_from(["laugh", "breath"])),
                st.builds(
                    Aside,
                    st.sampled_from([speaker, other]),
                    WORDS,
                    st.sampled_from(ASIDE_KINDS),
                ),
            )
        )
        parts += [mark, Words(draw(WORDS))]
    if not last:
        ending = draw(st.none() | st.builds(Interruption, KIND, STYLE) | st.builds(Overlap, KIND))
        if ending:
            parts += [ending, Words(draw(WORDS))]
    if draw(st.booleans()) and not any(isinstance(p, Interruption) for p in parts):
        parts.append(Sound("laugh"))
    return Turn(speaker, tuple(parts))


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    first = draw(st.sampled_from("AB"))
    other = "B" if first == "A" else "A"
    count = draw(st.integers(1, 5))
    text = st.sampled_from(["", "demo", "CC BY 4.0", "x y"])
    return Script(
        id=draw(st.sampled_from(["s", "demo-001"])),
        turns=tuple(
            draw(turns((first, other)[n % 2], (other, first)[n % 2], last=n == count - 1))
            for n in range(count)
        ),
        names=draw(st.sampled_from([{}, {"A": "Alice", "B": "Mr. O'Neil"}])),
        roles=draw(st.sampled_from([{}, {"A": "agent", "B": "user"}])),
        corpus=draw(text),
        source_id=draw(text),
        licence=draw(text),
        split=draw(text),
        writer=draw(text),
    )


@given(scripts())
def test_printing_and_parsing_give_the_script_back(script: Script) -> None:
    assert parse_script(format_script(script)) == script


@given(scripts())
def test_the_stage_accepts_what_the_notation_accepts(script: Script) -> None:
    spoken = spoken_lines(script)
    assert sum(line.role == "turn" for line in spoken) == len(script.turns)


@given(st.text(alphabet="AB: []interuptpause0.8mhl\n#", max_size=60))
def test_any_text_parses_or_says_where_it_does_not(text: str) -> None:
    try:
        script = parse_script(text, path="x.txt")
    except InputError as error:
        lost = error
    else:
        assert parse_script(format_script(script)) == script
        return
    assert lost.path == "x.txt"
    assert lost.line is not None
    assert 1 <= lost.line <= text.count("\n") + 1


def test_reads_every_mark() -> None:
    script = parse_script(
        "# id: x\n# A: Ann\n# just a comment\n"
        "A: So [B: mm-hm] I went [pause 0.8] to, [pause] [laugh] you know, "
        "[B tries disagree competitive: but wait] to Leeds "
        "[interrupt clarify cooperative] by bus.\n"
        "B: Which [overlap] Leeds?\n"
        "A: Ha. [breath]\n"
    )
    assert script.id == "x"
    assert script.names == {"A": "Ann"}
    assert script.turns[0].parts == (
        Words("So"),
        Backchannel("B", "mm-hm"),
        Words("I went"),
        Pause(0.8),
        Words("to,"),
        Pause(),
        Sound("laugh"),
        Words("you know,"),
        FailedInterruption("B", "but wait", "disagree", "competitive"),
        Words("to Leeds"),
        Interruption("clarify", "cooperative"),
        Words("by bus."),
    )
    assert script.turns[0].said.endswith("to Leeds")
    assert script.turns[0].unsaid == "by bus."
    assert script.turns[1].parts == (Words("Which"), Overlap(), Words("Leeds?"))


def test_names_become_ids_in_order() -> None:
    script = parse_script("Bob: Hi [Alice: hey] there.\nAlice: So.")
    assert script.names == {"A": "Bob", "B": "Alice"}
    assert script.turns[0].parts[1] == Backchannel("B", "hey")


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        ("", "no-turns", 1, None),
        ("A: hi\nhello there", "bad-line", 2, 1),
        ("A: hi [shout] there", "unknown-mark", 1, 7),
        ("A: hi [1: mm] there", "unknown-mark", 1, 7),
        ("A: hi [interrupt becuase] there\nB: no", "unknown-kind", 1, 7),
        ("A: hi [pause there", "bad-bracket", 1, 7),
        ("A: hi pause] there", "bad-bracket", 1, 12),
        ("A: hi [pause [laugh] there", "bad-bracket", 1, 7),
        ("A: hi [pause soon] there", "bad-pause", 1, 7),
        ("A: hi [pause 99] there", "bad-pause", 1, 7),
        ("A: hi [pause nan] there", "bad-pause", 1, 7),
        ("A: hi [B: ] there", "empty-mark", 1, 7),
        ("A: hi [B: ...] there", "empty-mark", 1, 7),
        ("A: hi\nB:", "empty-turn", 2, 1),
        ("A: hi\nB: [pause]", "empty-turn", 2, 1),
        ("\n".join(f"{who}: hi" for who in "ABCDEFG"), "speakers", 7, 1),
        ("A: hi [B: yes] a [C: a] b [D: a] b [E: a] b [F: a] b [G: a] b", "speakers", 1, 54),
        ("A: hi [B aside sidetalk: no] so", "unknown-kind", 1, 7),
        ("A: hi [B aside: no] so", "unknown-kind", 1, 7),
        ("A: hi [B aside thinking:] so", "empty-mark", 1, 7),
        ("A: [B aside thinking: hm] so", "interrupt-place", 1, 4),
        ("A: so [A aside thinking: hm]\nB: no", "mark-at-end", 1, 7),
        ("A: hi\nA: ho", "same-speaker", 2, 1),
        ("A: hi [A: mm-hm] there", "own-listener", 1, 7),
        ("A: hi [A tries: but] there", "own-listener", 1, 7),
        ("A: hi there. [laugh] [A laugh]", "own-listener", 1, 22),
        ("A: a [interrupt] b [interrupt] c\nB: no", "two-interrupts", 1, 20),
        ("A: so much [interrupt]\nB: no", "interrupt-place", 1, 12),
        ("A: so much [interrupt] ...\nB: no", "interrupt-place", 1, 12),
        ("A: [interrupt] so much\nB: no", "interrupt-place", 1, 4),
        ("A: [overlap] so much\nB: no", "interrupt-place", 1, 4),
        ("A: a [overlap] b [interrupt] c\nB: no", "interrupt-place", 1, 18),
        ("A: a [interrupt] b [B: mm] c\nB: no", "after-interrupt", 1, 20),
        ("A: so [B: mm-hm]\nB: no", "mark-at-end", 1, 7),
        ("A: so [pause]\nB: no", "mark-at-end", 1, 7),
        ("A: so [overlap]\nB: no", "mark-at-end", 1, 7),
        ("A: hi\nB: so [interrupt] much", "last-turn", 2, 1),
        ("A: hi\nB: so [overlap] much", "last-turn", 2, 1),
    ],
)
def test_errors_say_where(text: str, reason: str, line: int, column: int | None) -> None:
    with pytest.raises(InputError) as caught:
        parse_script(text, path="f.txt")
    assert (caught.value.reason, caught.value.line, caught.value.column) == (reason, line, column)
    assert str(caught.value).startswith(f"f.txt:{line}")


def test_a_close_mark_is_suggested() -> None:
    with pytest.raises(InputError, match=r"did you mean \[interrupt\]"):
        parse_script("A: hi [interupt] there\nB: no")


@pytest.mark.parametrize(
    "turn",
    [
        Turn("A", (Words("a [b] c"),)),
        Turn("A", (Words("a  b"),)),
        Turn("A", (Words("a"), Interruption("whim"), Words("b"))),
    ],
)
def test_what_the_notation_cannot_say_is_refused(turn: Turn) -> None:
    with pytest.raises(InputError) as caught:
        format_script(Script("s", (turn, Turn("B", (Words("no"),)))))
    assert caught.value.reason == "not-notation"


def test_the_catalogue_has_examples_in_the_notation() -> None:
    assert len(KINDS) >= 10
    for kind in KINDS.values():
        script = parse_script(kind.example)
        turn = script.turns[0]
        together = [part.kind for part in turn.parts if isinstance(part, Overlap)]
        assert turn.cut == Interruption(kind.name) or together == [kind.name]
        assert kind.style in {"competitive", "cooperative"}


def test_the_originals_demo_parses(shared_data: Path) -> None:
    found = sorted((shared_data / "benchmarks" / "interactspeech_demo").glob("*/information.json"))
    assert len(found) == 2
    cuts = [
        sum(turn.cut is not None for turn in parse_script(text).turns)
        for text in (json.loads(path.read_text())["processed_dialogue"] for path in found)
    ]
    assert cuts == [2, 1]


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("(laughs) I know", "[laugh] I know"), ("so *chuckles softly* yes", "so [laugh] yes"),
        ("oh (sighs) well", "oh [sigh] well"), ("(Laughing) no", "[laugh] no"),
        ("It is (heavily sighing) over", "It is [sigh] over"),
        ("yes (laughter).", "yes [laugh]."),
        ("so (coughs) *inhales* yes", "so [cough] [breath] yes"),
        ("a (the tall one) man", "a (the tall one) man"), ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)  # fmt: skip
def test_laughs_and_breaths_as_people_write_them(written, printed):
    script = parse_script(f"A: {written}\nB: Well.")
    assert format_script(script, header=False) == f"A: {printed}\nB: Well.\n"
    assert parse_script(format_script(script)) == script


def test_directions_among_words_that_are_never_said_are_left_out():
    script = parse_script("A: So I went [interrupt] to (laughs) the shop.\nB: What?")
    assert script.turns[0].unsaid == "to the shop."
    assert parse_script(format_script(script)) == script


def test_a_laugh_that_another_joins_is_printed_as_it_is_read():
    text = "A: So it broke. [laugh] [B laugh]\nB: No way.\n"
    script = parse_script(text)
    assert script.turns[0].parts[1:] == (Sound("laugh"), Sound("laugh", "B"))
    assert format_script(script, header=False) == text
    assert script.speakers == ("A", "B")
