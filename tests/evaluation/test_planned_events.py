import msgspec
import pytest

from interactspeech.evaluation.planned_events import COMPARED, activity_agreement, event_agreement
from interactspeech.records import Dialogue, Span, Speaker, Utterance
from interactspeech.rendering import dialogue_from_plan, plan_dialogue
from interactspeech.scripts import parse_script

LINE = "and then we walked along the river for a while, until it began to rain"
SCRIPT = f"""\
A: So {LINE}, [B: mm-hm] {LINE}, and {LINE} [interrupt] so we went home again.
B: Wait, {LINE}, or did it not? I thought {LINE}.
A: No, {LINE}, [B tries: but the] {LINE}, [B: yeah] {LINE}.
B: That is what I was told by everybody, that {LINE}.
"""


@pytest.fixture(scope="module")
def dialogues(speak):
    script = parse_script(SCRIPT, "river")
    speeches = speak(script)
    return [dialogue_from_plan(plan_dialogue(script, speeches, seed=seed)) for seed in range(25)]


def test_the_rules_find_what_was_planned(dialogues):
    found = event_agreement(dialogues)
    for kind in ("backchannel", "interruption", "turn", "pause", "gap"):
        assert found.precision(kind) > 0.85, kind
        # One planned pause in eight lasts more than the 1.0 s that end a turn by rule.
        assert found.recall(kind) > (0.8 if kind == "pause" else 0.85), kind
    assert found.outcomes > 0.9 * found.both["interruption"]
    assert found.planned["backchannel"] == sum(
        u.kind == "backchannel" for d in dialogues for u in d.utterances
    )
    assert "| backchannel |" in found.markdown()


def test_events_that_did_not_happen_are_disagreements(dialogues):
    late = [
        msgspec.structs.replace(
            d,
            events=tuple(
                msgspec.structs.replace(e, start=e.start + d.rate // 2, end=e.end + d.rate // 2)
                for e in d.events
                if e.end + d.rate // 2 <= d.length
            ),
        )
        for d in dialogues
    ]
    found = event_agreement(late)
    assert found.recall("backchannel") < 0.2
    assert found.recall("interruption") < 0.2
    kinds = {x.kind for x in found.disagreements}
    assert "missed backchannel" in kinds
    assert "added interruption" in kinds


def test_counts_add_up(dialogues):
    found = event_agreement(dialogues)
    for kind in COMPARED:
        missed = sum(x.planned is not None and x.planned.type == kind for x in found.disagreements)
        added = sum(x.ruled is not None and x.ruled.type == kind for x in found.disagreements)
        assert missed == found.planned[kind] - found.both[kind]
        assert added == found.ruled[kind] - found.both[kind]


def test_activity_counts_frames():
    import numpy as np

    rate = 8000
    noise = np.random.default_rng(1).standard_normal((1, 2 * rate)).astype(np.float32) * 0.1
    noise[:, rate:] = 0
    said = Utterance("u", "A", 0, rate, (Span(0, rate),))
    dialogue = Dialogue("d", rate, 2 * rate, (Speaker("A"),), (said,))
    assert activity_agreement(dialogue, noise) == 1.0
    half = Utterance("u", "A", 0, rate // 2, (Span(0, rate // 2),))
    wrong = msgspec.structs.replace(dialogue, utterances=(half,))
    assert activity_agreement(wrong, noise, collar=0.0) == pytest.approx(0.75)


def test_a_dialogue_without_events_agrees():
    empty = Dialogue("d", 8000, 8000, (Speaker("A"),))
    found = event_agreement([empty])
    assert not found.disagreements
    assert not any(found.planned.values())
