"""Every space of tests/spaces/table.json through C and through Python, each against space_vectors.py's records.

Go does the same in go/space_table_test.go.
"""

import os
import struct
import subprocess
import sys
from pathlib import Path

import gogym_test_echo
import numpy as np
import pytest

import space_vectors
from gogym import native, paths

HERE = Path(__file__).resolve().parent
SECTIONS = [*gogym_test_echo.table(), "refused", "custom"]


@pytest.fixture(scope="session")
def records(tmp_path_factory):
    """The records of a run of their own, as the C program and Go's test have them."""
    path = tmp_path_factory.mktemp("spaces") / "records.txt"
    subprocess.run([sys.executable, str(HERE / "space_vectors.py"), str(path)], check=True)
    return path


@pytest.fixture(scope="session")
def expected(records):
    return sections(records)


@pytest.fixture(scope="session")
def from_c(records):
    program = records.parent / "spaces-c"
    compiler = os.environ.get("CC", "cc").split()
    flags = ["-std=c11", "-O2", *paths.compile_flags(), *paths.link_flags()]
    subprocess.run([*compiler, str(HERE / "spaces.c"), *flags, "-o", str(program)], check=True)
    out = records.parent / "from-c.txt"
    environment = {
        **os.environ,
        "GOGYM_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "PYTHONWARNINGS": "ignore",
    }
    with (records.parent / "from-c.log").open("wb") as log:
        command = [str(program), str(records), str(out)]
        code = subprocess.run(
            command, env=environment, stdout=log, stderr=log, timeout=280, check=False
        ).returncode
    assert code == 0, (records.parent / "from-c.log").read_text(errors="replace")[-4000:]
    return sections(out)


def sections(path):
    """The lines of a file of records by the name of their space."""
    found = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("# "):
            name = line[2:]
            found[name] = []
        else:
            found[name].append(line)
    return found


def differences(expected, actual):
    """What is not as it should be, for people."""
    found = []
    for wanted, given in zip(expected, actual, strict=True):
        if wanted != given:
            *operation, right = wanted.split("\t")
            *same, wrong = given.split("\t")
            assert same == operation
            if operation[0] == "fails":
                operation[1] = repr(bytes.fromhex(operation[1].strip("-")).decode())
            found.append(
                f"{' '.join(short(part) for part in operation)}\n   {short(right)}\nis {short(wrong)}"
            )
    return found


def short(field, limit=500):
    return field if len(field) <= limit else f"{field[:limit]}...({len(field)})"


def assert_equal(expected, actual):
    found = differences(expected, actual)
    assert not found, f"{len(found)} of {len(expected)} differ:\n" + "\n".join(found[:8])


# ------------------------------------------------------------------------------------------- Python


def numbers_in(field):
    return [struct.unpack(">d", bytes.fromhex(word))[0] for word in field.replace("-", "").split()]


def bytes_in(field):
    return bytes.fromhex(field.replace("-", ""))


def null(field):
    return None if field == "-" else field


def value(tree):
    """What came out of a gym_value, in the form of the records."""
    if isinstance(tree, native.Other):
        return f"o{tree.class_name}:{tree.repr.encode().hex()}"
    if isinstance(tree, dict):
        return f"{{{','.join(f'{value(key)}:{value(item)}' for key, item in tree.items())}}}"
    if isinstance(tree, (tuple, list)):
        inner = ",".join(value(item) for item in tree)
        return f"({inner})" if isinstance(tree, tuple) else f"[{inner}]"
    return space_vectors.value(tree)


def size(number):
    return "dynamic" if number is None else number


def doubles(numbers):
    return "-" if numbers is None else space_vectors.doubles(numbers)


def raw(content):
    return "-" if content is None else space_vectors.raw(content)


