"""One module a topic: its CASES are run by bench/run.py."""
