"""An example of a package that extends interactspeech: one part of each kind."""
