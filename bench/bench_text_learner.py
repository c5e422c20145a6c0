"""Can a small language model learn to write interactive scripts on a CPU? SmolLM2-135M, LoRA.

    python bench/bench_text_learner.py TEXT... --work DIR [--steps 150] [--dialogues 120]
        [--others 24] [--write]

TEXT is any text corpus that `interactspeech script` reads. The offline writer makes scripts of it;
the model is trained on them, dialogues that share no line with the others are held out, and
ways of writing are compared on those: trained and staged, untrained and staged (with full
instructions and an example in each question), untrained with one question for the whole script; then
`interactspeech script --llm local:` writes on dialogues of another source. An hour or two on one
core; the training goes on after a stop, and what is in DIR is not made again.
--write stores docs/bench/text_learner.md.
"""

import argparse
import itertools
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from meeting_stretches import stretches

from interactspeech.errors import InputError
from interactspeech.evaluation.scripts import Share, measure
from interactspeech.formats import read
from interactspeech.lexicon.pace import conversation_minutes
from interactspeech.lexicon.words import content, leaks_unsaid
from interactspeech.records import Aside, Backchannel, FailedInterruption, PlainDialogue, Script
from interactspeech.scripts import OfflineWriterSettings as OfflineSettings
from interactspeech.scripts import check, format_script, read_all, write_offline
from interactspeech.scripts.kinds import STRUCTURAL_KINDS
from interactspeech.scripts.role_checks import check_roles
from interactspeech.scripts.roles import SCENARIOS, RoleSettings, Scenario
from interactspeech.scripts.writers.act_model import ActModel
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.seeds import digest
from interactspeech.training.acts.meetings import read_mrda_acts
from interactspeech.training.text import prompts
from interactspeech.training.text.base_models import SMOLLM2, find_base
from interactspeech.training.text.dataset import prepare, read_scripts
from interactspeech.training.text.generation import LocalModel, ModelRequest
from interactspeech.training.text.lora import train
from interactspeech.training.text.questions import LocalWriterSettings
from interactspeech.training.text.role_writer import LocalRoleWriter
from interactspeech.training.text.settings import CARD, AdapterCard, TextTrainSettings, read_card
from interactspeech.training.text.single_stage import SingleStageWriter
from interactspeech.training.text.writer import LocalWriter
from interactspeech.turntaking import Timeline

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "text_learner.md"
SEED = 9
#: Times the rates of a role, in what is learned from.
BUSY = 5.0
#: Seconds of a meeting's stretch.
STRETCH = 120.0
#: One in so many stretches is learned from: most texts are of two.
MEETINGS = 3
#: Dialogues after which what was written is stored.
CHUNK = 24
#: Held-out examples whose loss is measured at the end.
HELD = 64


def busy(scenario: Scenario) -> Scenario:
    """The scenario with more of what is seldom, so that little text teaches much."""
    roles = tuple(
        msgspec.structs.replace(
            role,
            interruptions=BUSY * role.interruptions,
            asides={kind: BUSY * rate for kind, rate in role.asides.items()},
        )
        for role in scenario.roles
    )
    return msgspec.structs.replace(scenario, roles=roles)


def dialogues_of(texts: list[str], meetings: Path | None) -> list[PlainDialogue]:
    """Dialogues of two of the text corpora, and of three to five of ICSI's meetings."""
    found = [item for item in read_all(texts) if isinstance(item, PlainDialogue)]
    if meetings is not None:
        for name, acts in read_mrda_acts(meetings):
            (dialogue,) = read([next(meetings.glob(f"{name}.*"))])
            made = stretches(name, acts, Timeline.of(dialogue), STRETCH)
            found += [one.text for one in made if digest(SEED, one.text.id)[0] % MEETINGS == 0]
    return found


def scenario_of(plain: PlainDialogue) -> Scenario:
    """The scenario in which a dialogue is written, by its id."""
    if len(plain.speakers) > 2:
        return SCENARIOS["meeting"]
    names = [name for name in SCENARIOS if name != "meeting"]
    return SCENARIOS[names[digest(SEED, plain.id)[0] % len(names)]]


