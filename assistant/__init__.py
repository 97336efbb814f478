"""The assistant: the turn, its models, its front ends' common face and the command line."""
