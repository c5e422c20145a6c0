"""Sounds that are no words: laughter, breath, sighs, coughs, throat clearing, clicks.

Two sources behind one interface: a bank of recordings, and the voice itself.
"""

from interactspeech.tts.sounds.interface import SoundSource, SpeakerSounds
from interactspeech.tts.sounds.sound_bank import FirstOf, SoundBank, load_sound_bank
from interactspeech.tts.sounds.voice_portrait import VoicePortrait, portrait
from interactspeech.tts.sounds.voice_sounds import VoiceSounds

__all__ = [
    "FirstOf",
    "SoundBank",
    "SoundSource",
    "SpeakerSounds",
    "VoicePortrait",
    "VoiceSounds",
    "load_sound_bank",
    "portrait",
]
