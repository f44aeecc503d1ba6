"""What every language must answer about the spaces of tests/spaces/table.json: python space_vectors.py OUT

NumPy and Gymnasium alone make this file; nothing of gogym is used. It is text, one record a line:

    OPERATION <TAB> ARGUMENT <TAB> ... <TAB> RESULT

A program that reads it does each operation in turn, on the space or environment that was made last, and writes the
same line with the result that it got itself: all is well where both files are equal. Lines that begin with "#" name
the space that follows and are copied. No field is empty: "-" is an empty list, or NULL for options and seeds.

Fields
    doubles     numbers of the float64 layout, in order, separated by spaces: 16 hex digits each, the bits of the
                double, most significant first
    bytes       a native buffer in hex, as it lies in memory, two digits a byte
    JSON        as it is: one line, ASCII only
    text        a text in UTF-8, in hex
    value       a gym_value:  none true false  i-12  f3ff0000000000000 (a float64)  s616263 (a text)  b0102 (bytes)
                [a,b] a list  (a,b) a tuple  {k:v,k:v} a dict  afloat32[2,3]:0011... an array: dtype, shape, bytes
                oCLASS:text a GYM_KIND_OTHER
    transition  X/REWARD/FLAGS after a step: what was observed, 16 hex digits, terminated + 2 * truncated

Operations, each the function gym_... or gym_space_... of that name
    space NAME JSON -> ok                       gym_space_make; what was made before is closed
    size, nbytes, flatdim -> number or "dynamic"
    value -> value                              again -> value: of the space made from the value's own JSON
    child INDEX -> value of that part           child_sample INDEX -> value: one sample of that part
    seed JSON -> value of the seeds
    sample OPTIONS -> doubles                   sample_native OPTIONS -> bytes    sample_value OPTIONS -> value
    contains doubles, contains_native bytes, contains_value JSON -> 1 or 0
    flatten doubles -> doubles                  flatten_native bytes -> bytes     flatten_value JSON -> value
    unflatten doubles -> doubles                unflatten_native bytes -> bytes   unflatten_value JSON -> value
    env ID OPTIONS -> ok                        gym_make; what was made before is closed
    observation_space, action_space -> value    observation_size, ..._nbytes, action_size, ..._nbytes -> number
    reset SEED OPTIONS -> doubles               reset_native SEED OPTIONS -> bytes
    step doubles -> transition                  step_native bytes -> transition   step_value JSON -> transition
    observation, info -> value
    seed_action SEED -> ok                      sample_action -> doubles          sample_action_native -> bytes
    space_of observations|actions -> ok         the handle that the operations on spaces then use
    fails TEXT OPERATION ARGUMENT ... -> status where the operation fails with a message that holds that text
                                                ("-": whatever it says), and nothing was written
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.spaces import utils

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python" / "envs"))

import gogym_test_echo

import space_elements
import space_reference as reference
from space_elements import attempt
from vectors import numbers_of

ECHO = "gogym_test_echo:gogym_test/SpaceEcho-v0"
DRAWS = 3
FLAT_LIMIT = 5000
"""The longest flat array that is worth writing down."""

# ------------------------------------------------------------------------------------------- fields


def doubles(numbers):
    return " ".join(struct.pack(">d", number).hex() for number in numbers) or "-"


def raw(content):
    return bytes(content).hex() or "-"


def text(words):
    return words.encode().hex() or "-"


def value(tree):
    """A Python object as the gym_value that it becomes."""
    if tree is None or isinstance(tree, (bool, np.bool_)):
        return {None: "none", True: "true", False: "false"}[tree if tree is None else bool(tree)]
    if isinstance(tree, (int, np.integer)):
        return f"i{int(tree)}" if -(2**63) <= tree < 2**63 else f"oint:{str(tree).encode().hex()}"
    if isinstance(tree, (float, np.floating)):
        return f"f{struct.pack('>d', tree).hex()}"
    if isinstance(tree, str):
        return f"s{tree.encode().hex()}"
    if isinstance(tree, np.ndarray):
        return f"a{tree.dtype.name}[{','.join(map(str, tree.shape))}]:{tree.tobytes().hex()}"
    if isinstance(tree, spaces.GraphInstance):
        return value(tree._asdict())
    if isinstance(tree, dict):
        items = ",".join(f"{value(key)}:{value(item)}" for key, item in tree.items())
        return f"{{{items}}}"
    inner = ",".join(value(item) for item in tree)
    return f"({inner})" if isinstance(tree, tuple) else f"[{inner}]"


def transition(observed, answer):
    _, reward, terminated, truncated, _ = answer
    return f"{observed}/{struct.pack('>d', reward).hex()}/{terminated + 2 * truncated}"


STATUS = {
    gymnasium.error.Error: "GYM_ERR_GYMNASIUM",
    gymnasium.error.CustomSpaceError: "GYM_ERR_CUSTOM_SPACE",
}


def words_of(error):
    """What an exception says, as far as a message that is cut may still say it."""
    return str(error).partition("\n")[0][:120]


class Records:
    """The lines of the file."""

    def __init__(self):
        self.lines = []

    def put(self, operation, *arguments_and_result):
        self.lines.append("\t".join([operation, *map(str, arguments_and_result)]))

    def fails(self, status, words, operation, *arguments):
        self.put("fails", text(words), operation, *arguments, status)

    def python_fails(self, error, operation, *arguments):
        self.fails(STATUS.get(type(error), "GYM_ERR_PYTHON"), words_of(error), operation, *arguments)


# ------------------------------------------------------------------------------------------- one space


def of_space(records, name, description):
    """Everything about one space of the table."""
    records.lines.append(f"# {name}")
    space = gogym_test_echo.make_space(name)
    records.put("space", name, json.dumps(description), "ok")
    node = reference.describe(space)
    for field in ("size", "nbytes", "flatdim"):
        records.put(field, "dynamic" if node[field] < 0 else node[field])
    records.put("value", value(node))
    records.put("again", value(node))
    of_children(records, space)
    of_seeds(records, space)
    of_draws(records, space)
    of_masks(records, space)
    elements = space_elements.of(gogym_test_echo.make_space(name))
    for element in elements:
        of_element(records, space, element)
        of_flat(records, space, element)
    if reference.is_fixed(space):
        of_misfits(records, space, elements)
        of_lengths(records, space, elements)
    else:
        of_dynamic(records)
    for given, verdict in space_elements.wrong_json(space):
        records.put("contains_value", given, int(verdict))
    of_environment(records, name, elements)
    if reference.is_fixed(space):
        of_strict_environment(records, name, elements)
    of_observing_environment(records, name)


def of_children(records, space):
    if isinstance(space, spaces.Sequence):
        parts = [space.feature_space]
    elif isinstance(space, spaces.Graph):
        parts = [part for part in (space.node_space, space.edge_space) if part is not None]
    elif isinstance(space, reference.LEAVES):
        parts = []
    else:
        parts = [child for child, _ in reference.children_of(space)]
    for i, part in list(enumerate(parts))[:8]:
        records.put("child", i, value(reference.describe(part)))
    records.fails("GYM_ERR_ARGUMENT", "", "child", len(parts))
    records.put("seed", 3, value(space.seed(3)))
    for i, part in list(enumerate(parts))[:3]:
        sampled, error = attempt(part.sample)
        if error:
            records.python_fails(error, "child_sample", i)
        else:
            records.put("child_sample", i, value(reference.value_of(part, sampled)))


def of_seeds(records, space):
    for seed in (0, 2**70, 11):
        records.put("seed", seed, value(space.seed(seed)))
    explicit = space.seed(11)
    records.put("seed", json.dumps(space_elements.jsonable_seeds(explicit)), value(explicit))
    for bad in (-1, "abc", 1.5):
        _, error = attempt(space.seed, bad)
        records.python_fails(error, "seed", json.dumps(bad))
    records.put("seed", 5, value(space.seed(5)))


def of_draws(records, space):
    """Samples of one stream, in all three forms in turn."""
    forms = SAMPLES if reference.is_fixed(space) else SAMPLES[-1:]
    for _ in range(DRAWS):
        for operation in forms:
            put_sample(records, space, operation, "-", {})


SAMPLES = ("sample", "sample_native", "sample_value")


def put_sample(records, space, operation, given, options):
    sampled, error = attempt(space.sample, **options)
    if error:
        records.python_fails(error, operation, given)
    elif operation == "sample_value":
        records.put(operation, given, value(reference.value_of(space, sampled)))
    elif operation == "sample_native":
        records.put(operation, given, raw(reference.native_of(space, sampled)))
    elif (place := space_elements.inexact(space, sampled)) is None:
        records.put(operation, given, doubles(numbers_of(space, sampled)))
    else:
        records.fails("GYM_ERR_INEXACT", place, operation, given)


def of_masks(records, space):
    generator = np.random.default_rng(8)
    for options in space_elements.sample_options(space, generator):
        given = json.dumps({key: space_elements.jsonable_mask(mask) for key, mask in options.items()})
        for operation in SAMPLES if reference.is_fixed(space) else SAMPLES[-1:]:
            put_sample(records, space, operation, given, options)


def of_element(records, space, element):
    canonical = reference.canonical(space, element)
    verdict = int(space.contains(canonical))
    if reference.is_fixed(space):
        if space_elements.inexact(space, element) is None:
            records.put("contains", doubles(numbers_of(space, element)), verdict)
        records.put("contains_native", raw(reference.native_of(space, element)), verdict)
    for tagged in (False, True):
        records.put("contains_value", reference.json_of(space, element, tagged=tagged), verdict)


def of_flat(records, space, element):
    """Flatten and unflatten: by the reference, and by Gymnasium wherever Gymnasium can."""
    if reference.is_fixed(space) and utils.flatdim(space) > FLAT_LIMIT:
        return
    theirs, _ = attempt(utils.flatten, space, element)
    given = reference.json_of(space, element)
    if not reference.is_fixed(space):
        if theirs is not None:
            records.put("flatten_value", given, value(theirs))
        return
    try:
        flat = reference.flat_of(space, element)
    except reference.MisfitError:
        of_unflattenable(records, space, element)
        return
    exact = space_elements.inexact(space, element) is None
    if exact:
        records.put("flatten", doubles(numbers_of(space, element)), doubles(flat.tolist()))
    records.put("flatten_native", raw(reference.native_of(space, element)), raw(flat.tobytes()))
    if theirs is not None:
        assert (theirs.dtype, theirs.tobytes()) == (flat.dtype, flat.tobytes()), (space, element)
        records.put("flatten_value", given, value(theirs))
    back = reference.unflat_of(space, flat)
    if exact and space_elements.inexact(space, back) is None:
        records.put("unflatten", doubles(flat.tolist()), doubles(numbers_of(space, back)))
    records.put("unflatten_native", raw(flat.tobytes()), raw(reference.native_of(space, back)))
    their_element, error = attempt(utils.unflatten, space, flat)
    if theirs is not None and not error:
        assert gogym_test_echo.tell(reference.canonical(space, their_element)) == gogym_test_echo.tell(back)
        number_list = json.dumps(reference.jsonable(flat.tolist()))
        records.put("unflatten_value", number_list, value(reference.value_of(space, back)))


def of_unflattenable(records, space, element):
    if space_elements.inexact(space, element) is None:
        records.fails("GYM_ERR_ELEMENT", "element", "flatten", doubles(numbers_of(space, element)))
    records.fails("GYM_ERR_ELEMENT", "element", "flatten_native", raw(reference.native_of(space, element)))


# ------------------------------------------------------------------------------------------- what is no element


def of_misfits(records, space, elements):
    for numbers, _ in space_elements.wrong_numbers(space, elements):
        try:
            wrong = reference.from_numbers(space, numbers)
        except reference.MisfitError as error:
            records.put("contains", doubles(numbers), 0)
            if utils.flatdim(space) <= FLAT_LIMIT:
                records.fails("GYM_ERR_ELEMENT", str(error), "flatten", doubles(numbers))
            continue
        verdict = bool(space.contains(wrong))
        records.put("contains", doubles(numbers), int(verdict))
    for buffer in space_elements.wrong_bytes(space, elements):
        try:
            verdict = bool(space.contains(reference.from_native(space, buffer)))
        except reference.MisfitError:
            verdict = False
        records.put("contains_native", raw(buffer), int(verdict))
    if utils.flatdim(space) > FLAT_LIMIT:
        return
    for place, numbers in space_elements.outside_one_hot(space, elements):
        records.fails("GYM_ERR_ELEMENT", place, "flatten", doubles(numbers))
    flat = np.zeros(utils.flatdim(space), reference.flat_dtype_of(space))
    try:
        reference.unflat_of(space, flat)
    except reference.MisfitError:
        records.fails("GYM_ERR_ELEMENT", "element", "unflatten", doubles(flat.tolist()))
        records.fails("GYM_ERR_ELEMENT", "element", "unflatten_native", raw(flat.tobytes()))


def of_lengths(records, space, elements):
    """Buffers of a wrong length."""
    exact = [element for element in elements if space_elements.inexact(space, element) is None]
    if not exact:
        return
    numbers, content = numbers_of(space, exact[0]), reference.native_of(space, exact[0])
    for operation, field in (
        ("contains", doubles([*numbers, 0.0])),
        ("contains_native", raw(content + b"\0")),
    ):
        records.fails("GYM_ERR_BUFFER", "", operation, field)
    if numbers:
        records.fails("GYM_ERR_BUFFER", "", "contains", doubles(numbers[:-1]))
        records.fails("GYM_ERR_BUFFER", "", "contains_native", raw(content[:-1]))
    if utils.flatdim(space) <= FLAT_LIMIT:
        records.fails("GYM_ERR_BUFFER", "", "flatten", doubles([*numbers, 0.0]))
        flat = [0.0] * utils.flatdim(space)
        records.fails("GYM_ERR_BUFFER", "", "unflatten", doubles([*flat, 0.0]))


def of_dynamic(records):
    for operation, field in (
        ("sample", "-"), ("sample_native", "-"), ("contains", "-"), ("contains_native", "-"),
        ("flatten", "-"), ("flatten_native", "-"), ("unflatten", "-"), ("unflatten_native", "-"),
    ):  # fmt: skip
        records.fails("GYM_ERR_DYNAMIC", "", operation, field)


# ------------------------------------------------------------------------------------------- environments


def made(records, **options):
    records.put("env", ECHO, json.dumps(options), "ok")
    return gymnasium.make(ECHO, **options)


def of_environment(records, name, elements):
    """An environment whose observations are its last actions."""
    env = made(records, observation_space=name)
    space = env.observation_space
    fixed = reference.is_fixed(space)
    node = reference.describe(space)
    for what in ("observation", "action"):
        for field in ("size", "nbytes"):
            records.put(f"{what}_{field}", "dynamic" if node[field] < 0 else node[field])
        records.put(f"{what}_space", value(node))
    records.fails("GYM_ERR_RESET_NEEDED", "", "observation")
    of_reset(records, env, 42)
    for element in elements + (space_elements.special(space, elements) if fixed else []):
        of_action(records, env, element)
    if not fixed:
        return
    for element in space_elements.payloads(space, elements):
        answer = env.step(element)
        field = raw(reference.native_of(space, element))
        records.put("step_native", field, transition(field, answer))
    env.action_space.seed(9)
    records.put("seed_action", 9, "ok")
    for i in range(2 * DRAWS):
        operation = "sample_action_native" if i % 2 else "sample_action"
        sampled, error = attempt(env.action_space.sample)
        if error:
            records.python_fails(error, operation)
        elif i % 2:
            records.put(operation, raw(reference.native_of(space, sampled)))
        elif (place := space_elements.inexact(space, sampled)) is None:
            records.put(operation, doubles(numbers_of(space, sampled)))
        else:
            records.fails("GYM_ERR_INEXACT", place.replace("element", "action", 1), operation)
    of_shared_space(records, env)
    of_refused_actions(records, env, elements)


def of_reset(records, env, seed):
    space = env.observation_space
    fixed = reference.is_fixed(space)
    for operation in ("reset", "reset_native") if fixed else ("reset",):
        answer, error = attempt(env.reset, seed=seed)
        if error:
            records.python_fails(error, operation, seed, "-")
            continue
        observed = answer[0]
        place = space_elements.inexact(space, observed, "observation") if fixed else None
        if operation == "reset_native":
            records.put(operation, seed, "-", raw(reference.native_of(space, observed)))
        elif place is None:
            records.put(operation, seed, "-", doubles(numbers_of(space, observed) if fixed else []))
        else:
            records.fails("GYM_ERR_INEXACT", place, operation, seed, "-")
            continue
        records.put("observation", value(reference.value_of(space, observed)))


def of_action(records, env, element):
    """One action, in every form that there is."""
    space = env.action_space
    element = reference.canonical(space, element)
    observed = value(reference.value_of(space, element))
    if reference.is_fixed(space):
        field = raw(reference.native_of(space, element))
        answer = env.step(element)
        records.put("step_native", field, transition(field, answer))
        records.put("info", value(answer[4]))
        records.put("observation", observed)
        place = space_elements.inexact(space, element, "observation")
        if place is None:
            field = doubles(numbers_of(space, element))
            answer = env.step(element)
            records.put("step", field, transition(field, answer))
            records.put("info", value(answer[4]))
        else:
            env.reset(options={"last": True})
            records.fails("GYM_ERR_INEXACT", place, "reset", "-", '{"last": true}')
            env.reset(options={"last": True})
            records.put("reset_native", "-", '{"last": true}', field)
        records.put("observation", observed)
    for tagged in (False, True):
        answer = env.step(element)
        given = reference.json_of(space, element, tagged=tagged)
        records.put("step_value", given, transition(observed, answer))
        records.put("info", value(answer[4]))


def of_shared_space(records, env):
    """A handle of the action space draws from the environment's own generator, and outlives the environment."""
    space = env.action_space
    records.put("space_of", "actions", "ok")
    records.put("seed", 4, value(space.seed(4)))
    for operation in ("sample_value", "sample_action_native", "sample_value"):
        sampled, error = attempt(space.sample)
        if error:
            return
        if operation == "sample_value":
            records.put(operation, "-", value(reference.value_of(space, sampled)))
        else:
            records.put(operation, raw(reference.native_of(space, sampled)))


