"""`python -m assistant.cli`: the command for programs that start it by its interpreter."""

from assistant.cli import main

main()
