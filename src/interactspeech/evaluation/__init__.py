"""Measuring: whether what was rendered is what the record says."""

from interactspeech.evaluation.rendered_speech import Rendered, RenderedCheck

__all__ = ["Rendered", "RenderedCheck"]
