"""gogym.h read as a reader does: is every prototype documented, and does native.py know all of it?"""

import ctypes
import re

import pytest

import gogym
from gogym import native
from gogym.status import Status

LABELS = ("Ownership", "Lifetime", "Threads", "Errors")
# "Ownership:", or "Ownership, Lifetime:" where one answer serves both.
HEADING = re.compile(r"\b(Ownership|Lifetime|Threads|Errors)\b(?=[:,])")


def prototypes(root):
    """(name, its comment, its parameters) of every function of the header."""
    text = (root / "include" / "gogym.h").read_text(encoding="utf-8")
    found = re.findall(r"(/\*(?:(?!\*/).)*\*/)\s*\nGYM_API ([^;]*);", text, re.DOTALL)
    result = []
    for comment, declaration in found:
        name, parameters = re.fullmatch(r".*?(\w+)\((.*)\)", declaration, re.DOTALL).groups()
        result.append((name, re.sub(r"\s*\n \*(?!/)\s*", " ", comment), " ".join(parameters.split())))
    assert len(result) == len(re.findall(r"^GYM_API ", text, re.MULTILINE)), "a prototype has no comment"
    assert len(result) > 30
    return result


def test_every_prototype_answers_the_four_questions_in_order(root):
    for name, comment, _ in prototypes(root):
        labels = [label for label in HEADING.findall(comment) if label in LABELS]
        assert labels == list(LABELS), f"{name}: {labels}"


def test_every_nullable_parameter_exists(root):
    checked = 0
    for name, comment, parameters in prototypes(root):
        pointers = set(re.findall(r"(?:\*+|gym_\w+_callback )(\w+)", parameters))
        stated = re.search(r"Nullable: (.*?)\.\s*\*/", comment)
        nullable = re.sub(r"\([^)]*\)", "", stated[1]) if stated else ""
        names = {word.strip() for word in nullable.split(",") if word.strip()}
        assert names <= pointers, f"{name}: {names - pointers} is no pointer of {parameters}"
        if "err" in pointers:
            assert "err" in names, f"{name}: err may be NULL everywhere"
            assert parameters.endswith("gym_error *err"), name
        checked += len(names)
    assert checked > 20


def test_native_knows_every_function_with_its_parameters(root):
    functions = prototypes(root)
    assert {name for name, _, _ in functions} == set(native.PROTOTYPES)
    for name, _, parameters in functions:
        count = 0 if parameters == "void" else len(parameters.split(","))
        assert len(native.PROTOTYPES[name][1]) == count, name


def test_native_has_the_sizes_of_the_c_structs(root):
    record = (root / "tests" / "abi" / "layout-1.txt").read_text(encoding="utf-8")
    structs = {
        "gym_error": native.Error,
        "gym_config": native.Config,
        "gym_env": native.Env,
        "gym_space": native.library.Space,
        "gym_transition": native.Transition,
        "gym_array": native.Array,
        "gym_frame_part": native.library.FramePart,
        "gym_frame": native.library.Frame,
        "gym_vec": native.library.Vec,
        "gym_vec_view": native.VecView,
    }
    for name, structure in structs.items():
        assert f"sizeof {name} {ctypes.sizeof(structure)}\n" in record
        for field, *_ in structure._fields_:
            offset, size = getattr(structure, field).offset, getattr(structure, field).size
            assert f"field {name}.{field} offset {offset} size {size}\n" in record


def test_status_is_the_map_of_the_header(root):
    text = (root / "include" / "gogym.h").read_text(encoding="utf-8")
    values = {name: int(value) for name, value in re.findall(r"X\(GYM_(\w+), (\d+),", text)}
    assert values == {("" if s is Status.OK else "ERR_") + s.name: s.value for s in Status}


@pytest.mark.parametrize("status", list(Status))
def test_the_library_names_every_status(library, status):
    name = library.status_name(status)
    assert name == ("GYM_OK" if status is Status.OK else f"GYM_ERR_{status.name}")
    assert library.status_description(status)


def test_an_unknown_status_has_a_name(library):
    assert library.status_name(9999) == "GYM_ERR_UNKNOWN"
    assert library.status_description(9999)


def test_versions_agree(library):
    assert library.version() == gogym.__version__
