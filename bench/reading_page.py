"""The page of `bench_reading.py`, with what its figures say."""

import argparse
from pathlib import Path

from reading_acts import ACT, CONTEXT
from reading_figures import DRAWS, ELSEWHERE, FEWEST, OPENINGS, RUNNING_WORDS, Stored

from interactspeech.scripts.roles import SCENARIOS

#: What a reader of the figures finds.
FOUND = """
What the figures say:

- **The measure tells something.** All that people say gains by its place, in every kind but feedback: their
  corrections most, their agreement least. A writer's row is to be held against people's of the same kind.
- **What is the text's own belongs where it is**, cut off or not: turns, and turns that cut in, gain no less than people's.
- **What is put in now gains by its place nearly as people's does.** Corrections, clarifications, completions, disagreement,
  agreement, early answers, other interruptions and attempts take up a phrase, an amount or a claim that was just said, or begin
  the next turn too early; all their intervals lie above 0, and most hold people's mean. When they came from lists, all but
  clarifications and completions held 0: corrections gained .3, disagreement 0, early answers 0, other interruptions
  -.1 (roles) and .5 (offline), attempts -.2 and .1, clarifications 2.3 and .5.
- **Where they differ still**: people's corrections gain more (they say the right word, which the listener knows). The writers'
  attempts gain twice what people's do, agreement three times: more than people, they only give back what was said.
- **Beside the run before**, in which 30 % of interruptions and 27 % of attempts were lines of lists (now 19 and 16, by
  [forty scripts](forty_scripts.md)): clarifications gain 4.1 to 4.6 (3.5 to 3.9 before), disagreement 3.9 (2.2), other
  interruptions 3.6 to 3.8 (3.0 to 3.7); attempts without roles gain less (3.2, 4.9 before) and so do corrections (4.4, 5.1), all
  inside each other's intervals or nearly so.
- **Distractions do not gain, and should not**: a door is about nothing that was said. Asides neither.
- **Resumptions gain most of all because they say the cut clause again**, or its last phrase, word for word.
- **Feedback does not gain, people's no more than the writers'.** "Mm-hm" says nothing of its place in its words, so this measure
  cannot judge where feedback stands, or which; [places](act_places.md) can, and its [words](feedback_words.md) have a page.

What they do not say: **a dull echo scores well**, and the writers now echo: taking up a word is what this measure sees, and
whether it makes a point a reader has to say ([forty scripts](forty_scripts.md), fault 1). Gains come from shared words and
topics, so a place in the *same* dialogue would be a harder test. The model is small, made of written text, and cannot hear; it
may have read these dialogues before (both are public), which favours the text's own turns. Kinds are not the same things: MRDA's
disagreement is any that takes the floor, the writers' is an interruption; its corrections are few. Meetings have
several people who work on one subject, texts two and a new subject each. Acts of more tokens can gain more. The presets are read together.
The writers were made with these kinds of figures in mind, though not with the texts' figures of this run.
"""
REPEATED = """
What the figures say:

- **Turns** open as variedly as the texts that they are; people in meetings, whose acts are shorter, begin more often with "yeah".
- **Feedback** has as many different forms as people's, and three of them make 52 and 56 % of it (people's: 61 and 65; before:
  .09 distinct, three making 74 and 81 %).
- **Interruptions and attempts** open nearly as variedly as people's (before: .37 and .46 distinct). What is left between
  them and ICSI's is a list's: "wait, wait", "hold on".
- **Asides** are a list of a few lines a kind.

No bar was set. What the writers put in comes near to what people say by both measures; to make a point with what it takes
up is for a writer that understands.
"""


def page(given: argparse.Namespace, rows: list[str], repeated: list[str], stored: Stored) -> str:
    names = " ".join(Path(text).name for text in given.texts)
    shown = "\n".join(f"- {key}: {'; '.join(lines)}" for key, lines in stored.examples.items())
    return f"""# A blind reading of scripts

`python bench/bench_reading.py {names} --mrda MRDA --ami AMI --dialogues {given.dialogues} --limit {given.limit}
--write`. {stored.tokens:,} tokens in {stored.cpu / 60:.0f} minutes of one busy core.

Nobody who wrote the writer judges here: a language model that knows nothing of it does
(SmolLM2-135M-Instruct, 4-bit weights of a package, unpacked and run in bfloat16, which moves a single act by
up to .1 nats). The {given.dialogues} texts are written by the offline writer without roles
(*offline*), and in each of the {len(SCENARIOS)} presets with feedback placed by the model (*roles*), seed 7.
People are meetings of ICSI (MRDA) and, for openings, AMI. All words are read alike: lower case, no
punctuation, others' feedback left out, up to {CONTEXT} words before the act as lines of speakers, up to {ACT} words of the act.

## Does an act fit its own place?

The probability of an act's words after what was said before it, against their probability at the places
of {ELSEWHERE} other acts of the same kind and source, in other dialogues. **Gain**: mean of the difference, nats an act;
0 if acts were dealt to places at random. **Own place better**: than the median of the others (a half by chance).
Brackets: 95 %, bootstrap over dialogues. {given.limit} acts of a kind at most, as evenly over dialogues as there are.
Kinds with fewer than {FEWEST} dialogues are left out.

| act | source | n (dialogues) | tokens an act | perplexity at its place | elsewhere | gain, nats an act | own place better |
|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

*Turn*: the text's own, uncut, after the other's; of people, a change of floor without overlap. It is what
fits at best. *Turn that cuts in*: the text's own next turn as an interruption. People's
kinds are MRDA's tags: completion `2`, clarification `br` and `bu`, correction `bc`, disagreement `ar` and `nd`,
agreement `aa`; people's other interruptions and attempts begin in another's act, and outlast it or do not.
{FOUND}
## Do acts repeat themselves?

Openings are the first two words, in samples of {OPENINGS}; words are those of samples of {RUNNING_WORDS}, up to {ACT} from an act; means of
{DRAWS} draws. Samples of one size, because long lists repeat themselves more.

| what | source | n | distinct openings | entropy of openings, bits | types to tokens | entropy of words, bits | commonest openings |
|---|---|---|---|---|---|---|---|
{chr(10).join(repeated)}
{REPEATED}
## The best and the worst places

Of each kind the two acts that gain most by their place and the one that loses most (nats): the last words
before it, and its words.

{shown}
"""
