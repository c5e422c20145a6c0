"""The one error of the store itself; what is wrong with data is an `InputError`."""

from interactspeech.errors import InteractSpeechError


class StoreError(InteractSpeechError):
    """The store cannot be written or read (disk full, locked, unfinished, ...): says what to do."""
