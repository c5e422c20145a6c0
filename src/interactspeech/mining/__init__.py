"""Recordings of real people into the same corpus, record and events as synthetic dialogues."""
