"""Which licences let data leave for any use, and which only when asked for."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from interactspeech.records import Dialogue

#: SPDX identifiers (families of them) that allow commercial use and changed copies. No library
#: knows that: license-expression reads expressions, and knows licences by name alone. What is not
#: listed is held back: a licence in its own words must be read by a person.
_FREE = re.compile(
    r"CC0(?:-1\.0)?|CC-BY(?:-SA)?-\d\.\d(?:-[A-Z]{2,3})?|CC-PDDC|PDDL-1\.0|ODbL-1\.0|ODC-By-1\.0"
    r"|CDLA-(?:Permissive|Sharing)-\d\.\d|Apache-2\.0|MIT(?:-0)?|BSD-\d-Clause|0BSD|ISC|Zlib"
    r"|BSL-1\.0|[AL]?GPL-\d\.\d(?:-only|-or-later|\+)?|MPL-2\.0|EPL-2\.0|Unlicense",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def is_free(licence: str) -> bool:
    """Whether an SPDX expression allows commercial use and changed copies.

    An empty one (the user's own text, with no licence stated) does. What is no SPDX expression does
    not, nor do unknown identifiers and unknown exceptions ("WITH Commons-Clause" restricts).

    >>> is_free("CC-BY-4.0 AND Apache-2.0"), is_free("CC-BY-NC-4.0"), is_free("ask the author")
    (True, False, False)
    """
    if not licence.strip():
        return True
    if _FREE.fullmatch(licence.strip()):  # the usual case, without the library's list of licences
        return True
    from license_expression import (
        AND,
        OR,
        ExpressionError,
        LicenseWithExceptionSymbol,
        get_spdx_licensing,
    )

    def free(part: Any) -> bool:
        if isinstance(part, AND | OR):
            return (all if isinstance(part, AND) else any)(map(free, part.args))
        if isinstance(part, LicenseWithExceptionSymbol):
            return part.exception_symbol.key in exceptions and free(part.license_symbol)
        return _FREE.fullmatch(part.key) is not None

    licensing = get_spdx_licensing()
    exceptions = {key for key, one in licensing.known_symbols.items() if one.is_exception}
    try:
        return free(licensing.parse(licence))
    except ExpressionError:
        return False


def restricted(dialogue: Dialogue) -> str:
    """The first licence of a dialogue (its source's, its voices', its sounds') that is not free.

    ``""`` where all are.
    """
    licences = [dialogue.provenance.licence]
    licences += [speaker.voice.licence for speaker in dialogue.speakers if speaker.voice]
    licences += sound_licences(dialogue)
    return next((licence for licence in licences if not is_free(licence)), "")


def sound_licences(dialogue: Dialogue) -> list[str]:
    """The licences of the recorded sounds in a dialogue (laughter, breath), sorted, each once."""
    found = {event.attributes.get("licence") for event in dialogue.events}
    return sorted(licence for licence in found if isinstance(licence, str) and licence)
