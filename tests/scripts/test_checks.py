from pathlib import Path

import msgspec
import pytest

from interactspeech.errors import InputError
from interactspeech.lexicon.words import content, leaks_unsaid
from interactspeech.records import Interruption, Script, Turn, Words
from interactspeech.scripts import CheckLimits, blocklist, check, parse_script, refusal_error
from interactspeech.scripts.checks import irrelevant_words


def failed(text: str, **limits: int | frozenset[str]) -> list[str]:
    return [failure.check for failure in check(parse_script(text), CheckLimits(**limits))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The interrupter takes up what was said.
        ("A: The train to Leeds leaves at [interrupt] noon.\nB: Leeds? Why Leeds?", []),
        # The word was never said.
        ("A: The train to Leeds leaves at [interrupt] noon.\nB: Noon is too late.", ["ignorance"]),
        # Another form of it.
        (
            "A: And then we could all go and [interrupt] visit the museums.\nB: I hate a museum.",
            ["ignorance"],
        ),
        ("A: She never liked the [interrupt] running.\nB: She runs every day.", ["ignorance"]),
        # Said before, by anyone: known.
        (
            (
                "B: I love museums.\nA: Then we could all go and [interrupt] visit the museum.\n"
                "B: Which museum?"
            ),
            [],
        ),
        # Said in the same turn before the cut.
        ("A: The museum is next to the other [interrupt] museum.\nB: Which museum?", []),
        # Function words and light words give nothing away.
        (
            "A: I really wanted to have [interrupt] a good time with you.\nB: It was a good time.",
            [],
        ),
        # But some function words do.
        (
            "A: You know I bought it online [interrupt] without looking.\nB: Without looking?",
            ["ignorance"],
        ),
        # Compounds count as their parts.
        (
            "A: We need to talk about the [interrupt] double-glazed windows.\nB: Glazed how?",
            ["ignorance"],
        ),
        # A later turn may use the words: only the one who cuts in must not know.
        (
            (
                "A: The train to Leeds leaves at [interrupt] noon.\nB: Hang on.\nA: At noon.\n"
                "B: Noon is too late."
            ),
            [],
        ),
        # What the interrupter plans and is cut off from counts too.
        (
            (
                "A: The train to Leeds leaves at [interrupt] noon.\n"
                "B: I do not think that I can [interrupt] come at noon.\nA: Why?"
            ),
            ["ignorance"],
        ),
    ],
)
def test_ignorance(text: str, expected: list[str]) -> None:
    found = failed(text)
    assert [name for name in found if name == "ignorance"] == expected


def test_given_away_is_exact() -> None:
    assert leaks_unsaid("Oh, the harbour?", "walk to the harbour", frozenset()) == content(
        "harbour"
    )
    assert (
        leaks_unsaid("Oh, the harbour?", "walk to the harbour", content("harbours")) == frozenset()
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A: I only [interrupt] wanted to know something.\nB: No.", ["place"]),
        ("A: I only wanted to know [interrupt] something.\nB: No.", ["place"]),
        ("A: Well. I only wanted [interrupt] to know something.\nB: No.", []),
        ("A: Well, I wanted to. I only [interrupt] meant to ask.\nB: No.", ["place"]),
        ("A: I was going to say. [interrupt] That it was late.\nB: No.", ["place"]),
        ("A: Hello (walks away) there.\nB: Yes.", ["directions"]),
        ("A: Hello (laughs) there.\nB: Yes.", []),  # a sound of the notation
        ("A: See https://x.org now.\nB: Yes.", ["directions"]),
        ("A: Hello. B: Hi there.\nB: Yes.", ["directions"]),
        ("A: No no no no.\nB: Yes.", ["repetition"]),
        ("A: Zero zero zero zero zero.\nB: Yes.", []),
        ("A: Yes, please.\nB: Really?\nA: Yes, please.", []),
        (
            "A: I have told you all of this.\nB: Really?\nA: I have told you all of this.",
            ["repetition"],
        ),
    ],
)
def test_places_and_words(text: str, expected: list[str]) -> None:
    assert failed(text) == expected


def test_counts_are_limits() -> None:
    text = "A: So I was going to [interrupt] do it.\nB: I was going to [interrupt] do it.\nA: Oh."
    assert failed(text) == []
    assert failed(text, interruptions=1) == ["interruptions"]
    assert failed("A: one two three four\nB: hi", turn_words=3) == ["length"]


def test_scripts_that_the_notation_would_refuse() -> None:
    words = (Words("I was going to"), Interruption(), Words("do it now"))
    script = Script("x", (Turn("A", (Words("Hi."),)), Turn("A", words)), file="f.json", line=3)
    failures = check(script)
    assert [failure.check for failure in failures] == ["speakers", "last-turn", "alternate"]
    error = refusal_error(script, failures)
    assert error.reason == "check-speakers"
    assert str(error).startswith("f.json:3: script x:")


def test_blocked_words_are_whole_words_and_phrases(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("# mine\nDarn\nover  my dead body  # a phrase\n\n", "utf-8")
    blocked = blocklist(path)
    assert blocked == {"darn", "over my dead body"}
    assert failed("A: Well, darn it!\nB: Hm.", blocked=blocked) == ["blocked"]
    assert failed("A: Over my dead body, no.\nB: Hm.", blocked=blocked) == ["blocked"]
    assert failed("A: I darned a sock over there.\nB: Hm.", blocked=blocked) == []
    assert failed("A: So I said it to him [B: darn] and he left.\nB: Hm.", blocked=blocked)
    with pytest.raises(InputError, match="cannot read the list") as caught:
        blocklist(tmp_path / "none.txt")
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize(
    ("words", "strange"),
    [
        ("Wait, which harbour?", False),
        ("My sister hated it.", False),  # two content words say too little
        ("Have you fed my purple hamster?", True),
        ("Does the train to the harbour take your purple hamster?", False),
    ],
)
def test_an_interruption_off_the_point(words: str, strange: bool) -> None:
    known = content("We take the train to the harbour")
    assert bool(irrelevant_words(words, known)) == strange


def test_roles_may_interrupt_in_half_of_the_turns():
    text = "".join(
        f"{who}: We have one table at seven, [interrupt] and one at half past eight {at}.\n"
        for at, who in enumerate("ABABAB")
    )
    found = parse_script(text + "A: Good.")
    cuts = [failure for failure in check(found) if failure.check == "interruptions"]
    assert [failure.problem for failure in cuts] == ["6 turns are cut off, at most 2"]
    roles = msgspec.structs.replace(found, roles={"A": "agent", "B": "user"})
    cuts = [failure for failure in check(roles) if failure.check == "interruptions"]
    assert [failure.problem for failure in cuts] == ["6 turns are cut off, at most 3"]


@pytest.mark.parametrize(
    ("line", "fails"),
    [
        ("A: It broke. [laugh] [B laugh]", False),
        ("A: It broke. [B laugh]", True),
        ("A: It broke. [B laugh] [laugh]", True),
    ],
)
def test_nobody_laughs_along_where_nobody_laughs(line, fails):
    failed = [one.check for one in check(parse_script(f"{line}\nB: No way.\n"))]
    assert failed == (["laugh-along"] if fails else [])
