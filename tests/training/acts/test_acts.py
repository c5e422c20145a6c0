"""Acts in meetings: places and labels, the fitted model, the shipped one."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.errors import InputError
from interactspeech.lexicon.word_classes import word_class
from interactspeech.records import Backchannel, PlainDialogue, PlainTurn
from interactspeech.scripts.roles import RoleSettings, Scenario
from interactspeech.scripts.writers.act_features import (
    FEATURES,
    clause_boundaries,
    place_features,
)
from interactspeech.scripts.writers.act_model import CLASSES, ActModel
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.training.acts.fitting import fit_acts, score_places
from interactspeech.training.acts.meetings import (
    MeetingAct,
    MeetingPlaces,
    meeting_places,
    read_mrda_acts,
)

LINES = """\
0.0,1.0,m-c1_0,A,0.0+0.3+we|0.3+0.6+took|0.6+1.0+it,s,m-c1,A,s
1.1,1.3,m-c2_1,A,1.1+1.3+uh-huh,b,m-c2,B,b
1.6,2.6,m-c1_2,A,1.6+2.0+and|2.0+2.3+left|2.3+2.6+early,s,m-c1,A,s
2.4,2.9,m-c2_3,A,2.4+2.6+but|2.6+2.9+wait,s,m-c2,B,s
2.7,5.0,m-c1_4,A,2.7+3.0+so|3.0+3.4+nobody|3.4+3.8+saw|3.8+5.0+us,s,m-c1,A,s
"""


def test_an_act_belongs_to_the_place_before_it(tmp_path: Path) -> None:
    (tmp_path / "Bed001.dadb").write_text(LINES)
    ((name, acts),) = read_mrda_acts(tmp_path)
    assert [act.role for act in acts] == ["floor", "feedback", "floor", "floor", "floor"]
    found = meeting_places(name, "MRDA", acts)
    assert found.features.shape == (len(found.acts), len(FEATURES))
    labels = [CLASSES[act] for act in found.acts if act]
    assert labels == ["continuer", "attempt"]
    # A says "we took it. and left early. so nobody saw us.": nine places, feedback at the third.
    assert len(found.acts) == 9 + 1  # and one in B's "but wait"
    assert CLASSES[found.acts[2]] == "continuer"


def test_broken_off_words_stay_broken_off_and_doubt_is_no_mark_of_a_clause(tmp_path: Path) -> None:
    words = "0.0+0.1+th-|0.1+0.4+<that's>|0.4+0.6+<so->|0.6+0.9+p_d_a|0.9+1.2+authors'|1.2+1.3+<>"
    (tmp_path / "Bed001.dadb").write_text(f"0.0,1.3,m-c1_0,A,{words},s,m-c1,A,s\n")
    ((_, (act,)),) = read_mrda_acts(tmp_path)
    assert act.tokens == ("th-", "that's", "so-", "pda", "authors'.")
    assert [word_class(token) for token in act.tokens[:3:2]] == ["fragment", "fragment"]
    assert clause_boundaries(act.tokens) == []
    found = meeting_places("Bed001", "MRDA", [act])
    column = FEATURES.index("word=fragment")
    assert found.features[:, column].tolist() == [1.0, 0.0, 1.0, 0.0]


def test_amis_words_end_when_they_are_said_and_not_when_the_next_begins() -> None:
    # "it." was given the pause after it, in which the listener says "mm-hm".
    acts = [
        MeetingAct(
            "A",
            "floor",
            ("we", "took", "it.", "and", "left"),
            (0.0, 0.3, 0.6, 2.0, 2.3),
            (0.3, 0.6, 2.0, 2.3, 2.6),
        ),
        MeetingAct("B", "feedback", ("mm-hm",), (1.2,), (1.5,)),
    ]
    places = {corpus: meeting_places("m", corpus, acts).acts.tolist() for corpus in ("AMI", "MRDA")}
    continuer = CLASSES.index("continuer")
    assert places["AMI"] == [0, 0, continuer, 0]
    assert places["MRDA"] == [0, continuer, 0, 0]


def test_folders_without_meetings_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dadb"):
        list(read_mrda_acts(tmp_path))
    run = CliRunner().invoke(cli, ["train", "acts", "-o", str(tmp_path / "x.json")])
    assert run.exit_code == 2


def made_meeting(seed: int) -> MeetingPlaces:
    """Feedback after every full stop and nowhere else."""
    rng = np.random.default_rng(seed)
    acts = []
    at = 0.0
    for _ in range(150):
        count = int(rng.integers(3, 8))
        tokens = ["word"] * (count - 1) + ["end."]
        starts = tuple(at + 0.3 * k for k in range(count))
        acts.append(
            MeetingAct("A", "floor", tuple(tokens), starts, tuple(s + 0.25 for s in starts))
        )
        at = starts[-1] + 0.3
        if rng.random() < 0.8:
            acts.append(MeetingAct("B", "feedback", ("uh-huh",), (at + 0.05,), (at + 0.2,)))
        at += 0.4
    return meeting_places(f"m{seed}", "MRDA", acts)


def test_the_model_learns_where_feedback_is_given(tmp_path: Path) -> None:
    train, test = [made_meeting(seed) for seed in range(3)], [made_meeting(9)]
    model = fit_acts(train, name="made", source="made")
    scores = score_places("made", test, [model.probabilities(m.features) for m in test])
    assert scores.ratio > 2
    blind = np.tile([0.8, 0.2, 0, 0, 0, 0], (len(test[0].acts), 1))
    assert score_places("rate", test, [blind]).ratio == pytest.approx(1.0)
    (tmp_path / "m.json").write_bytes(model.encode())
    assert ActModel.load(tmp_path / "m.json") == model


@pytest.mark.parametrize("text", ["", "{}", '{"id": 3}', "[]"])
def test_what_is_no_model_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(InputError) as caught:
        ActModel.load(tmp_path / "m.json")
    assert caught.value.reason == "bad-model"


def test_the_shipped_model_prefers_what_people_react_to() -> None:
    model = ActModel.people()
    assert model.features == FEATURES
    said = "We drove to the coast last week"
    more = "And the car broke down twice on the way."
    tokens = f"{said}. {more}".split()
    places = [(k, 1.0) for k in range(1, len(tokens))]
    weights = dict(model.weigh(tokens, places))
    assert weights[7] > 1.5 * weights[4]
    asked = f"{said}? {more}".split()
    assert dict(model.weigh(asked, places))[7] < weights[7]
    assert clause_boundaries(tokens) == [7]
    assert len(place_features(tokens, [3])) == 1


def test_a_writer_with_the_model_keeps_counts_and_never_nods_at_a_question() -> None:
    role = RoleSettings("one", backchannels=4, interruptions=0, attempts=0, simultaneous_starts=0)
    scenario = Scenario("s", "", (role,))
    text = "I went to see the doctor on Monday. Do you know what she said? She said to rest. " * 3
    plain = PlainDialogue(
        "one", (PlainTurn("A", text.strip()), PlainTurn("B", "That is what they all say to me."))
    )
    heard = 0
    for seed in range(20):
        script = write_with_roles(plain, seed, scenario, places=ActModel.people())
        before = ""
        for part in script.turns[0].parts:
            if isinstance(part, Backchannel):
                heard += 1
                assert not before.endswith("?")
            before = getattr(part, "text", "")
    assert heard > 20
