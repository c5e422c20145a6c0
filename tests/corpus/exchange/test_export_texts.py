"""Exports for text trainers: barge-in rows, tasks as chat, preference pairs."""

import json

import pytest
from made_dialogues import dialogue

from interactspeech.corpus.exchange import chosen, export
from interactspeech.corpus.exchange.barge_in import rows
from interactspeech.errors import InputError
from interactspeech.lexicon.words import content, leaks_unsaid
from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance, Word
from interactspeech.scripts import parse_script
from interactspeech.training.text.exports import preference_rows, script_of, task_rows

SCRIPT = parse_script(
    "A: I left the cat with the neighbour [B: mm-hm] who [interrupt clarify] waters plants.\n"
    "B: Hang on, which neighbour do you mean?\n"
    "A: The one with the beard, he waters the plants too.\n"
    "B: Oh, that one.",
    "one",
)


def said(speaker, start, text, *, kind="turn", unsaid=(), name="", fragment=False):
    words = text.split()
    marks = tuple(
        Word(word, start + 100 * n, start + 100 * n + 80, fragment and n == len(words) - 1)
        for n, word in enumerate(words)
    )
    end = marks[-1].end
    return Utterance(name or f"{speaker}{start}", speaker, start, end, (Span(start, end),), marks,
                     tuple(unsaid), kind, times="engine")  # fmt: skip


def talk(*utterances, events=()):
    return Dialogue("d", 1000, 10_000, (Speaker("A"), Speaker("B")), utterances, events)


def labels(*utterances, **more):
    found = rows(talk(*utterances, **more), "A", "B")
    return [(row["said"], row["unsaid"], row["user"], row["label"]) for row in found]


def test_each_label():
    line = said("A", 1000, "so we take the early train and")
    assert labels(line, said("B", 1250, "mm-hm", kind="backchannel")) == [
        ("so we", "take the early train and", "mm-hm", "backchannel")
    ]
    assert labels(line, said("B", 1250, "can I", kind="attempt"))[0][3] == "failed_interruption"
    assert labels(line, said("B", 1250, "which train"))[0][3] == "interruption"
    assert labels(line, said("B", 1650, "yes"))[0][3] == "turn"  # in the last word
    assert labels(line, said("B", 1900, "yes"))[0] == (line.text, "", "yes", "turn")
    assert not labels(said("B", 500, "hello"), line)


def test_what_was_never_said_counts_as_unsaid_and_fragments_as_their_words():
    line = said("A", 1000, "so we ta", unsaid=("take", "the", "train"), fragment=True)
    assert labels(line, said("B", 1150, "which train"))[0][:2] == ("so", "we take the train")
    assert labels(line, said("B", 1250, "which train"))[0] == (
        "so we", "take the train", "which train", "interruption"
    )  # fmt: skip


def test_times_count_from_the_onset():
    event = Event("interruption", "B", 1250, 1680, partner="A", origin="planned", utterance="b",
                  attributes={"style": "competitive"})  # fmt: skip
    line, cut = said("A", 1000, "so we take the train"), said("B", 1250, "which train", name="b")
    (row,) = rows(talk(line, cut, events=(event,)), "A", "B")
    assert row["user_words"] == [["which", 0.08], ["train", 0.18]]
    assert (row["onset"], row["after_agent_began"], row["in_overlap"]) == (1.25, 0.25, True)
    assert row["style"] == "competitive"


def test_tasks_are_chat_whose_questions_do_not_show_the_unsaid():
    found = {row["task"]: row for row in task_rows(SCRIPT)}
    assert [m["role"] for m in found["interrupt"]["messages"]] == ["system", "user", "assistant"]
    assert "plants" not in found["interrupt"]["messages"][1]["content"]
    assert found["interrupt"]["kind"] == "clarify"
    assert found["interrupt"]["messages"][-1]["content"].startswith("B: Hang on")


def test_pairs_about_interruptions_differ_in_what_they_know():
    (pair,) = [row for row in preference_rows(SCRIPT) if row["task"] == "interrupt"]
    chosen_text, rejected = (pair[key][0]["content"] for key in ("chosen", "rejected"))
    known = content(SCRIPT.turns[0].said)
    assert not leaks_unsaid(chosen_text, SCRIPT.turns[0].unsaid, known)
    assert leaks_unsaid(rejected, SCRIPT.turns[0].unsaid, known)
    assert rejected.startswith("B: Hang on,")
    assert "waters" not in pair["prompt"][1]["content"]


def test_pairs_about_listening_differ_in_the_place_alone():
    pairs = [row for row in preference_rows(SCRIPT) if row["task"] == "listen"]
    first = pairs[0]
    good, bad = (first[key][0]["content"].split(" | ") for key in ("chosen", "rejected"))
    assert good == ["with the neighbour", "mm-hm"]
    assert bad[1] == "mm-hm"
    assert bad[0] != good[0]
    assert list(preference_rows(SCRIPT)) == list(preference_rows(SCRIPT))
    none = [row for row in pairs if row["chosen"][0]["content"] == "none"]
    assert none
    assert all(row["rejected"][0]["content"].endswith("| mm-hm") for row in none)


def test_a_record_without_a_script_is_named():
    record, _ = dialogue(0)
    with pytest.raises(InputError, match="holds no script") as caught:
        script_of(record)
    assert caught.value.reason == "no-scripts"


@pytest.mark.parametrize("name", ["barge-in", "text-tasks", "preferences"])
def test_exports_of_a_built_corpus(built, tmp_path, name):
    datasets = pytest.importorskip("datasets")
    done = export(chosen(built), tmp_path / "out", name)
    assert done.ledger.kept == len(built)
    (path,) = (tmp_path / "out").glob("*.jsonl")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert {line["id"] for line in lines} == {item.id for item in built}
    assert all(line["licence"] == "CC0-1.0" for line in lines)
    data = datasets.load_dataset(
        "json", data_files=str(path), cache_dir=str(tmp_path / "cache"), split="train"
    )
    assert len(data) == len(lines)
    if name == "preferences":
        assert all(row["chosen"] != row["rejected"] for row in data)
