"""The quality gate: what is measured of an utterance, and the limits that it must keep."""
