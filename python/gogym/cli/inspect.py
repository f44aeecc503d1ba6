"""``gogym inspect``: what an environment is made of, and where each part of its spaces lies in a buffer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from gogym.cli import environment, output

if TYPE_CHECKING:
    import gymnasium

_SHOWN_BOUNDS = 4
"""As many elements have their bounds shown one by one."""

_COLUMNS = (
    output.Column("path", style="bold", wrap=True),
    output.Column("type"),
    output.Column("dtype"),
    output.Column("shape"),
    output.Column("bounds", wrap=True),
    output.Column("float64", right=True),
    output.Column("native bytes", right=True),
)


@click.command()
@environment.environment_options
@output.reporting
def inspect(
    *,
    env_id: str,
    options: str | None,
    pairs: Sequence[str],
    wrappers: Sequence[str],
    as_json: bool,
) -> None:
    """Show an ENVIRONMENT: its spec, its wrappers, and its spaces leaf by leaf.

    Each leaf has its place in both layouts, offset + size: float64 elements, and bytes of the native layout.
    """
    found = _examine(environment.choose(env_id, options, pairs, wrappers))
    if as_json:
        output.show_json(found)
        return
    _show(found)


# ------------------------------------------------------------------------------------------- what there is


def _examine(choice: environment.Choice) -> dict[str, Any]:
    from gogym import make, registry, space  # noqa: PLC0415

    with output.environments_at_work():
        env = make.make_environment(choice.id, choice.options_text)
        try:
            unwrapped = env.unwrapped
            return {
                "id": choice.id,
                "class": space.class_name(type(unwrapped)),
                "spec": None if env.spec is None else registry.spec_value(env.spec),
                "render_mode": env.render_mode,
                "metadata": dict(env.metadata),
                "wrappers": [_wrapper(layer) for layer in _layers(env)],
                "observation_space": _space(space.describe(env.observation_space), "observation"),
                "action_space": _space(space.describe(env.action_space), "action"),
            }
        finally:
            env.close()


def _layers(env: gymnasium.Env[Any, Any]) -> Iterator[Any]:
    """The wrappers around an environment, the outermost first."""
    layer: Any = env
    while layer is not env.unwrapped:
        yield layer
        layer = layer.env


def _wrapper(layer: Any) -> dict[str, Any]:
    from gogym.space import class_name  # noqa: PLC0415

    # Gymnasium's wrappers remember what they were made with.
    arguments = getattr(layer, "_saved_kwargs", None)
    return {
        "name": type(layer).__name__,
        "class": class_name(type(layer)),
        "arguments": arguments if isinstance(arguments, dict) else {},
    }


def _space(tree: dict[str, Any], path: str) -> dict[str, Any]:
    totals = {name: tree[name] for name in ("type", "size", "nbytes", "flatdim", "flat_dtype")}
    return {**totals, "leaves": [*leaves(tree, path)], "description": _described(tree)}


def leaves(node: dict[str, Any], path: str) -> Iterator[dict[str, Any]]:
    """The leaves of a space's description, each with its path: ``observation["camera"]``.

    The index of a OneOf is a leaf of its own; its alternatives, which share one place, are ``path[0]``, ``path[1]`` ...
    What the elements of a Sequence are is ``path[*]``; a Graph has ``path.nodes`` and ``path.edges``.
    """
    from gogym.space import key_text  # noqa: PLC0415

    kind = node["type"]
    if kind == "OneOf":
        # As gogym.space lays it out: an int64 in front of the alternatives.
        size, nbytes = (1, 8) if node["size"] >= 0 else (-1, -1)
        index = {"dtype": "int64", "shape": (), "size": size, "nbytes": nbytes}
        yield {"path": path, **_described(node, deep=False), **index, "flatdim": size}
    elif kind not in ("Tuple", "Dict") or not node["spaces"]:
        yield {"path": path, **_described(node, deep=False)}
    names: Sequence[Any] = node.get("keys", range(len(node.get("spaces", ()))))
    for name, child in zip(names, node.get("spaces", ()), strict=True):
        part = key_text(name) if kind == "Dict" else name
        yield from leaves(child, f"{path}[{part}]")
    for field, suffix in (("space", "[*]"), ("node_space", ".nodes"), ("edge_space", ".edges")):
        if node.get(field) is not None:
            yield from leaves(node[field], path + suffix)


_NESTED = frozenset({"space", "spaces", "node_space", "edge_space"})


def _described(node: dict[str, Any], *, deep: bool = True) -> dict[str, Any]:
    """A node for JSON, which gym_space_make understands: bounds that are the same for all elements are one number."""
    result: dict[str, Any] = {}
    for name, value in node.items():
        if name in _NESTED:
            if deep and isinstance(value, list):
                result[name] = [_described(child) for child in value]
            elif deep:
                result[name] = None if value is None else _described(value)
        elif name in ("low", "high") and "bounded_below" not in node:
            result[name] = _single(value)
        else:
            result[name] = value
    return result


def _single(array: Any) -> Any:
    """An array's one value, where all its elements are equal."""
    if getattr(array, "ndim", 0) and array.size and (array == array.flat[0]).all():
        return array.flat[0].item()
    return array


