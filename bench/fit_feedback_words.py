"""Fit which words people give feedback with, by what was just said (`writers/data/feedback_words-1.json`).

    python bench/fit_feedback_words.py --ami DIR --mrda DIR [--write]

Feedback of AMI and ICSI/MRDA (dialogue acts, CC BY 4.0), each with the words of the sentence that it
belongs to. Shares of words are half of these meetings', half of Switchboard's (counts of
docs/framework.md, section 6; its unnamed quarter as in meetings). How much a listener keeps to words
of their own is fitted on the series Bed, Bmr and Bdb of ICSI and the ES meetings of AMI and judged
on the others; so is a factor for each word and each thing that can be said of the sentence (it ends;
it is of the past, negative, about "you", ...), which is printed and not stored: it brings nothing.
--write stores what is fitted on the training series.
"""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from meeting_acts import meetings_given

from interactspeech.lexicon.feedback import feedback_kind
from interactspeech.lexicon.words import bare, words
from interactspeech.scripts.writers import feedback_words
from interactspeech.scripts.writers.feedback_words import FeedbackWords
from interactspeech.training.acts.meetings import (
    MeetingAct,
    _held_turns,
)

DATA = Path(feedback_words.__file__).parent / "data" / "feedback_words-1.json"
PAGE = Path(__file__).parents[1] / "docs" / "bench" / "feedback_words.md"
TRAIN = ("Bed", "Bmr", "Bdb", "ES")
#: Spellings of transcripts -> as voices read them.
SPELLED = {
    "mm-hmm": "mm-hm", "mhm": "mm-hm", "um-hmm": "mm-hm", "um-hum": "mm-hm", "mmm-hmm": "mm-hm",
    "ok": "okay", "kay": "okay", "hm": "hmm", "mmm": "mm", "i": "I", "alright": "all right",
}  # fmt: skip
SWITCHBOARD = {"yeah": 0.24, "uh-huh": 0.19, "mm-hm": 0.18, "right": 0.08, "oh": 0.04, "okay": 0.02}
#: Times that a phrase must have been said in the training series.
SEEN = 4
#: Pseudo-counts that draw a factor to 1.
SHRINK = 40.0
NEVER = 1e9
#: Seconds from the word before to the feedback, at most; and a little before its end.
REACTION, EARLY = 1.5, 0.05

_PAST = words("was were had did went said got came took made thought told found saw gave")
_NEGATIONS = words(
    "not no never don't doesn't didn't isn't wasn't won't can't couldn't wouldn't nothing none"
)
_YOU = words("you you're your you've you'd yours")
_DUTY = words("should must need needs have got please let's let make sure try gonna will")
_HEDGES = words("maybe probably perhaps think guess suppose like sorta kinda kind sort mean")
_AGREEING = words("yeah yes right okay ok exactly sure yep")
#: What can be said of a sentence so far.
FEATURES = ("end", "past", "negative", "about you", "duty", "hedge", "agreeing")


@dataclass(frozen=True)
class Given:
    """One feedback: by whom, its words, and what can be said of the sentence before it."""

    meeting: str
    speaker: str
    text: str
    features: tuple[bool, ...]


def given_feedback(name: str, acts: Sequence[MeetingAct]) -> Iterator[Given]:
    """Feedback of a meeting that follows another's word."""
    turns = _held_turns(acts)
    words = sorted(
        (end, number, index)
        for number, turn in enumerate(turns)
        for index, end in enumerate(turn.ends)
    )
    ends = [end for end, _, _ in words]
    for act in acts:
        if act.role != "feedback":
            continue
        at = bisect_right(ends, act.start + EARLY) - 1
        while at >= 0 and turns[words[at][1]].speaker == act.speaker:
            at -= 1
        if at < 0 or act.start - ends[at] > REACTION:
            continue
        turn, index = turns[words[at][1]], words[at][2] + 1
        spoken = [SPELLED.get(word, word) for token in act.tokens if (word := bare(token))]
        text = " ".join(spoken)
        if feedback_kind(spoken):
            yield Given(name, act.speaker, text, sentence_features(turn.tokens[:index], index))


def sentence_features(tokens: Sequence[str], index: int) -> tuple[bool, ...]:
    """Which of `FEATURES` hold for the sentence before token `index`."""
    start = index - 1
    while start > 0 and tokens[start - 1][-1] not in ".?!":
        start -= 1
    said = [bare(token) for token in tokens[start:index]]
    return (
        tokens[index - 1][-1] in ".?!",
        *(not group.isdisjoint(said) for group in (_PAST, _NEGATIONS, _YOU, _DUTY, _HEDGES)),
        said[0] in _AGREEING,
    )


