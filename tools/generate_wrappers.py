#!/usr/bin/env python3
"""Writes go/wrappers/wrappers_gen.go: a Go type for each wrapper of the installed gymnasium.wrappers.

The signatures are read from Gymnasium's sources, because some of its wrappers cannot be imported without packages
that need not be installed. With --check nothing is written; the exit status is 1 where the file is not what the
signatures say.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "go" / "wrappers" / "wrappers_gen.go"

INITIALISMS = {"fps": "FPS", "gc": "GC", "xp": "XP"}


class Kind(NamedTuple):
    """What an argument is in Go."""

    required: str
    """The type of its field where it has no default."""
    optional: str
    """The type of its field where it has one."""
    add_required: str = "a.add"
    """What adds it to the arguments."""
    add_optional: str = "addGiven"


TEXT = Kind("string", "*string")
NUMBERS = Kind("Numbers", "Numbers", "a.addNumbers", "a.addNumbersGiven")
INT_OR_INTS = Kind("IntOrInts", "IntOrInts", "a.addInts", "a.addIntsGiven")
SPACE = Kind("gogym.Space", "gogym.Space")
REWARD_CALLBACK = Kind("reward callback", "")
ARRAY_CALLBACK = Kind("array callback", "")
TRIGGER = Kind("", "func(count int) bool", "", "a.addTrigger")

KINDS = {
    "bool": Kind("bool", "*bool"),
    "int": Kind("int", "*int"),
    "int | None": Kind("int", "*int"),
    "float": Kind("float64", "*float64"),
    "str": TEXT,
    "ModuleType": TEXT,
    "Device | None": TEXT,
    "tuple[int, int]": Kind("[]int", "[]int", "a.addTuple", "a.addTupleGiven"),
    "int | tuple[int, int]": INT_OR_INTS,
    "int | tuple[int, ...]": INT_OR_INTS,
    "float | np.ndarray | None": NUMBERS,
    "np.floating | np.integer | np.ndarray": NUMBERS,
    "Sequence[str | int]": Kind("[]any", "[]any"),
    "str | ObsType": Kind("any", "any", "a.add", "a.addAnyGiven"),
    "Space[WrapperObsType] | None": SPACE,
    "gym.Space[WrapperObsType] | None": SPACE,
    "Space[WrapperActType] | None": SPACE,
    "gym.Space[WrapperActType] | None": SPACE,
    "Callable[[SupportsFloat], SupportsFloat]": REWARD_CALLBACK,
    "Callable[[ObsType], Any]": ARRAY_CALLBACK,
    "Callable[[WrapperActType], ActType]": ARRAY_CALLBACK,
    "Callable[[int], bool] | None": TRIGGER,
}
"""By annotation. What is annotated as Any is looked up by wrapper and argument instead."""

UNTYPED = {("DtypeObservation", "dtype"): TEXT}

WHAT = {
    "AddRenderObservation": "makes frames a part of the observation, or all of it",
    "AddWhiteNoise": "puts random pixels into the frames",
    "ArrayConversion": "translates arrays between two array packages",
    "AtariPreprocessing": "is the usual preparation of Atari games: no-ops, skipped frames, small grey frames",
    "Autoreset": "resets the environment at the step after an episode's last one",
    "ClipAction": "moves actions into the bounds of a Box",
    "ClipReward": "moves rewards into bounds",
    "DelayObservation": "gives observations some steps late",
    "DiscretizeAction": "makes a Box of actions discrete",
    "DiscretizeObservation": "makes a Box of observations discrete",
    "DtypeObservation": "converts observations to another dtype",
    "FilterObservation": "keeps some parts of a Dict or Tuple",
    "FlattenObservation": "flattens observations, as Gymnasium's flatten does",
    "FrameStackObservation": "stacks the last observations",
    "GrayscaleObservation": "turns colours into grey",
    "HumanRendering": "shows frames of arrays in a window",
    "JaxToNumpy": "is for an environment of JAX arrays: outside they are NumPy's",
    "JaxToTorch": "is for an environment of JAX arrays: outside they are PyTorch's",
    "MaxAndSkipObservation": "repeats an action and gives the larger of the last two observations, by element",
    "NormalizeObservation": "scales observations to mean 0 and variance 1, as far as seen",
    "NormalizeReward": "scales rewards so that discounted returns have a fixed variance",
    "NumpyToTorch": "is for an environment of NumPy arrays: outside they are PyTorch's",
    "ObstructView": "puts patches of random pixels into the frames",
    "OrderEnforcing": "refuses a step or a frame before the first reset",
    "PassiveEnvChecker": "checks spaces, and the first reset, step and frame",
    "RecordEpisodeStatistics": "puts return, length and time of an episode into its last info",
    "RecordVideo": "writes episodes to .mp4 files",
    "RenderCollection": "gathers the frames of all steps until they are asked for",
    "RepeatAction": "takes each action several times and adds up the rewards",
    "RescaleAction": "maps other bounds to those of a Box of actions, linearly",
    "RescaleObservation": "maps the bounds of a Box of observations to others, linearly",
    "ReshapeObservation": "gives observations another shape",
    "ResizeObservation": "scales frames to another size",
    "StickyAction": "now and then takes the last action again instead of the new one",
    "TimeAwareObservation": "makes the time step a part of the observation",
    "TimeLimit": "truncates episodes after so many steps",
    "TransformAction": "sends actions through a function",
    "TransformObservation": "sends observations through a function",
    "TransformReward": "sends rewards through a function",
}
"""What each wrapper does."""

MEANING = {
    "AddRenderObservation.render_only": "the frame takes the observation's place; false: a dict of both",
    "AddRenderObservation.render_key": "the key of the frame in that dict",
    "AddRenderObservation.obs_key": "the key of the observation in that dict, where it is none itself",
    "AddWhiteNoise.probability_of_noise_per_pixel": "how likely a pixel becomes noise, 0 or more and below 1",
    "AddWhiteNoise.is_noise_grayscale": "noise without colours",
    "ArrayConversion.env_xp": "the environment's array package, a module's name such as \"numpy\"",
    "ArrayConversion.target_xp": "the array package outside, a module's name",
    "ArrayConversion.env_device": "the device of the environment's arrays",
    "ArrayConversion.target_device": "the device of the arrays outside",
    "AtariPreprocessing.noop_max": "at most so many no-ops after a reset; 0: none",
    "AtariPreprocessing.frame_skip": "how many frames an action lasts",
    "AtariPreprocessing.screen_size": "the size of a frame in pixels: one number, or width and height",
    "AtariPreprocessing.terminal_on_life_loss": "a lost life ends the episode",
    "AtariPreprocessing.grayscale_obs": "grey frames; false: RGB",
    "AtariPreprocessing.grayscale_newaxis": "grey frames have a third axis, of length 1",
    "AtariPreprocessing.scale_obs": "numbers from 0 to 1 in place of 0 to 255",
    "ClipReward.min_reward": "the lower bound",
    "ClipReward.max_reward": "the upper bound",
    "DelayObservation.delay": "how many steps",
    "DiscretizeAction.bins": "into how many parts: of each dimension, or one number for all",
    "DiscretizeAction.multidiscrete": "a MultiDiscrete, one number a dimension; false: one Discrete for all",
    "DiscretizeObservation.bins": "into how many parts: of each dimension, or one number for all",
    "DiscretizeObservation.multidiscrete": "a MultiDiscrete, one number a dimension; false: one Discrete for all",
    "DtypeObservation.dtype": 'NumPy\'s name of the dtype, such as "float32"',
    "FilterObservation.filter_keys": "what to keep: keys of a Dict (strings), indices of a Tuple (ints)",
    "FrameStackObservation.stack_size": "how many observations",
    "FrameStackObservation.padding_type": 'what stands before the first one: "reset" (the first one), "zero", or an '
    "observation",
    "GrayscaleObservation.keep_dim": "keeps the third axis, of length 1",
    "JaxToTorch.device": "the device of the tensors",
    "MaxAndSkipObservation.skip": "how many steps an action lasts, 2 or more",
    "NormalizeObservation.epsilon": "is added to the variance, so that nothing is divided by 0",
    "NormalizeReward.gamma": "the discount of the returns, from 0 to 1",
    "NormalizeReward.epsilon": "is added to the variance, so that nothing is divided by 0",
    "NumpyToTorch.device": "the device of the tensors",
    "ObstructView.obstructed_pixels_ratio": "how much of a frame is covered, 0 or more and below 1",
    "ObstructView.obstruction_width": "the width of a patch in pixels",
    "ObstructView.is_noise_grayscale": "noise without colours",
    "OrderEnforcing.disable_render_order_enforcing": "allows a frame before the first reset",
    "RecordEpisodeStatistics.buffer_length": "how many episodes the wrapper's own queues remember",
    "RecordEpisodeStatistics.stats_key": "the key in the info",
    "RecordVideo.video_folder": "the folder of the files",
    "RecordVideo.episode_trigger": "whether to record the episode of this number, from 0 on; without any trigger: "
    "episodes 0, 1, 8, 27 ... and each 1000th",
    "RecordVideo.step_trigger": "whether to begin recording at the step of this number",
    "RecordVideo.video_length": "the steps of a video; 0: until the episode ends",
    "RecordVideo.name_prefix": "how the names of the files begin",
    "RecordVideo.fps": "frames a second; nil: what the environment says, or 30",
    "RecordVideo.disable_logger": "keeps the video library's progress to itself",
    "RecordVideo.gc_trigger": "whether to run Python's garbage collector after the episode of this number; nil: after "
    "each",
    "RenderCollection.pop_frames": "asking for the frames takes them away",
    "RenderCollection.reset_clean": "a reset takes the frames away",
    "RepeatAction.num_repeats": "how many times",
    "RescaleAction.min_action": "the new lower bound",
    "RescaleAction.max_action": "the new upper bound",
    "RescaleObservation.min_obs": "the new lower bound",
    "RescaleObservation.max_obs": "the new upper bound",
    "ReshapeObservation.shape": "the new shape, of as many elements",
    "ResizeObservation.shape": "the new height and width",
    "StickyAction.repeat_action_probability": "how likely the last action is taken again, 0 or more and below 1",
    "StickyAction.repeat_action_duration": "for how many steps, or the least and the greatest number of them",
    "TimeAwareObservation.flatten": "one flat Box of observation and time; false: a dict of both",
    "TimeAwareObservation.normalize_time": "the time from 0 to 1; false: the number of steps",
    "TimeAwareObservation.dict_time_key": "the key of the time in that dict",
    "TimeLimit.max_episode_steps": "how many steps, 1 or more",
    "TransformAction.func": "makes the wrapped environment's action (out) of one that is given to the new one (in)",
    "TransformAction.action_space": "the new environment's space of actions; nil: the wrapped one's",
    "TransformObservation.func": "makes the new observation (out) of the wrapped environment's (in)",
    "TransformObservation.observation_space": "the new space of observations; nil: as before",
    "TransformReward.func": "makes the new reward",
}
"""What each argument means."""


class Argument(NamedTuple):
    """One argument of a wrapper."""

    name: str
    annotation: str
    default: str | None
    """As it stands in the source; None where there is none."""


class Wrapper(NamedTuple):
    """A wrapper with its arguments, but for the environment."""

    name: str
    arguments: list[Argument]


# ------------------------------------------------------------------------------------------ the signatures


def gymnasium_wrappers() -> Path:
    """The folder of gymnasium.wrappers; nothing is imported."""
    spec = importlib.util.find_spec("gymnasium")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            "gymnasium is not installed for this Python: run tools/setup.sh, and take .venv/bin/python"
        )
    return Path(spec.submodule_search_locations[0]) / "wrappers"


def read_wrappers(folder: Path) -> list[Wrapper]:
    """The wrappers that gymnasium.wrappers exports, in alphabetical order."""
    exported = exported_names(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    classes = {
        node.name: node
        for path in sorted(folder.glob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    missing = exported - classes.keys()
    if missing:
        raise SystemExit(f"{folder}: there is no class {', '.join(sorted(missing))}")
    return [Wrapper(name, arguments_of(classes[name])) for name in sorted(exported)]


def exported_names(module: ast.Module) -> set[str]:
    """__all__ without the module of vector wrappers."""
    for node in module.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value)) - {"vector"}
    raise SystemExit("gymnasium.wrappers has no __all__")


def arguments_of(cls: ast.ClassDef) -> list[Argument]:
    """The arguments of the constructor behind self and env."""
    for node in cls.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            break
    else:
        raise SystemExit(f"{cls.name} has no __init__ of its own")
    given = node.args
    if given.vararg or given.kwarg or given.posonlyargs or [a.arg for a in given.args[:2]] != ["self", "env"]:
        raise SystemExit(f"{cls.name}.__init__ is of a form that is not known here")
    defaults: list[ast.expr | None] = [None] * (len(given.args) - len(given.defaults))
    pairs = [*zip(given.args, [*defaults, *given.defaults], strict=True)][2:]
    pairs += zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return [
        Argument(
            argument.arg,
            annotation_of(argument.annotation),
            None if default is None else ast.unparse(default),
        )
        for argument, default in pairs
    ]


def annotation_of(node: ast.expr | None) -> str:
    """An annotation as text, quoted or not."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return "" if node is None else ast.unparse(node)


