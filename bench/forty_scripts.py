"""Forty scripts of the writer with roles, printed for reading, with what a reader found.

    python bench/forty_scripts.py [--write]

The first forty dialogues that ship are written in the six scenarios for two in turn, seed 7.
--write stores docs/bench/forty_scripts.md; the remarks in it are a reader's, kept here.
"""

import argparse
from collections import Counter
from pathlib import Path

from interactspeech.records import FailedInterruption, PlainDialogue
from interactspeech.scripts import demo_dialogues, format_script
from interactspeech.scripts.kinds import STRUCTURAL_KINDS
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.scripts.writers import phrases, role_phrases
from interactspeech.scripts.writers.role_writer import write_with_roles

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "forty_scripts.md"
REMARKS = """
What is right:

- Agents do not interrupt, do not think aloud, and say little while the other talks; users cut in, cough,
  correct themselves ("last Wednesday, sorry, Tuesday") and talk to somebody else. Nobody nods at a question.
- **Most of what is put in takes up what was said**, and reads as if it belonged: "What's wrong with the ceilings?", "Speaking
  of that water pistol", "But why a painter?", "Oh, come on, he did." to "he didn't mention Priya", "Your wife?" with "Yeah, my wife
  can't eat anything with nuts in it" for an answer, "The straps that came undone on the motorway?".
- **Who has nothing to take up asks for the word that has not come**, and gets it: "Glass goes in the" - "Sorry, the what?" -
  "You know. Glass goes in the blue one since Easter."; "if you come to" - "Wait, wait. To what?"; "about your" - "Hang on, my
  what?". It is the best of what is put in, as nothing else fits there.
- Speakers answer what they were asked ("You know, some flowers on my way home"), stand by what was denied, and half of the
  time say only the last phrase again where they said the whole clause before.
- Feedback is as varied as people's, and each listener has words of their own. Friends laugh together, and nobody
  laughs after a question of their own any more.

What is wrong, worst first:

1. **It takes words up, not their point.** "Speaking of that water pistol, I was going to say something" never says what; the
   speaker is asked "Oh, do I?" about a subordinate clause ("so I'll make sure you only get the"); "But it isn't." denies what was
   said in passing. A reader sees the surface of a reaction where people have a reason. Nothing comes of a topic that is claimed.
2. **Coming back to one's own point is hollow**, too: "But back to the summer.", said by who mentioned it in passing. It has a
   place in the talk, which a line of a list had not, but the speaker does not go on with it either.
3. **Some interruptions are still lines of lists** (the share stands above; a fifth of them are doors, phones and noises, which
   take up nothing by their nature): "Actually, that reminds me of something. But finish first.", "Look, I was going to say
   something about that.", "Sorry, you're breaking up."
4. **A false start of the next turn is thin** when it is cut after two words: "And say..." "And why are..." are heard as
   stumbling, and the speaker's "Wait, I'm not done." sounds cross for so little.
5. **Attempts are heard twice**: an attempt and an interruption a line later can be about the same phrase ("my numbers",
   "the horse"), as both look for the latest one.
6. **Resumptions answer by kind**: "Wait for it. I know you hate them", "No, listen, because if this tears". The
   opening fits the kind of interruption and not always the clause that follows.
7. **Roles do not fit texts.** The scenario is drawn for the dialogue, not by what it is about: a lesson at a
   restaurant, an argument with a doctor. On texts of services the agent is found by its words; on others the first
   speaker is.
8. **Asides are a list** of eight or twelve for each kind; in an hour of talk they come back. They are the last thing
   that is put in without a look at the text, on purpose: they are not for the other.
9. **Laughs stand at ends of turns** whatever was said: nothing funny is looked for.

Of the faults found before, laughs after one's own question and "that bit drowsy" are gone; lines of lists were 30 % of
interruptions; the others are above.
"""


SEEDS = 10


def is_list_line(words: str) -> bool:
    """Whether an interruption is a line of a list, which takes up nothing that was said."""
    for apology in role_phrases.APOLOGIES:
        words = words.removeprefix(f"{apology} ")
    return words[:1].upper() + words[1:] in _LINES or words in _TRIED


_LINES = frozenset(
    [
        *(line for table in (phrases.INSERTED_PHRASES, role_phrases.INSERTED) for lines in
          table.values() for line in lines),
        *(f"{sorry} {again}" for sorry in phrases.SORRY for again in phrases.ASKS_BACK),
    ]
)  # fmt: skip
_TRIED = frozenset(
    form
    for lines in role_phrases.ATTEMPTS.values()
    for line in lines
    for form in (line, phrases.lower_initial(line))
)


def list_lines(plains: list[PlainDialogue], names: list[str]) -> tuple[Counter, Counter]:
    """Interruptions and attempts, and those of them that are lines of lists, over `SEEDS` seeds."""
    said: Counter = Counter()
    listed: Counter = Counter()
    for seed in range(SEEDS):
        for number, plain in enumerate(plains):
            script = write_with_roles(plain, seed, SCENARIOS[names[number % len(names)]])
            for before, turn in zip(script.turns, script.turns[1:], strict=False):
                acts = [
                    ("attempts", part.text)
                    for part in before.parts
                    if isinstance(part, FailedInterruption) and part.kind in role_phrases.ATTEMPTS
                ]
                if before.cut and before.cut.kind not in STRUCTURAL_KINDS:
                    acts.append(("interruptions", turn.said))
                for what, text in acts:
                    said[what] += 1
                    listed[what] += is_list_line(text)
    return said, listed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    plains = [item for item in demo_dialogues() if isinstance(item, PlainDialogue)][:40]
    names = [name for name in SCENARIOS if name != "meeting"]
    scripts = [
        (name, write_with_roles(plain, 7, SCENARIOS[name]))
        for number, plain in enumerate(plains)
        for name in (names[number % len(names)],)
    ]
    openings = Counter(
        " ".join(turn.said.split()[:2]).lower()
        for _, script in scripts
        for before, turn in zip(script.turns, script.turns[1:], strict=False)
        if before.cut
    )
    said, lines = list_lines(plains, names)
    shares = " and ".join(f"{lines[what] / said[what]:.0%} of {said[what]} {what}" for what in said)
    common = ", ".join(f'"{text}" {count}' for text, count in openings.most_common(5))
    listed = "\n".join(
        f"### {script.id}, {name}\n\n```text\n{format_script(script, header=False)}```\n"
        for name, script in scripts
    )
    page = f"""# Forty scripts, read

`python bench/forty_scripts.py --write`: the first forty dialogues that ship, in the six scenarios for two in
turn, seed 7, by the offline writer with roles. {sum(openings.values())} interruptions take the floor; they begin
with {len(openings)} different pairs of words, most often {common}.
Over {SEEDS} seeds {shares} are lines of lists, which take up nothing that was said.

## What a reader found
{REMARKS}
## The scripts

{listed}"""
    print(page)
    if given.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
