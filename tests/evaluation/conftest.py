"""Speech for rendered dialogues."""

from rendering_fixtures import speak

__all__ = ["speak"]
