"""Which licences let data leave for any use, and which only when asked for."""

from __future__ import annotations

import re

from interactspeech.dialogue import Dialogue

#: SPDX identifiers (families of them) that allow commercial use and changed copies. What is not
#: here is held back: a licence in its own words must be read by a person.
_FREE = re.compile(
    r"CC0(?:-1\.0)?|CC-BY(?:-SA)?-\d\.\d(?:-[A-Z]{2,3})?|CC-PDDC|PDDL-1\.0|ODbL-1\.0|ODC-By-1\.0"
    r"|CDLA-(?:Permissive|Sharing)-\d\.\d|Apache-2\.0|MIT(?:-0)?|BSD-\d-Clause|0BSD|ISC|Zlib"
    r"|BSL-1\.0|[AL]?GPL-\d\.\d(?:-only|-or-later|\+)?|MPL-2\.0|EPL-2\.0|Unlicense",
    re.IGNORECASE,
)


def is_free(licence: str) -> bool:
    """Whether an SPDX expression allows commercial use and changed copies.

    An empty one (the user's own text, where nobody stated a licence) does; words that are no known
    identifier do not. Parentheses are read so that doubt counts against the licence.

    >>> is_free("CC-BY-4.0 AND Apache-2.0"), is_free("CC-BY-NC-4.0"), is_free("ask the author")
    (True, False, False)
    """
    plain = licence.replace("(", " ").replace(")", " ").strip()
    if not plain:
        return True
    return all(
        any(
            _FREE.fullmatch(name.split(" WITH ")[0].strip()) for name in re.split(r"\s+OR\s+", part)
        )
        for part in re.split(r"\s+AND\s+", plain)
    )


def restricted(dialogue: Dialogue) -> str:
    """The first licence of a dialogue (its source's, its voices') that is not free, or ``""``."""
    licences = [dialogue.provenance.licence]
    licences += [speaker.voice.licence for speaker in dialogue.speakers if speaker.voice]
    return next((licence for licence in licences if not is_free(licence)), "")
