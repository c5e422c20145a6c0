"""Training of audio LLMs with rewards on event questions: ms-swift exports, GRPO on transcripts."""
