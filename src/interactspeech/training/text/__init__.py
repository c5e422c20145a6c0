"""Text models that learn to interrupt, to take the thread up, and to listen aloud, from scripts."""
