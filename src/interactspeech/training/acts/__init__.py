"""Acts at clause boundaries: what listeners do in meetings, and a model of it."""
