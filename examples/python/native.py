"""A random agent in Python that goes through libgogym: native.py [ENVIRONMENT [STEPS]].

Python users have Gymnasium itself. This is for testing: what a C host would see, seen from Python.
"""

import sys
import time

from gogym.native import Environment, GymError


def play(env: Environment, steps: int) -> float:
    """Step an environment with random actions; the sum of all rewards."""
    total = 0.0
    env.seed_action(42)
    env.reset(seed=42)
    for _ in range(steps):
        _, reward, terminated, truncated = env.step(env.sample_action())
        total += reward
        if terminated or truncated:
            env.reset()
    return total


def main() -> None:
    """Run with the command line's arguments."""
    name = sys.argv[1] if len(sys.argv) > 1 else "CartPole-v1"
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    try:
        with Environment(name) as env:
            start = time.perf_counter()
            total = play(env, steps)
            speed = steps / (time.perf_counter() - start)
    except GymError as error:
        sys.exit(f"{error}\n{error.traceback}")
    print(f"{name}: {steps} steps, return {total:.1f}, {speed:.0f} steps/s")


if __name__ == "__main__":
    main()
