"""Laws of every plan, on random scripts with random word durations."""

import string
from itertools import pairwise

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.records import (
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    Pause,
    Script,
    Sound,
    Speech,
    Turn,
    Voice,
    Word,
    Words,
)
from interactspeech.rendering import (
    HUMAN,
    ORIGINAL,
    dialogue_from_plan,
    outline_from_words,
    plan_dialogue,
    render,
    spoken_lines,
)

RATE = 8000
words = st.text(string.ascii_lowercase, min_size=1, max_size=9)
phrases = st.lists(words, min_size=1, max_size=8).map(" ".join)
ended = st.tuples(phrases, st.sampled_from(["", ",", ".", "?"])).map("".join)


@st.composite
def turns(draw, speaker: str, other: str) -> Turn:
    parts: list = [Words(draw(ended))]
    for _ in range(draw(st.integers(0, 3))):
        parts.append(
            draw(
                st.sampled_from(
                    [
                        Backchannel(other, "mm-hm"),
                        Backchannel(other, "oh really"),
                        FailedInterruption(other, "but I"),
                        Pause(),
                        Pause(0.7),
                        Sound("laugh"),
                    ]
                )
            )
        )
        parts.append(Words(draw(ended)))
    end = draw(st.sampled_from(["plain", "plain", "cut", "overlap"]))
    if end != "plain":
        parts += [Interruption() if end == "cut" else Overlap(), Words(draw(ended))]
    return Turn(speaker, tuple(parts))


@st.composite
def scripts(draw) -> Script:
    order = draw(st.lists(st.sampled_from("AAABBBC"), min_size=1, max_size=7))
    made = [draw(turns(x, "B" if x == "A" else "A")) for x in order]
    return Script(id="random", turns=tuple(made))


def spoken(script: Script, seed: int) -> dict[str, Speech]:
    """Noise with word times; words touch, but for a silence after most punctuation."""
    rng = np.random.default_rng(seed)
    found = {}
    for line in spoken_lines(script):
        at, times, pieces = 0, [], []
        for token in line.text.split():
            length = int(rng.uniform(0.04, 0.5) * RATE)
            times.append(Word(token, at, at + length))
            pieces.append(0.2 * rng.standard_normal(length))
            at += length
            if not token[-1].isalnum() and rng.random() < 0.8:
                silence = int(rng.uniform(0.02, 0.6) * RATE)
                pieces.append(np.zeros(silence))
                at += silence
        samples = np.concatenate(pieces)[: times[-1].end].clip(-1, 1).astype(np.float32)
        voice = Voice(engine="noise", name=line.speaker)
        found[line.id] = Speech(samples, RATE, tuple(times), "engine", voice)
    return found


cases = st.tuples(scripts(), st.integers(0, 2**32), st.sampled_from([HUMAN, HUMAN, ORIGINAL]))
few = settings(max_examples=40, deadline=None)


@few
@given(cases)
def test_plans_are_whole(case):
    script, seed, preset = case
    speech = spoken(script, seed)
    made = plan_dialogue(script, speech, seed=seed, settings=preset)
    everything = {line.id: line for line in spoken_lines(script)}

    # Every line is heard or accounted for.
    lost = {loss.line for loss in made.lost}
    heard = {u.id for u in made.utterances}
    wanted = {i for i, line in everything.items() if preset is HUMAN or line.role == "turn"}
    assert heard | lost == wanted
    assert not heard & lost
    assert not any(everything[i].role == "turn" for i in lost)

    # Nobody talks over themselves, and turns begin in the script's order.
    for speaker in made.speakers:
        mine = [u for u in made.utterances if u.speaker == speaker]
        assert all(a.end <= b.start for a, b in pairwise(mine))
    onsets = {u.id: u.start for u in made.utterances}
    order = [onsets[i] for i, line in everything.items() if line.role == "turn"]
    assert order == sorted(order)

    for u in made.utterances:
        line = everything[u.id]
        # What was said and what was not are the script's words; a fragment begins the unsaid.
        whole = [w.text for w in u.words if not w.fragment]
        assert tuple(whole) == line.tokens[: line.spoken_count]
        assert u.unsaid == line.tokens[line.spoken_count :]
        # Words lie inside speech.
        for w in u.words:
            inside = sum(max(0, min(w.end, s.end) - max(w.start, s.start)) for s in u.speech)
            assert inside == w.end - w.start
    # The record's own invariants (spans sorted, words inside, events inside) hold.
    msgspec.json.decode(
        msgspec.json.encode(dialogue_from_plan(made)), type=type(dialogue_from_plan(made))
    )


@few
@given(cases)
def test_what_is_rendered_is_what_was_planned(case):
    script, seed, preset = case
    speech = spoken(script, seed)
    made = plan_dialogue(script, speech, seed=seed, settings=preset)
    tracks = render(made, speech)
    assert tracks.shape == (len(made.speakers), made.length)
    assert tracks.dtype == np.float32
    assert np.abs(tracks).max() <= 1.0
    for channel, speaker in enumerate(made.speakers):
        talking = np.zeros(made.length, bool)
        for u in made.utterances:
            if u.speaker == speaker:
                for span in u.speech:
                    talking[span.start : span.end] = True
        # Outside of the spans there is silence; the source's breaks are zeros here, and their
        # edges are known to a frame of 5 ms.
        near = np.convolve(talking, np.ones(2 * RATE // 200 + 1), "same") > 0
        assert not tracks[channel][~near].any()
    for channel in range(len(made.speakers)):
        clips = [clip for clip in made.clips if clip.channel == channel]
        assert all(a.end <= b.at for a, b in pairwise(clips))


@few
@given(cases)
def test_the_same_seed_gives_the_same_plan(case):
    script, seed, preset = case
    speech = spoken(script, seed)
    first = plan_dialogue(script, speech, seed=seed, settings=preset)
    again = plan_dialogue(script, speech, seed=seed, settings=preset)
    assert msgspec.json.encode(first) == msgspec.json.encode(again)
    assert np.array_equal(render(first, speech), render(again, speech))


@few
@given(scripts(), st.integers(0, 2**32))
def test_durations_are_enough_to_plan(script, seed):
    speech = spoken(script, seed)
    shapes = {
        name: outline_from_words([(w.start, w.end) for w in s.words], RATE)
        for name, s in speech.items()
    }
    made = plan_dialogue(script, shapes, seed=seed)
    assert {u.id for u in made.utterances} | {x.line for x in made.lost} == set(shapes)
    assert all(clip.gain == 1.0 for clip in made.clips)
