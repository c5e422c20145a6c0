"""Scripts to examples: what is asked, what is answered, and what is never shown."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.errors import InputError
from interactspeech.lexicon.words import bare, content
from interactspeech.records import FailedInterruption, PlainDialogue, Script, Words
from interactspeech.scripts import (
    OfflineWriterSettings,
    demo_dialogues,
    parse_script,
    write_offline,
)
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.scripts.writers.llm.draft import find
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.training.text import prompts
from interactspeech.training.text.dataset import groups, prepare, split
from interactspeech.training.text.examples import all_examples, examples, plain_of
from interactspeech.training.text.prompts import BackchannelMark
from interactspeech.training.text.settings import TextTrainSettings

PLAIN = [one for one in demo_dialogues() if isinstance(one, PlainDialogue)]

SCRIPT = """
A: I left the cat with the neighbour [B: mm-hm] who said he [interrupt clarify] waters the plants.
B: Hang on, which neighbour?
A: The one with the beard, he waters the plants too.
B: Oh, that one.
"""


def _scripts(seeds: int = 3) -> list[Script]:
    settings = OfflineWriterSettings(interruptions=8, backchannels=2)
    return [
        write_offline(plain, seed, settings=settings) for seed in range(seeds) for plain in PLAIN
    ]


def test_one_script_gives_each_task_its_question_and_answer():
    found = {one.task: one for one in examples(parse_script(SCRIPT), prompts.TASKS)}
    asked = {task: one.prompt[1]["content"] for task, one in found.items()}
    answers = {task: one.completion[0]["content"] for task, one in found.items()}
    assert answers["place"] == "who said he"
    assert answers["interrupt"] == "B: Hang on, which neighbour?"
    assert answers["resume"] == "A: The one with the beard, he waters the plants too."
    assert "[waters the plants.]" in asked["resume"]
    assert asked["rewrite"] == (
        "A: I left the cat with the neighbour who said he waters the plants.\nB: Oh, that one."
    )
    assert answers["rewrite"] == SCRIPT.strip()
    listened = next(one for one in examples(parse_script(SCRIPT)) if one.task == "listen")
    assert listened.completion[0]["content"] == "with the neighbour | mm-hm"
    assert "waters" not in listened.prompt[1]["content"]


IN_ROLES = (
    "# role A: agent\n# role B: user\n"
    "A: Your train leaves from platform [B aside side-talk: not now, sweetie] four [B: okay] "
    "and you [B tries stop: wait, wait] change at the [interrupt clarify] harbour.\n"
    "B: Change where?\nA: You change at the harbour.\nB: Thanks.\n"
)
MEETING = (
    "A: We keep the old price for now [B tries: with tax] and the colour [C: mm-hm] stays red "
    "[C tries clarify: but which] too.\n"
    "B: That is what I said on Monday, too.\nC: So did I, if you remember.\n"
)


def test_roles_attempts_and_asides_are_asked_about():
    found = {}
    for one in examples(parse_script(IN_ROLES)):
        found.setdefault(one.task, []).append(
            (one.prompt[1]["content"].split("\n"), one.completion[0]["content"])
        )
    ((asked, answer),) = found["aside"]
    assert asked == ["A: Your train leaves from platform -", "(B, user aside: side-talk)"]
    assert answer == "B: not now, sweetie"
    ((asked, answer),) = found["attempt"]
    assert asked[-1] == "(B, user tries to come in: stop)"
    assert asked[0] == "A: Your train leaves from platform four and you -"
    assert answer == "B: wait, wait"
    places = {question[-1]: quoted for question, quoted in found["place"]}
    assert places["(B, user tries to come in: stop)"] == "four and you"
    assert places["(B, user cuts in: clarify)"] == "change at the"
    assert ("(B, user listens)", "from platform four | okay") in [
        (question[-1], given) for question, given in found["listen"]
    ]
    assert found["resume"][0][0][-1] == "(A, agent)"


def test_in_company_each_listener_is_asked_for_and_a_text_s_own_turn_is_no_attempt():
    found = [one for one in examples(parse_script(MEETING)) if one.prompt[1]["content"][0] == "A"]
    listening = {
        one.prompt[1]["content"].split("\n")[-1]: one.completion[0]["content"]
        for one in found
        if one.task == "listen"
    }
    assert listening == {"(B listens)": "none", "(C listens)": "and the colour | mm-hm"}
    tried = [one.completion[0]["content"] for one in found if one.task == "attempt"]
    assert tried == ["C: but which"]


def test_an_attempt_is_never_asked_for_with_what_comes_after_it():
    judged = 0
    for plain in PLAIN:
        script = write_with_roles(plain, 1, SCENARIOS["argument"])
        asked = [one.prompt[1]["content"].split("\n") for one in examples(script, ("attempt",))]
        for turn in script.turns:
            said = 0
            for part in turn.parts:
                if isinstance(part, Words):
                    said += len(part.text.split())
                elif isinstance(part, FailedInterruption):
                    words = f"{turn.said} {turn.unsaid}".split()[:said]
                    line = f"{turn.speaker}: {' '.join(words)} -"
                    question = f"({part.speaker}, opponent tries to come in: {part.kind})"
                    if [line, question] in [lines[-2:] for lines in asked]:
                        judged += 1
                    else:  # made again in the same words
                        assert turn.parts.count(part) > 1
        assert len(asked) <= sum(
            isinstance(part, FailedInterruption) for turn in script.turns for part in turn.parts
        )
    assert judged > 10


def test_who_interrupts_is_never_shown_the_unsaid_part():
    judged = 0
    for script in _scripts():
        for one in examples(script, ("interrupt",)):
            asked = one.prompt[1]["content"]
            broken = asked.split("\n")[-2]
            assert broken.endswith(" -")
            turn = next(
                turn
                for turn in script.turns
                if turn.cut and broken == f"{turn.speaker}: {turn.said} -"
            )
            told = content(" ".join(line.partition(": ")[2] for line in asked.split("\n")))
            said = content(" ".join(other.said for other in script.turns))
            assert not (content(turn.unsaid) & told) - said
            judged += 1
    assert judged > 20


@given(
    st.lists(st.sampled_from(["we", "take", "the", "train", "the,", "and"]), min_size=2), st.data()
)
def test_a_quoted_place_is_found_again(tokens, data):
    at = data.draw(st.integers(1, len(tokens) - 1))
    assert find(tokens, prompts.quote(tokens, at)) == at


@given(
    st.lists(
        st.builds(
            BackchannelMark,
            st.sampled_from(["took the bus,", "and then"]),
            st.sampled_from(["mm-hm", "oh wow"]),
        ),
        max_size=4,
    )
)
def test_backchannels_read_back(marks):
    assert prompts.read_marks(prompts.answer_marks(marks)) == marks


@pytest.mark.parametrize("text", ["", "mm-hm", "a b |", "| yeah", "took the bus, | yeah\nhello"])
def test_what_is_no_list_of_backchannels_is_refused(text):
    assert prompts.read_marks(text) is None


FLUENT = OfflineWriterSettings(
    interruptions=4.5, fillers=0, repeats=0, restarts=0, fragments=0, connectives=0, telling="off"
)


def test_plain_dialogue_of_a_script_has_the_words_of_its_source():
    for plain in PLAIN:
        for seed in range(3):
            script = write_offline(plain, seed, settings=FLUENT)
            if any(turn.cut and turn.cut.kind for turn in script.turns):
                again = [
                    [bare(word) for word in turn.text.split()] for turn in plain_of(script).turns
                ]
                source = [[bare(word) for word in turn.text.split()] for turn in plain.turns]
                # A reply that cuts in may get words before it; nothing else differs.
                assert len(again) == len(source)
                assert all(
                    "".join(new).endswith("".join(old)[-8:])
                    for new, old in zip(again, source, strict=True)
                )


def test_splits_share_no_line_and_no_source():
    scripts = _scripts()
    kept, held = split(scripts, 0.3, seed=1)
    assert len(kept) + len(held) == len(scripts)
    assert 0.2 < len(held) / len(scripts) < 0.4

    def lines(some: list[Script]) -> set[str]:
        found = {
            " ".join(map(bare, f"{turn.said} {turn.unsaid}".split()))
            for script in some
            for turn in script.turns
        }
        return {line for line in found if line.count(" ") >= 7}

    # The three scripts of one dialogue stay together, though hesitations differ.
    assert not {script.id for script in kept} & {script.id for script in held}
    shared = lines(kept) & lines(held)
    assert len(shared) <= 2  # phrases of the writer's own


def test_scripts_of_one_text_under_other_names_are_one_group():
    first = parse_script(SCRIPT, "first")
    other = parse_script(SCRIPT.replace("Oh, that one.", "I see."), "other")
    apart = parse_script("A: Hello there.\nB: Hi.", "apart")
    assert groups([first, apart, other]) == [0, 1, 0]


def test_preparing_balances_silence_and_is_the_same_again():
    scripts = _scripts()
    settings = TextTrainSettings(silent=0.1, held_out=0.2)
    data, again = prepare(scripts, settings), prepare(scripts, settings)
    assert data.train == again.train
    assert data.held == again.held
    listening = [one for one in data.train if one.task == "listen"]
    silent = [one for one in listening if one.completion[0]["content"] == prompts.NOTHING]
    assert len(silent) <= 0.1 * len(listening)
    assert data.left_out["silent"] > 0
    assert data.left_out["listening"] == 0
    less = prepare(scripts, msgspec.structs.replace(settings, listening=0.2))
    assert less.counts["listen"] <= 0.2 * len(less.train)
    assert less.left_out["listening"] == len(data.train) - len(less.train) > 0
    assert {name: count for name, count in less.counts.items() if name != "listen"} == {
        name: count for name, count in data.counts.items() if name != "listen"
    }
    assert set(data.counts) == set(prompts.STAGED) - {"aside"}  # which only roles have
    assert sum(data.mix.values()) == pytest.approx(1.0, abs=0.01)
    assert not {one.script for one in data.train} & set(data.held_ids)


def test_no_scripts_is_an_error_that_says_what_to_do():
    with pytest.raises(InputError, match="interactspeech script") as caught:
        prepare([], TextTrainSettings())
    assert caught.value.reason == "no-scripts"
    plain = [parse_script(f"A: Hello {n}.\nB: Hi.", f"d{n}") for n in range(9)]
    with pytest.raises(InputError, match="nothing in them to learn"):
        prepare(plain, TextTrainSettings())


def test_examples_are_kept_once():
    script = parse_script(SCRIPT)
    assert len(all_examples([script, script])) == len(all_examples([script]))


def test_the_first_examples_hold_each_task_in_its_share():
    """A short training sees the first examples only: what was dropped must not show in them."""
    data = prepare(_scripts(4), TextTrainSettings(silent=0.2, listening=0.4, held_out=0.2))

    def share(some):
        return sum(one.task == "listen" for one in some) / len(some)

    part = data.train[: len(data.train) // 4]
    assert data.left_out["listening"]
    assert share(part) == pytest.approx(share(data.train), abs=0.12)
