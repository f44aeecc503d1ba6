"""The Python contender: loop.py ENVIRONMENT MODE [SETUP], with the modes and setups of loop.c, and two modes more.

drawn     what a user writes, with actions that were sampled before
sampled   the same, sampling each action
render    frames, and no steps
bare      nothing but calls of the unwrapped environment's step
unwrapped the same, with the resets that end an episode

loop.c says how the contenders are driven.
"""

import signal
import sys
import time

import gymnasium

import gogym.render

POOL = 1000


def chain(name):
    """A user's chain of wrappers."""
    env = gymnasium.wrappers.FrameStackObservation(gymnasium.make(name), stack_size=4)
    env = gymnasium.wrappers.ClipReward(env, min_reward=-1.0, max_reward=1.0)
    return gymnasium.wrappers.TimeLimit(env, max_episode_steps=200)


def callback(name):
    """A function on rewards."""
    return gymnasium.wrappers.TransformReward(gymnasium.make(name), lambda reward: 2 * reward)


def rendered(name):
    """An environment that can render, as a host's is made: with the GL library that gogym chooses."""
    gogym.render.prepare("rgb_array")
    return gymnasium.make(name, render_mode="rgb_array")


SETUPS = {"plain": gymnasium.make, "chain": chain, "callback": callback, "rendered": rendered}


class Loop:
    """One environment and the loop over it."""

    def __init__(self, name, mode, setup="plain"):
        self.env = SETUPS[setup](name)
        self.body = getattr(self, mode)
        self.env.action_space.seed(0)
        self.actions = [self.env.action_space.sample() for _ in range(POOL)]
        self.position = 0
        self.env.reset(seed=0)

    def next_actions(self, steps):
        """The actions of the coming steps, drawn in turn from the pool. Outside the measured time."""
        chosen = [self.actions[(self.position + i) % POOL] for i in range(steps)]
        self.position += steps
        return chosen

    def drawn(self, actions):
        """The loop of a user."""
        env = self.env
        total = 0.0
        for action in actions:
            obs, reward, terminated, truncated, info = env.step(action)
            total += reward
            if terminated or truncated:
                obs, info = env.reset()  # noqa: RUF059
        return total

    def sampled(self, actions):
        """The loop of a random agent."""
        env = self.env
        total = 0.0
        for _ in actions:
            action = env.action_space.sample()
            obs, reward, terminated, truncated, info = env.step(action)
            total += reward
            if terminated or truncated:
                obs, info = env.reset()  # noqa: RUF059
        return total

    def render(self, actions):
        """Frames of one and the same state."""
        env = self.env
        total = 0.0
        for _ in actions:
            frame = env.render()
            total += frame[frame.shape[0] // 2, frame.shape[1] // 2, 0]
        return total

    def bare(self, actions):
        """As little Python as can be around a step; only for environments whose episodes never end."""
        step = self.env.unwrapped.step
        for action in actions:
            step(action)
        return 0.0

    def unwrapped(self, actions):
        """As little as can be for an environment whose episodes end: what no bridge can fall below."""
        step, reset = self.env.unwrapped.step, self.env.unwrapped.reset
        for action in actions:
            if step(action)[2]:
                reset()
        return 0.0


def main():
    """Answer the driver's requests."""
    loop = Loop(*sys.argv[1:])
    print("ready", flush=True)
    for line in sys.stdin:
        verb, steps = line.split()
        actions = loop.next_actions(int(steps))
        if verb == "count":
            signal.raise_signal(signal.SIGUSR1)
            total = loop.body(actions)
            signal.raise_signal(signal.SIGUSR1)
            print(0, repr(float(total)), flush=True)
        else:
            start = time.perf_counter_ns()
            total = loop.body(actions)
            print(time.perf_counter_ns() - start, repr(float(total)), flush=True)


main()
