"""Do the rewards teach anything? GRPO with trl on a tiny model over transcripts, three seeds.

    python bench/bench_grpo.py [--steps 60] [--work DIR] [--write]

Dialogues are built from the shipped texts with human timing (the fake voice: no sound is needed);
questions are those of the event benchmark. Takes a few minutes on one core. --write stores
docs/bench/grpo.md.
"""

import argparse
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import msgspec

from interactspeech.builder import build
from interactspeech.builder.settings import BuildSettings
from interactspeech.evaluate.audio_questions import Solution, read_answer
from interactspeech.evaluate.events.benchmark import RATE, at_rate, draw_questions, from_corpus
from interactspeech.evaluate.events.truth import truth
from interactspeech.learn.audio_llm.grpo import GrpoSettings, train
from interactspeech.learn.audio_llm.tiny import make
from interactspeech.learn.audio_llm.transcripts import question_text
from interactspeech.learn.text.generation import Ask, LocalModel

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "grpo.md"
SEEDS = (1, 2, 3)


def questions(work: Path, seed: int, count: int):
    """Rows (messages, solution as JSON) and kinds of events of newly built dialogues."""
    folder = work / f"corpus{seed}"
    if not (folder / "index.parquet").exists():
        build(["@demo"], folder, BuildSettings(seed=seed, voices=("fake",)))
    kept = []
    for dialogue, _ in from_corpus(folder):
        one = at_rate(dialogue, RATE)
        events, rules = truth(one)
        kept.append(
            msgspec.structs.replace(one, events=events, rule_sets={rules.id: rules.to_dict()})
        )
    named = {one.id: one for one in kept}
    rows = []
    for question in draw_questions(kept, count, seed):
        text = question_text(named[question.dialogue], question)
        solution = Solution("yes" if question.answer else "no")
        rows.append(
            (
                [{"role": "user", "content": text}],
                msgspec.json.encode(solution).decode(),
                question.event,
            )
        )
    return rows


def accuracy(model: Path, rows) -> tuple[float, float]:
    """Share right and share well formed, likeliest answers."""
    answers = LocalModel(str(model), device="cpu").answer(
        [Ask(messages, (n,), most=8, temperature=0.0) for n, (messages, _, _) in enumerate(rows)]
    )
    read = [read_answer(answer) for answer in answers]
    right = [
        one.answer == msgspec.json.decode(row[1])["answer"]
        for one, row in zip(read, rows, strict=True)
    ]
    return sum(right) / len(rows), sum(one.formed for one in read) / len(rows)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=60)
    options.add_argument("--work", type=Path)
    options.add_argument("--write", action="store_true")
    arguments = options.parse_args()
    work = arguments.work or Path(tempfile.mkdtemp())
    rows = [row for seed in range(10, 16) for row in questions(work, seed, 400)]
    test = [row for seed in range(20, 21) for row in questions(work, seed, 400)]
    print(len(rows), len(test), flush=True)
    lines = []
    for seed in SEEDS:
        began = time.process_time()
        base = make(
            work / f"base{seed}",
            [(row[0][0]["content"], msgspec.json.decode(row[1])["answer"]) for row in rows],
            seed=seed,
        )
        before = accuracy(work / f"base{seed}", test)
        settings = GrpoSettings(
            steps=arguments.steps, rate=1e-3, questions=16, answers=8, most=8, seed=seed
        )
        curve = train(
            [(messages, solution) for messages, solution, _ in rows],
            base,
            settings,
            work / f"grpo{seed}",
        )
        after = accuracy(work / f"grpo{seed}", test)
        rewards = [step.reward for step in curve]
        tenth = max(5, len(rewards) // 10)
        first, last = rewards[:tenth], rewards[-tenth:]
        noise = statistics.stdev(first)
        parts = {
            name: (
                statistics.mean(step.parts[name] for step in curve[:tenth]),
                statistics.mean(step.parts[name] for step in curve[-tenth:]),
            )
            for name in settings.weights
        }
        seconds = time.process_time() - began
        line = (
            seed,
            statistics.mean(first),
            noise,
            statistics.mean(last),
            parts,
            before,
            after,
            seconds,
        )
        lines.append(line)
        print(line, flush=True)
    text = page(lines, len(rows), len(test), arguments.steps)
    print(text)
    if arguments.write:
        PAGE.write_text(text, "utf-8")


def page(lines, rows: int, test: int, steps: int) -> str:
    table = "\n".join(
        f"| {seed} | {first:.2f} ± {noise:.2f} | {last:.2f} | {parts['exact'][0]:.2f} → "
        f"{parts['exact'][1]:.2f} | {parts['formed'][0]:.2f} → {parts['formed'][1]:.2f} | "
        f"{100 * before[0]:.1f} % → {100 * after[0]:.1f} % | {100 * before[1]:.0f} % → "
        f"{100 * after[1]:.0f} % | {seconds:.0f} |"
        for seed, first, noise, last, parts, before, after, seconds in lines
    )
    tenth = max(5, steps // 10)
    return f"""# GRPO on event questions

Written by `python bench/bench_grpo.py --write`: trl {version("trl")}'s GRPO, {steps} updates of 16
questions and 8 answers each, KL 0.01, rewards exact and format (1 or 0 each; the most is 2), on a
Llama of three layers with 64 units that has learned the form of answers, not always kept, and to answer,
from answers of which 35 % were wrong. {rows:,}
questions (does a backchannel, an interruption, a gap, a pause occur?) about transcripts of dialogues
built with human timing: who talks, in stretches, short or long. trl takes no audio; audio LLMs are
trained through ms-swift ([training](../training.md)).

| seed | reward, first {tenth} updates (± their spread) | last {tenth} | exact | form | right on {test:,} other questions | in form | CPU s |
|---|---|---|---|---|---|---|---|
{table}

Reward: mean over the answers of an update, sampled at temperature 1. Right: likeliest answers, about
dialogues built with other seeds; half of the questions have the answer yes.

What the rewards teach in this time is the form. Where "right" stays at 50 % the model gives one answer to
everything: so few updates do not teach so small a model to tell events apart.
"""


if __name__ == "__main__":
    main()
