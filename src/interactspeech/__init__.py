"""Interactive spoken dialogue data: built, mined, labelled, measured.

The package's facade. Rooms are imported when they are first used, so that ``import
interactspeech`` stays fast; see the architecture page for what lives where.
"""

__version__ = "0.1.0"
