"""What clips are cut for: the framework's events, by category, hard negatives among them.

A category is a type of event with some of its attributes. The hard negatives are what a model that
listens for interruptions takes for one: talk that begins while another talks and takes nothing, and
silence that ends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from interactspeech.records import Event


@dataclass(frozen=True)
class Category:
    """A kind of event that clips are cut for.

    Attributes:
        about: what it is, for a person.
        hard_negative: easily taken for an interruption (or for the end of a turn), and none.
    """

    about: str
    hard_negative: bool = False


CATEGORIES: dict[str, Category] = {
    "interruption": Category("takes the floor while another talks"),
    "silent_interruption": Category("takes the floor in a pause, the other was not complete"),
    "turn_change": Category("takes the floor after a silence"),
    "backchannel": Category("feedback in a silence of the speaker's"),
    "failed_interruption": Category("tries to take the floor and gives up", hard_negative=True),
    "terminal_overlap": Category("begins in the last quarter second", hard_negative=True),
    "backchannel_in_overlap": Category("feedback while the other talks", hard_negative=True),
    "long_pause": Category("a long silence, after which the speaker goes on", hard_negative=True),
    "filled_pause": Category("a pause held by a filler (needs words)", hard_negative=True),
}


def category_of(event: Event, rate: int, long_pause: float = 0.7) -> str | None:
    """The category of an event, or None.

    Args:
        event: of origin "rule" or "human".
        rate: samples a second of its times.
        long_pause: seconds from which a silent pause counts.
    """
    attributes = event.attributes
    if event.type == "interruption":
        return "interruption" if attributes.get("outcome") == "taken" else "failed_interruption"
    if event.type == "backchannel":
        overlap = attributes.get("placement") == "overlap"
        return "backchannel_in_overlap" if overlap else "backchannel"
    if event.type == "pause":
        if attributes.get("fill") == "filled":
            return "filled_pause"
        return "long_pause" if event.end - event.start >= long_pause * rate else None
    if event.type == "gap":
        return "turn_change"
    if event.type in ("terminal_overlap", "silent_interruption"):
        return str(event.type)
    return None
