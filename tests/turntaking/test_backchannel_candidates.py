"""Candidates and their features, one after the other by their definitions."""

import numpy as np
import pytest
from conversations import conversations
from hypothesis import given, settings

from interactspeech.lexicon.feedback import FIRST_WORD_CLASSES, bare_word, feedback_kind
from interactspeech.turntaking import DEFAULT, layer1
from interactspeech.turntaking.backchannel_candidates import FEEDBACK_KINDS, candidates
from interactspeech.turntaking.backchannel_decision import FEATURES, features


class Naive:
    """The definitions of `Candidates`, in samples, for one IPU at a time."""

    def __init__(self, timeline):
        self.timeline, self.t = timeline, DEFAULT.at(timeline.rate)
        layer = layer1(timeline, DEFAULT)
        self.layer = layer
        self.ipus = [[tuple(row) for row in unit.tolist()] for unit in layer.ipus]
        self.words = [
            list(zip(track.texts, track.times.tolist(), track.fragment.tolist(), strict=True))
            if (track := timeline.words.get(name)) is not None
            else []
            for name in layer.speakers
        ]

    def own(self, speaker, ipu):
        return [
            word for word in self.words[speaker] if ipu[0] <= sum(word[1]) / 2 < ipu[1]
        ]  # fmt: skip

    def feedback(self, speaker, ipu):
        own = self.own(speaker, ipu)
        if not own:
            return -1
        kind = feedback_kind([word[0] for word in own])
        return FEEDBACK_KINDS.index(kind) + 1 if kind else 0

    def silence(self, speaker, place):
        mine = self.ipus[speaker]
        far = 10**12
        before = mine[place][0] - mine[place - 1][1] if place else far
        after = mine[place + 1][0] - mine[place][1] if place + 1 < len(mine) else far
        return before, after

    def isolated(self, speaker, place):
        start, end = self.ipus[speaker][place]
        before, after = self.silence(speaker, place)
        return end - start <= self.t.backchannel_max and min(before, after) >= self.t.isolation

    def talk(self, speaker):
        """IPUs that do not look like feedback themselves."""
        return [
            ipu
            for place, ipu in enumerate(self.ipus[speaker])
            if not (self.isolated(speaker, place) and self.feedback(speaker, ipu) != 0)
        ]

    def last_talk(self, speaker, onset):
        return max((ipu for ipu in self.talk(speaker) if ipu[0] < onset), default=None)

    def partner(self, speaker, onset):
        own = self.last_talk(speaker, onset)
        holders = []
        for other in range(len(self.ipus)):
            last = None if other == speaker else self.last_talk(other, onset)
            if last is None or last[1] < onset - self.t.turn_pause:
                continue
            talking = last[1] > onset
            if talking or own is None or last[1] > own[1]:
                # Who talks comes first, then who began first or paused last.
                holders.append((not talking, last[0] if talking else -last[1], other, last))
        return min(holders)[2:] if holders else (-1, None)


@settings(max_examples=40, deadline=None)
@given(conversations())
def test_candidates_are_their_definitions(timeline):
    naive = Naive(timeline)
    found = candidates(timeline, naive.layer, DEFAULT)
    h, row = naive.t.horizon, -1
    for speaker, mine in enumerate(naive.ipus):
        for place, (start, end) in enumerate(mine):
            row += 1
            before, after = naive.silence(speaker, place)
            assert (found.speaker[row], found.start[row], found.end[row]) == (speaker, start, end)
            assert (found.before[row], found.after[row]) == (min(before, h), min(after, h))
            assert found.feedback[row] == naive.feedback(speaker, (start, end))
            assert found.words(row) == tuple(w[0] for w in naive.own(speaker, (start, end)))
            assert found.isolated[row] == naive.isolated(speaker, place)
            partner, last = naive.partner(speaker, start)
            assert found.partner[row] == partner
            if partner < 0:
                assert (found.since[row], found.left[row], found.next_length[row]) == (0, 0, 0)
                assert found.resumes[row] == h
                for name in ("goes_on", "partner_talking", "partner_talking_at_end"):
                    assert not getattr(found, name)[row]
                continue
            talking = last[1] > start
            assert found.partner_talking[row] == talking
            assert found.since[row] == min(start - last[0 if talking else 1], h)
            assert found.left[row] == (min(last[1] - start, h) if talking else 0)
            following = next((ipu for ipu in naive.ipus[partner] if ipu[1] > end), None)
            if following is None:
                assert found.resumes[row] == h
                assert found.next_length[row] == 0
                assert not found.goes_on[row]
                assert not found.partner_talking_at_end[row]
                continue
            resumes = max(following[0] - end, 0)
            assert found.resumes[row] == min(resumes, h)
            assert found.partner_talking_at_end[row] == (following[0] < end)
            length = min(following[1], end + h) - max(following[0], end)
            assert found.next_length[row] == max(length, 0)
            assert found.goes_on[row] == (resumes <= naive.t.turn_pause and resumes < after)
    assert row + 1 == len(found)


