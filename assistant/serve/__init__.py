"""The assistant for other programs on this machine."""
