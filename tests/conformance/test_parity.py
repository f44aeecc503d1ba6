"""Every environment of Gymnasium, stepped from C, from Go and by Python alone: equal in every bit."""

import json
import os
import pickle
import shutil
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import vectors
from gogym import native, options, paths

HERE = Path(__file__).resolve().parent
STEPS = 200

# What may be missing, and why; anything else that cannot be made is a failure.
MAY_BE_MISSING = {
    "phys2d/": "jax",
    "tabular/": "jax",
    "GymV21Environment-v0": "shimmy",
    "GymV26Environment-v0": "shimmy",
    "Pusher-v4": "mujoco<3",
}

# A few of the tests own, so that parity does not end with what Gymnasium happens to register.
OURS = ["Echo-v0", "Noop-v0", "NoopBox-v0", "NoopWrapped-v0"]


@pytest.fixture(scope="session")
def available(tmp_path_factory):
    """The ids that can be made here, by family."""
    found, missing = {}, {}
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("available"))  # MuJoCo leaves a log behind
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old versions say that they are old
        reasons_of = {
            family: {i: vectors.why_not(i) for i in ids} for family, ids in vectors.registered().items()
        }
    os.chdir(before)
    for family, reasons in reasons_of.items():
        found[family] = [env_id for env_id, reason in reasons.items() if reason is None]
        missing.update({env_id: reason for env_id, reason in reasons.items() if reason is not None})
    counts = ", ".join(f"{len(ids)} {family}" for family, ids in found.items())
    print(f"\nenvironments: {counts}; {len(missing)} skipped:")
    for env_id, reason in missing.items():
        print(f"  {env_id}: {reason}")
    return found, missing


@pytest.fixture(scope="session")
def rollouts(available, tmp_path_factory):
    """Where each language has written its rollouts of the same plan: {"python": path, ...}."""
    folder = tmp_path_factory.mktemp("rollouts")
    ids = [env_id for family in available[0].values() for env_id in family]
    ids += [f"gogym_test_envs:gogym_test/{name}" for name in OURS]
    plan = folder / "plan.txt"
    plan.write_text(
        "".join(f"{env_id} {STEPS} {1000 + i}\n" for i, env_id in enumerate(ids)), encoding="utf-8"
    )

    programs = {"python": [sys.executable, str(HERE / "vectors.py")], "c": [str(compile_c(folder))]}
    if shutil.which("go"):
        programs["go"] = [str(compile_go(folder))]
    environment = {
        **os.environ,
        "GOGYM_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "PYTHONWARNINGS": "ignore",
    }
    # In the folder: MuJoCo leaves a log behind. To files: nobody reads a pipe meanwhile.
    running = {}
    for name, program in programs.items():
        command = [*program, str(plan), str(folder / name)]
        with (folder / f"{name}.log").open("wb") as log:
            running[name] = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    for name, process in running.items():
        assert process.wait(timeout=280) == 0, (
            f"{name}: {(folder / f'{name}.log').read_text(errors='replace')[-4000:]}"
        )
    return ids, {name: folder / name for name in programs}


def compile_c(folder):
    program = folder / "rollout-c"
    compiler = os.environ.get("CC", "cc").split()
    source = str(HERE / "rollout.c")
    command = [
        *compiler,
        "-std=c11",
        "-O2",
        source,
        *paths.compile_flags(),
        *paths.link_flags(),
        "-o",
        str(program),
    ]
    subprocess.run(command, check=True)
    return program


def compile_go(folder):
    program = folder / "rollout-go"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=HERE / "rollout_go", check=True)
    return program


class Reader:
    """One file of rollouts, read word by word."""

    def __init__(self, path):
        self.bytes = path.read_bytes()
        self.at = 0

    def take(self, count):
        begin = self.at
        self.at += 8 * count
        assert self.at <= len(self.bytes), "the file ends too early"
        return self.bytes[begin : self.at]

    def rollout(self):
        """The fields of the next rollout: (what, bytes)."""
        header = self.take(2)
        observation, action = struct.unpack("=2q", header)
        yield "sizes", header
        yield "the first observation", self.take(observation)
        for i in range(STEPS):
            yield f"action {i}", self.take(action)
            yield f"observation {i}", self.take(observation)
            end = self.take(2)
            yield f"reward {i}", end[:8]
            yield f"flags {i}", end[8:]
            if struct.unpack("=d", end[8:])[0]:
                yield f"observation of the reset after step {i}", self.take(observation)


def compare(ids, expected, actual):
    """The number of words compared; fails at the first difference, naming it."""
    left, right = Reader(expected), Reader(actual)
    for env_id in ids:
        for (what, wanted), (_, given) in zip(left.rollout(), right.rollout(), strict=True):
            assert given == wanted, (
                f"{env_id}: {what} differs: {np.frombuffer(given)} instead of {np.frombuffer(wanted)}"
            )
    assert left.at == len(left.bytes)
    assert right.at == len(right.bytes)
    return left.at // 8


