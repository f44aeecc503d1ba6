"""What fails in one row of a batch stays in it, and is told."""

import gogym_test_broken
import numpy as np
import pytest

from gogym.native import GymError
from gogym.status import Status
from support_batch import DONE, IDLE, REFUSED, STEP, Bare, Batch, registered

TEST_ENVS = "gogym_test_envs:gogym_test/"


def test_whatever_a_step_raises_is_the_failure_of_its_row():
    ways = list(gogym_test_broken.STEPS)
    options = {"gogym": {"env_options": [{"how": how} for how in ways]}}
    with Batch(f"{TEST_ENVS}Broken-v0", len(ways), options).bind() as batch:
        batch.reset(0)
        assert not batch.statuses.any()
        batch.actions[:] = 1
        batch.step()
        failures = {failure["row"]: failure for failure in batch.value("failures")}
        infos = batch.value("info")
        for row, how in enumerate(ways):
            status, words, _ = gogym_test_broken.STEPS[how]
            assert batch.statuses[row] == Status[status], how
            assert batch.states[row] == IDLE
            transition = batch.transitions[row]
            if status == "OK":
                assert row not in failures
                assert batch.observations[row].tobytes() == gogym_test_broken.GOOD.tobytes()
                continue
            assert (transition["reward"], transition["terminated"], transition["truncated"]) == (
                0,
                False,
                True,
            )
            assert not batch.observations[row].any()
            assert infos[row] == {}
            failure = failures[row]
            assert failure["status"] == Status[status]
            assert words in failure["message"], how
        raised = failures[ways.index("raises")]
        assert raised["type"] == "ValueError"
        assert "ValueError: the step is broken" in raised["traceback"]
        # A row that works again has not failed.
        batch.actions[:] = 0
        batch.step()
        assert batch.value("failures") == []
        assert not batch.statuses.any()


@pytest.mark.parametrize("mode", ["next_step", "same_step"])
def test_a_failure_of_the_reset_between_episodes(mode):
    class Once(Bare):
        resets = 0

        def reset(self, **kwargs):
            self.resets += 1
            if self.resets > 1:
                raise OSError("no second time")
            return super().reset(**kwargs)

    with registered(Once) as env_id, Batch(env_id, 2, {"gogym": {"autoreset_mode": mode}}).bind() as batch:
        batch.reset()
        batch.actions[:] = [[1], [0]]
        batch.step()
        if mode == "next_step":
            assert batch.observations.tolist() == [[2], [2]]
            assert batch.transitions["terminated"].tolist() == [True, False]
            batch.step()
        assert batch.statuses.tolist() == [Status.PYTHON, Status.OK]
        assert batch.observations.tolist() == [[0], [2]]
        assert batch.transitions["reward"].tolist() == [0, 5]
        assert batch.transitions["terminated"].tolist() == [False, False]
        assert batch.transitions["truncated"].tolist() == [True, False]
        assert [failure["message"] for failure in batch.value("failures")] == ["no second time"]
        # Made anew, it can begin again.
        batch.call_table("remake", batch.handle, 0)
        batch.reset(rows=[0])
        assert batch.observations.tolist() == [[1], [2]]
        assert batch.value("failures") == []


def test_final_observations_of_one_array():
    """An environment may write all its observations in the same array."""

    class Frugal(Bare):
        def __init__(self):
            self.observation = np.zeros(1)

        def reset(self, *, seed=None, options=None):  # noqa: ARG002
            self.observation[0] = 1
            return self.observation, {}

        def step(self, action):
            self.observation[0] = 3
            return self.observation, 0.0, bool(action), False, {"of": "step"}

    with (
        registered(Frugal) as env_id,
        Batch(env_id, 2, {"gogym": {"autoreset_mode": "same_step"}}).bind() as batch,
    ):
        batch.reset()
        batch.actions[:] = [[1], [0]]
        batch.step()
        assert batch.observations.tolist() == [[1], [3]]
        assert batch.final_observations[0] == 3
        ended, other = batch.value("info")
        assert ended == {"final_obs": [3], "final_info": {"of": "step"}}
        assert other == {"of": "step"}