def scripts_of(plains: list[PlainDialogue], work: Path) -> Path:
    """The teacher's scripts: each dialogue with roles, and a third of those of two without."""
    path = work / "scripts.jsonl"
    if not path.exists():
        settings = OfflineSettings(interruptions=8, backchannels=1.5)
        lines = []
        for plain in plains:
            scenario = busy(scenario_of(plain))
            made = [write_with_roles(plain, SEED, scenario, places=ActModel.people())]
            failures = check_roles(made[0], scenario)
            if len(plain.speakers) == 2 and digest(SEED, plain.id)[1] % 3 == 0:
                made.append(write_offline(plain, SEED, settings=settings))
            lines += [
                msgspec.json.encode(script, order="deterministic")
                for script in made
                if not check(script) and not (script.roles and failures)
            ]
        path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def trained(scripts: Path, work: Path, steps: int) -> AdapterCard:
    """The adapter's card; trains where there is no finished adapter."""
    folder = work / "adapter"
    card = read_card(folder) if (folder / CARD).exists() else None
    if card is not None and card.curve:
        return card
    settings = TextTrainSettings(
        steps=steps, rate=1e-3, batch=8, silent=0.3, listening=0.25, held_out=0.15,
        max_length=256, save_every=20, seed=SEED,
    )  # fmt: skip
    data = prepare([one for one in read_scripts([scripts]) if isinstance(one, Script)], settings)
    data.held = data.held[:HELD]

    def say(step: int, of: int, loss: float | None) -> None:
        print(f"step {step} of {of}: loss {loss:.3f}", flush=True)

    return train(data, find_base(SMOLLM2), settings, folder, report=say)


class Chunk(msgspec.Struct, frozen=True):
    """What one way of writing made of a few dialogues: a run that is stopped loses no more."""

    items: list[tuple[str, bytes | None, str, str]]  # id, script as JSON, or reason and text
    stumbled: list[str]
    leaks: tuple[int, int]
    completed: int
    report: dict[str, dict[str, int]]
    cpu: float


def arm(name: str, make, dialogues: list[PlainDialogue], work: Path) -> list[Chunk]:
    """The scripts of one way of writing, `CHUNK` dialogues at a time; what is there is kept."""
    chunks = []
    model = None
    for start in range(0, len(dialogues), CHUNK):
        some = dialogues[start : start + CHUNK]
        path = work / f"{name}-{start:04d}-{len(some)}.json"
        if not path.exists():
            model = model or LocalModel(ARMS[name].source(work), device="cpu")
            cpu = time.process_time()
            writer = make(model)
            items = list(writer.write(some))
            report = writer.report()
            chunk = Chunk(
                [
                    (plain.id, msgspec.json.encode(item), "", "")
                    if isinstance(item, Script)
                    else (plain.id, None, item.reason, str(item))
                    for plain, item in zip(some, items, strict=True)
                ],
                sorted(getattr(writer, "stumbled", ())),
                (getattr(writer, "leaks", 0), getattr(writer, "first", 0)),
                getattr(writer, "completed", 0),
                {key: report[key] for key in ("asked", "right_first", "caught")},
                time.process_time() - cpu,
            )
            path.write_bytes(msgspec.json.encode(chunk))
            print(name, start, sum(script is not None for _, script, _, _ in chunk.items),
                  chunk.report, round(chunk.cpu, 1), flush=True)  # fmt: skip
        chunks.append(msgspec.json.decode(path.read_bytes(), type=Chunk))
    return chunks