# ------------------------------------------------------------------------------------------- showing it


def _show(found: dict[str, Any]) -> None:
    output.show(output.Styled(found["id"], "bold"))
    rows = [(f"  {name}", text) for name, text in _facts(found)]
    output.show(output.Table((output.Column("", style="cyan"), output.Column("", wrap=True)), rows))
    output.show("", output.Styled("wrappers, the outermost first", "bold"))
    layers = [(f"  {layer['name']}", _arguments(layer["arguments"])) for layer in found["wrappers"]]
    output.show(output.Table((output.Column(""), output.Column("", wrap=True)), layers or [("  none", "")]))
    for name in ("observation", "action"):
        space = found[f"{name}_space"]
        output.show("", output.Styled(f"{name} space: {_totals(space)}", "bold"))
        output.show(output.Table(_COLUMNS, [_row(leaf) for leaf in space["leaves"]]))


def _facts(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    spec = found["spec"] or {}
    metadata = dict(found["metadata"])
    modes = ", ".join(map(str, metadata.pop("render_modes", None) or ())) or "none"
    yield "class", found["class"]
    if spec.get("id") not in (None, found["id"]):
        yield "spec", spec["id"]
    if spec.get("entry_point"):
        yield "entry point", spec["entry_point"]
    yield "max steps", "none" if spec.get("max_episode_steps") is None else str(spec["max_episode_steps"])
    if spec.get("reward_threshold") is not None:
        yield "reward threshold", str(spec["reward_threshold"])
    if spec.get("nondeterministic"):
        yield "nondeterministic", "yes"
    if spec.get("kwargs"):
        yield "arguments", _arguments(spec["kwargs"])
    if len(spec.get("versions") or ()) > 1:
        yield "versions", ", ".join(f"v{version}" for version in spec["versions"])
    yield "render modes", modes
    if metadata:
        yield "metadata", _arguments(metadata)


def _arguments(arguments: dict[str, Any]) -> str:
    from gogym.space import shown  # noqa: PLC0415

    return ", ".join(f"{name}={shown(value, 60)}" for name, value in arguments.items())


def _totals(space: dict[str, Any]) -> str:
    if space["size"] < 0:
        return f"{space['type']}, of no fixed size: as values and JSON only"
    flat = f", {space['flatdim']} if flattened" if space["flatdim"] not in (-1, space["size"]) else ""
    return f"{space['type']}, {space['size']} float64, {space['nbytes']} bytes native{flat}"


def _row(leaf: dict[str, Any]) -> tuple[str, ...]:
    return (
        leaf["path"],
        leaf.get("class") or leaf["type"],
        leaf["dtype"] or "-",
        "-" if leaf["shape"] is None else str(tuple(leaf["shape"])),
        _bounds(leaf),
        _place(leaf["offset"], leaf["size"]),
        _place(leaf["byte_offset"], leaf["nbytes"]),
    )


def _place(offset: int, size: int) -> str:
    return "-" if offset < 0 else f"{offset} + {size}"


def _bounds(leaf: dict[str, Any]) -> str:
    kind = leaf["type"]
    if kind == "Box":
        return _box_bounds(leaf)
    if kind == "Discrete":
        return _range(leaf["start"], leaf["start"] + leaf["n"] - 1)
    if kind == "MultiDiscrete":
        return _by_element(leaf["start"], leaf["start"] + leaf["nvec"] - 1)
    if kind == "MultiBinary":
        return "0..1"
    if kind == "Text":
        return f"{leaf['min_length']}..{leaf['max_length']} of {json.dumps(_cut(leaf['charset']), ensure_ascii=False)}"
    if kind == "OneOf":
        return "index of the child"
    return _cut(leaf["repr"]) if kind == "other" else ""


def _box_bounds(leaf: dict[str, Any]) -> str:
    import numpy as np  # noqa: PLC0415

    low, high = np.broadcast_arrays(leaf["low"], leaf["high"])
    if "bounded_below" in leaf:
        # Integers have no infinity: it is said beside them.
        low = np.where(leaf["bounded_below"], low.astype(object), -np.inf)
        high = np.where(leaf["bounded_above"], high.astype(object), np.inf)
    return _by_element(low, high)


def _by_element(low: Any, high: Any) -> str:
    """Bounds of all elements: one range where they agree, each where they are few, else the widest."""
    ranges = list(dict.fromkeys(zip(low.ravel().tolist(), high.ravel().tolist(), strict=True)))
    if len(ranges) == 1:
        return _range(*ranges[0])
    if low.size <= _SHOWN_BOUNDS:
        return ", ".join(
            _range(*pair) for pair in zip(low.ravel().tolist(), high.ravel().tolist(), strict=True)
        )
    if not ranges:
        return ""
    return f"within {_range(min(pair[0] for pair in ranges), max(pair[1] for pair in ranges))}"


def _range(low: Any, high: Any) -> str:
    return f"{_number(low)}..{_number(high)}"


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