def of_refused_actions(records, env, elements):
    """Numbers that the dtypes cannot hold are refused before the environment is touched; others are its affair."""
    space = env.action_space
    for numbers, _ in space_elements.wrong_numbers(space, elements):
        try:
            element = reference.from_numbers(space, numbers, "action", to_infinity=False)
        except reference.MisfitError as error:
            records.fails("GYM_ERR_ACTION", str(error), "step", doubles(numbers))
            continue
        answer = env.step(element)
        records.put("step", doubles(numbers), transition(doubles(numbers_of(space, element)), answer))
        records.put("info", value(answer[4]))
    for path, given in space_elements.wrong_json_numbers(space, elements[0]):
        records.fails("GYM_ERR_ACTION", path, "step_value", given)


def of_strict_environment(records, name, elements):
    """An environment that refuses what its action space does not contain, in its own words."""
    env = made(records, observation_space=name, strict=True)
    space = env.action_space
    of_reset(records, env, 1)
    for numbers, _ in space_elements.wrong_numbers(space, elements):
        try:
            element = reference.from_numbers(space, numbers, "action", to_infinity=False)
        except reference.MisfitError:
            continue
        answer, error = attempt(env.step, element)
        if error:
            records.fails("GYM_ERR_ACTION", words_of(error), "step", doubles(numbers))
        else:
            records.put("step", doubles(numbers), transition(doubles(numbers_of(space, element)), answer))
    for given, verdict in space_elements.wrong_json(space):
        if not verdict:
            records.fails("GYM_ERR_ACTION", "action", "step_value", given)
    for path, given in space_elements.wrong_json_numbers(space, elements[0]):
        records.fails("GYM_ERR_ACTION", path, "step_value", given)
    for element in elements:
        if space.contains(reference.canonical(space, element)) and not space_elements.inexact(space, element):
            field = doubles(numbers_of(space, element))
            records.put("step", field, transition(field, env.step(reference.canonical(space, element))))