# ------------------------------------------------------------------------------------------ the Go file


def go_source(wrappers: list[Wrapper]) -> str:
    """go/wrappers/wrappers_gen.go, laid out as gofmt lays it out."""
    known = {f"{w.name}.{a.name}" for w in wrappers for a in w.arguments}
    for table, unknown in (
        ("WHAT", WHAT.keys() - {w.name for w in wrappers}),
        ("MEANING", MEANING.keys() - known),
    ):
        if unknown:
            raise SystemExit(f"Gymnasium has no {', '.join(sorted(unknown))}: take it out of {table}")
    head = [
        "// Code generated by tools/generate_wrappers.py from Gymnasium's signatures; DO NOT EDIT.",
        "",
        "package wrappers",
        "",
        'import "example.com/gogym"',
    ]
    return "\n".join(head) + "\n" + "".join(go_type(wrapper) for wrapper in wrappers)


def go_type(wrapper: Wrapper) -> str:
    """A struct and its method."""
    name = wrapper.name
    fields: list[str] = []
    calls: list[str] = []
    for argument in wrapper.arguments:
        fields += field_lines(name, argument)
        calls.append(call_line(name, argument))
    lines = ["", f"// {name} {looked_up(WHAT, name)}."]
    lines += (
        [f"type {name} struct {{", *(f"\t{line}" for line in fields), "}"]
        if fields
        else [f"type {name} struct{{}}"]
    )
    lines += ["", "// Wrapper gives the name and the arguments."]
    if calls:
        lines += [
            f"func (w {name}) Wrapper() (string, []gogym.WrapperArgument, error) {{",
            f'\ta := arguments{{wrapper: "{name}"}}',
            *(f"\t{call}" for call in calls),
            "\treturn a.all()",
            "}",
        ]
    else:
        lines += [
            f"func ({name}) Wrapper() (string, []gogym.WrapperArgument, error) {{",
            f'\treturn "{name}", nil, nil',
            "}",
        ]
    return "\n".join(lines) + "\n"


