"""What a script that is fitted on meetings is told: where ICSI's and AMI's dialogue acts lie, and whether to store."""

import argparse
from pathlib import Path

from interactspeech.training.acts.meetings import MeetingAct, read_ami_acts, read_mrda_acts


def meetings_given(about: str) -> tuple[list[tuple[str, list[MeetingAct]]], bool]:
    """The acts of each meeting, by its name, and whether --write was given."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--ami", type=Path, required=True)
    parser.add_argument("--mrda", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    return [*read_mrda_acts(given.mrda), *read_ami_acts(given.ami)], given.write
