"""ELAN's tab-delimited export without a header: its columns, and the tiers that hold talk."""

from __future__ import annotations

from collections import Counter

from interactspeech.formats.parsed_file import InputFile
from interactspeech.formats.table_columns import Row, TableHeader
from interactspeech.formats.table_times import CLOCK, clock_seconds
from interactspeech.formats.tier_roles import TierName, choose_between, choose_tiers, role


def elan_export(row: list[str]) -> TableHeader | None:
    """The columns of ELAN's tab-delimited export without a header, by a row of it.

    Tier and participant, then begin, end and duration (which agree), each in one to three of
    ``hh:mm:ss.mmm``, seconds and milliseconds, then the text.
    """
    forms = (len(row) - 3) // 3
    if len(row) != 3 + 3 * forms or not 1 <= forms <= 3:
        return None
    for form in range(forms):
        cells = [row[2 + forms * part + form].strip() for part in range(3)]
        matches = [CLOCK.match(cell) for cell in cells]
        try:
            start, end, duration = (
                clock_seconds(match) if match else float(cell)
                for match, cell in zip(matches, cells, strict=True)
            )
        except ValueError:
            return None
        if not 0 <= start <= end or abs(end - start - duration) > 0.0015:
            return None
        if any(matches) or "." in "".join(cells):
            break
    # Whole numbers only are milliseconds.
    unit = "s" if any(matches) or "." in "".join(cells) else "ms"
    places = {"channel": 0, "speaker": 1, "start": 2 + form, "end": 2 + forms + form,
              "text": len(row) - 1}  # fmt: skip
    return TableHeader(places, {"start": unit, "end": unit}, len(row))


def talk_of_elan(source: InputFile, rows: list[Row], count: int) -> list[Row]:
    """Rows of the tiers that hold talk: one tier a participant; a note names each of the others."""
    words: Counter[tuple[str, str]] = Counter()
    for _, row in rows:
        if len(row) == count:
            words[row[0], row[1].strip()] += len(row[-1].split())
    names = [TierName(tier, *role(tier), participant=who) for tier, who in words]
    used = choose_tiers(source, names)
    kept: dict[str, list[tuple[str, str, int]]] = {}
    for (tier, who), use in zip(words, used, strict=True):
        if use:
            kept.setdefault(who or tier, []).append((tier, "", words[tier, who]))
    talk = {speaker: choose_between(found, speaker) for speaker, found in kept.items()}
    for speaker, found in kept.items():
        for tier, _, _ in found:
            if tier != talk[speaker]:
                source.report.note(
                    "unused-tier",
                    f"tier {tier!r} is not used: {talk[speaker]!r} is the talk of {speaker!r} "
                    "(choose tiers with --tiers)", source.path,
                )  # fmt: skip
    return [(n, row) for n, row in rows
            if len(row) != count or talk.get(row[1].strip() or row[0]) == row[0]]  # fmt: skip
