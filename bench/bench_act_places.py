"""Where people give feedback, by what was said: the model of acts on meetings that it never saw.

    python bench/bench_act_places.py AMI_FOLDER MRDA_FOLDER [--ship] [--write]

AMI_FOLDER holds NXT files (words/, dialogueActs/), MRDA_FOLDER *.dadb files. The series of
meetings (which share their speakers) are halved, and each half is judged by the model of the other. --ship fits
on all and stores the model as package data; --write stores docs/bench/act_places.md.
"""

import argparse
from pathlib import Path

import numpy as np

from interactspeech.scripts.writers.act_features import FEATURES
from interactspeech.scripts.writers.act_model import CLASSES, EVEN
from interactspeech.training.acts.fitting import PlaceScores, fit_acts, score_places
from interactspeech.training.acts.meetings import MeetingPlaces, read_meetings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "bench" / "act_places.md"
SHIPPED = ROOT / "src/interactspeech/scripts/writers/data/acts-2.json"


def series(meeting: MeetingPlaces) -> str:
    """Of AMI the six characters before the session, of ICSI three: speakers are the same in one."""
    return meeting.name[:6] if meeting.corpus == "AMI" else meeting.name[:3]


def left_out(meetings: list[MeetingPlaces]) -> dict[str, np.ndarray]:
    """Meeting -> probabilities by the model of the other half of the series."""
    found = {}
    names = sorted({series(meeting) for meeting in meetings})
    for half in (set(names[::2]), set(names[1::2])):
        model = fit_acts([m for m in meetings if series(m) not in half], name="half", source="")
        for meeting in meetings:
            if series(meeting) in half:
                found[meeting.name] = model.probabilities(meeting.features)
        print(sorted(half), flush=True)
    return found


def rate_only(meeting: MeetingPlaces) -> np.ndarray:
    """The same shares of classes at every place: those of the meeting."""
    shares = np.bincount(meeting.acts, minlength=len(CLASSES)) / len(meeting.acts)
    return np.tile(shares, (len(meeting.acts), 1))


def clause_rule(meeting: MeetingPlaces) -> np.ndarray:
    """The rule writer's weights, as far as words alone say them: ends of clauses count most."""
    features = meeting.features
    columns = {name: k for k, name in enumerate(FEATURES)}
    at_end = features[:, columns["since-0"]] > 0
    period = features[:, columns["period"]] > 0
    question = features[:, columns["question"]] > 0
    weight = np.where(at_end, np.where(period, 1.5, 0.5), 0.06)
    weight = np.where(at_end & question, 0.001, weight)
    share = (meeting.acts > 0).mean() * weight / weight.mean()
    found = rate_only(meeting)
    found[:, 1:4] *= (share / max(share.mean(), 1e-9))[:, None]
    found = np.clip(found, 1e-9, None)
    return found / found.sum(axis=1, keepdims=True)


def row(scores: PlaceScores, corpus: str) -> str:
    return (
        f"| {corpus} | {scores.name} | {scores.meetings} | {scores.places:,} | {scores.feedback:,} | "
        f"{scores.ratio:.2f} ({scores.ratio_low:.2f} to {scores.ratio_high:.2f}) | "
        f"{scores.gain:+.1%} | {scores.precision:.3f} | {scores.chance:.3f} | "
        f"{scores.precision / scores.chance:.2f} | {scores.divergence:.4f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ami", type=Path)
    parser.add_argument("mrda", type=Path)
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    meetings = read_meetings(given.ami, given.mrda)
    counts = {c: sum(m.corpus == c for m in meetings) for c in ("AMI", "MRDA")}
    if given.ship:
        source = (
            f"{counts['AMI']} meetings of AMI 1.6.2 and {counts['MRDA']} of ICSI/MRDA, CC BY 4.0"
        )
        SHIPPED.parent.mkdir(exist_ok=True)
        SHIPPED.write_bytes(fit_acts(meetings, name="acts-2", source=source).encode())
    held = left_out(meetings)
    rows = []
    for corpus in ("AMI", "MRDA"):
        mine = [meeting for meeting in meetings if meeting.corpus == corpus]
        for name, predicted, even in (
            ("model of other series", [held[m.name] for m in mine], EVEN),
            ("clauses, as the rule writer", [clause_rule(m) for m in mine], EVEN),
            ("rate alone", [rate_only(m) for m in mine], 0.0),
        ):
            rows.append(row(score_places(name, mine, predicted, even=even), corpus))
    page = f"""# Where people give feedback, by what was said

`python bench/bench_act_places.py AMI MRDA --ship --write`: {counts["AMI"]} meetings of AMI and
{counts["MRDA"]} of ICSI (MRDA) with dialogue acts. A place lies before each word of somebody's turn,
where the speaker goes on within 3 s; an act of another belongs to the last place before it begins.
The series of meetings are halved; each half is judged by the model of the other. Only words are seen, as a writer of scripts sees them: no
pause, no pitch.

| corpus | decision | meetings | places | feedback | likelihood of people's places, times the rate's (95 %) | log-likelihood of all places against the rate's | precision at people's rate, by clause | chance | times chance | KL |
|---|---|---|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

- **Likelihood of people's places**: the probability that the decision gives to the places where
  people did give feedback, over that of the meeting's rate alone; geometric mean. The aim was 1.15.
- **Log-likelihood of all places**: by how much it is nearer to 0 than that of the rate alone, of
  places with and without feedback together. It is small, because whether a listener says "mm-hm" is
  mostly not in the words.
- **Precision**: of as many clauses as people gave feedback in, the most probable ones, the share that
  had it. The aim was 1.5 times chance. Long clauses have more places, so the rate alone is above
  chance, too: what the words bring is the distance from its row.
- **KL**: of the classes {", ".join(CLASSES)}, people's shares from the predicted ones, over ten bins of
  the predicted probability of feedback, nats.
- **AMI's words touch**: its annotators gave the pauses after words to the words, so 87 % of AMI's
  feedback begins "inside" a word (ICSI's: 51 %), and belonged to the place *before* the last word of a
  clause. With words that end when their spelling says (.89 of the estimate, as ICSI's median), it
  belongs to the place after it. By the words' own ends the model of other series had 1.02.
- **MRDA's broken-off words** ("tha-", 2 % of its words) are fragments and end no clause, as in scripts. Before, an "x"
  was put behind them; the places change little: AMI 1.23 (1.17 to 1.30) then and now, MRDA 1.21 (1.19 to 1.23) then.
  The shipped coefficients were fitted before.
- A fifth of the probability is spread evenly over all places, for feedback that no word explains.
- In every row the meeting's own rate is known; what is scored is where, not how often.
- *Clauses, as the rule writer*: weights of 1.5 at a full stop, .5 at the end of another clause, .06
  inside, none after a question.
"""
    print(page)
    if given.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
