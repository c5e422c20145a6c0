"""The classifier of replies: examples, features, training, the shipped file, the command."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue
from interactspeech.scripts import demo_dialogues, format_script, parse_script
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.training.replies.classifier import ReplyClassifier
from interactspeech.training.replies.examples import REPLY_CLASSES, reply_examples
from interactspeech.training.replies.fitting import fit_replies

#: Scenarios whose scripts hold every class often enough.
NAMES = ("assistant", "lesson", "assistant", "argument", "assistant", "service-call", "lesson")

SCRIPT = """\
A: So we take the early train [B: mm-hm] and then [interrupt clarify] walk to the harbour.
B: Wait, which harbour?
A: The new one. [B tries stop: wait, wait] It is not far [B aside thinking: hmm] from here.
B: Do you have the tickets?
A: I do.
"""


def test_scripts_know_what_a_reply_wants_and_what_was_unsaid() -> None:
    found = [(e.label, e.reply, e.unsaid) for e in reply_examples([parse_script(SCRIPT)])]
    assert found == [
        ("feedback", "mm-hm", "and then walk to the harbour."),
        ("question", "Wait, which harbour?", "walk to the harbour."),
        ("answer", "The new one. It is not far from here.", ""),
        ("stop", "wait, wait", "It is not far from here."),
        ("question", "Do you have the tickets?", ""),
        ("answer", "I do.", ""),
    ]


def test_the_shipped_classifier_knows_the_plain_cases_in_time() -> None:
    classifier = ReplyClassifier.shipped()
    assert tuple(classifier.classes) == REPLY_CLASSES
    for reply, said, label in (
        ("mm-hm", "and then we went to the station", "feedback"),
        ("Wait, which one?", "so I gave it to the neighbour who", "question"),
        ("Wait, wait.", "and then you press the green", "stop"),
        ("Yes, I do.", "Do you have the tickets?", "answer"),
    ):
        verdict = classifier.classify(reply, said)
        assert verdict.label == label, reply
        assert sum(verdict.probabilities.values()) == pytest.approx(1, abs=1e-5)
    began = time.process_time()
    for _ in range(50):
        classifier.classify("Sorry, what was that?", "the number is")
    assert (time.process_time() - began) / 50 < 0.005


def test_what_is_no_classifier_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"not onnx")
    with pytest.raises(InputError) as caught:
        ReplyClassifier.load(tmp_path / "x.onnx")
    assert caught.value.reason == "bad-model"
    with pytest.raises(InputError):
        fit_replies([])


def test_the_command_trains_and_holds_out(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    plains = [item for item in demo_dialogues() if isinstance(item, PlainDialogue)]
    scripts = [
        write_with_roles(plain, seed, SCENARIOS[name])
        for seed, name in enumerate(NAMES)
        for plain in plains
    ]
    text = "\n\n\n".join(
        format_script(s).replace(f"# id: {s.id}", f"# id: {s.id}-{n}")
        for n, s in enumerate(scripts)
    )
    (tmp_path / "s.txt").write_text(text)
    run = CliRunner().invoke(
        cli, ["train", "replies", str(tmp_path / "s.txt"), "-o", str(tmp_path / "r.onnx")]
    )
    # A dialogue of a plain text in which no act found a place is no script, and is counted.
    assert run.exit_code in (0, 1), run.output
    assert "held out" in run.output
    assert ReplyClassifier.load(tmp_path / "r.onnx").classify("mm-hm", "so we went").label