def test_the_environments_are_all_there(available):
    found, missing = available
    for env_id, reason in missing.items():
        old_mujoco = env_id.endswith(("-v2", "-v3")) and "mujoco v2 and v3" in reason
        excuse = next((word for prefix, word in MAY_BE_MISSING.items() if env_id.startswith(prefix)), None)
        no_box2d = "box2d" in reason.lower() and sys.version_info >= (3, 14)
        assert old_mujoco or no_box2d or (excuse and excuse in reason), f"{env_id} is missing: {reason}"
    assert len(found["classic control"]) >= 6
    assert len(found["toy text"]) >= 6
    assert len(found["Box2D"]) >= (0 if sys.version_info >= (3, 14) else 5)
    assert len([env_id for env_id in found["MuJoCo"] if env_id.endswith("-v5")]) == 11


def test_c_equals_python(rollouts):
    ids, files = rollouts
    words = compare(ids, files["python"], files["c"])
    print(f"\n{len(ids)} environments, {words} words compared")
    assert words > 1000 * len(ids)


def test_go_equals_python(rollouts):
    ids, files = rollouts
    if "go" not in files:
        pytest.skip("no go on PATH")
    assert compare(ids, files["python"], files["go"]) > 1000 * len(ids)


def test_a_difference_would_be_found(rollouts, tmp_path):
    """The comparison itself: one bit, in the last rollout."""
    ids, files = rollouts
    content = bytearray(files["c"].read_bytes())
    content[-20] ^= 1
    (tmp_path / "damaged").write_bytes(content)
    with pytest.raises(AssertionError, match="differs"):
        compare(ids, files["python"], tmp_path / "damaged")


def plain(value):
    """What a Python value becomes on its way through gym_value: the same without NumPy's scalars."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    if isinstance(value, np.generic):
        return value.item()
    return value


def assert_same(actual, expected, where):
    assert type(actual) is type(expected), f"{where}: {actual!r} instead of {expected!r}"
    if isinstance(expected, dict):
        assert list(actual) == list(expected), where
        for key, item in expected.items():
            assert_same(actual[key], item, f"{where}[{key!r}]")
    elif isinstance(expected, (list, tuple)):
        assert len(actual) == len(expected), where
        for i, item in enumerate(expected):
            assert_same(actual[i], item, f"{where}[{i}]")
    elif isinstance(expected, np.ndarray):
        assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape), where
        assert actual.tobytes() == expected.tobytes(), where
    elif isinstance(expected, float):
        assert struct.pack("d", actual) == struct.pack("d", expected), where
    else:
        assert actual == expected, where


def read_blocks(path):
    library = native.load()
    content = path.read_bytes()
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("=Q", content, at)
        yield library.from_block(content[at + 8 : at + 8 + length])
        at += 8 + length


def test_infos_from_c(rollouts):
    ids, files = rollouts
    infos = pickle.loads(Path(f"{files['python']}.infos").read_bytes())
    blocks = read_blocks(Path(f"{files['c']}.blocks"))
    filled = 0
    for env_id in ids:
        observation_space, action_space, first, last = (next(blocks) for _ in range(4))
        wanted_first, wanted_last = infos[env_id]
        assert_same(first, plain(wanted_first), f"{env_id}: info of reset")
        assert_same(last, plain(wanted_last), f"{env_id}: info of step")
        filled += bool(first) + bool(last)
        assert {"type", "size", "offset"} <= set(observation_space) & set(action_space)
    assert next(blocks, None) is None
    assert filled > 20


def test_infos_from_go(rollouts):
    ids, files = rollouts
    if "go" not in files:
        pytest.skip("no go on PATH")
    infos = pickle.loads(Path(f"{files['python']}.infos").read_bytes())
    lines = Path(f"{files['go']}.json").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(ids)
    for env_id, line in zip(ids, lines, strict=True):
        given_id, *given = json.loads(line)
        assert given_id == env_id
        for info, wanted in zip(given, infos[env_id], strict=True):
            # Go's JSON is the grammar of gogym's options.
            decoded = options.parse_object(json.dumps(info), "info")
            assert_loosely_same(decoded, plain(wanted), env_id)


def assert_loosely_same(actual, expected, where):
    """As assert_same, but JSON may write a whole float without its point, and keys in another order."""
    if isinstance(expected, dict):
        assert set(actual) == set(expected), where
        for key, item in expected.items():
            assert_loosely_same(actual[key], item, f"{where}[{key!r}]")
    elif isinstance(expected, (list, tuple)):
        assert len(actual) == len(expected), where
        for i, item in enumerate(expected):
            assert_loosely_same(actual[i], item, f"{where}[{i}]")
    elif isinstance(expected, np.ndarray):
        assert_same(actual, expected, where)
    else:
        assert actual == expected, where
