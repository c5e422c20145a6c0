"""Learners: an event listener, text models that interrupt well, audio LLMs taught by rewards."""
