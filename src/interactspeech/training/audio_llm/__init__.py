"""Audio LLMs that learn from rewards to hear events: for ms-swift; and GRPO on transcripts."""
