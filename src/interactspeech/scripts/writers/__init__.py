"""Writers: plain dialogues in, interactive scripts out; offline or by a language model."""
