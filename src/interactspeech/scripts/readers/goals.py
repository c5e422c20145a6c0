"""What a user of Schema-Guided Dialogue wants, from the annotation: intents and values of slots.

The annotation is the corpus's own record of what was agreed. It becomes sentences in the third
person, as other corpora have summaries: "USER wants SYSTEM to find events, and the date is March
10th."
"""

from __future__ import annotations

import re
from typing import Any

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: Last words of intents that are said without an article.
_UNCOUNTED = frozenset({"money", "music", "media", "weather", "available", "time", "balance"})
_VERBS_APART = {"lookup": "look up", "checkin": "check in"}
#: Values that no one would say.
_SILENT = frozenset({"true", "false", "dontcare", ""})


def goals_of(turns: list[Any]) -> str:
    """Sentences about what the user wants by the end, one for each service.

    Args:
        turns: with ``frames``, each with ``service`` and the user's ``state`` (``active_intent``,
            ``slot_values``); turns without are passed over.
    """
    intents: dict[str, list[str]] = {}
    values: dict[str, dict[str, str]] = {}
    for turn in turns:
        for frame in turn.get("frames") or () if isinstance(turn, dict) else ():
            state = frame.get("state") if isinstance(frame, dict) else None
            if not isinstance(state, dict):
                continue
            service, intent = str(frame.get("service", "")), str(state.get("active_intent", ""))
            if intent and intent != "NONE" and intent not in intents.setdefault(service, []):
                intents[service].append(intent)
            given = state.get("slot_values")
            values[service] = {
                str(slot): str(found[0])
                for slot, found in (given.items() if isinstance(given, dict) else ())
                if isinstance(found, list) and found
            }
    return " ".join(
        _sentence(wanted, values.get(service, {})) for service, wanted in intents.items() if wanted
    )


def _sentence(intents: list[str], values: dict[str, str]) -> str:
    """One service's sentence.

    >>> _sentence(["FindEvents"], {"city_of_event": "San Jose", "free": "True"})
    'USER wants SYSTEM to find events, and the city of event is San Jose.'
    """
    parts = [f"USER wants SYSTEM to {' and to '.join(map(_doing, intents))}"]
    parts += [
        f"the {slot.replace('_', ' ')} is {value.strip().rstrip('.')}"
        for slot, value in sorted(values.items())
        if value.strip().lower() not in _SILENT
    ]
    return ", and ".join(parts) + "."


def _doing(intent: str) -> str:
    """An intent in words.

    >>> _doing("ReserveRestaurant"), _doing("FindEvents"), _doing("LookupMusic")
    ('reserve a restaurant', 'find events', 'look up music')
    """
    verb, *things = _CAMEL.sub(" ", intent).lower().split()
    verb = _VERBS_APART.get(verb, verb)
    if not things:
        return verb
    counted = not things[-1].endswith("s") and things[-1] not in _UNCOUNTED
    article = ("an " if things[0][0] in "aeiou" else "a ") if counted else ""
    return f"{verb} {article}{' '.join(things)}"