def found(chunks: list[Chunk]) -> dict:
    """All chunks of one way as counts."""
    items = [one for chunk in chunks for one in chunk.items]
    scripts = [msgspec.json.decode(text, type=Script) for _, text, _, _ in items if text]
    report = measure(scripts)
    sums = {
        key: sum((Counter(chunk.report[key]) for chunk in chunks), Counter())
        for key in ("asked", "right_first", "caught")
    }
    stumbled = {one for chunk in chunks for one in chunk.stumbled}
    lost = {one for one, text, _, _ in items if text is None}
    leaks, judged = (sum(chunk.leaks[n] for chunk in chunks) for n in (0, 1))
    return {
        "valid": (report.valid.count, len(items)),
        "first": (len(items) - len(stumbled | lost), len(items)),
        "ignorant": (report.ignorant.count, report.ignorant.of),
        "ignorant_first": (judged - leaks, judged),
        "diversity": report.diversity,
        "failures": dict(Counter(reason for _, text, reason, _ in items if text is None)),
        "report": sums,
        "completed": sum(chunk.completed for chunk in chunks),
        "backchannels": report.backchannels,
        "texts": [format_script(script, header=False) for script in scripts],
        "cpu": sum(chunk.cpu for chunk in chunks) / max(1, len(items)),
    }


class InRoles:
    """The writer with roles, each dialogue in its scenario; counts are of all scenarios."""

    def __init__(self, model: LocalModel) -> None:
        self.writers = {
            name: LocalRoleWriter(model, scenario, seed=1) for name, scenario in SCENARIOS.items()
        }

    def write(self, some: list[PlainDialogue]) -> list[Script | InputError]:
        made: dict[str, Script | InputError] = {}
        for name, writer in self.writers.items():
            mine = [plain for plain in some if scenario_of(plain).name == name]
            made |= zip([plain.id for plain in mine], writer.write(mine), strict=True)
        return [made[plain.id] for plain in some]

    def report(self) -> dict[str, Counter[str]]:
        return {
            key: sum((getattr(one, key) for one in self.writers.values()), Counter())
            for key in ("asked", "right_first", "caught")
        }

    def __getattr__(self, name: str):
        """Sums of the writers' numbers, and the union of their sets."""
        values = [getattr(one, name) for one in self.writers.values()]
        return set().union(*values) if isinstance(values[0], set) else sum(values)


#: Act -> the rate of a role that asks for it, a minute and a person.
RATES: dict[str, Callable[[RoleSettings], float]] = {
    "interruptions": lambda role: role.interruptions,
    "attempts": lambda role: role.attempts,
    "asides": lambda role: sum(role.asides.values()),
    "feedback": lambda role: role.backchannels,
}


def acts_beside_asked(scripts: list[Script]) -> dict[str, float]:
    """Act -> how often it is done for each one that the roles ask for."""
    done: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for script in scripts:
        roles = SCENARIOS[script.writer.split()[-1]]
        minutes = conversation_minutes([turn.said.split() for turn in script.turns])
        for name in script.roles.values():
            for act, rate in RATES.items():
                asked[act] += rate(roles.role(name)) * minutes
        for turn in script.turns:
            done["interruptions"] += turn.cut is not None and turn.cut.kind not in STRUCTURAL_KINDS
            for part in turn.parts:
                done["asides"] += isinstance(part, Aside)
                done["feedback"] += isinstance(part, Backchannel)
                done["attempts"] += (
                    isinstance(part, FailedInterruption) and part.kind not in STRUCTURAL_KINDS
                )
    return {act: done[act] / max(asked[act], 1e-9) for act in RATES}


def roles_row(title: str, scripts: list[Script], of: int, first: int, cpu: float) -> str:
    """A row of the page's table of writers with roles."""
    kept = [one for one in scripts if not check(one)]
    broken = sum(bool(check_roles(one, SCENARIOS[one.writer.split()[-1]])) for one in kept)
    acts = " | ".join(f"{ratio:.2f}" for ratio in acts_beside_asked(kept).values())
    return (
        f"| {title} | {_share((first, of))} | {_share((len(kept), of))} | "
        f"{_share((len(kept) - broken, len(kept)))} | {acts} | {of / max(cpu, 1e-9):,.2f} |"
    )


