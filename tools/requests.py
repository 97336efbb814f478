"""How words begin that ask the assistant to do something."""

from __future__ import annotations

# Requests only: "do you remember that day" and "I'll save that" ask for nothing.
ASKING = (
    r"(?:(?:^|[.!?;:,\n])\s*(?:so\s|oh\s|ok(?:ay)?\s|and\s|then\s|also\s|but\s|hey\s|always\s)*"
    r"|\b(?:please|just|(?:can|could|will|would)\syou|(?:like|want|need)\syou\sto)\s+"
    r"(?:please\s|also\s|always\s)*)"
)
"""A pattern for what stands before the verb of a request."""
