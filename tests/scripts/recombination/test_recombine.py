"""New dialogues out of parts of others: none twice, sources told, values changed together."""

import re
from itertools import combinations

import msgspec
import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.lexicon.number_words import cardinal
from interactspeech.records import PlainDialogue, PlainTurn
from interactspeech.scripts import demo_dialogues, read_all
from interactspeech.scripts.recombination import Recombined, recombine
from interactspeech.scripts.recombination.novelty import NoveltyIndex
from interactspeech.scripts.recombination.parts import dialogue_parts, kind_of, without_lead
from interactspeech.scripts.recombination.slots import value_of, vary_slots
from interactspeech.scripts.writers.draws import Draws


def dialogue(name: str, *texts: str, corpus: str = "made", names=None) -> PlainDialogue:
    turns = tuple(PlainTurn("AB"[n % 2], text) for n, text in enumerate(texts))
    return PlainDialogue(name, turns, names or {}, corpus, f"s-{name}", "CC0-1.0")


SUBJECTS = ("garden", "piano", "harbour", "bicycle", "novel", "kitchen", "concert", "mountain",
            "computer", "sandwich", "museum", "neighbour")  # fmt: skip


def chats() -> list[PlainDialogue]:
    """Dialogues that have little but a few function words in common."""
    made = []
    for number, one in enumerate(SUBJECTS):
        rng = np.random.default_rng(number)

        def line(start: str, end: str, one=one, rng=rng) -> str:
            syllables = rng.choice(["ba", "lo", "mi", "tu", "ker", "nas", "fil", "dro"], (12, 3))
            return f"{start} {one} {' '.join(map(''.join, syllables))}{end}"

        made.append(
            dialogue(
                f"chat-{one}", line("Have you seen the", "?"), line("I know your", "."),
                line("Then my", "."), line("Neither", "."), line("But their", "."),
            )
        )  # fmt: skip
    return made


def test_everything_comes_once_then_new_dialogues() -> None:
    report = Recombined()
    sources = chats()
    made = list(recombine([*sources, sources[0]], 3, report=report))
    assert made[: len(sources)] == sources
    assert report.repeats == 1
    new = made[len(sources) :]
    assert len(new) == report.made > len(sources)
    assert len({one.id for one in made}) == len(made)
    assert list(recombine([*sources, sources[0]], 3)) == made
    assert list(recombine(sources, 4)) != made


def test_no_summary_is_told_of_what_was_changed() -> None:
    sources = [msgspec.structs.replace(chat, summary="#A# asks #B#.") for chat in chats()]
    made = list(recombine(sources, 3))
    assert all(one.summary for one in made[: len(sources)])
    assert not any(one.summary for one in made[len(sources) :])


def test_no_two_are_alike_and_sources_are_told() -> None:
    seen = NoveltyIndex()
    made = list(recombine(chats(), 3))
    found = {one.id: seen.shingles(one.turns) for one in made}
    for one, other in combinations(found.values(), 2):
        assert len(one & other) / len(one | other) <= 0.6
    for one in made[len(SUBJECTS) :]:
        told = {name.removeprefix("s-chat-") for name in one.source_id.split(" + ")}
        text = " ".join(turn.text for turn in one.turns)
        assert len(told) > 1
        assert told == {subject for subject in SUBJECTS if subject in text.split()}
        assert {turn.speaker for turn in one.turns} == {"A", "B"}
        assert (one.corpus, one.licence) == ("made", "CC0-1.0")


def test_two_sources_meet_once() -> None:
    pairs = [
        frozenset(pair)
        for one in list(recombine(chats(), 1))[len(SUBJECTS) :]
        for pair in combinations(one.source_id.split(" + "), 2)
    ]
    assert len(pairs) == len(set(pairs))


def test_corpora_and_licences_are_not_mixed() -> None:
    ours = chats()
    theirs = [
        PlainDialogue(f"x{c.id}", tuple(PlainTurn(t.speaker, f"Also {t.text}") for t in c.turns),
                      {}, "other", f"x{c.source_id}", "CC-BY-4.0")
        for c in chats()
    ]  # fmt: skip
    for one in recombine([*ours, *theirs], 1):
        assert all(s.startswith("x") == (one.corpus == "other") for s in one.source_id.split(" + "))
        assert one.licence == ("CC-BY-4.0" if one.corpus == "other" else "CC0-1.0")


