"""The Python contender of single calls on a space: space.py sample|contains|flatten EXPRESSION.

The expression is evaluated with gymnasium.spaces' names. contender.h says how contenders are driven.
"""

import sys
import time

import numpy as np
from gymnasium import spaces
from gymnasium.spaces.utils import flatten


def first(element):
    """The first number of an element."""
    if isinstance(element, dict):
        element = next(iter(element.values()))
    return float(np.asarray(element).reshape(-1)[0])


def main():
    """Answer the driver's requests."""
    space = eval(sys.argv[2], vars(spaces))
    space.seed(0)
    element = space.sample()
    calls = {
        "sample": space.sample,
        "contains": lambda: space.contains(element),
        "flatten": lambda: flatten(space, element),
    }
    call = calls[sys.argv[1]]
    print("ready", flush=True)
    for line in sys.stdin:
        times = range(int(line.split()[1]))
        start = time.perf_counter_ns()
        results = [call() for _ in times]
        elapsed = time.perf_counter_ns() - start
        print(elapsed, repr(sum(map(first, results), 0.0)), flush=True)


main()
