"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers(command: Command) -> Command:
    """`--seed`, `--workers`, `--executor`, `--address`: who does the work, and always the same."""
    for option in reversed(
        (
            click.option(
                "--seed", type=int, default=0, show_default=True, help="Same seed, same bytes."
            ),
            click.option(
                "--workers", type=click.IntRange(1), default=cores, show_default="one a core",
                help="Processes that work side by side; they do not change the result.",
            ),
            click.option(
                "--executor", type=click.Choice(["local", "ray"]), default="local",
                show_default=True,
                help="Where they work: this machine, or a Ray cluster; it does not change the "
                "result.",
            ),
            click.option(
                "--address", metavar="WHERE", help="Of the Ray cluster: auto, or host:port."
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command
