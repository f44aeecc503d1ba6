"""Descriptions that gym_space_make must refuse, with Gymnasium's words where they are Gymnasium's to find.

And environments with a space of a class that gogym cannot know. For space_vectors.py.
"""

from __future__ import annotations

import json

import gogym_test_echo
import gymnasium

from space_elements import attempt

# What is not JSON, or not of the grammar: the status, and what the message must name.
MALFORMED = [
    ("GYM_ERR_JSON", "", "{"),
    ("GYM_ERR_JSON", "", ""),
    ("GYM_ERR_JSON", "", '{"type": "Discrete", "n": 3} x'),
    ("GYM_ERR_JSON", "", '{"type": "Discrete", "n": NaN}'),
    ("GYM_ERR_JSON", "", '{"type": "Discrete", "n": 3, "n": 4}'),
    ("GYM_ERR_JSON", "__set__", '{"type": "Discrete", "n": {"__set__": [3]}}'),
    ("GYM_ERR_SPACE", "Sphere", '{"type": "Sphere"}'),
    ("GYM_ERR_SPACE", "type", '{"n": 3}'),
    ("GYM_ERR_SPACE", "type", "{}"),
    ("GYM_ERR_SPACE", "colour", '{"type": "Discrete", "n": 3, "colour": 1}'),
    ("GYM_ERR_SPACE", "n", '{"type": "Discrete"}'),
    ("GYM_ERR_SPACE", "max_length", '{"type": "Text"}'),
    ("GYM_ERR_SPACE", "spaces", '{"type": "Tuple"}'),
    ("GYM_ERR_SPACE", "", '{"type": "Tuple", "spaces": 3}'),
    ("GYM_ERR_SPACE", "[1]", '{"type": "Tuple", "spaces": [{"type": "Discrete", "n": 3}, 5]}'),
    ("GYM_ERR_SPACE", "", '{"type": "Dict", "spaces": [["a"]]}'),
    ("GYM_ERR_SPACE", "space", '{"type": "Sequence"}'),
    ("GYM_ERR_SPACE", "n", '{"type": "Discrete", "n": 2.5}'),
    ("GYM_ERR_SPACE", "n", '{"type": "Discrete", "n": "three"}'),
    ("GYM_ERR_SPACE", "start", '{"type": "Discrete", "n": 3, "start": 0.5}'),
    ("GYM_ERR_SPACE", "n", '{"type": "MultiBinary", "n": 2.5}'),
    ("GYM_ERR_SPACE", "max_length", '{"type": "Text", "max_length": 2.5}'),
    ("GYM_ERR_SPACE", "float7", '{"type": "Box", "low": 0, "high": 1, "dtype": "float7"}'),
]

# What Gymnasium's constructors refuse.
REFUSED = [
    {"type": "Box", "low": 1, "high": 0},
    {"type": "Box", "low": [0, 2], "high": [1, 1]},
    {"type": "Box", "low": [0, 2], "high": [3, 3, 3]},
    {"type": "Box", "low": [0, 2], "high": 3, "shape": [3]},
    {"type": "Box", "low": 0, "high": 256, "dtype": "uint8"},
    {"type": "Box", "low": -1, "high": 1, "dtype": "uint16"},
    {"type": "Box", "low": None, "high": 1, "dtype": "uint8"},
    {"type": "Box", "low": 0, "high": None, "dtype": "bool"},
    {"type": "Box", "low": {"__float__": "nan"}, "high": 1},
    {"type": "Box", "low": 0, "high": 1, "dtype": "complex64"},
    {"type": "Discrete", "n": 0},
    {"type": "Discrete", "n": -3},
    {"type": "Discrete", "n": 3, "dtype": "float32"},
    {"type": "Discrete", "n": 300, "dtype": "uint8"},
    {"type": "MultiDiscrete", "nvec": [2, 0]},
    {"type": "MultiDiscrete", "nvec": [2, 3], "start": [1]},
    {"type": "MultiDiscrete", "nvec": [2, 3], "dtype": "float64"},
    {"type": "MultiDiscrete", "nvec": [2, 300], "dtype": "int8"},
    {"type": "MultiBinary", "n": 0},
    {"type": "MultiBinary", "n": [2, 0]},
    {"type": "Text", "max_length": -1},
    {"type": "Text", "max_length": 2, "min_length": 3},
    {"type": "OneOf", "spaces": []},
]


def write(records):
    """Append the records of all this."""
    records.lines.append("# refused")
    for status, words, text in MALFORMED:
        records.fails(status, words, "space", "malformed", text or "-")
    for description in REFUSED:
        words = refusal(description)
        records.fails("GYM_ERR_SPACE", words, "space", "refused", json.dumps(description))
    inner = {"type": "Discrete", "n": 0}
    nested = {"type": "Dict", "spaces": {"camera": {"type": "Tuple", "spaces": [inner]}}}
    for words in (refusal(inner), '["camera"][0]'):
        records.fails("GYM_ERR_SPACE", words, "space", "nested", json.dumps(nested))
    write_custom(records)


def refusal(description):
    _, error = attempt(gogym_test_echo.build, gogym_test_echo.untagged(description))
    assert error, f"Gymnasium takes {description}"
    return str(error).partition("\n")[0][:60]


def write_custom(records):
    """A custom space, alone and inside a Dict: it comes and goes as what it is."""
    import space_vectors as vectors

    records.lines.append("# custom")
    mission = {"type": "Dict", "spaces": {"direction": {"type": "Discrete", "n": 4}, "mission": "custom"}}
    elements = {
        "custom": ["go to the red door", {"any": [1, 2.5, None, True]}, [1, "two"], None, 3],
        "dict": [{"direction": 2, "mission": "go to the red door"}, {"direction": 3, "mission": [1]}],
    }
    for name, space in (("custom", "custom"), ("dict", mission)):
        records.put("env", vectors.ECHO, json.dumps({"observation_space": space}), "ok")
        env = gymnasium.make(vectors.ECHO, observation_space=space)
        records.put("observation_size", "dynamic")
        records.put("action_nbytes", "dynamic")
        observed, _ = env.reset(seed=3)
        records.put("reset", 3, "-", "-")
        records.put("observation", vectors.value(plain(observed)))
        for element in elements[name]:
            action = dict(element) if name == "dict" else element
            if name == "dict":
                action["direction"] = env.action_space["direction"].dtype.type(element["direction"])
            answer = env.step(action)
            records.put(
                "step_value", json.dumps(element), vectors.transition(vectors.value(plain(action)), answer)
            )
            records.put("info", vectors.value(answer[4]))
        records.fails("GYM_ERR_DYNAMIC", "", "sample_action")
        records.put("space_of", "actions", "ok")
        verdicts = {"custom": [("go to the blue door", 1), ("go away", 0), (5, 0)], "dict": [(5, 0), ({}, 0)]}
        for element, verdict in verdicts[name]:
            records.put("contains_value", json.dumps(element), verdict)
        env.action_space.seed(6)
        records.put("seed", 6, vectors.value(env.action_space.seed(6)))
        for _ in range(3):
            records.put("sample_value", "-", vectors.value(plain(env.action_space.sample())))


def plain(element):
    """An element of the spaces above as a gym_value says it."""
    if isinstance(element, dict) and "mission" in element:
        return {**element, "direction": int(element["direction"])}
    return element