def with_roles(chunks: list[Chunk], dialogues: list[PlainDialogue]) -> str:
    """The trained writer beside the rule writer, on the same dialogues in the same roles."""
    began = time.process_time()
    ruled = [
        write_with_roles(one, 1, scenario_of(one), places=ActModel.people()) for one in dialogues
    ]
    cpu = time.process_time() - began
    items = [one for chunk in chunks for one in chunk.items]
    scripts = [msgspec.json.decode(text, type=Script) for _, text, _, _ in items if text]
    stumbled = {one for chunk in chunks for one in chunk.stumbled}
    first = sum(script.id not in stumbled for script in scripts)
    good = sum(not check(one) for one in ruled)
    spent = sum(chunk.cpu for chunk in chunks)
    return "\n".join(
        [
            "| writer | valid at first try | valid in the end | roles kept | "
            + " | ".join(f"{act}, done for one asked" for act in RATES)
            + " | dialogues a CPU second |",
            "|---|---|---|---|" + "---|" * (len(RATES) + 1),
            roles_row("rules", ruled, len(ruled), good, cpu),
            roles_row("trained", scripts, len(items), first, spent),
        ]
    )


@dataclass(frozen=True)
class Arm:
    """One way of writing: `count` names the option that says of how many dialogues."""

    title: str
    trained: bool
    make: Callable
    count: str

    def source(self, work: Path) -> str:
        return str(work / "adapter") if self.trained else SMOLLM2


ARMS = {
    "trained": Arm(
        "trained, staged, five tries", True,
        lambda m: LocalWriter(m, LocalWriterSettings(least=1), 1), "dialogues",
    ),
    "roles": Arm("trained, with roles, five tries", True, InRoles, "dialogues"),
    "untrained": Arm(
        "untrained, staged, one try", False,
        lambda m: LocalWriter(m, LocalWriterSettings(least=1, explain=True, tries=1), 1), "others",
    ),
    "again": Arm(
        "untrained, staged, five tries", False,
        lambda m: LocalWriter(m, LocalWriterSettings(least=1, explain=True), 1), "few",
    ),
    "single": Arm(
        "untrained, single-stage, one try", False,
        lambda m: SingleStageWriter(m, LocalWriterSettings(tries=1, explain=True), 1), "others",
    ),
}  # fmt: skip


def ignorance(work: Path, cuts: int) -> tuple[int, int]:
    """First interruptions at the teacher's places: the ignorant, and all that say anything."""
    path = work / f"ignorance-{cuts}.json"
    if not path.exists():
        held = set(
            (read_card(work / "adapter") or AdapterCard("", 0, TextTrainSettings())).held_out_ids
        )
        asks, unsaid = [], []
        for script in read_scripts([work / "scripts.jsonl"]):
            if not isinstance(script, Script) or script.id not in held:
                continue
            known: frozenset[str] = frozenset()
            heard: list[tuple[str, str]] = []
            for turn, reply in itertools.pairwise(script.turns):
                known |= content(turn.said)
                heard.append((turn.speaker, turn.said))
                if turn.cut:
                    question = prompts.interrupt(heard, reply.speaker, turn.cut.kind)
                    asks.append(ModelRequest(question, (script.id, len(heard)), 48, 0.6, 0.9, SEED))
                    unsaid.append((turn.unsaid, known))
        asks, unsaid = asks[:cuts], unsaid[:cuts]
        answers = LocalModel(str(work / "adapter"), device="cpu").answer(asks)
        said = [prompts.read_line(answer)[1] for answer in answers]
        judged = [
            bool(leaks_unsaid(words, left, known))
            for words, (left, known) in zip(said, unsaid, strict=True)
            if words
        ]
        path.write_bytes(msgspec.json.encode((len(judged) - sum(judged), len(judged))))
    return msgspec.json.decode(path.read_bytes(), type=tuple[int, int])


