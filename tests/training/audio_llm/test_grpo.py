"""GRPO for real: a tiny model over transcripts earns more after a minute than before."""

import json
import statistics

import msgspec
import pytest

from interactspeech.errors import InputError
from interactspeech.evaluation.audio_llm import Solution
from interactspeech.training.audio_llm.grpo import GrpoSettings, train

pytest.importorskip("trl")


def test_the_reward_rises_beyond_noise(tmp_path):
    import made_questions
    import torch

    from interactspeech.evaluation.events.benchmark import at_rate, draw_questions, true_events
    from interactspeech.training.audio_llm.rewards import batch
    from interactspeech.training.audio_llm.tiny_model import make
    from interactspeech.training.audio_llm.transcripts import question_text
    from interactspeech.training.text.generation import LocalModel, ModelRequest

    torch.set_num_threads(1)
    kept = []
    for record, _ in made_questions.dialogues(16):
        one = at_rate(record, 16_000)
        events, rules = true_events(one)
        kept.append(
            msgspec.structs.replace(one, events=events, rule_sets={rules.id: rules.to_dict()})
        )
    named = {one.id: one for one in kept}
    rows = [
        (
            [{"role": "user", "content": question_text(named[one.dialogue], one)}],
            msgspec.json.encode(Solution("yes" if one.answer else "no")).decode(),
        )
        for one in draw_questions(kept, 96, 1)
    ]
    base = make(
        tmp_path / "base",
        [(row[0][0]["content"], json.loads(row[1])["answer"]) for row in rows],
        steps=60,
    )
    settings = GrpoSettings(steps=24, rate=2e-3, questions=8, answers=8, most=6, seed=1)
    told = []
    curve = train(rows, base, settings, tmp_path / "trained", report=told.append)
    assert told == curve
    assert [step.step for step in curve] == list(range(1, 25))

    def earned(folder):
        """Rewards of two sampled answers to each question."""
        twice = [(n, row) for n in range(2) for row in rows]
        answers = LocalModel(str(folder), device="cpu").answer(
            [
                ModelRequest(row[0], (n, index), most=6, temperature=1.0, top_p=1.0)
                for index, (n, row) in enumerate(twice)
            ]
        )
        solutions = [row[1] for _, row in twice]
        kinds = [batch(name, answers, solutions) for name in ("exact", "formed")]
        return [sum(parts) for parts in zip(*kinds, strict=True)]

    before, after = earned(tmp_path / "base"), earned(tmp_path / "trained")
    # Beyond noise: by more than three standard errors of the difference.
    error = (
        statistics.variance(before) / len(before) + statistics.variance(after) / len(after)
    ) ** 0.5
    assert statistics.mean(after) - statistics.mean(before) > 3 * error
    assert curve[-1].parts["formed"] > 0.85 > curve[0].parts["formed"]
    answers = LocalModel(str(tmp_path / "trained"), device="cpu").answer(
        [ModelRequest(messages, most=6, temperature=0.0) for messages, _ in rows[:8]]
    )
    assert all(answer.startswith("<answer>") for answer in answers)


def test_nothing_to_learn_from_is_an_error(tmp_path):
    from interactspeech.training.text.base_models import Base

    with pytest.raises(InputError, match="no questions"):
        train([], Base("x", "x"), GrpoSettings(), tmp_path)
