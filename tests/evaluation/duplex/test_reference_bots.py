"""What the ruler says of systems whose behaviour is set: latencies within 20 ms, labels right."""

from functools import cache

import numpy as np
import pytest

from interactspeech.errors import UsageError
from interactspeech.evaluation.duplex.bots import BOTS, BotSettings, ReferenceBot, reference_bot
from interactspeech.evaluation.duplex.channels import channel_activity_of
from interactspeech.evaluation.duplex.curve import YieldPoint, yield_point
from interactspeech.evaluation.duplex.live import RATE, play_to
from interactspeech.evaluation.duplex.outcomes import EventOutcome, event_outcomes
from interactspeech.evaluation.duplex.stimulus import (
    TO_IGNORE,
    StimulusEvent,
    StimulusKind,
    StimulusTruth,
)

KINDS: tuple[StimulusKind, ...] = (
    "interruption", "interruption", "backchannel", "cough", "interruption", "side_talk",
    "vocal_tic", "background_speech", "noise", "laugh",
)  # fmt: skip


def truths(count: int) -> list[StimulusTruth]:
    """A turn, and 3 to 5 s later an event of each kind, at times that fall on no frame."""
    rng = np.random.default_rng(2)
    found = []
    for k in range(count):
        asked = 0.5 + float(rng.uniform(1, 2))
        at = asked + float(rng.uniform(3, 5))
        kind = KINDS[k % len(KINDS)]
        length = float(rng.uniform(1.2, 2.0)) if kind == "interruption" else 0.5
        events = [StimulusEvent("turn_end", 0.5, asked), StimulusEvent(kind, at, at + length)]
        if kind == "interruption":
            events.append(StimulusEvent("turn_end", at, at + length))
        found.append(StimulusTruth(f"item{k}", round(at + length + 4.0, 2), tuple(events)))
    return found


@cache
def measured(name: str, count: int = 40) -> tuple[EventOutcome, ...]:
    """Each bot's outcomes, heard from its sound alone."""
    found: list[EventOutcome] = []
    bot = reference_bot(name)
    for truth in truths(count):
        user = np.zeros(round(truth.seconds * RATE), np.float32)
        heard = channel_activity_of(play_to(bot, user, truth), RATE)
        found += event_outcomes(truth.id, truth.events, heard, RATE, bot.log())
    return tuple(found)


def set_to(settings: BotSettings, o: EventOutcome) -> tuple[bool | None, float | None]:
    """What is right of an event, and the latency that the bot was set to."""
    yields = settings.yield_delay is not None and o.kind in settings.yields_to
    delay = settings.yield_delay + settings.player_delay if yields else None  # type: ignore[operator]
    if o.kind == "interruption":
        return delay is not None and delay <= 2.0, delay
    if o.kind in TO_IGNORE:
        return not yields, delay
    return None, None


def test_every_latency_and_label_over_500_events() -> None:
    events, worst = 0, 0.0
    for name, settings in BOTS.items():
        if name == "eager":
            continue
        for o in measured(name):
            events += 1
            if o.kind == "turn_end":
                if not o.talking and o.right:
                    assert o.answer_latency is not None
                    worst = max(worst, abs(o.answer_latency - settings.answer_delay))
                continue
            right, delay = set_to(settings, o)
            assert o.talking
            assert o.right is right, (name, o)
            if delay is not None and o.yield_latency is not None:
                worst = max(worst, abs(o.yield_latency - delay))
    assert events >= 500
    assert worst <= 0.020


def point(name: str) -> YieldPoint:
    return yield_point(measured(name))


def test_the_curve_puts_the_bots_where_they_belong() -> None:
    places = {
        n: (point(n).yielded.value, point(n).talked_through.value) for n in BOTS if n != "eager"
    }
    assert places["prompt"] == places["slow"] == (1.0, 1.0)
    assert places["never"] == places["player"] == (0.0, 1.0)
    assert places["anything"] == (1.0, 0.0)
    yielded, through = places["feedback"]
    assert yielded == 1.0
    assert 0.0 < through < 1.0
    assert point("feedback").kinds["backchannel"] == (4, 4)


def test_the_model_is_told_from_the_player() -> None:
    causes = {o.cause for o in measured("player") if o.kind == "interruption"}
    assert causes == {"player went on"}
    causes = {o.cause for o in measured("never") if o.kind == "interruption"}
    assert causes == {"model did not yield"}


def test_an_eager_bot_answers_in_pauses() -> None:
    events = (
        StimulusEvent("pause", 2.0, 3.3137), StimulusEvent("turn_end", 0.5, 5.0),
    )  # fmt: skip
    truth = StimulusTruth("p", 9.0, events)
    for name, right in (("eager", False), ("prompt", True)):
        bot = reference_bot(name)
        heard = channel_activity_of(play_to(bot, np.zeros(9 * RATE, np.float32), truth), RATE)
        found = event_outcomes("p", events, heard, RATE)
        assert found[0].right is right


def test_what_a_bot_cannot_do_is_said() -> None:
    with pytest.raises(UsageError, match="no bot is called 'polite'"):
        reference_bot("polite")
    with pytest.raises(UsageError, match="needs the truth"):
        ReferenceBot(BotSettings()).start(RATE, None)
