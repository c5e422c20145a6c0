"""An incident that is pinned, checked, and cleared by a recording without it."""

import subprocess
import sys

import soundfile
from clip_sound import two_channels

from interactspeech.corpus import Corpus
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.pipelines.reporting import report
from interactspeech.signal.log_mel import RATE


def pin(arguments, folder):
    """An incident is pinned, checked, and cleared by a recording in which it does not happen."""
    corpus = Corpus.open(arguments.corpus)
    calls, fresh = folder / "calls", folder / "fresh"
    calls.mkdir()
    fresh.mkdir()
    log = []

    def command(*words):
        shown = " ".join(str(word).replace(f"{folder}/", "") for word in words)
        done = subprocess.run(
            [sys.executable, "-m", "interactspeech", *map(str, words)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        log.append({"command": f"interactspeech {shown}", "code": done.returncode,
                    "said": done.stdout.replace(f"{folder}/", "").strip()})  # fmt: skip
        return done.returncode

    settings = ReportSettings(names=("agent", "caller"), channels="speakers", source="listener")
    for item in corpus:
        sound = two_channels(item)
        path = calls / f"{item.id}.wav"
        soundfile.write(path, sound.T, RATE)
        [call] = report(path, (), settings, sounds=0).calls
        late = [one for one in call.incidents if one.kind == "yield" and one.value > 0.6]
        if late:
            break
        path.unlink()
    one = max(late, key=lambda row: row.value)
    # The fresh recording: the same call, in which the one who is interrupted stops in time.
    better = sound.copy()
    channel = ("agent", "caller").index(one.speaker)
    first, last = round((one.start + 0.3) * RATE), round((one.end + 0.1) * RATE)
    better[channel, first:last] = 0
    for other in call.incidents:
        if other.kind == "yield" and other.speaker == one.speaker and other.value > 0.45:
            better[channel, round((other.start + 0.3) * RATE) : round((other.end + 0.1) * RATE)] = 0
    soundfile.write(fresh / path.name, better.T, RATE)
    name = f"{call.id}/yield@{one.start:.3f}"
    names = ("--names", "agent,caller", "--channels", "speakers", "-q")
    command(
        "report",
        calls,
        *names,
        "--no-sound",
        "--pin",
        name,
        "--pins",
        folder / "pins",
        "--limit",
        "0.5",
    )
    command("report", "--check", folder / "pins", "-q")
    command("report", "--check", folder / "pins", fresh, "-q")
    return log
