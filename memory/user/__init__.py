"""The user model: what the user said of themselves, as lines that name their sources."""
