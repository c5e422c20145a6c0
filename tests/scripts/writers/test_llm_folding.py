"""The stages that make turns longer: what a model may fold, and what it may tell."""

import json

import pytest
from llm_server import LLMServer, Reply
from llm_server import good as answer

from interactspeech.records import PlainDialogue, PlainTurn, Script
from interactspeech.scripts import format_script
from interactspeech.scripts.writers.llm import Cache, LLMSettings, LLMWriter, Service

LINES = (
    "A It broke down on Monday.",
    "B I see.",  # the lexicon knows it
    "A I took the bus to the lake then.",
    "B How very nice.",  # it does not know this, nor the next
    "A The bus was full of dogs.",
    "B Dogs!",
    "A They barked all the way there.",
    "B Did you swim?",
    "A I did.",
    "B Good.",
)
PLAIN = PlainDialogue(
    "d",
    tuple(PlainTurn(line[0], line[2:]) for line in LINES),
    summary="#A# took the bus to the lake. The dogs barked at #A#.",
)


def good(request):
    """Good answers, and no marks: what is tested comes before them."""
    return Reply('{"marks": []}') if request.stage == "listen" else answer(request)


def stages(server):
    return [request.stage for request in server.requests if request.stage != "listen"]


def written(respond, telling="fold", plain=PLAIN, cache=None, **service):
    settings = LLMSettings(0.0, 0.0, telling=telling)
    with LLMServer(respond) as server:
        writer = LLMWriter(Service("m", server.url, **service), settings, seed=1, cache=cache)
        (script,) = writer.write([plain])
    assert isinstance(script, Script), script
    return script, writer, server


def turns_named(*numbers):
    """Answers the first stage with these turns, and the others well."""

    def respond(request):
        if request.stage != "fold":
            return good(request)
        return Reply(json.dumps({"turns": [{"turn": number} for number in numbers]}))

    return respond


def shown(script):
    return format_script(script, header=False).splitlines()


def test_turns_that_only_acknowledge_are_said_in_the_others():
    script, _, server = written(turns_named(2))
    assert stages(server) == ["fold"]
    request = server.requests[0]
    # The program folds "I see." itself; what answers, asks, or stands at an edge is not open.
    assert request.data["open"] == [2, 3, 4, 5]
    assert shown(script)[0] == (
        "A: It broke down on Monday. [B: I see] I took the bus to the lake then. "
        "[B: how very nice] The bus was full of dogs."
    )
    assert script.turns[0].written == (
        "It broke down on Monday. [B: I see.] I took the bus to the lake then. "
        "[B: How very nice.] The bus was full of dogs."
    )


@pytest.mark.parametrize(
    ("numbers", "check"),
    [
        ((6,), "fold-place"),  # a question
        ((7,), "fold-place"),  # an answer
        ((1,), "fold-place"),
        ((99,), "fold-place"),
        ((0,), "fold-place"),
    ],
)
def test_others_are_not_folded(numbers, check):
    script, writer, _ = written(turns_named(*numbers))
    assert len(script.turns) == 8
    assert writer.caught == {check: 1, f"left-out-{check}": 1}


def test_what_is_spoken_of_later_is_not_folded():
    lines = ("A We went out.", "B In the boat.", "A It rained.", "B The boat sank.", "A Yes.")
    plain = PlainDialogue("e", tuple(PlainTurn(line[0], line[2:]) for line in lines))
    script, writer, server = written(turns_named(2), plain=plain)
    assert server.requests[0].data["open"] == [2, 3, 4]
    assert len(script.turns) == 5
    assert writer.caught["fold-content"] == 1


def test_neighbours_are_not_folded_both():
    lines = ("A We went out.", "B How odd.", "A How true.", "B It rained a lot.", "A It did.")
    plain = PlainDialogue("e", tuple(PlainTurn(line[0], line[2:]) for line in lines))
    script, writer, _ = written(turns_named(2, 3), plain=plain)
    assert len(script.turns) == 3  # the first of them, in the second answer
    assert writer.caught == {"fold-place": 1, "left-out-fold-place": 1}


def test_off_asks_nothing_and_folds_nothing():
    script, _, server = written(good, "off")
    assert not stages(server)
    assert [turn.said for turn in script.turns] == [turn.text for turn in PLAIN.turns]


def telling(words, speaker="B"):
    def respond(request):
        if request.stage != "tell":
            return good(request)
        return Reply(json.dumps({"speaker": speaker, "words": words}))

    return respond


def test_the_summary_is_told_by_who_speaks_last():
    told = "So you took the bus to the lake, and the dogs barked at you."
    script, writer, server = written(telling(told), "narrative")
    assert script.turns[-1].said == f"Good. {told}"
    assert script.turns[-1].written == f"Good. [summary: {PLAIN.summary}]"
    assert not writer.caught
    asked = next(request for request in server.requests if request.stage == "tell")
    assert asked.data["summary"] == "A took the bus to the lake. The dogs barked at A."
    assert asked.data["speaker"] == "B"


@pytest.mark.parametrize(
    ("words", "speaker", "check"),
    [
        ("So you took the bus to the lake, and dogs barked at the policeman.", "B", "invented"),
        ("So you took the bus to the lake, and the dogs barked at you?", "B", "asks"),
        ("So you took it there, and that was that, and it was good.", "B", "summary-lost"),
        ("So I took the bus to the lake, and the dogs barked at me.", "A", "wrong-speaker"),
        ("bus " * 100, "B", "length"),
    ],
)
def test_a_bad_telling_is_left_out_and_the_dialogue_stays(words, speaker, check):
    script, writer, _ = written(telling(words, speaker), "narrative")
    assert script.turns[-1].said == "Good."
    assert writer.caught == {check: 2, "left-out-tell": 1}


def test_without_a_summary_nothing_is_asked_to_be_told():
    plain = PlainDialogue("d", PLAIN.turns)
    _, _, server = written(good, "narrative", plain=plain)
    assert stages(server) == ["fold"]


def test_recorded_answers_are_used_again(tmp_path):
    first, _, server = written(good, "narrative", cache=Cache(tmp_path))
    assert stages(server) == ["fold", "tell"]
    settings = LLMSettings(0.0, 0.0, telling="narrative")
    replayed = LLMWriter(Service("m", replay=True), settings, seed=1, cache=Cache(tmp_path))
    assert list(replayed.write([PLAIN])) == [first]
