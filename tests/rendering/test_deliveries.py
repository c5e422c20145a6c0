"""Deliveries follow the events of turn-taking: direction, size, and the rendered levels."""

import msgspec
import numpy as np
import pytest

from interactspeech.records import Delivery
from interactspeech.rendering import (
    HUMAN,
    ORIGINAL,
    dialogue_from_plan,
    draw_deliveries,
    draw_dyad,
    plan_dialogue,
    plan_speech,
    render,
    spoken_lines,
)
from interactspeech.rendering.settings import DeliveryParams
from interactspeech.scripts import parse_script
from interactspeech.tts import Style

TALK = """\
A: So we take the early train and then we [interrupt {style}] walk to the harbour for a while.
B: Wait, is it not closed on Sundays? I read that in the paper only last week, you know.
A: Well, I did not know that, [B: mm-hm] but I will ask the people [B tries {style}: but the] at \
the museum about it, and then we can decide what to do with the day.
B: Fine with me.
"""


#: Standard deviation of a standard normal draw that is clipped at two.
CLIPPED = 0.959


def script(style, number=0):
    return parse_script(TALK.format(style=style), f"talk-{style}-{number}")


def deliveries_of(script, seed, settings=HUMAN):
    return draw_deliveries(script, spoken_lines(script), seed=seed, settings=settings)


def over_seeds(style, line, count=60):
    return [deliveries_of(script(style), seed)[line] for seed in range(count)]


def test_who_competes_begins_louder_higher_and_faster_and_others_softer():
    hard, soft = over_seeds("competitive", "t1", 200), over_seeds("cooperative", "t1", 200)
    plain = over_seeds("competitive", "t2")
    for group, (mean, spread) in (
        (hard, HUMAN.delivery.competitive_onset),
        (soft, HUMAN.delivery.cooperative_onset),
    ):
        onsets = np.array([d.onset for d in group])
        assert onsets.mean() == pytest.approx(mean, abs=3 * spread / len(group) ** 0.5)
        assert onsets.std() == pytest.approx(CLIPPED * spread, rel=0.2)
        assert np.abs(onsets - mean).max() <= 2 * spread + 0.05
    # Level does not give away what an utterance is: some compete softly, some join in loudly.
    assert min(d.onset for d in hard) < 0.0 < max(d.onset for d in soft)
    assert min(d.rise for d in hard) > 0.5
    assert max(d.rise for d in soft) <= 0.2
    assert all(d.onset == d.rise == 0.0 for d in plain)
    pace = [np.mean([d.speed for d in group]) for group in (hard, soft, plain)]
    assert pace[0] > 1.03
    assert abs(pace[1] - 1) < 0.03
    assert abs(pace[2] - 1) < 0.03


def test_a_mark_without_a_style_competes_and_a_turn_that_cuts_nobody_is_plain():
    marked, competes = over_seeds("", "t1", 100), HUMAN.delivery
    assert np.mean([d.onset for d in marked]) == pytest.approx(
        competes.competitive_onset[0], abs=3 * competes.competitive_onset[1] / 10
    )
    assert min(d.rise for d in marked) > 0.5
    calm = parse_script("A: We take the train.\nB: Wait, which one?\n", "calm")
    assert deliveries_of(calm, 1)["t1"].onset == 0.0


def test_listeners_vary_and_speakers_drift():
    heard = over_seeds("competitive", "t2.b0", 200)
    # "mm-hm" is soft; its level varies by listener and time (people's 10th percentile: -15 dB).
    levels = np.array([d.level for d in heard]) + HUMAN.backchannel_level
    delivery = HUMAN.delivery
    spread = CLIPPED * np.hypot(delivery.listener_level, delivery.backchannel_level)
    expected = HUMAN.backchannel_level + delivery.backchannel_words["mm-hm"]
    assert levels.mean() == pytest.approx(expected, abs=3 * spread / len(levels) ** 0.5)
    assert levels.std() == pytest.approx(spread, rel=0.2)
    loud = parse_script(TALK.format(style="competitive").replace("mm-hm", "uh-huh"), "uh")
    others = np.array([deliveries_of(loud, seed)["t2.b0"].level for seed in range(200)])
    expected = delivery.backchannel_words["uh-huh"]
    assert others.mean() == pytest.approx(expected, abs=3 * spread / len(others) ** 0.5)
    assert len({d.pitch for d in heard}) >= 4
    assert all(d.pitch * 2 == round(d.pitch * 2) for d in heard)
    turns = "\n".join(f"{'AB'[k % 2]}: This is line number {k} of all." for k in range(400))
    drift = deliveries_of(parse_script(turns, "long"), 3)
    level = np.array([drift[f"t{k}"].level for k in range(0, 400, 2)])
    assert 0.6 < level.std() < 0.95
    assert 0.5 < np.corrcoef(level[:-1], level[1:])[0, 1] < 0.85
    pace = [np.mean([drift[f"t{k}"].speed for k in range(first, 400, 2)]) for first in (0, 1)]
    assert pace[0] != pace[1]


