"""Sound as numbers: intervals, levels, features, resampling, audio files of any length."""
