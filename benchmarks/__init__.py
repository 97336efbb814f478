"""Public benchmarks, run by `lifelore bench NAME --data PATH` in a source checkout.

Each module has `run(data, progress) -> Report`. The data stays outside the project.
"""
