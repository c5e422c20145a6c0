"""Learners: event detectors, text models that interrupt well, audio LLMs taught by reinforcement."""