def command(work: Path, inputs: str, limit: int) -> dict[str, object]:
    """`interactspeech script --llm local:` on dialogues of elsewhere, as a user would run it."""
    output = work / "command.jsonl"
    if not output.exists():
        subprocess.run(
            [sys.executable, "-m", "interactspeech", "script", inputs, "-o", str(output),
             "--llm", f"local:{work / 'adapter'}", "--interruptions", "4", "--seed", "3", "--limit", str(limit)],
            check=False,
        )  # fmt: skip
    wanted = sum(isinstance(item, PlainDialogue) for item in read_all([inputs]))
    wanted = min(wanted, limit)
    scripts = [one for one in read_scripts([output]) if isinstance(one, Script)]
    valid = [one for one in scripts if not check(one)]
    cuts = sum(turn.cut is not None for one in valid for turn in one.turns)
    return {"valid": (len(valid), wanted), "cuts": cuts}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("texts", nargs="+")
    options.add_argument("--meetings", type=Path, help="Folder of MRDA's *.dadb files.")
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--steps", type=int, default=150)
    options.add_argument("--dialogues", type=int, default=120)
    options.add_argument("--others", type=int, default=24, help="Of the untrained ways. [24]")
    options.add_argument("--few", type=int, default=8, help="Untrained with five tries. [8]")
    options.add_argument("--cuts", type=int, default=400, help="For ignorance alone. [400]")
    options.add_argument("--elsewhere", default="@demo", help="For the command itself. [@demo]")
    options.add_argument("--limit", type=int, default=32, help="Dialogues of it. [32]")
    options.add_argument("--only", choices=[*ARMS, "command", "ignorance"], action="append")
    options.add_argument("--note", default="", help="A sentence about this run, for the page.")
    options.add_argument("--write", action="store_true")
    arguments = options.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    plains = dialogues_of(arguments.texts, arguments.meetings)
    scripts = scripts_of(plains, arguments.work)
    card = trained(scripts, arguments.work, arguments.steps)
    held = set(card.held_out_ids)
    unseen = [one for one in plains if one.id in held and len(one.speakers) == 2]
    unseen.sort(key=lambda one: digest(SEED, one.id))
    anybody = sorted(
        (one for one in plains if one.id in held), key=lambda one: digest(SEED, "roles", one.id)
    )
    arms = {}
    roles = ""
    for name, way in ARMS.items():
        wanted = not arguments.only or name in arguments.only
        if wanted and getattr(arguments, way.count):
            some = (anybody if name == "roles" else unseen)[: getattr(arguments, way.count)]
            chunks = arm(name, way.make, some, arguments.work)
            arms[name] = found(chunks)
            if name == "roles":
                roles = with_roles(chunks, some)
                print(roles)
    alone = used = None
    if arguments.cuts and (not arguments.only or "ignorance" in arguments.only):
        alone = ignorance(arguments.work, arguments.cuts)
        print(alone)
    if not arguments.only or "command" in arguments.only:
        used = command(arguments.work, arguments.elsewhere, arguments.limit)
        print(used)
    if arguments.only:
        return
    text = page(card, arms, alone, used, arguments, roles)
    print(text)
    if arguments.write:
        PAGE.write_text(text, "utf-8")


def _share(pair) -> str:
    count, of = pair
    if not of:
        return "-"
    low, high = Share(count, of).interval
    return f"{100 * count / of:.1f} % ({count} of {of}; {100 * low:.1f}-{100 * high:.1f})"


def _first(arms, name: str, task: str) -> str:
    if name not in arms:
        return "not run"
    report = arms[name]["report"]
    asked = report["asked"].get(task, 0)
    return _share((report["right_first"].get(task, 0), asked))


def written(texts: list[str]) -> list[str]:
    """The lines that cut in."""
    found = []
    for text in texts:
        lines = text.splitlines()
        found += [b[3:] for a, b in itertools.pairwise(lines) if "[interrupt" in a]
    return found


