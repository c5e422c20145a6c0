"""Training of text models that write interruptions, resumptions and backchannels into scripts."""