class Machine:
    """Does the operations of the records through gogym.native."""

    def __init__(self, library):
        self.library = library
        self.space = None
        self.env = None

    def close(self):
        for made in (self.space, self.env):
            if made is not None:
                made.close()

    def line(self, line):
        operation, *arguments, _ = line.split("\t")
        return "\t".join([operation, *arguments, str(self.result(operation, arguments))])

    def result(self, operation, arguments):
        words = ""
        if operation == "fails":
            words, operation, *arguments = arguments
            words = bytes_in(words).decode()
        try:
            result = getattr(self, f"do_{operation}")(*arguments)
        except native.GymError as error:
            return error.name if words in error.message else f"{error.name} {error.message!r}"
        return result

    def _use_space(self, space):
        if self.space is not None:
            self.space.close()
        self.space = space
        return "ok"

    def do_space(self, _, description):
        return self._use_space(native.Space.make(description, self.library))

    def do_size(self):
        return size(self.space.size)

    def do_nbytes(self):
        return size(self.space.nbytes)

    def do_flatdim(self):
        return size(self.space.flatdim)

    def do_value(self):
        return value(self.space.value())

    def do_again(self):
        tree = native_json(self.library, "gym_space_value", self.space.handle)
        with native.Space.make(tree, self.library) as again:
            return value(again.value())

    def do_child(self, index):
        with self.space.child(int(index)) as child:
            return value(child.value())

    def do_child_sample(self, index):
        with self.space.child(int(index)) as child:
            return value(child.sample_value())

    def do_seed(self, seed):
        return value(self.space.seed(seed))

    def do_sample(self, options):
        return doubles(self.space.sample(null(options)))

    def do_sample_native(self, options):
        return raw(self.space.sample_native(null(options)))

    def do_sample_value(self, options):
        return value(self.space.sample_value(null(options)))

    def do_contains(self, x):
        return int(self.space.contains(numbers_in(x)))

    def do_contains_native(self, x):
        return int(self.space.contains_native(bytes_in(x)))

    def do_contains_value(self, element):
        return int(self.space.contains_value(element))

    def do_flatten(self, x):
        return doubles(self.space.flatten(numbers_in(x)))

    def do_flatten_native(self, x):
        return raw(self.space.flatten_native(bytes_in(x)))

    def do_flatten_value(self, element):
        return value(self.space.flatten_value(element))

    def do_unflatten(self, flat):
        return doubles(self.space.unflatten(numbers_in(flat)))

    def do_unflatten_native(self, flat):
        return raw(self.space.unflatten_native(bytes_in(flat)))

    def do_unflatten_value(self, flat):
        return value(self.space.unflatten_value(flat))

    def do_env(self, env_id, options):
        if self.env is not None:
            self.env.close()
        self.env = None
        self.env = native.Environment(env_id, options, self.library)
        return "ok"

    def do_observation_space(self):
        return value(self.env.observation_space())

    def do_action_space(self):
        return value(self.env.action_space())

    def do_observation_size(self):
        return size(self.env.observation_size)

    def do_observation_nbytes(self):
        return size(self.env.observation_nbytes)

    def do_action_size(self):
        return size(self.env.action_size)

    def do_action_nbytes(self):
        return size(self.env.action_nbytes)

    def do_reset(self, seed, options):
        return doubles(self.env.reset(None if seed == "-" else int(seed), null(options)))

    def do_reset_native(self, seed, options):
        return raw(self.env.reset_native(None if seed == "-" else int(seed), null(options)))

    def do_step(self, action):
        return transition(doubles, self.env.step(numbers_in(action)))

    def do_step_native(self, action):
        return transition(raw, self.env.step_native(bytes_in(action)))

    def do_step_value(self, action):
        return transition(value, self.env.step_value(action))

    def do_observation(self):
        return value(self.env.observation())

    def do_info(self):
        return value(self.env.info())

    def do_seed_action(self, seed):
        self.env.seed_action(int(seed))
        return "ok"

    def do_sample_action(self):
        return doubles(self.env.sample_action())

    def do_sample_action_native(self):
        return raw(self.env.sample_action_native())

    def do_space_of(self, what):
        env = self.env
        return self._use_space(
            env.action_space_handle() if what == "actions" else env.observation_space_handle()
        )


def transition(written, answer):
    observed, reward, terminated, truncated = answer
    return f"{written(observed)}/{struct.pack('>d', reward).hex()}/{terminated + 2 * truncated}"


def native_json(library, function, handle):
    """The JSON of a value that a function of the library makes."""
    out = native.library.c_void_p()
    library.call(function, handle, native.library.byref(out))
    try:
        return library.json(out.value)
    finally:
        library.c.gym_value_free(out)


@pytest.fixture(scope="session")
def library():
    loaded = native.load()
    loaded.init()
    return loaded


# ------------------------------------------------------------------------------------------- tests


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SECTIONS)
def test_python(library, expected, name):
    machine = Machine(library)
    with np.errstate(all="ignore"):
        actual = [machine.line(line) for line in expected[name]]
    machine.close()
    assert_equal(expected[name], actual)


@pytest.mark.parametrize("name", SECTIONS)
def test_c(from_c, expected, name):
    assert_equal(expected[name], from_c[name])


def test_a_difference_would_be_found(expected):
    lines = expected["dict-every-kind"]
    for index, line in enumerate(lines):
        operation, _, result = line.rpartition("\t")
        flipped = ("1" if result[-1] == "0" else "0") if result[-1] in "0123456789" else result[:-1]
        damaged = [*lines[:index], f"{operation}\t{result[:-1]}{flipped}", *lines[index + 1 :]]
        assert len(differences(lines, damaged)) == 1


def test_the_table_is_what_it_should_be(expected):
    """Every class, every dtype, and all that the table promises, by what Gymnasium makes of it."""
    found = {"class": set(), "dtype": set(), "dimensions": set(), "depth": 0, "dynamic": 0}

    def look(space, depth):
        found["class"].add(type(space).__name__)
        found["depth"] = max(found["depth"], depth)
        if type(space).__name__ in ("Box", "MultiDiscrete", "MultiBinary"):
            found["dtype"].add(f"{type(space).__name__} {space.dtype}")
            found["dimensions"].add(len(space.shape))
        parts = getattr(space, "spaces", ())
        for part in parts.values() if isinstance(parts, dict) else parts:
            look(part, depth + 1)
        for part in ("feature_space", "node_space", "edge_space"):
            if getattr(space, part, None) is not None:
                look(getattr(space, part), depth + 1)

    for name in gogym_test_echo.table():
        look(gogym_test_echo.make_space(name), 0)
    assert len(gogym_test_echo.table()) >= 75
    dtypes = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
    assert {f"Box {dtype}" for dtype in dtypes} <= found["dtype"]
    assert found["class"] == {
        "Box", "Discrete", "MultiDiscrete", "MultiBinary", "Text", "Tuple", "Dict", "OneOf", "Sequence", "Graph",
    }  # fmt: skip
    assert {0, 1, 2, 3, 5} <= found["dimensions"]
    assert found["depth"] >= 4
    operations = {line.split("\t")[0] for lines in expected.values() for line in lines}
    methods = {name.removeprefix("do_") for name in dir(Machine) if name.startswith("do_")}
    assert operations == methods | {"fails"}
