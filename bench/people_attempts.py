"""What people say when they try to take the floor and fail, and feedback, by dialogue acts of ICSI's meetings (MRDA).

An attempt: a floor grabber or holder, an act that is interrupted or given up, a statement or a question, of at most five
words and a second, that begins while another talks and stands alone. What may be feedback as well ("really", "I know") is
left out. Feedback: backchannels, acknowledgements, and what holds nothing but feedback words. Every fifth meeting is kept
for tests.
"""

import gzip
import re
from collections import Counter
from pathlib import Path

import numpy as np
from fit_feedback_onset import spellings
from people_talk import only_feedback

from interactspeech.lexicon.feedback import bare_word
from interactspeech.seeds import generator

#: Attempts that people also say as feedback, or that are fillers.
UNSURE = frozenset({
    "um", "uh", "really", "oh really", "huh", "absolutely", "what", "i agree", "i know", "that's right", "ah", "eh", "oh",
    "nope", "so yeah", "i agree with you", "you know", "exactly", "neither do i", "me too", "oops", "bless you", "cool",
    "nice", "interesting", "good point", "wow", "oh no", "it's true", "that's true", "that's good", "that's great", "true",
})  # fmt: skip
#: Acts of an attempt, and tags of agreement, appreciation and the like that no attempt has.
CLAIMS = ("s", "h", "qy", "qw")
FRIENDLY = ("ba", "aa", "fe", "ft", "bd", "by", "^m", "bu")
#: Of so many meetings one is for tests.
FIFTH = 5


def acts(path: Path) -> list[tuple[float, float, str, str, str]]:
    """(start, end, speaker, act, words) of a meeting, in order."""
    found = []
    for line in gzip.decompress(path.read_bytes()).decode(errors="replace").splitlines():
        fields = line.split(",")
        words = [w for w in (part.split("+") for part in fields[4].split("|")) if len(w) == 3]
        words = [w for w in words if "XXXX" not in w[:2]]
        if words:
            said = " ".join(w[2] for w in words)
            found.append((float(words[0][0]), float(words[-1][1]), fields[7], fields[5], said))
    return sorted(found)


def kind_of(act: str, words: list[str]) -> str | None:
    """ "feedback", "attempt" or None, by the act and the words."""
    tags = re.split(r"[\^.|:]", act)
    only = only_feedback(words)
    if tags[0] == "b" or "bk" in act or only:
        return "feedback" if len(words) <= 3 and (only or "bk" in act or act == "b") else None
    claims = any(tag in act for tag in ("fg", "fh", "%")) or tags[0] in CLAIMS
    return "attempt" if len(words) <= 5 and claims and not any(x in act for x in FRIENDLY) else None


def people_said(folder: Path, *, tests: bool) -> tuple[Counter[str], Counter[str]]:
    """How often each feedback, and each attempt, was said in the meetings for tests or in the others."""
    feedback: Counter[str] = Counter()
    attempts: Counter[str] = Counter()
    for number, path in enumerate(sorted(folder.glob("*.gz"))):
        if (number % FIFTH == 0) != tests:
            continue
        rows = acts(path)
        start, end = (np.array([row[k] for row in rows]) for k in (0, 1))
        who = np.array([row[2] for row in rows])
        for place, (a, b, speaker, act, said) in enumerate(rows):
            near = slice(np.searchsorted(start, a - 30), np.searchsorted(start, b + 1.0))
            others = (who[near] != speaker) & (start[near] < a - 0.1) & (end[near] > a + 0.05)
            mine = (who[near] == speaker) & (np.arange(len(rows))[near] != place)
            beside = mine & (start[near] < b + 0.3) & (end[near] > a - 0.3)
            if not others.any() or beside.any() or not 0.12 <= b - a <= 1.0:
                continue
            plain = spellings(said)
            words = [w for w in map(bare_word, plain.split()) if w]
            kind = kind_of(act, words) if words and "laugh" not in plain else None
            if kind == "feedback":
                feedback[plain] += 1
            elif kind == "attempt" and plain not in UNSURE:
                attempts[plain] += 1
    return feedback, attempts


def with_attempts(scripts: list[str], attempts: Counter[str], seed: str) -> str:
    """Scripts in the notation, in which every attempt is one of people's, and long turns have more of them."""
    rng = generator(4, seed)
    texts = [t for t in attempts if len(t.split()) <= 4 and t.split()[-1] not in ("um", "uh")]
    share = np.array([min(attempts[t], 30) ** 0.7 for t in texts])
    share /= share.sum()

    def one() -> str:
        return texts[rng.choice(len(texts), p=share)]

    made = []
    for script in scripts:
        lines = []
        for line in script.splitlines():
            told = re.sub(r"(\[[AB] tries[^\]:]*: )[^\]]*\]", lambda m: f"{m[1]}{one()}]", line)
            turn = re.match(r"([AB]): ([^\[]*)$", told)
            words = turn[2].split() if turn else []
            if turn and len(words) >= 11 and rng.random() < 0.6:
                at = int(rng.integers(3, len(words) - 4))
                words.insert(at, f"[{'B' if turn[1] == 'A' else 'A'} tries: {one()}]")
                told = f"{turn[1]}: {' '.join(words)}"
            lines.append(told)
        made.append("\n".join(lines))
    return "\n\n\n".join(made) + "\n"
