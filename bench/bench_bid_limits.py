"""How soon could talk over another's talk be told from feedback at all? What a perfect ear would do on people's words.

    python bench/bench_bid_limits.py AMI_FOLDER MRDA_FOLDER [--write]

AMI_FOLDER holds NXT files (words/, dialogueActs/), MRDA_FOLDER *.dadb files: words with times, and what each act is for by
human labels. A stretch of talk begins while another talks; it is feedback if all its acts are. Who listens knows
how long it has lasted, and, with ears, each word a while after its end; a bid is heard at the first word that is no
feedback word, or after so many seconds of talk that, in all, the given share of feedback counts as a bid. Delays
are from the onset, recall within 1.5 s, intervals by bootstrap over meetings. --write stores docs/bench/bid_limits.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from people_talk import only_feedback

from interactspeech.evaluation.events.metrics import bootstrap
from interactspeech.lexicon.feedback import bare_word
from interactspeech.training.acts.meetings import MeetingAct, read_ami_acts, read_mrda_acts

PAGE = Path(__file__).parents[1] / "docs/bench/bid_limits.md"
SHARES = (0.05, 0.1, 0.2)
#: Way -> seconds from a word's end to its recognition, as far as words are recognised at all.
WAYS = {
    "seconds of talk alone": float("inf"),
    "and each word .3 s after its end": 0.3,
    "and each word .1 s after its end": 0.1,
    "and each word at its end": 0.0,
}
WITHIN, BRIDGE = 1.5, 0.2
#: AMI's last word of an act lasts until the next begins: no word is longer here.
LONGEST_WORD = 0.8


@dataclass
class Talk:
    meeting: str
    feedback: bool
    plain: (
        bool  # at least .8 s long, and does not begin with feedback: what people_talk.py cuts out
    )
    length: float
    word: float  # from the onset to the end of the first word that is no feedback; inf


def is_feedback(token: str) -> bool:
    words = [w for w in map(bare_word, token.replace("_", "").split()) if w]
    return only_feedback(w for w in words if w != "ok")


def stretches(acts: Sequence[MeetingAct]) -> Iterator[list[MeetingAct]]:
    by: dict[str, list[MeetingAct]] = {}
    for act in acts:
        by.setdefault(act.speaker, []).append(act)
    for said in by.values():
        held: list[MeetingAct] = []
        for act in sorted(said, key=lambda a: a.start):
            if held and act.start - held[-1].end >= BRIDGE:
                yield held
                held = []
            held.append(act)
        if held:
            yield held


def talk_over_talk(name: str, acts: Sequence[MeetingAct]) -> list[Talk]:
    acts = [act for act in acts if act.tokens]
    starts, ends = (np.array([getattr(a, k) for a in acts]) for k in ("start", "end"))
    who = np.array([a.speaker for a in acts])
    found = []
    for held in stretches(acts):
        start, roles = held[0].start, {act.role for act in held}
        if roles != {"feedback"} and "floor" not in roles:
            continue  # stalls and fragments: neither
        if not ((who != held[0].speaker) & (starts < start - 0.1) & (ends > start + 0.05)).any():
            continue
        words = [
            (token, begins - start, min(ends, begins + LONGEST_WORD) - start)
            for act in held
            for token, begins, ends in zip(act.tokens, act.starts, act.ends, strict=True)
        ]
        length = max(end for _, _, end in words)
        other = next((end for token, _, end in words if not is_feedback(token)), float("inf"))
        found.append(
            Talk(name, roles == {"feedback"},
                 length >= 0.8 and not is_feedback(words[0][0]), length, other)
        )  # fmt: skip
    return found


def operating(rows: list[Talk], lag: float, share: float, *, plain: bool) -> tuple[str, ...]:
    feedback = [t for t in rows if t.feedback]
    heard = np.array([t.word + lag <= t.length + lag and t.word + lag < 9 for t in feedback])
    length = np.where(heard, np.inf, [t.length for t in feedback])
    ordered = np.sort(length)[::-1]
    allowed = int(share * len(ordered))
    if heard.mean() > share:
        return ("-", "-", "-")
    longest = float(ordered[allowed])
    bids = [t for t in rows if not t.feedback and (t.plain or not plain)]
    delay = np.array([min(longest if t.length > longest else np.inf, t.word + lag) for t in bids])
    meetings = [t.meeting for t in bids]
    recall = bootstrap(meetings, lambda pick: float((delay[pick] <= WITHIN).mean()), draws=300)

    def median(pick: np.ndarray) -> float:
        inside = delay[pick]
        return float(np.median(inside[inside <= WITHIN]))

    return (f"{longest:.2f} s", str(recall), str(bootstrap(meetings, median, draws=300)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("ami", type=Path)
    parser.add_argument("mrda", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    corpora = {"AMI": read_ami_acts(given.ami), "MRDA": read_mrda_acts(given.mrda)}
    table, counts = [], []
    for corpus, meetings in corpora.items():
        rows = [t for name, acts in meetings for t in talk_over_talk(name, acts)]
        feedback = [t for t in rows if t.feedback]
        bids = [t for t in rows if not t.feedback]
        begins = np.mean([t.word > t.length or t.word > 0.8 for t in bids])
        long = np.percentile([t.length for t in feedback], [50, 90, 95])
        counts.append(
            f"{corpus}: {len({t.meeting for t in rows})} meetings, {len(feedback):,} stretches of feedback (half last {long[0]:.2f} s, "
            f"a tenth {long[1]:.2f} s or more) and {len(bids):,} others, of which {begins:.0%} begin with feedback words that last .8 s, or hold no others; "
            f"{np.mean([t.word < 9 for t in feedback]):.0%} of feedback has a word that is not in the lexicon"
        )
        for plain in (False, True):
            name = "at least .8 s, not begun with feedback" if plain else "all"
            for way, lag in WAYS.items():
                for share in SHARES:
                    limit, recall, delay = operating(rows, lag, share, plain=plain)
                    table.append(
                        f"| {corpus} | {name} | {way} | {share:.2f} | {limit} | {recall} | {delay} |"
                    )
                    print(table[-1], flush=True)
    text = "\n".join([
        "# How soon a bid can be told from feedback", "", "Written by `bench/bench_bid_limits.py`.", "",
        ("Talk that begins while another talks, of people in meetings: words with their times, and human labels of what each act is for. " + ". ".join(counts) + "."), "",
        ("What is heard here is perfect: no sound, no recogniser, no detector of speech that lags. A bid is a word that is no feedback, "
         "or talk that lasts longer than all but a share of feedback does. A dash: more feedback than the share has a word of another kind. "
         "So the delays are what is left when everything is heard as soon as it can be; [what the listener does](floor_bids.md) is beside it."), "",
        "| corpus | bids | what is known | false alarms | talk that counts by its length | bids found within 1.5 s | median delay, s |",
        "|---|---|---|---:|---:|---:|---:|", *table, "",
    ])  # fmt: skip
    print(text)
    if given.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
