"""Vector environments that are stepped all at once, as batches and through the C library."""

import numpy as np
import pytest

from gogym.native import GymError
from support_batch import Batch


def options_of(engine, kwargs=None, **own):
    return {**(kwargs or {}), "gogym": {"engine": engine, **own}}


def failure(env_id, count, options, code):
    with pytest.raises(GymError) as caught:
        Batch(env_id, count, options)
    assert caught.value.code == code
    return str(caught.value)


def as_rows(batch, is_native):
    """One array for each environment, as rows have it."""
    array = np.ascontiguousarray(batch).reshape(len(batch), -1)
    if not is_native:
        return array.astype(np.float64)
    rows = array.view(np.uint8).reshape(len(batch), -1)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 8)))


def play(batch, env, steps, seed=5, dtype=None):
    """Step both with the same actions, and compare what comes back; how many episodes have ended."""
    ended = 0
    space = env.single_action_space
    native = batch.is_native
    batch.call_table("seed_actions", batch.handle, seed)
    for _ in range(steps):
        batch.actions[:] = batch.sample()
        width = int(np.prod(space.shape)) * space.dtype.itemsize
        actions = (
            batch.actions[:, :width].copy().view(space.dtype) if native else batch.actions.astype(space.dtype)
        )
        observations, rewards, terminated, truncated, _ = env.step(actions.reshape(batch.count, *space.shape))
        batch.step()
        assert not batch.statuses.any(), batch.value("failures")
        observations = observations if dtype is None else observations.astype(dtype)
        assert batch.observations.tobytes() == as_rows(observations, native).tobytes()
        assert batch.transitions["reward"].tolist() == rewards.tolist()
        assert batch.transitions["terminated"].tolist() == terminated.tolist()
        assert batch.transitions["truncated"].tolist() == truncated.tolist()
        ended += (terminated | truncated).sum()
    assert len(batch.value("info")) == batch.count
    return ended