def field_lines(wrapper: str, argument: Argument) -> list[str]:
    """The fields of an argument, with what there is to say of it."""
    kind = kind_of(wrapper, argument)
    field = go_name(argument.name)
    meaning = looked_up(MEANING, f"{wrapper}.{argument.name}")
    text = f"{field} is {argument.name}: {meaning}{default_text(argument)}"
    comment = [f"// {line}" for line in textwrap.wrap(text, 112)]
    if kind is REWARD_CALLBACK:
        return [
            *comment,
            f"{field} func(reward float64) float64",
            f"// {field}Err is {field} that may fail; exactly one of the two is set.",
            f"{field}Err func(reward float64) (float64, error)",
        ]
    if kind is ARRAY_CALLBACK:
        return [
            *comment,
            f"{field} func(in, out []float64) error",
            f"// {field}Array is {field} with dtypes and shapes; exactly one of the two is set.",
            f"{field}Array func(in, out *gogym.Array) error",
        ]
    return [*comment, f"{field} {kind.required if argument.default is None else kind.optional}"]


def call_line(wrapper: str, argument: Argument) -> str:
    """What adds an argument to the wrapper's."""
    kind = kind_of(wrapper, argument)
    field = f"w.{go_name(argument.name)}"
    if kind in (REWARD_CALLBACK, ARRAY_CALLBACK):
        other = f"{field}{'Err' if kind is REWARD_CALLBACK else 'Array'}"
        names = f"{field} and {other}".replace("w.", "")
        return (
            f'a.addCallback("{argument.name}", "{names}", {field} != nil, {field}, {other} != nil, {other})'
        )
    if argument.default is None:
        return f'{kind.add_required}("{argument.name}", {field})'
    if kind.add_optional.startswith("a."):
        return f'{kind.add_optional}("{argument.name}", {field})'
    return f'{kind.add_optional}(&a, "{argument.name}", {field})'


