"""A small cast of scripts with their speech."""

from rendering_fixtures import speak, train

__all__ = ["speak", "train"]