@pytest.mark.parametrize("is_native", [False, True])
def test_an_action_that_cannot_be_read_touches_nothing(is_native):
    options = {"space": "box-bool"} if is_native else {"space": "discrete"}
    with Batch(f"{TEST_ENVS}Echo-v0", 3, options).bind(is_native=is_native) as batch:
        batch.reset([1, 2, 3])
        batch.actions[:] = batch.sample()
        batch.step()
        before = batch.observations.copy(), batch.transitions.copy()
        batch.actions[1, 0] = 7 if is_native else 0.5
        batch.states[:] = STEP
        batch.run()
        assert batch.states.tolist() == [DONE, REFUSED, DONE]
        assert batch.statuses.tolist() == [Status.OK, Status.ACTION, Status.OK]
        assert batch.observations[1].tobytes() == before[0][1].tobytes()
        assert batch.transitions[1] == before[1][1]
        assert batch.transitions["reward"].tolist() == [2, 1, 2]  # Echo counts its steps
        (failure,) = batch.value("failures")
        assert failure["row"] == 1
        assert failure["message"].startswith("action")
        # What is read but not taken has touched the environment, which is asked.
    with Batch("CartPole-v1", 2).bind() as batch:
        batch.reset([1, 2])
        batch.actions[:] = [[1], [2]]
        batch.states[:] = STEP
        batch.run()
        assert batch.states.tolist() == [DONE, DONE]
        assert batch.statuses.tolist() == [Status.OK, Status.ACTION]
        assert batch.transitions["truncated"].tolist() == [False, True]


def test_remaking():
    ways = ("raises", "close-raises", "raises")
    options = {"gogym": {"env_options": [{"how": how} for how in ways]}}
    batch = Batch(f"{TEST_ENVS}Broken-v0", 3, options).bind()
    batch.actions[:] = 0
    batch.reset()
    batch.call_table("remake", batch.handle, 1)  # whatever its close raises
    batch.step()
    assert batch.statuses.tolist() == [0, Status.RESET_NEEDED, 0]
    batch.reset(rows=[1])
    batch.step()
    assert not batch.statuses.any()
    with pytest.raises(GymError, match="there is no row 3: the batch has 3"):
        batch.call_table("remake", batch.handle, 3)
    with pytest.raises(GymError, match="environment 1: the close is broken"):
        batch.close()


def test_an_environment_that_cannot_be_made_anew():
    made = []

    class Twice(Bare):
        def __init__(self):
            made.append(self)
            if len(made) == 3:
                raise OSError("not now")

    with registered(Twice) as env_id, Batch(env_id, 2).bind() as batch:
        batch.reset()
        with pytest.raises(GymError, match="environment 1: not now"):
            batch.call_table("remake", batch.handle, 1)
        batch.actions[:] = 0
        batch.step()
        assert batch.statuses.tolist() == [0, Status.CLOSED_ENVIRONMENT]
        assert batch.value("info") == [{}, {}]
        with pytest.raises(GymError, match="environment 1 is closed"):
            batch.value("call", b"spec", None)
        batch.reset()  # tries once more
        batch.step()
        assert not batch.statuses.any()


def test_closing_goes_on_after_an_error():
    closed = []

    class Closing(Bare):
        def __init__(self, number):
            self.number = number

        def close(self):
            closed.append(self.number)
            if self.number > 0:
                raise SystemExit(self.number)

    with registered(Closing) as env_id:
        options = {"gogym": {"env_options": [{"number": number} for number in range(4)]}}
        batch = Batch(env_id, 4, options)
        with pytest.raises(GymError, match="environment 1: SystemExit: 1") as caught:
            batch.close()
        assert caught.value.code == Status.SYSTEM_EXIT
        assert closed == [0, 1, 2, 3]
        with pytest.raises(GymError) as caught:
            batch.close()
        assert caught.value.code == Status.HANDLE


def test_what_was_made_is_closed_where_another_cannot_be_made():
    closed = []

    class Half(Bare):
        def __init__(self, number):
            if number == 2:
                raise OSError("no third")

        def close(self):
            closed.append(self)

    options = {"gogym": {"env_options": [{"number": number} for number in range(4)]}}
    with registered(Half) as env_id, pytest.raises(GymError, match="environment 2: no third"):
        Batch(env_id, 4, options)
    assert len(closed) == 2
