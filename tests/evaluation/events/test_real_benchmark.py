"""Systems on labelled recordings: a perfect one, an empty one, and what ships."""

import numpy as np
import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.evaluation.events.benchmark import ASKED
from interactspeech.evaluation.events.labelled_recordings import (
    doubtful_events,
    labelled_recordings,
    marked_dialogue,
)
from interactspeech.evaluation.events.real_benchmark import (
    evaluate_live,
    evaluate_real,
    real_questions,
)
from interactspeech.evaluation.events.real_report import real_page
from interactspeech.evaluation.events.real_systems import FoundInClip, MarkedActivity
from interactspeech.signal.log_mel import STEP

RATE = 16_000


@pytest.fixture
def recordings(written, tmp_path):
    return labelled_recordings(written(tmp_path))


class Marked:
    """Finds what was marked, or nothing."""

    def __init__(self, name, everything):
        self.name, self.everything = name, everything

    def prepare(self, recording):
        events = marked_dialogue(recording).events if self.everything else ()

        def clip(start, end):
            inside = tuple(e for e in events if start <= e.start < end)
            activity = recording.activity()
            if not self.everything:
                activity = {name: np.zeros((0, 2), np.int64) for name in activity}
            return FoundInClip(inside, activity)

        return clip


def test_the_truth_scores_one_and_nothing_scores_nothing(recordings):
    truth = evaluate_real(recordings, Marked("truth", True), questions=40)
    assert truth.onset["mean"].value == 1
    assert truth.counts["interruption"] == (1, 0, 0)
    assert truth.missed_speech == truth.false_speech == 0
    nothing = evaluate_real(recordings, Marked("nothing", False), questions=0)
    assert nothing.onset["mean"].value == 0
    assert nothing.missed_speech == 1
    assert nothing.accuracy == {}
    page = real_page(recordings, [truth, nothing], [], "the command")
    assert "| truth | 1.000" in page
    assert "Too few to tell systems apart: backchannels (1), interruptions (1)" in page


def test_no_question_is_about_what_is_in_doubt(recordings):
    asked = real_questions(recordings, 80, seed=3)
    doubt = doubtful_events(recordings[0])
    for question in asked:
        if not question.answer:
            assert not any(
                e.type == question.event and e.start < question.end and e.end >= question.start
                for e in doubt
            )


def test_marked_activity_and_words(recordings):
    found = MarkedActivity(words=True).prepare(recordings[0])(0, 10 * RATE)
    kinds = {(e.type, e.speaker, e.start) for e in found.events}
    assert ("backchannel", "B", 2 * RATE) in kinds
    assert ("interruption", "B", 5 * RATE) in kinds
    clip = MarkedActivity().prepare(recordings[0])(RATE, 3 * RATE)
    assert clip.activity["A"].tolist() == [[0, 2 * RATE]]


def test_live_bids(recordings):
    def scorer(samples):
        score = np.zeros((2, -(-samples.shape[1] // STEP)), np.float32)
        score[1, round(5.3 * RATE / STEP) :] = 0.8  # a third of a second into the interruption
        return score

    found = evaluate_live(recordings, scorer, "late", threshold=0.5)
    assert found.recall.value == 1
    assert found.delay == pytest.approx(0.34, abs=0.05)
    assert found.at_backchannels.value == 0
    assert evaluate_live(recordings, scorer, "late", threshold=0.9).recall.value == 0
    alone = evaluate_live(recordings, lambda _: np.ones((2, 250), np.float32), "all", threshold=0.5)
    assert alone.at_backchannels.value == 1


def test_the_command(recordings, tmp_path):
    page = tmp_path / "real.md"
    folder = recordings[0].folder.parent
    given = ["evaluate", "events", "real", str(folder), "--questions", "0", "-o", str(page), "-q"]
    given += ["--system", "marked", "--system", "energy"]
    done = CliRunner().invoke(cli, given)
    assert done.exit_code == 0, done.output
    text = page.read_text()
    assert "hand-marked activity + rules" in text
    assert "energy + rules" in text
    assert str(tmp_path) not in text
    refused = CliRunner().invoke(cli, ["evaluate", "events", "real", str(tmp_path / "none")])
    assert refused.exit_code != 0


@pytest.mark.slow
def test_what_ships_on_real_recordings(shared_data):
    folder = shared_data / "real_labelled"
    if not folder.is_dir():
        pytest.skip("the labelled real recordings are not here")
    found = labelled_recordings(folder)
    bound = evaluate_real(found, MarkedActivity(words=True), questions=0)
    assert bound.onset["gap"].value > 0.9
    assert bound.onset["pause"].value > 0.9
    assert bound.missed_speech < 0.001
    assert set(bound.onset) == {*ASKED, "mean"}
