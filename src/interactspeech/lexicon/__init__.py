"""Words that decide, each list once: feedback, fillers, function words; text as it is spoken."""