def test_without_delivery_parameters_every_line_is_neutral():
    for settings in (ORIGINAL, msgspec.structs.replace(HUMAN, delivery=None)):
        assert set(deliveries_of(script("competitive"), 1, settings).values()) == {Delivery()}


def test_the_record_says_how_and_only_what_was_done(speak):
    talk = script("competitive")
    speeches = speak(talk)
    told = {
        u.id: u.delivery
        for u in dialogue_from_plan(
            plan_dialogue(plan_speech(talk, draw_dyad(talk.id, 1), seed=1), speeches, seed=1)
        ).utterances
    }
    assert told == {k: d if d != Delivery() else None for k, d in deliveries_of(talk, 1).items()}
    unstyled = {u.id: u.delivery for u in plan_dialogue(talk, speeches, seed=1).utterances}
    assert unstyled["t1"] == Delivery(level=told["t1"].level, onset=told["t1"].onset)


def gain(made, speeches, line):
    """(time from the line's start in samples, dB against the clip's gain), where it can be told."""
    tracks = render(made, speeches)
    start = min(clip.at for clip in made.clips if clip.line == line)
    times, levels = [], []
    for clip in made.clips:
        if clip.line != line:
            continue
        inner = slice(clip.fade_in, len(clip.source) - max(clip.fade_out, clip.decay))
        source = clip.gain * speeches[line].samples[clip.source.start : clip.source.end][inner]
        heard = tracks[clip.channel, clip.at : clip.end][inner]
        loud = np.abs(source) > 0.01
        times.append((clip.at - start + np.arange(len(clip.source))[inner])[loud])
        levels.append(20 * np.log10(np.abs(heard[loud]) / np.abs(source[loud])))
    return np.concatenate(times), np.concatenate(levels)


def test_the_tracks_are_loud_while_both_talk_and_then_no_more(speak):
    talk = script("competitive")
    speeches = speak(talk)
    made = plan_dialogue(talk, speeches, seed=1)
    told = {u.id: u for u in made.utterances}
    onset = told["t1"].delivery.onset
    overlap = told["t0"].end - told["t1"].start
    times, levels = gain(made, speeches, "t1")
    assert np.allclose(levels[times < overlap], onset, atol=0.02)
    after = times > overlap + HUMAN.delivery.fade * made.rate + 1
    assert after.any()
    assert np.allclose(levels[after], 0.0, atol=0.02)
    between = levels[(times >= overlap) & ~after]
    assert (np.diff(between) < 1e-3).all()


def test_who_is_talked_over_in_vain_gets_louder_while_it_lasts(speak):
    for style, resist in (("competitive", HUMAN.delivery.resist), ("cooperative", 0.0)):
        talk = script(style)
        speeches = speak(talk)
        made = plan_dialogue(talk, speeches, seed=2)
        told = {u.id: u for u in made.utterances}
        times, levels = gain(made, speeches, "t2")
        times = times + told["t2"].start
        attempt = told["t2.a0"]
        middle = (times > attempt.start + 0.2 * made.rate) & (times < attempt.end)
        assert np.allclose(levels[middle], resist, atol=0.02)
        assert np.allclose(levels[times < attempt.start], 0.0, atol=0.02)
        assert np.allclose(levels[times > attempt.end + 0.4 * made.rate], 0.0, atol=0.02)


def test_a_loud_onset_never_clips(speak):
    talk = script("competitive")
    speeches = {
        name: louder(speech, 30.0) if name == "t1" else speech
        for name, speech in speak(talk).items()
    }
    shout = msgspec.structs.replace(HUMAN, delivery=DeliveryParams(competitive_onset=(12.0, 0.0)))
    tracks = render(plan_dialogue(talk, speeches, seed=4, settings=shout), speeches)
    assert np.abs(tracks).max() <= 0.98