def page(card: AdapterCard, arms, alone, used, arguments, roles: str) -> str:
    losses = [point.loss for point in card.curve if point.loss is not None]
    held = [point.held_out for point in card.curve if point.held_out is not None]
    tenth = max(1, len(losses) // 10)
    rows = "\n".join(
        f"| {ARMS[name].title} | {_share(one['first'])} | {_share(one['valid'])} | "
        f"{_share(one['ignorant_first']) if name != 'single' else '-'} | "
        f"{_share(one['ignorant'])} | {one['cpu']:.1f} |"
        for name, one in arms.items()
    )
    tasks = "\n".join(
        f"| `{task}` | {_first(arms, 'trained', task)} | {_first(arms, 'roles', task)} | "
        f"{_first(arms, 'untrained', task)} |"
        for task in prompts.STAGED
    )

    def listed(counts) -> str:
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"`{name}` {count}" for name, count in ordered) or "none"

    mine = arms["trained"]
    lost = "; ".join(f"{ARMS[name].title}: {listed(one['failures'])}" for name, one in arms.items())
    # Only what the model wrote: the dialogues belong to others.
    examples = "".join(f"- {line}\n" for line in written(mine["texts"])[:16])
    counted = ", ".join(f"{count:,} of `{task}`" for task, count in card.examples.items())
    names = ", ".join(Path(text).name for text in arguments.texts)
    diversity = ", ".join(f"{name} {value:.2f}" for name, value in mine["diversity"].items())
    unseen = f"; {held[-1]:.2f} on held-out examples" if held else ""
    judged = (
        "Ignorance alone, of first answers at the teacher's places in held-out scripts, whatever else "
        f"may be\nwrong with them: {_share(alone)}.\n\n"
        if alone
        else ""
    )
    return f"""# A small text model as script writer

Written by `python bench/bench_text_learner.py TEXT... --work DIR --meetings MRDA --steps {len(losses)} --dialogues
{mine["valid"][1]} --write` from {names}. SmolLM2-135M-Instruct (4-bit weights of a package, unpacked
to float32), LoRA of rank {card.settings.rank} on every linear layer: {card.trainable:,} of {card.parameters:,} weights.
Teacher: the offline writer, {card.scripts:,} scripts; {card.held_out:,} scripts held out, which share no
line of seven words and no source with them. At hand: {counted};
seen in {len(losses)} updates of {card.settings.batch}: {len(losses) * card.settings.batch:,}. {card.seconds / 60:.0f} minutes on a share of one busy core.
{arguments.note}

Loss of the answers: {sum(losses[:tenth]) / tenth:.2f} over the first {tenth} updates, {sum(losses[-tenth:]) / tenth:.2f} over the last{unseen}.
Weights of the base after training: {"unchanged, checked by SHA-256" if card.base_unchanged else "not checked"}.

## Held-out dialogues, an interruption in each where there is room

| | scripts valid at first try | valid in the end | first interruptions ignorant of the unsaid | interruptions kept that are | CPU s a dialogue |
|---|---|---|---|---|---|
{rows}

Brackets: counts and Wilson's 95 % interval. **Valid**: every answer has its form, the script passes
every check of `interactspeech script` and keeps the source's words; a dialogue that was given up is
not valid. **At first try**: no answer had to be asked for again. **Ignorant**: no content word (any
word outside the lists of function words and light words of `lexicon/words.py`, compared by stem) that
the unsaid part holds and nothing said before does. An answer that knows is caught and asked for again,
so what is kept is ignorant by construction; the model's own share is that of first answers. All ways
but the single-stage one choose places among those where a
turn can be cut, and where an answer takes the thread up and loses it, the program goes on with the
planned words ({mine["completed"]} times for the trained model). The untrained model gets full
instructions and an example with each question.

Why dialogues were given up: {lost}.

{judged}The command itself, `interactspeech script {arguments.elsewhere} --llm local:ADAPTER --interruptions 4 --limit {arguments.limit}`,
on dialogues of another source: {_share(used["valid"])} become scripts that pass every check, with
{used["cuts"]} interruptions.

## With roles

Other held-out dialogues, of two in a scenario each and of three to five of ICSI's meetings, beside the rule writer on
the same: what is done for each one that the roles ask for a minute, and the dialogues a CPU second of all, kept or not.

{roles}

## Answers

First answers that passed every check (of `resume`, with the planned words put in where they were missing):

| task | trained | trained, with roles | untrained |
|---|---|---|---|
{tasks}

Answers of the trained model that were caught and asked again: {listed(mine["report"]["caught"])}.
Diversity of its interruptions: {diversity}. Its teacher combines phrases, and so does it: it says
nothing clever.

What it said when it cut in, in the first sixteen of these scripts:

{examples}"""


if __name__ == "__main__":
    main()
