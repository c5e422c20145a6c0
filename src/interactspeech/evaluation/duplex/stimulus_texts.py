"""What users say in the stimulus set: questions, interruptions of ten kinds, talk to others.

Written for this package, CC0. A template's slots are filled from the topic of the question, so that
an interruption is about what the system is asked.
"""

from __future__ import annotations

from typing import Final

import msgspec


class StimulusTopic(msgspec.Struct, frozen=True):
    """A topic: the question, the same in two halves for a pause, and words for templates.

    Attributes:
        question: what the user asks.
        first, second: a longer question in two halves, for a pause between them; the first half
            does not sound finished.
        thing: what it is about.
        other: what it could be about instead.
    """

    question: str
    first: str
    second: str
    thing: str
    other: str


TOPICS: Final[tuple[StimulusTopic, ...]] = (
    StimulusTopic(
        "What are some good museums to visit in the city on a rainy day?",
        "I wanted to go to a museum on Saturday with my", "sister, which one would you pick?",
        "the museums", "the aquarium",
    ),
    StimulusTopic(
        "How do I make a vegetable soup from scratch?",
        "I have some carrots and potatoes and maybe a", "leek, how do I make a soup of that?",
        "the soup", "a salad",
    ),
    StimulusTopic(
        "Can you explain how a bicycle gear works?",
        "My bike makes a strange noise whenever I", "change gear, what could that be?",
        "the gears", "the brakes",
    ),
    StimulusTopic(
        "Which plants grow well on a shady balcony?",
        "My balcony gets very little sun because of the", "tree, which plants would grow there?",
        "the plants", "the herbs",
    ),
    StimulusTopic(
        "What should I pack for a week of hiking in autumn?",
        "We are going hiking for a week and the", "weather looks mixed, what should I pack?",
        "the clothes", "the tent",
    ),
    StimulusTopic(
        "Could you tell me the history of the old harbour?",
        "When I walked along the harbour yesterday I", "saw a tower, what is it?",
        "the harbour", "the castle",
    ),
    StimulusTopic(
        "How does a heat pump heat a house in winter?",
        "Our landlord wants to put in a heat pump but I", "wonder whether it works in winter?",
        "the heat pump", "the solar panels",
    ),
    StimulusTopic(
        "What are the rules of chess for a beginner?",
        "My nephew wants to learn chess and I am not", "sure how the knight moves?",
        "the rules", "the openings",
    ),
    StimulusTopic(
        "How can I save money on my electricity bill?",
        "My bill went up again this year although we", "bought a new fridge, why is that?",
        "the bill", "the gas bill",
    ),
    StimulusTopic(
        "Can you recommend a few books about the sea?",
        "I read a novel about the sea last summer and", "liked it, what could I read next?",
        "the books", "some films",
    ),
    StimulusTopic(
        "What is the best way to learn a new language?",
        "I started to learn Italian last spring but my", "progress is slow, what can I do?",
        "the grammar", "the pronunciation",
    ),
    StimulusTopic(
        "How do I book a train to the coast for Friday?",
        "We need to be at the coast on Friday before the", "concert starts, which train is that?",
        "the train", "the bus",
    ),
    StimulusTopic(
        "What kind of dog would fit a small flat?",
        "We live in a small flat with a", "garden nearby, what kind of dog would fit?",
        "the dog", "a cat",
    ),
    StimulusTopic(
        "How is bread made in a bakery?",
        "I tried to bake bread and the", "dough did not rise, what went wrong?",
        "the bread", "the rolls",
    ),
    StimulusTopic(
        "Why is the sky blue and the sunset red?",
        "My daughter asked me why the sky is blue and I", "had no answer, why is it?",
        "the sky", "the rainbow",
    ),
    StimulusTopic(
        "What can I do about a dripping tap in the kitchen?",
        "The tap in our kitchen drips since the", "plumber was here, what can I do?",
        "the tap", "the shower",
    ),
)  # fmt: skip

#: Ten kinds of the catalogue (`interactspeech.scripts.KINDS`) -> what the user says.
INTERRUPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "clarify": ("Wait, what do you mean by that?", "Sorry, which one was that again?",
                "Hang on, is that about {thing}?"),
    "correct": ("No, I meant {other}, not {thing}.", "Wait, I asked about {other}.",
                "That's not right, I said {other}."),
    "disagree": ("Hold on, I don't think that's true.", "No, that can't be right.",
                 "I don't agree with that at all."),
    "urge": ("Quick, I have to leave in a minute.", "Please hurry, my train is coming.",
             "Stop for a second, something is burning here."),
    "new-idea": ("Oh, what about {other} instead?", "Actually, could you tell me about {other}?",
                 "You know what, let's talk about {other}."),
    "off-topic": ("By the way, what's the weather tomorrow?",
                  "Before I forget, what time is it now?",
                  "Can you also remind me to call my mother?"),
    "refuse": ("No, stop, I don't want that.", "Please don't tell me all of that.",
               "That's enough about {thing}, thank you."),
    "impatience": ("Can you get to the point, please?", "Yes, yes, but what's the short answer?",
                   "That's too long, just tell me the main thing."),
    "answer": ("Okay, I've got it, and how long does it take?",
               "I see, and how much would that be?",
               "Right, I know that part, what comes after?"),
    "floor-taking": ("Let me tell you what happened to me.", "I actually tried that last year.",
                     "My neighbour told me something else about {thing}."),
}  # fmt: skip
BACKCHANNELS: Final = (
    "Mm-hm.", "Uh-huh.", "Yeah.", "Right.", "Okay.", "I see.", "Oh, okay.", "Mhm.", "Yeah, yeah.",
    "Oh wow.",
)  # fmt: skip
VOCAL_TICS: Final = ("Um.", "Hmm.", "Uh.", "Er.", "Hm.")
SIDE_TALK: Final = (
    "Darling, could you close the door?", "No, leave it on the table.",
    "I'm on the phone, one second.",
    "Put your shoes on, we're leaving soon.", "The blue one is in the drawer.",
    "Can you turn that down a bit?", "Not now, ask your father.", "Did you feed the cat already?",
)  # fmt: skip
BACKGROUND_SPEECH: Final = (
    "And now the news at nine, with a look at the weather for the weekend.",
    "Ladies and gentlemen, the train on platform two is delayed by ten minutes.",
    "So I told him that I would never go there again, and he just laughed.",
    "The second half starts in five minutes, and the score is still one to one.",
)


def filled(template: str, topic: StimulusTopic) -> str:
    """A template with the topic's words in its slots."""
    return template.format(thing=topic.thing, other=topic.other)


__all__ = [
    "BACKCHANNELS",
    "BACKGROUND_SPEECH",
    "INTERRUPTIONS",
    "SIDE_TALK",
    "TOPICS",
    "VOCAL_TICS",
    "StimulusTopic",
    "filled",
]