CLASS_OF = {word: name for name, words in FIRST_WORD_CLASSES.items() for word in words}


def class_of(word):
    return CLASS_OF.get(bare_word(word[0]))


@settings(max_examples=40, deadline=None)
@given(conversations())
def test_features_are_their_definitions(timeline):
    naive = Naive(timeline)
    found = candidates(timeline, naive.layer, DEFAULT)
    table = features(found)
    assert table.shape == (len(found), len(FEATURES))
    rate, h = timeline.rate, naive.t.horizon

    def samples(ms):
        return ms * rate // 1000

    def window(speaker, low, high):
        return [word for word in naive.words[speaker] if low < word[1][1] <= high]

    def others(words):
        return sum(class_of(word) is None for word in words)

    row = -1
    for speaker, mine in enumerate(naive.ipus):
        for start, end in mine:
            row += 1
            value = dict(zip(FEATURES, table[row].tolist(), strict=True))
            seconds = {
                "log_length": np.log(max((end - start) / rate, 0.03)),
                "before": found.before[row] / rate, "after": found.after[row] / rate,
                "since": found.since[row] / rate, "left": found.left[row] / rate,
                "resumes": found.resumes[row] / rate, "partner": found.partner[row] >= 0,
                "partner_talking": found.partner_talking[row],
                "talking_at_end": found.partner_talking_at_end[row],
                "goes_on": found.goes_on[row], "all_feedback": found.feedback[row] > 0,
            }  # fmt: skip
            for name, expected in seconds.items():
                assert value[name] == pytest.approx(float(expected)), name
            own = naive.own(speaker, (start, end))
            said = set(FEATURES) - set(seconds)
            if not own:
                assert all(value[name] == 0 for name in said)
                continue
            for name in FIRST_WORD_CLASSES:
                assert value[f"first_{name}"] == (class_of(own[0]) == name)
            before, after = window(speaker, start - h, start), window(speaker, end, end + h)
            expected = {
                "log_words": np.log(len(own)),
                "other_words": min(others(own), 4),
                "fragment": any(word[2] for word in own),
                "said_before": np.log1p(others(before)),
                "nodded_before": np.log1p(len(before) - others(before)),
                "self_goes_on": np.log1p(others(after)),
                "nods_on": np.log1p(len(after) - others(after)),
            }
            rest = [other for other in range(len(naive.ipus)) if other != speaker]
            near = [
                window(other, start - samples(400), start + samples(1200)) for other in rest
            ]  # fmt: skip
            expected["rivals"] = sum(others(words) > 0 for words in near)
            expected["choir"] = sum(bool(words) and others(words) == 0 for words in near)
            for name, low, high in (
                ("others_before", start - h, start), ("others_after", end, end + h)
            ):  # fmt: skip
                expected[name] = np.log1p(sum(others(window(o, low, high)) for o in rest))
            for name, number in expected.items():
                assert value[name] == pytest.approx(float(number)), name
            latest, question = start - h, False
            for other in rest:
                ended = window(other, -1, start + samples(300))
                if ended and ended[-1][1][1] > latest:
                    latest, question = ended[-1][1][1], "?" in ended[-1][0]
            assert value["after_question"] == question
