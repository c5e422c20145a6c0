"""Human statistics to compare with: published distributions, rates and shares, no recordings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from interactspeech.turntaking.distribution import (
    Distribution,
    encode_by_field,
    from_percentiles,
    mixture,
)


class ReferenceStatistics(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Statistics of a corpus of which only summaries are known.

    Attributes:
        id: name and version.
        source: what was measured.
        measures: name of a measure (see `MEASURES`) -> distribution, seconds.
        per_minute: name of a rate (see `RATES`) -> events a minute.
        shares: name of a share (see `SHARES`) -> value.
        per_dyad: name -> mean and standard deviation between conversations.
    """

    id: str
    source: str
    measures: dict[str, Distribution]
    per_minute: dict[str, float]
    shares: dict[str, float]
    per_dyad: dict[str, tuple[float, float]] = {}

    def encode(self) -> bytes:
        """The reference as JSON in UTF-8, one field a line."""
        return encode_by_field(self)


@cache
def human() -> ReferenceStatistics:
    """The shipped reference: 1,155 Switchboard calls (framework.md section 6)."""
    data = resources.files("interactspeech.turntaking.statistics").joinpath("data", "human-2.json")
    return msgspec.json.decode(data.read_bytes(), type=ReferenceStatistics)


#: Framework.md section 6: overlap left when a floor-taking interruption starts.
INTERRUPTION_OVERLAP = {0.25: 0.37, 0.5: 0.51, 0.75: 0.76, 0.95: 1.29}
#: Framework.md section 6, per minute of dialogue: by this package's rule set, with dialogue acts
#: as the backchannel decision (1,155 Switchboard calls).
RATES_PER_MINUTE = {"interruptions": 1.16, "failed": 1.00}

#: Measure -> row of the table, and the variable's bounds.
_ROWS: dict[str, tuple[str, float, float]] = {
    "fto": ("nobc_fto", -math.inf, math.inf),
    "silence_within": ("nobc_pause", 0.2, 30.0),
    "gap": ("nobc_gap", 0.0, 30.0),
    "overlap_between": ("nobc_BSO", 0.0, 10.0),
    "overlap_within": ("nobc_WSO", 0.0, 10.0),
    "turn": ("turn_dur", 0.0, 300.0),
    "ipu": ("ipu_dur", 0.0, 60.0),
    "backchannel": ("bc_dur", 0.0, 1.5),
    "layer1_fto": ("he_fto", -math.inf, math.inf),
    "layer1_pause": ("he_pause", 0.2, 30.0),
    "layer1_gap": ("he_gap", 0.0, 30.0),
    "layer1_overlap_between": ("he_BSO", 0.0, 10.0),
    "layer1_overlap_within": ("he_WSO", 0.0, 10.0),
}


def percentiles(row: Mapping[str, float]) -> dict[float, float]:
    """Level -> value of a row with keys "p5", "p10", ..."""
    return {int(key[1:]) / 100: row[key] for key in row if key[0] == "p" and key[1:].isdigit()}


def from_switchboard(table: Mapping[str, Any]) -> ReferenceStatistics:
    """The reference from the table `human_timing.json` (parsed)."""
    measures = {
        name: from_percentiles(percentiles(table[row]), low, high)
        for name, (row, low, high) in _ROWS.items()
    }
    rates = table["per_min"]
    in_overlap = rates["bc_onset_in_ovl"] / rates["bc"]
    lead = from_percentiles(percentiles(table["bc_to_partner_end"]), 0.0, 20.0)
    delay = from_percentiles(percentiles(table["bc_delay_after_partner"]), 0.0, 60.0)
    before = Distribution(
        tuple(1.0 - level for level in reversed(lead.levels)),
        tuple(-value for value in reversed(lead.values)),
    )
    measures["backchannel_offset"] = mixture([(in_overlap, before), (1 - in_overlap, delay)])
    measures["interruption_overlap"] = from_percentiles(INTERRUPTION_OVERLAP, 0.25, 4.0)
    share = table["share"]
    calls = table["percall"]["bc_per_min"]
    return ReferenceStatistics(
        id="human-2",
        source=(
            "1,155 Switchboard calls, 125 h; IPU bridge 0.2 s, backchannels by dialogue acts, "
            "laughter and noise left out"
        ),
        measures=measures,
        per_minute={
            "backchannels": rates["bc"],
            "interruptions": RATES_PER_MINUTE["interruptions"],
            "failed": RATES_PER_MINUTE["failed"],
            "silences_within": rates["nobc_pause"],
            "floor_changes": round(sum(rates[f"nobc_{k}"] for k in ("gap", "BSO", "nogap")), 3),
            "layer1_pauses": rates["he_pause"],
            "layer1_gaps": round(rates["he_gap"] + rates["he_nogap"], 3),
            "layer1_overlaps_between": rates["he_BSO"],
            "layer1_overlaps_within": rates["he_WSO"],
        },
        shares={
            # A and B are all of each speaker's talk, the overlap included.
            "one": round(share["A"] + share["B"] - 2 * share["both"], 4),
            "overlap": share["both"],
            "silence": share["none"],
            "overlapped_changes": table["nobc_fto_frac_overlap"],
            "backchannels_in_overlap": round(in_overlap, 4),
            "backchannels_inside": round(rates["bc_fully_inside"] / rates["bc"], 4),
        },
        per_dyad={
            "backchannels": (calls["mean"], calls["sd"]),
            "overlap": (
                table["percall"]["ovl_share_time"]["mean"],
                table["percall"]["ovl_share_time"]["sd"],
            ),
            "silence": (
                table["percall"]["sil_share_time"]["mean"],
                table["percall"]["sil_share_time"]["sd"],
            ),
        },
    )
