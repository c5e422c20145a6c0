"""Incidents found in calls, by condition and system."""

import time
from collections import Counter
from pathlib import Path

import msgspec
import soundfile
from calls_made import ATTEMPTS, CONDITIONS, attempts_corpus, calls_of, real_calls
from calls_peers import peer_call_ai, peer_hotato
from calls_scoring import TRUTH, causes, plain, score

from interactspeech.corpus import Corpus
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.pipelines.reporting import report


def incidents(arguments, folder):
    """Everything about what is found, by condition and system."""
    corpus = Corpus.open(arguments.corpus)
    wanted = arguments.condition or [*CONDITIONS, *ATTEMPTS, "real"]
    made = [name for name in CONDITIONS if name in wanted]
    groups = list(calls_of(corpus, arguments.limit, folder, made))
    for name in wanted:
        if name in ATTEMPTS and Path(arguments.mrda).is_dir():
            tried = Corpus.open(attempts_corpus(arguments, corpus, folder))
            inner = folder / name
            inner.mkdir()
            [(_, files, truths)] = calls_of(tried, arguments.limit, inner, [ATTEMPTS[name]])
            groups.append((name, files, truths))
    if "real" in wanted and Path(arguments.real).is_dir():
        groups.append(("real", *real_calls(arguments.real, folder)))
    out = {}
    for name, files, truths in groups:
        print(name, len(files), flush=True)
        settings = ReportSettings(names=("A", "B"), channels="speakers", source="listener")
        asked = {"interactspeech": settings}
        if arguments.words:  # beside the report without words on the same calls
            with_words = msgspec.structs.replace(settings, words=arguments.words)
            first = f"first {len(files)} calls"
            asked = {
                f"interactspeech, {first}": settings,
                f"interactspeech with {arguments.words}, {first}": with_words,
            }
        systems = {}
        for ours, wanted in asked.items():
            begun = time.process_time()
            made = report(files, (), wanted, sounds=0, workers=1)
            print(ours, f"{time.process_time() - begun:.0f} s of processor time", flush=True)
            by_id = {call.id: call for call in made.calls}
            systems[ours] = [
                plain(list(by_id[path.stem].incidents)) if path.stem in by_id else None
                for path in files
            ]
        if arguments.peers:
            systems["call-ai-metrics 0.1.0"] = list(peer_call_ai(arguments.peers, files))
            systems["hotato 1.20.0"] = list(peer_hotato(arguments.peers, files))
        out[name] = {
            "calls": len(files),
            "minutes": sum(soundfile.info(p).duration for p in files) / 60,
            "lost": made.ledger.lost,
            "withheld": Counter(kind for call in made.calls for kind in call.withheld),
            "findings": Counter(f.kind for call in made.calls for f in call.findings),
            "systems": {system: score(truths, found) for system, found in systems.items()},
            "causes": {ours: causes(truths, systems[ours]) for ours in asked},
            "truth": TRUTH,
        }
        for system, table in out[name]["systems"].items():
            print(
                name,
                system,
                {k: (round(v["f1"], 3), v["error_p50"]) for k, v in table.items()},
                flush=True,
            )
    return out
