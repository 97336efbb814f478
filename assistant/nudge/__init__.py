"""What to offer unasked, and when: from plans in memory, learnt from what the user makes of it."""
