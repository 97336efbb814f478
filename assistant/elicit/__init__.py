"""What to ask the user, and whether to ask at all: a small Bayes model of tastes, no LLM."""