def fit(train: Sequence[Given]) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Shares of phrases, and their factors by feature."""
    counts = Counter(one.text for one in train)
    counts = Counter({text: n for text, n in counts.items() if n >= SEEN})
    total = counts.total()
    named = sum(SWITCHBOARD.values())
    rest = sum(n for text, n in counts.items() if text not in SWITCHBOARD)
    shares = {
        text: 0.5 * n / total
        + 0.5 * SWITCHBOARD.get(text, (1 - named) * n / rest if text not in SWITCHBOARD else 0.0)
        for text, n in counts.items()
    }
    factors: dict[str, dict[str, float]] = {}
    for number, name in enumerate(FEATURES):
        mine = Counter(one.text for one in train if one.features[number] and one.text in counts)
        expected = {text: mine.total() * n / total for text, n in counts.items()}
        factors[name] = {
            text: (mine[text] + SHRINK * n / total) / (expected[text] + SHRINK * n / total)
            for text, n in counts.items()
            if n >= 20
        }
    order = sorted(shares, key=lambda text: -shares[text])
    return {text: round(shares[text], 5) for text in order}, factors


def nats(
    shares: dict[str, float],
    factors: dict[str, dict[str, float]],
    held: Sequence[Given],
    last: float,
    own: float,
) -> dict[str, list[float]]:
    """Log-likelihoods of feedback whose words are in the table, by meeting.

    Args:
        shares: of phrases.
        factors: by feature; none to judge without them.
        held: the feedback.
        last: share that is the listener's last once more.
        own: weight of the table beside what the listener has said.
    """
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    found: dict[str, list[float]] = defaultdict(list)
    for one in held:
        if one.text not in shares:
            continue
        mine = said[one.meeting, one.speaker]
        table = dict(shares)
        for name, holds in zip(FEATURES, one.features, strict=True):
            for text, factor in factors.get(name, {}).items() if holds else ():
                table[text] *= factor
        share = table[one.text] / sum(table.values())
        share = (mine.count(one.text) + own * share) / (len(mine) + own)
        if mine:
            share = last * (mine[-1] == one.text) + (1 - last) * share
        found[one.meeting].append(math.log(share))
        mine.append(one.text)
        del mine[:-40]
    return found


def mean(each: dict[str, list[float]]) -> float:
    """Of all feedback, nats."""
    return sum(map(sum, each.values())) / sum(map(len, each.values()))


def interval(each: dict[str, list[float]], other: dict[str, list[float]] | None = None) -> str:
    """Mean (or its distance from another's) with the 95 % interval of a bootstrap over meetings."""
    names = list(each)
    sums = np.array(
        [[sum(each[n]) - (sum(other[n]) if other else 0.0), len(each[n])] for n in names]
    )
    drawn = sums[np.random.default_rng(7).integers(len(sums), size=(2000, len(sums)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return f"{sums[:, 0].sum() / sums[:, 1].sum():+.3f} ({low:+.3f} to {high:+.3f})"


def main() -> None:
    meetings, write = meetings_given(__doc__)
    every = [one for name, acts in meetings for one in given_feedback(name, acts)]
    train = [one for one in every if one.meeting.startswith(TRAIN)]
    held = [one for one in every if not one.meeting.startswith(TRAIN)]
    shares, factors = fit(train)
    # Judged with the shares of meetings, because the others are meetings, too.
    counts = Counter(one.text for one in train if one.text in shares)
    in_meetings = {text: n / counts.total() for text, n in counts.items()}
    last, own = max(
        ((a, b) for a in (0.0, 0.05, 0.1, 0.15, 0.2) for b in (8.0, 16.0, 32.0, 64.0, NEVER)),
        key=lambda pair: mean(nats(in_meetings, {}, train, *pair)),
    )
    print(f"{len(train):,} to fit, {len(held):,} held out, {len(shares)} phrases; "
          f"same as the last: {last}, own words: {own}")  # fmt: skip
    plain = nats(in_meetings, {}, held, 0.0, NEVER)
    rows = []
    for name, table, pair in (
        ("shares of words", {}, (0.0, NEVER)),
        ("and what the sentence is like", factors, (0.0, NEVER)),
        ("shares, and the listener's habits", {}, (last, own)),
        ("and what the sentence is like", factors, (last, own)),
    ):
        each = nats(in_meetings, table, held, *pair)
        rows.append(f"| {name} | {interval(each)} | {interval(each, plain)} |")
    top = []
    for name, mine in (
        ("table that ships", shares),
        ("people, training meetings", Counter(one.text for one in train)),
        ("people, held-out meetings", Counter(one.text for one in held)),
    ):
        most = sorted(mine, key=lambda text: -mine[text])
        share = sum(mine[text] for text in most[:3]) / sum(mine.values())
        top.append(f"| {name} | {100 * share:.1f} % | {', '.join(most[:10])} |")
    page = f"""# With which words people give feedback

`python bench/fit_feedback_words.py --ami AMI --mrda MRDA --write`: {len(train):,} feedback acts of the series
{", ".join(TRAIN)} to fit, {len(held):,} of {len({one.meeting for one in held})} other meetings of ICSI and AMI held out.

| what is known | log-likelihood of held-out feedback, nats an act (95 %, bootstrap over meetings) | against the shares alone |
|---|---|---|
{chr(10).join(rows)}

- **Habits**: with probability {last} a listener says again what they said last; else a word of their own counts as much
  as 1 of {own:.0f} draws from the table. Fitted on the training meetings. It is what matters most.
- **What the sentence is like** ({", ".join(FEATURES)}): factors on the shares, drawn to 1 by {SHRINK:.0f} pseudo-counts.
  They bring nothing in other meetings, so the writers do not use them. Good news, bad news, surprise and instructions are
  too seldom in meetings to count; their tables are ours.

| source | share of the three commonest | commonest |
|---|---|---|
{chr(10).join(top)}

The table that ships is half of these meetings', half of Switchboard's counts (yeah 24 %, uh-huh 19, um-hum 18, right 8,
oh 4, okay 2), because ICSI's transcripts hardly have "uh-huh".
"""
    print(page)
    if write:
        PAGE.write_text(page, "utf-8")
        stored = FeedbackWords(shares, last, own)
        DATA.write_bytes(msgspec.json.format(msgspec.json.encode(stored), indent=1) + b"\n")


if __name__ == "__main__":
    main()