def of_observing_environment(records, name):
    """An environment that observes samples of the space and has plain actions."""
    env = made(records, observation_space=name, action_space={"type": "Discrete", "n": 2}, observe="sample")
    of_reset(records, env, 7)
    space = env.observation_space
    records.put("space_of", "observations", "ok")
    records.put("seed", 6, value(space.seed(6)))
    fixed = reference.is_fixed(space)
    for i in range(DRAWS):
        answer, error = attempt(env.step, np.int64(i % 2))
        if error:
            records.python_fails(error, "step", doubles([i % 2]))
            return
        observed = value(reference.value_of(space, answer[0]))
        if i == 2 or (fixed and space_elements.inexact(space, answer[0], "observation")):
            records.put("step_value", i % 2, transition(observed, answer))
        else:
            numbers = numbers_of(space, answer[0]) if fixed else []
            records.put("step", doubles([i % 2]), transition(doubles(numbers), answer))
        records.put("observation", observed)
    if fixed:
        answer = env.step(np.int64(1))
        field = raw(reference.native_of(space, answer[0]))
        records.put("step_native", raw(np.int64(1).tobytes()), transition(field, answer))


# ------------------------------------------------------------------------------------------- the file


def main(out):
    """Write all records."""
    import warnings

    import space_refusals

    gymnasium.logger.min_level = gymnasium.logger.ERROR
    records = Records()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, entry in gogym_test_echo.table().items():
            of_space(records, name, entry["description"])
        space_refusals.write(records)
    Path(out).write_text("\n".join(records.lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
