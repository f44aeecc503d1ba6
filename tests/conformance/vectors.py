"""The rollouts that every language must repeat bit for bit, made by Gymnasium alone.

The protocol, for each line `ID STEPS SEED` of a plan:
    make ID, seed the action space with SEED + 1, reset with SEED;
    STEPS times: sample an action, step with it, and after the end of an episode reset without a seed.
What is written, as 8-byte words in the machine's order: the sizes of observation and action (integers), then
float64 numbers: the first observation; for each step the action, the observation, the reward, and
terminated + 2 * truncated; after the end of an episode the observation of the reset.

Nothing of gogym is used here: how a space lies in float64 elements is written out once more, plainly.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import gymnasium
from gymnasium import spaces

FAMILIES = {
    "classic control": "gymnasium.envs.classic_control",
    "toy text": "gymnasium.envs.toy_text",
    "Box2D": "gymnasium.envs.box2d",
    "MuJoCo": "gymnasium.envs.mujoco",
}


def registered():
    """The ids that Gymnasium itself registers, by family; an id with an old version is one too."""
    found = {family: [] for family in [*FAMILIES, "other"]}
    for env_id, spec in gymnasium.registry.items():
        entry = spec.entry_point if isinstance(spec.entry_point, str) else spec.entry_point.__module__
        # What other tests in this process have imported or registered is not Gymnasium's.
        if not entry.startswith(("gymnasium.", "shimmy.")):
            continue
        family = next((name for name, module in FAMILIES.items() if entry.startswith(module)), "other")
        found[family].append(env_id)
    return found


def why_not(env_id):
    """Why an environment cannot be made here; None where it can."""
    try:
        gymnasium.make(env_id).close()
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None


def size_of(space):
    if isinstance(space, spaces.Discrete):
        return 1
    if isinstance(space, (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary)):
        size = 1
        for n in space.shape:
            size *= n
        return size
    if isinstance(space, spaces.Text):
        return space.max_length
    children = list(space.spaces.values() if isinstance(space, spaces.Dict) else space.spaces)
    sizes = [size_of(child) for child in children]
    return 1 + max(sizes) if isinstance(space, spaces.OneOf) else sum(sizes)


def numbers_of(space, element):
    """An element of a space as a list of Python floats, exactly."""
    if isinstance(space, spaces.Discrete):
        return [exact(element)]
    if isinstance(space, (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary)):
        return [exact(number) for number in element.flatten(order="C")]
    if isinstance(space, spaces.Text):
        indices = [space.character_index(character) for character in element]
        return [float(i) for i in indices + [len(space.characters)] * (space.max_length - len(element))]
    if isinstance(space, spaces.OneOf):
        index, chosen = element
        numbers = [float(index), *numbers_of(space.spaces[index], chosen)]
        return numbers + [0.0] * (size_of(space) - len(numbers))
    if isinstance(space, spaces.Dict):
        return [x for key, child in space.spaces.items() for x in numbers_of(child, element[key])]
    return [x for child, item in zip(space.spaces, element, strict=True) for x in numbers_of(child, item)]


def exact(number):
    """A number, NumPy's or Python's, as a float that is equal to it."""
    value = number.item() if hasattr(number, "item") else number
    result = float(value)
    if isinstance(value, int) and int(result) != value:
        raise OverflowError(value)
    return result


def rollout(env_id, steps, seed, write):
    """One rollout; `write` takes its bytes. Gives the infos of the first reset and of the last step."""
    env = gymnasium.make(env_id)

    def put(*parts):
        numbers = [x for part in parts for x in part]
        write(struct.pack(f"={len(numbers)}d", *numbers))

    write(struct.pack("=2q", size_of(env.observation_space), size_of(env.action_space)))
    env.action_space.seed(seed + 1)
    observation, first_info = env.reset(seed=seed)
    put(numbers_of(env.observation_space, observation))
    for _ in range(steps):
        action = env.action_space.sample()
        observation, reward, terminated, truncated, info = env.step(action)
        flags = float(bool(terminated) + 2 * bool(truncated))
        put(
            numbers_of(env.action_space, action),
            numbers_of(env.observation_space, observation),
            [float(reward), flags],
        )
        if terminated or truncated:
            observation, _ = env.reset()
            put(numbers_of(env.observation_space, observation))
    env.close()
    return first_info, info


def read_plan(path):
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        env_id, steps, seed = line.split()
        yield env_id, int(steps), int(seed)


def main(plan, out):
    """Write the rollouts of a plan to a file."""
    import pickle

    gymnasium.logger.min_level = gymnasium.logger.ERROR
    infos = {}
    with Path(out).open("wb") as file:
        for env_id, steps, seed in read_plan(plan):
            infos[env_id] = rollout(env_id, steps, seed, file.write)
    Path(f"{out}.infos").write_bytes(pickle.dumps(infos))


if __name__ == "__main__":
    main(*sys.argv[1:])
