"""Speech engines, one a module; `interactspeech.tts.registry` knows them by name."""
