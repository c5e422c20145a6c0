"""The types of events: the one table that records, index, page, pictures and exports read.

A new type is a name in `EventType` and a row in `EVENT_TYPES`, both here. The index of new corpora
has a column for it, and older corpora open with zeros in that column. What finds the events
(`interactspeech.turntaking`, a listener, a person) and the definition in docs/framework.md are the
rest of the work.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

#: Name of a type of event. Type checkers need it spelled out; a test holds it to `EVENT_TYPES`.
EventType = Literal[
    "turn",
    "backchannel",
    "interruption",
    "terminal_overlap",
    "silent_interruption",
    "pause",
    "gap",
    "overlap",
    "hold",
    "shift",
    "filled_pause",
    "laugh",
    "speech_laugh",
    "breath",
    "sigh",
    "cough",
    "throat_clearing",
    "click",
    "aside",
    "vocal_tic",
]


class EventTypeInfo(msgspec.Struct, frozen=True):
    """What everything that shows or counts events must know about a type.

    Attributes:
        name: as in `Event.type`.
        meaning: what its speaker does, in a few words that can follow the speaker's name.
        lane: the row of the timeline that shows it, with others; rows come in the order of the
            table.
        colour, dark: ``#rrggbb`` on a light and on a dark page, with a contrast of 3:1 at least.
        between: whether a second speaker, `Event.partner`, is concerned.
        utterance: whether an utterance of the speaker begins with it; silences, overlaps and what
            is derived from them are states between utterances.
        annotated: whether the rule sets find it (`interactspeech.turntaking`).
        shown: whether a page shows it at first. The waveform shows turns already, and holds and
            shifts restate silences.
    """

    name: EventType
    meaning: str
    lane: str
    colour: str
    dark: str
    between: bool = True
    utterance: bool = True
    annotated: bool = True
    shown: bool = True

    @property
    def column(self) -> str:
        """The column of the index that counts it."""
        return f"{self.name}s"


#: Type -> what is known about it, in the order of the columns of the index.
EVENT_TYPES: Final[dict[EventType, EventTypeInfo]] = {
    info.name: info
    for info in (
        EventTypeInfo(
            "turn", "takes or starts the floor", "Turns", "#5d6878", "#98a3b5", shown=False
        ),
        EventTypeInfo(
            "backchannel", "gives a listener's short signal that claims nothing", "Backchannels",
            "#00806a", "#3fd0b0",
        ),
        EventTypeInfo(
            "interruption", "claims the floor before the other is done", "Interruptions",
            "#c2185b", "#ff7aa8",
        ),
        EventTypeInfo(
            "terminal_overlap", "starts just before the other ends: a smooth switch",
            "Interruptions", "#9a3f86", "#e59ad6",
        ),
        EventTypeInfo(
            "silent_interruption", "takes the floor in a pause of an unfinished turn",
            "Interruptions", "#b03a2e", "#ff8f80",
        ),
        EventTypeInfo(
            "pause", "is silent inside a turn", "Silences", "#5f6f85", "#9fb0c9",
            between=False, utterance=False,
        ),
        EventTypeInfo(
            "gap", "takes the floor after a joint silence", "Silences", "#8a6500", "#e8c04a",
            utterance=False,
        ),
        EventTypeInfo(
            "overlap", "talks while the other talks", "Overlaps", "#6d4fc4", "#ab97ff",
            utterance=False,
        ),
        EventTypeInfo(
            "hold", "goes on after a silence", "Hold, shift", "#4f7a28", "#a4d36b",
            between=False, utterance=False, shown=False,
        ),
        EventTypeInfo(
            "shift", "talks next after the other's silence", "Hold, shift", "#7a5a20", "#dcb774",
            utterance=False, shown=False,
        ),
        EventTypeInfo(
            "filled_pause", "hesitates aloud", "Sounds", "#9a5b3c", "#e0a587",
            between=False, utterance=False,
        ),
        EventTypeInfo(
            "laugh", "laughs", "Sounds", "#a8640a", "#ffb75e", between=False, annotated=False
        ),
        EventTypeInfo(
            "speech_laugh", "says words laughing", "Sounds", "#b0522f", "#ff9f7a",
            between=False, utterance=False, annotated=False,
        ),
        EventTypeInfo(
            "breath", "breathes audibly", "Sounds", "#49788a", "#8fc6da",
            between=False, annotated=False,
        ),
        EventTypeInfo(
            "sigh", "sighs", "Sounds", "#5a6fa8", "#a3b6ea", between=False, annotated=False
        ),
        EventTypeInfo(
            "cough", "coughs", "Sounds", "#8c5a3c", "#d9a383", between=False, annotated=False
        ),
        EventTypeInfo(
            "throat_clearing", "clears the throat", "Sounds", "#7d6a2e", "#cdb86c",
            between=False, annotated=False,
        ),
        EventTypeInfo(
            "click", "clicks the tongue", "Sounds", "#6b6b6b", "#b0b0b0",
            between=False, annotated=False,
        ),
        EventTypeInfo(
            "aside", "talks, or lets others be heard, but not to the other", "Non-directed speech",
            "#3d6f8e", "#7fbde0", between=False, annotated=False,
        ),
        EventTypeInfo(
            "vocal_tic", "hums or mutters while thinking", "Vocal tics", "#7a4f8c", "#c79ad9",
            between=False, annotated=False,
        ),
    )
}  # fmt: skip