def test_scripts_and_losses_pass() -> None:
    loss = InputError("broken")
    scripts = [one for one in demo_dialogues() if not isinstance(one, PlainDialogue)]
    assert list(recombine([loss, *scripts], 1)) == [loss, *scripts]


def test_kinds() -> None:
    assert kind_of(dialogue("a", "Can I help you?", "Yes, a room.", "For when?", "Now.")) == "scene"
    assert kind_of(chats()[0]) == "talk"
    served = dialogue("c", "A taxi.", "Where to?", names={"A": "user", "B": "system"})
    assert kind_of(served) == "assistant"


def test_a_part_ends_before_the_farewell_and_never_on_a_question() -> None:
    chat = dialogue(
        "d", "Do you sing?", "I do.", "Where?", "In a choir in town.", "See you.", "Bye!"
    )
    (whole,) = dialogue_parts(0, chat, "talk")
    assert (whole.start, whole.end) == (0, 4)
    asks = dialogue("e", "One.", "Two.", "Three?", "Four?", "Five?")
    assert dialogue_parts(0, asks, "talk") == []


def test_greetings_are_left_behind() -> None:
    assert without_lead("Hi, Tom. Did you see it?", ["Tom"]) == "Did you see it?"
    assert without_lead("Hello.", []) == "Hello."
    assert without_lead("So, what now?", []) == "What now?"


def vary(*texts: str, seed: int = 0) -> str:
    turns = [PlainTurn("AB"[n % 2], text) for n, text in enumerate(texts)]
    made = vary_slots(turns, {}, Draws(np.random.default_rng(seed)))
    return " ".join(turn.text for turn in made)


@pytest.mark.parametrize("seed", range(8))
def test_prices_are_scaled_together(seed: int) -> None:
    text = vary("It is twenty dollars.", "And the other ten dollars?", "Thirty dollars in all.",
                seed=seed)  # fmt: skip
    values = [value_of(found) for found in re.findall(r"([A-Za-z-]+(?: [a-z-]+)*) dollars",
              re.sub(r"It is |And the other ", "", text))]  # fmt: skip
    assert values[0] + values[1] == values[2]
    assert values[0] == 2 * values[1]
    assert values[0] != 20


def test_prices_stay_where_something_else_may_be_one() -> None:
    text = "It is twenty dollars. Three hundred for the front."
    assert vary(text) == text


@pytest.mark.parametrize("seed", range(8))
def test_days_turn_and_hours_move_together(seed: int) -> None:
    text = vary("We meet on Monday at eight, or on Tuesday at nine.", seed=seed)
    first, second = re.findall(r"\w+day", text)
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert (days.index(second) - days.index(first)) % 7 == 1
    assert first != "Monday"
    hours = [value_of(one) for one in re.findall(r"at (\w+)", text)]
    assert hours[1] - hours[0] == 1
    assert hours[0] != 8


def test_names_change_but_not_those_of_the_famous() -> None:
    text = vary("Mary, have you met Tom?", "Not Tom, but I like Tom Cruise, said Peter.")
    assert "Mary" not in text
    assert "Peter" not in text
    assert text.count("Tom") == 3  # one of them is of a full name: all stay


def test_codes_change_alike() -> None:
    text = vary("It is four one five, five five one two.", "Four one five, five five one two?")
    first, second = re.findall(r"(?:\w+,? ){6}\w+(?=[.?])", text.replace("It is ", ""))
    assert first.strip().lower() == second.strip().lower()
    assert first.lower() != "four one five, five five one two"


@pytest.mark.parametrize("number", [0, 7, 13, 20, 45, 100, 135, 999, 1000, 2135, 90_000, 2_000_001])
def test_value_of_is_the_inverse_of_cardinal(number: int) -> None:
    assert value_of(cardinal(number)) == number


def test_real_texts_give_ten_times_their_words(shared_data) -> None:
    report = Recombined()
    folder = shared_data / "text"
    made = [one for one in recombine(read_all([str(folder / "sgd")]), 7, report=report)
            if isinstance(one, PlainDialogue)]  # fmt: skip
    assert report.sources == 68
    words = [sum(turn.text.count(" ") + 1 for turn in one.turns) for one in made]
    assert sum(words) > 8 * sum(words[:68])
    assert max(report.resemblance) <= 0.6
    assert all(one.names == {"A": "user", "B": "system"} for one in made)