def louder(speech, factor):
    from dataclasses import replace

    return replace(speech, samples=np.clip(factor * speech.samples, -1, 1))


def test_every_line_has_a_delivery():
    for style in ("competitive", "cooperative", ""):
        talk = script(style)
        assert set(deliveries_of(talk, 0)) == {line.id for line in spoken_lines(talk)}


def test_deliveries_change_no_time(speak):
    """Whether lines are spoken with a delivery or not, the same speech comes at the same times."""
    talk = script("competitive")
    speeches = speak(talk)
    plainly = msgspec.structs.replace(HUMAN, delivery=None)
    for seed in range(8):
        styled = plan_dialogue(talk, speeches, seed=seed)
        plain = plan_dialogue(talk, speeches, seed=seed, settings=plainly)
        assert styled.events == plain.events
        assert [(u.id, u.speech, u.words) for u in styled.utterances] == [
            (u.id, u.speech, u.words) for u in plain.utterances
        ]
        assert all(u.delivery is None for u in plain.utterances)
        assert not any(clip.gain_envelope for clip in plain.clips)


def test_feedback_rises_news_falls_and_only_finished_questions_for_yes_or_no_end_higher():
    text = """A: So we took the train [B: mm-hm] and it was late [B: oh] again.
B: Was it very late?
A: How late do you think?
B: Did you [interrupt] wait for it?
A: Of course I did.
"""
    slopes, ends = {"mm-hm": [], "oh": []}, {}
    for seed in range(60):
        made = parse_script(text, f"d{seed}")
        lines = spoken_lines(made)
        deliveries = draw_deliveries(made, lines, seed=1)
        for line in lines:
            one = deliveries[line.id]
            if line.role == "backchannel":
                slopes[line.text].append(one.slope)
            else:
                assert one.slope == 0.0
                ends.setdefault(line.turn, []).append(one.end)
    params = HUMAN.delivery
    assert np.mean(slopes["mm-hm"]) == pytest.approx(params.backchannel_slope[0], abs=0.5)
    assert np.mean(slopes["oh"]) == pytest.approx(-params.backchannel_slope[0], abs=0.5)
    assert np.mean(ends[1]) == pytest.approx(params.question_end[0], abs=0.7)
    assert min(ends[1]) >= 0.0
    assert max(ends[1]) <= 6.0
    assert not any(ends[0] + ends[2] + ends[3] + ends[4])
    # Whatever the settings, an engine takes it.
    wild = DeliveryParams(backchannel_slope=(9.0, 5.0), question_end=(9.0, 5.0))
    for delivery in draw_deliveries(
        made, lines, seed=1, settings=msgspec.structs.replace(HUMAN, delivery=wild)
    ).values():
        Style(slope=delivery.slope, end=delivery.end)


def test_every_engine_accepts_every_delivery():
    """Also the rarest draws: `Style` refuses what lies outside its ranges."""
    script = parse_script(
        "A: Do you want to go there today? Is it [interrupt] far?\n"
        "B: Did you ask her? [A: oh] Are they coming?\nA: Could we [B: mm-hm] go then? Shall we?\n",
        "asks",
    )
    for seed in range(400):
        for one in draw_deliveries(script, spoken_lines(script), seed=seed).values():
            Style(speed=one.speed, pitch=one.pitch, rise=one.rise, slope=one.slope, end=one.end)


@pytest.mark.parametrize("style", ["competitive", "cooperative", ""])
def test_a_failed_interruption_is_as_loud_and_high_as_its_style(style):
    delivery = HUMAN.delivery
    calm = style == "cooperative"
    level, spread = delivery.cooperative_onset if calm else delivery.attempt_level
    rise, rises = delivery.cooperative_rise if calm else delivery.competitive_rise
    made = over_seeds(style, "t2.a0", 200)
    assert np.mean([d.level for d in made]) == pytest.approx(level, abs=3 * spread / 200**0.5)
    assert np.std([d.level for d in made]) == pytest.approx(CLIPPED * spread, rel=0.2)
    assert np.mean([d.rise for d in made]) == pytest.approx(rise, abs=3 * rises / 200**0.5 + 0.02)
    assert {(d.onset, d.speed, d.pitch) for d in made} == {(0.0, 1.0, 0.0)}
