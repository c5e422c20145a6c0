"""Forty scripts of the writer with roles, printed for reading, with what a reader found.

    python bench/forty_scripts.py [--write]

The first forty dialogues that ship are written in the six scenarios for two in turn, seed 7.
--write stores docs/bench/forty_scripts.md; the remarks in it are a reader's, kept here.
"""

import argparse
from collections import Counter
from pathlib import Path

from interactspeech.records import PlainDialogue
from interactspeech.scripts import demo_dialogues, format_script
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.scripts.writers.role_writer import write_with_roles

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "forty_scripts.md"
REMARKS = """
What is right:

- Agents do not interrupt, do not think aloud, and say little while the other talks; users cut in, cough,
  correct themselves ("on Tuesday, sorry, Monday") and talk to somebody else. Nobody nods at a question.
- Interruptions that ask back ("Hang on, I missed that last bit.") and impatience fit nearly everywhere, and the
  speaker's resumption reads as speech ("I was saying you'll never guess what was in it.").
- Folded acknowledgements and "oh no" after bad news stand where a person would say them.

What is wrong, worst first:

1. **Interruptions by lists disagree with nothing.** "But that's not how it was." to "Houses, not pictures, so",
   "Not today, I'm afraid." to "set yours to a channel that": the words fit the kind and not the matter. Of the
   inserted `disagree` and `refuse`, about half make no sense to a reader; only those that the text's own next turn
   makes ("No, but ...") are good. A language model writes these better.
2. **The clause comes twice.** After nearly every inserted interruption the speaker says the whole clause again,
   word for word. People repeat a few words or go on.
3. **"Let me finish."** comes back too often, because few resumptions fit a floor that was lost to a list.
4. **Roles do not fit texts.** The scenario is drawn for the dialogue, not by what it is about: a lesson at a
   restaurant, an argument with a doctor. On texts of services the agent is found by its words; on others the first
   speaker is.
5. **A resumption keeps the capital** of a word that may be a name: "Um, I said, Tell me about a time".
6. **Asides are a list** of eight or twelve for each kind; in an hour of talk they come back.
7. **Laughs stand at ends of turns** whatever was said ("Is there a name on the back? [laugh]").
8. **Feedback is sometimes dense in one turn** ("[B: yeah] ... [B: yeah]" within ten words of a question's start).
"""


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
    common = ", ".join(f'"{text}" {count}' for text, count in openings.most_common(5))
    listed = "\n".join(
        f"### {script.id}, {name}\n\n```text\n{format_script(script, header=False)}```\n"
        for name, script in scripts
    )
    page = f"""# Forty scripts, read

`python bench/forty_scripts.py --write`: the first forty dialogues that ship, in the six scenarios for two in
turn, seed 7, by the offline writer with roles. {sum(openings.values())} interruptions take the floor; they begin
with {len(openings)} different pairs of words, most often {common}.

## What a reader found
{REMARKS}
## The scripts

{listed}"""
    print(page)
    if given.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
