"""All text through the LLM writer while the service answers well, badly, or not at all.

    python bench/bench_llm_faults.py INPUT... [--write]

A local server gives bad answers to a fixed share of the requests (chosen by a hash of what is
asked, so a run can be repeated): most are bad once, some again when the check was told. Each bad
answer has to be caught by the check that it was made for, each dialogue has to come back as a
script or as a loss with a reason. At the end one input is run from the command line, killed in the
middle with SIGKILL, and run again: what was answered may not be asked twice.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from llm_server import LLMServer, Reply, Request, good  # noqa: E402

from interactspeech.errors import InputError  # noqa: E402
from interactspeech.lexicon.words import content  # noqa: E402
from interactspeech.records import PlainDialogue, Script  # noqa: E402
from interactspeech.scripts import check, find_files  # noqa: E402
from interactspeech.scripts import read as read_file  # noqa: E402
from interactspeech.scripts.kinds import DISTRACTING_KINDS  # noqa: E402
from interactspeech.scripts.writers.llm import LLMSettings, LLMWriter, Service  # noqa: E402

PAGE = ROOT / "docs" / "bench" / "llm_faults.md"
#: One request in so many gets a bad answer, and one bad answer in so many is bad again.
BAD, AGAIN = 6, 6
TIMEOUT = 2.0
#: Answers after which the run is killed.
KILLED_AFTER = 400
#: Fault -> the check that has to catch it ("" for those that the client sends again).
FAULTS = {
    "prose around the answer": "prose",
    "wrong speaker": "wrong-speaker",
    "mark at the end": "mark-at-end",
    "unsaid words used": "ignorance",
    "off the point": "relevance",
    "truncated JSON": "truncated",
    "a refusal": "refusal",
    "429": "",
    "500": "",
    "no answer in time": "",
    "disconnected": "",
}


class Faults:
    """Answers a request badly where the hash of its words says so."""

    def __init__(self, plains: list[PlainDialogue]) -> None:
        self.sent: Counter[str] = Counter()
        self._texts = [turn.text for plain in plains for turn in plain.turns]
        self._asked: Counter[int] = Counter()

    def __call__(self, request: Request) -> Reply:
        first = json.dumps(request.body["messages"][:2])
        key = zlib.crc32(first.encode())
        number = self._asked[key]
        self._asked[key] += 1
        if key % BAD or (number and (key // BAD) % AGAIN):
            return good(request)
        fitting = {}
        for name, caught_by in FAULTS.items():  # not every fault fits every stage
            reply = self._bad(name, request) if caught_by or not number else None
            if reply is not None:
                fitting[name] = reply
        name = list(fitting)[(key // BAD // AGAIN) % len(fitting)]
        self.sent[name] += 1
        return fitting[name]

    def _bad(self, name: str, request: Request) -> Reply | None:
        answer = json.loads(good(request).text)
        match name:
            case "prose around the answer":
                return Reply(f"Sure, here it is:\n{json.dumps(answer)}\nHope that helps!")
            case "wrong speaker" if "speaker" in answer:
                return Reply(json.dumps({**answer, "speaker": "C"}))
            case "mark at the end" if request.stage == "places" and answer["places"]:
                words = {turn["n"]: turn["words"] for turn in request.data["turns"]}
                for place in answer["places"]:
                    place["after"] = " ".join(words[place["turn"]].split()[-3:])
                return Reply(json.dumps(answer))
            case "unsaid words used" if request.stage == "interrupt":
                return self._leak(request, answer)
            case "off the point" if (
                request.stage == "interrupt" and request.data["kind"] not in DISTRACTING_KINDS
            ):
                words = "purple hamsters swallowed fifty batteries"
                return Reply(json.dumps({**answer, "words": words}))
            case "truncated JSON":
                return Reply(json.dumps(answer)[:-4], "length")
            case "a refusal":
                return Reply("I'm sorry, but I can't help with that.")
            case "429" | "500":
                return Reply(status=int(name))
            case "no answer in time":
                return Reply(json.dumps(answer), delay=TIMEOUT * 1.5)
            case "disconnected":
                return Reply(drop=True)
        return None

    def _leak(self, request: Request, answer: dict) -> Reply | None:
        said = request.data["turns"][-1]["words"]
        rests = [text.removeprefix(said) for text in self._texts if text.startswith(said)]
        if len(set(rests)) != 1:
            return None  # which of them it is, the service cannot know
        rest = rests[0]
        known = content(" ".join(turn["words"] for turn in request.data["turns"]))
        news = sorted(content(rest) - known)
        words = [word for word in rest.split() if content(word) & set(news)]
        if not words:
            return None
        return Reply(json.dumps({**answer, "words": f"wait, {words[0]}"}))


def through(path: Path) -> tuple[list[str], list[str]]:
    """One corpus: a row of outcomes, and rows of faults."""
    items = list(read_file(path))
    faults = Faults([item for item in items if isinstance(item, PlainDialogue)])
    start = time.perf_counter()
    with LLMServer(faults) as server:
        service = Service("m", server.url, timeout=TIMEOUT)
        writer = LLMWriter(service, LLMSettings(interruptions=1.5), seed=1)
        outcomes = list(writer.write(items))
    elapsed = time.perf_counter() - start
    if len(outcomes) != len(items):
        raise SystemExit(f"{path}: {len(items)} in, {len(outcomes)} out: something was lost")
    scripts = [one for one in outcomes if isinstance(one, Script)]
    failed = [one.id for one in scripts if check(one)]
    if failed:
        raise SystemExit(f"{path}: kept though a check fails: {failed}")
    lost = Counter(one.reason for one in outcomes if isinstance(one, InputError))
    reasons = ", ".join(f"{n} {reason}" for reason, n in lost.most_common()) or "none"
    row = (
        f"| {path.name} | {len(items):,} | {len(scripts):,} | {reasons} | "
        f"{len(server.requests):,} | {writer.client.retried:,} | {elapsed:.0f} |"
    )
    caught = writer.caught
    rows = [
        f"| {path.name} | {name} | {count} | "
        + (f"`{FAULTS[name]}` {caught[FAULTS[name]]}" if FAULTS[name] else "sent again")
        + " |"
        for name, count in faults.sent.items()
    ]
    missed = [name for name, n in faults.sent.items() if FAULTS[name] and caught[FAULTS[name]] < n]
    return [row, *([f"| **missed: {missed}** |"] if missed else [])], rows


def killed(path: Path) -> str:
    """Kill a run from the command line, run it again, and count what was asked twice."""
    with tempfile.TemporaryDirectory() as folder, LLMServer(good) as server:
        output = Path(folder) / "scripts.jsonl"
        command = [
            sys.executable, "-m", "interactspeech", "script", str(path), "-o", str(output),
            "--llm", "m", "--base-url", server.url, "--json", "--interruptions", "1.5",
        ]  # fmt: skip
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(server.answered) < KILLED_AFTER and first.poll() is None:
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        first.wait()
        before, flying = len(server.answered), server.most
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        report = json.loads(done.stdout)
        keys = Counter(json.dumps(request.body["messages"]) for request in server.answered)
        twice = sum(count - 1 for count in keys.values())
        return (
            f"{path.name}: killed after {before} answers, then {report['kept']:,} scripts; "
            f"{report['llm']['recorded']} answers were taken from the record, {twice} asked twice "
            f"(in flight at the kill, at most {flying})."
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", nargs="+", metavar="INPUT")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    paths = [path for name in options.inputs for path in find_files(name)]
    outcomes, faults = [], []
    for path in paths:
        row, rows = through(path)
        outcomes += row
        faults += rows
        print("\n".join([*row, *rows]), flush=True)
    text = "\n".join(
        [
            "# The LLM writer against a service that fails",
            "",
            "Written by `bench/bench_llm_faults.py`: a local server answers one request in",
            f"{BAD} badly, and one in {AGAIN} of those badly again when it was told what was wrong.",
            "",
            "| input | dialogues | scripts | lost | requests | sent again | seconds |",
            "|---|---|---|---|---|---|---|",
            *outcomes,
            "",
            "Every script that is kept passes every check.",
            "",
            "| input | fault | sent | caught by |",
            "|---|---|---|---|",
            *faults,
            "",
            "A check may catch more than was sent: the server's good answers are made blindly.",
            "",
            "## Killed and run again",
            "",
            killed(max(paths, key=lambda path: len(list(read_file(path))))),
            "",
        ]
    )
    print(text.split("## Killed")[1])
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
