"""The event benchmark: questions about clips, timelines, and how soon one can tell."""
