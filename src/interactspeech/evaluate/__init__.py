"""Measuring: whether what was rendered is what the record says."""

from interactspeech.evaluate.rendered import Rendered, RenderedCheck

__all__ = ["Rendered", "RenderedCheck"]