def kind_of(wrapper: str, argument: Argument) -> Kind:
    """What an argument is in Go."""
    kind = (
        UNTYPED.get((wrapper, argument.name))
        if argument.annotation == "Any"
        else KINDS.get(argument.annotation)
    )
    if kind is None or not (kind.required if argument.default is None else kind.optional):
        raise SystemExit(
            f"{wrapper}.{argument.name} is a {argument.annotation!r} with the default {argument.default}: say in KINDS "
            "what that is in Go"
        )
    return kind


def default_text(argument: Argument) -> str:
    """The default, where it says something; None and functions do not."""
    if argument.default is None or argument.default == "None" or argument.default.startswith("lambda"):
        return ""
    value = ast.literal_eval(argument.default)
    if isinstance(value, bool):
        return f"; default {str(value).lower()}"
    return f'; default "{value}"' if isinstance(value, str) else f"; default {value}"


def looked_up(table: dict[str, str], name: str) -> str:
    """An entry of WHAT or MEANING."""
    if name not in table:
        raise SystemExit(
            f"Gymnasium has a new {name}: say in {'MEANING' if '.' in name else 'WHAT'} what it is"
        )
    return table[name]


def go_name(name: str) -> str:
    """stack_size -> StackSize."""
    return "".join(INITIALISMS.get(word, word.capitalize()) for word in name.split("_"))


def main() -> int:
    """Writes or checks the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the file differs")
    parser.add_argument("--target", type=Path, default=TARGET, help="another file")
    given = parser.parse_args()

    wrappers = read_wrappers(gymnasium_wrappers())
    text = go_source(wrappers)
    target: Path = given.target
    is_stale = not target.exists() or target.read_text(encoding="utf-8") != text
    if is_stale and given.check:
        print(f"{target.name} is not what Gymnasium's signatures say: run tools/generate_wrappers.py")
    elif is_stale:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    state = ("stale" if given.check else "written") if is_stale else "unchanged"
    print(
        f"{len(wrappers)} wrappers, {target.name} is {state}"
        if is_stale
        else f"{len(wrappers)} wrappers, unchanged"
    )
    return 1 if given.check and is_stale else 0


if __name__ == "__main__":
    sys.exit(main())
