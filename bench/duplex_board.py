"""Reference bots and deciders on the stimulus set."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from duplex_deciders import VOICE, decided, kept_scores, smart_turn, talk_scorer, turn_scorer
from duplex_endpoints import endpoints
from duplex_page import KEPT, PAGE, PICTURES, Behaviours, curves_by, page, standalone

from interactspeech.evaluation.duplex.bots import BOTS, BotSettings, ReferenceBot
from interactspeech.evaluation.duplex.channels import channel_activity_of
from interactspeech.evaluation.duplex.curve_plot import curve_svg
from interactspeech.evaluation.duplex.live import (
    RATE,
    ScenarioItem,
    play_to,
    read_user,
    scenario_items,
)
from interactspeech.evaluation.duplex.outcomes import event_outcomes
from interactspeech.evaluation.events.floor_bids import BidScorer, listener_scorer
from interactspeech.listener import Listener

LISTENER_AT = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
TALK_AT = (0.12, 0.2, 0.32, 0.48, 0.64, 0.8, 1.0, 1.4)
SMART_AT = (0.1, 0.3, 0.5, 0.7, 0.9, 0.97)


def board(folder: str, write: bool, every: int = 1, work: str = "", with_ends: bool = True) -> None:
    found = [i for i in scenario_items(Path(folder)) if isinstance(i, ScenarioItem)]
    items = found[::every]
    users = {item.name: read_user(item) for item in items}
    done: Behaviours = {}
    for name, settings in BOTS.items():
        if name == "eager":
            continue
        outcomes = done.setdefault(f"bot {name}", {}).setdefault("", [])
        for item in items:
            bot = ReferenceBot(settings, name)
            heard = channel_activity_of(play_to(bot, users[item.name], item.truth), RATE, "energy")
            outcomes += event_outcomes(item.name, item.truth.events, heard, RATE, bot.log())
        print(name, flush=True)
    never = ReferenceBot(BotSettings(yield_delay=None, voice=VOICE), "never")
    tracks = {i.name: play_to(never, users[i.name], i.truth) for i in items}
    talk = {name: channel_activity_of(track, RATE, "energy") for name, track in tracks.items()}
    listener = Listener.load()
    deciders: dict[str, tuple[BidScorer, Sequence[float]]] = {
        "listener": (listener_scorer(listener), LISTENER_AT),
        "energy, seconds of talk": (talk_scorer("energy"), TALK_AT),
        "Silero, seconds of talk": (talk_scorer("silero"), TALK_AT),
    }
    judge = smart_turn()
    if judge is not None:
        deciders["smart-turn, user's turn complete"] = (turn_scorer(judge), SMART_AT)
    for name, (scorer, thresholds) in deciders.items():
        began = time.process_time()
        scores = kept_scores(work, name, items, scorer, users, tracks)
        seconds = time.process_time() - began
        done[name] = {
            f"{threshold:g}": decided(items, talk, scores, threshold) for threshold in thresholds
        }
        print(name, f"{seconds:.0f} s", flush=True)
    ends = endpoints(items, users, listener, judge) if with_ends else []
    lines = page(items, len(found), done, ends, judge is not None)
    print("\n".join(lines))
    if write:
        written = PAGE.read_text("utf-8") if PAGE.exists() else ""
        kept = [written[written.index(h) :].split("\n## ")[0] for h in KEPT if h in written]
        PAGE.write_text(
            "\n".join([*lines, ""]) + "".join(f"\n{x.rstrip()}\n" for x in kept), "utf-8"
        )
        for name, rule in PICTURES.items():
            svg = curve_svg(list(curves_by(done, rule).values()), rule)
            PAGE.with_name(name).write_text(standalone(svg), "utf-8")
