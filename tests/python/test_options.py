"""The grammar of structured input: what comes out, and that whatever is wrong is an OptionsError with words."""

import contextlib
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gogym import callback, options
from gogym.errors import CallbackError
from gogym.options import MAX_DEPTH, OptionsError, parse_make_options, parse_object, parse_reset_options


def parse(text):
    return parse_object(f'{{"x": {text}}}', "options")["x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("null", None),
        ("true", True),
        ("-5", -5),
        ("1.5", 1.5),
        ("12345678901234567890", 12345678901234567890),
        ('"é\\u0000\\n"', "é\0\n"),
        ("[]", []),
        ("{}", {}),
        ('[1, [2, {"a": 3}]]', [1, [2, {"a": 3}]]),
        ('{"__tuple__": []}', ()),
        ('{"__tuple__": [1, {"__tuple__": [2]}]}', (1, (2,))),
        ('{"__float__": "inf"}', math.inf),
        ('{"__float__": "-inf"}', -math.inf),
        (
            '{"__dict__": [[1, "a"], [null, "b"], [{"__tuple__": [1, 2]}, "c"]]}',
            {1: "a", None: "b", (1, 2): "c"},
        ),
        ('{"__dict__": []}', {}),
        ('{"_single_": 1, "__": 2, "____": 3}', {"_single_": 1, "__": 2, "____": 3}),
    ],
)
def test_values(text, expected):
    value = parse(text)
    assert value == expected
    assert type(value) is type(expected)


def test_nan_and_the_sign_of_zero():
    assert math.isnan(parse('{"__float__": "nan"}'))
    assert math.copysign(1, parse("-0.0")) == -1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"__ndarray__": [1, 2], "dtype": "int8"}', np.array([1, 2], np.int8)),
        ('{"dtype": "float32", "__ndarray__": [[1.5], [2]]}', np.array([[1.5], [2]], np.float32)),
        ('{"__ndarray__": 5, "dtype": "uint64"}', np.array(5, np.uint64)),
        ('{"__ndarray__": [], "dtype": "float64"}', np.array([], np.float64)),
        ('{"__ndarray__": [[], []], "dtype": "bool"}', np.zeros((2, 0), np.bool_)),
        ('{"__ndarray__": [true, false], "dtype": "bool"}', np.array([True, False])),
        ('{"__ndarray__": [{"__float__": "inf"}, 0], "dtype": "float16"}', np.array([np.inf, 0], np.float16)),
        ('{"__ndarray__": [18446744073709551615], "dtype": "uint64"}', np.array([2**64 - 1], np.uint64)),
        ('{"__ndarray__": [9007199254740993], "dtype": "int64"}', np.array([2**53 + 1], np.int64)),
    ],
)
def test_arrays(text, expected):
    array = parse(text)
    assert (array.dtype, array.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(array, expected)


BAD = {
    "": "not JSON",
    "nonsense": "not JSON",
    "[1,]": "not JSON",
    "{'a': 1}": "not JSON",
    '"\x01"': "not JSON",
    "01": "not JSON",
    "NaN": "__float__",
    "Infinity": "__float__",
    "-Infinity": "__float__",
    '{"a": 1, "a": 2}': 'the key "a" stands twice',
    '{"a": 1, "\\u0061": 2}': 'the key "a" stands twice',
    '{"__tuple__": 1}': "__tuple__ takes",
    '{"__tuple__": {}}': "__tuple__ takes",
    '{"__tuple__": [], "x": 1}': "no other keys",
    '{"__tuple__": [], "__float__": "1"}': "no other keys",
    '{"__tuple__": [], "dtype": "int8"}': "no other keys",
    '{"__float__": "many"}': '"many"',
    '{"__float__": ""}': "__float__",
    '{"__float__": 1}': "__float__",
    '{"__float__": null}': "__float__",
    '{"__float__": ["inf"]}': "__float__",
    '{"__ndarray__": [1]}': "dtype",
    '{"__ndarray__": [1], "dtype": null}': "dtype",
    '{"__ndarray__": [1], "dtype": 8}': "dtype",
    '{"__ndarray__": [1], "dtype": []}': "dtype",
    '{"__ndarray__": [1], "dtype": {}}': "dtype",
    '{"__ndarray__": [1], "dtype": "object"}': '"object"',
    '{"__ndarray__": [1], "dtype": "int8", "x": 1}': "no other keys",
    '{"__ndarray__": [300], "dtype": "uint8"}': "300",
    '{"__ndarray__": [-1], "dtype": "uint8"}': "-1",
    '{"__ndarray__": [[1], [2, 3]], "dtype": "int8"}': "[2, 3]",
    '{"__ndarray__": [{}], "dtype": "int8"}': "{}",
    '{"__ndarray__": ["a"], "dtype": "int8"}': 'hold "a"',
    '{"__ndarray__": [1.5], "dtype": "int8"}': "1.5",
    '{"__ndarray__": ["1"], "dtype": "int8"}': 'hold "1"',
    '{"__ndarray__": [null], "dtype": "float32"}': "hold null",
    '{"__ndarray__": [2], "dtype": "bool"}': "2",
    '{"__dict__": {}}': "__dict__ takes",
    '{"__dict__": [1]}': "pairs",
    '{"__dict__": [[1]]}': "pairs",
    '{"__dict__": [[1, 2, 3]]}': "pairs",
    '{"__dict__": [[[], 1]]}': "not hashable",
    '{"__dict__": [[{}, 1]]}': "not hashable",
    '{"__dict__": [[{"__tuple__": [[]]}, 1]]}': "not hashable",
    '{"__dict__": [[1, 2], [1, 3]]}': "twice",
    '{"__dict__": [[1, 2], [true, 3]]}': "twice",
    '{"__other__": 1}': 'unknown tag "__other__"',
    '{"__callback__": "name", "more": 1}': "has no other keys",
    "9" * 5000: "digits",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_refused(text):
    with pytest.raises(OptionsError) as caught:
        parse(text)
    assert BAD[text] in str(caught.value)
    assert "options" in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("text", ["[1]", "1", "null", '"x"', '{"__tuple__": []}', '{"__float__": "1"}'])
def test_the_whole_must_be_an_object(text):
    with pytest.raises(OptionsError, match="must be a JSON object"):
        parse_object(text, "options")


def test_the_whole_must_have_text_keys():
    assert parse_object('{"__dict__": [["a", 1]]}', "options") == {"a": 1}
    with pytest.raises(OptionsError, match="text keys"):
        parse_object('{"__dict__": [[1, 1]]}', "options")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth(opening, closing):
    inside = MAX_DEPTH - 1  # the object around it is one level
    parse(opening * inside + "1" + closing * inside)
    with pytest.raises(OptionsError, match="deeper than 64"):
        parse(opening * (inside + 1) + "1" + closing * (inside + 1))
    with pytest.raises(OptionsError, match="deeper than 64"):
        parse(opening * 1_000_000)


def test_brackets_in_texts_are_no_depth():
    text = "[{" * 500 + '\\"'
    assert parse(json.dumps(text)) == text


def test_make_options():
    assert parse_make_options(None) == {}
    assert parse_make_options("{}") == {}
    assert parse_make_options('{"render_mode": "human", "gogym": {}}') == {"render_mode": "human"}
    for text, words in (
        ('{"gogym": 1}', "must be a JSON object"),
        ('{"gogym": {"speed": 1}}', '"speed"'),
        ('{"gogym": {"__dict__": [[1, 2]]}}', '"1"'),
    ):
        with pytest.raises(OptionsError, match=words):
            parse_make_options(text)


def test_reset_options():
    assert parse_reset_options(None) is None
    assert parse_reset_options('{"low": 1, "gogym": 2}') == {"low": 1, "gogym": 2}
    with pytest.raises(OptionsError, match="gym_reset"):
        parse_reset_options("[]")


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc_", max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_json_is_read_as_python_reads_it(value):
    text = json.dumps({"x": value})
    if any(key.startswith("__") and key.endswith("__") and len(key) > 4 for key in keys_of(value)):
        return
    assert repr(parse_object(text, "options")) == repr({"x": json.loads(json.dumps(value))})


def keys_of(value):
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from keys_of(item)


@given(st.text('[]{}",:\\0123456789eE.-+ntfalsru_NI ', max_size=40))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(OptionsError):
        assert isinstance(parse_object(text, "options"), dict)


@given(
    st.recursive(st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=6),
    st.text("_tupledictfloanry", max_size=12),
)
def test_any_tag_is_read_or_refused(content, tag):
    for dtype in ("", ', "dtype": "int8"', ', "dtype": 1'):
        with contextlib.suppress(OptionsError):
            parse(f'{{"__{tag}__": {json.dumps(content)}{dtype}}}')


def test_callback():
    found = callback.Callback("for test_options", "reward", lambda value: value)
    callback.add(found)
    try:
        assert (
            options.parse_json('{"func": {"__callback__": "for test_options"}}', "options")["func"] is found
        )
    finally:
        del callback._callbacks["for test_options"]
    for name, message in (("nobody", 'no callback "nobody"'), (5, "the name of a callback")):
        with pytest.raises(CallbackError, match=message):
            options.parse_json(json.dumps({"__callback__": name}), "options")


def test_wrappers_and_private():
    own = options.split_make_options('{"gogym": {"wrappers": {"name": "ClipAction"}, "private": true}}')[1]
    assert own.wrappers == ({"name": "ClipAction"},)
    assert own.private is True
    assert options.split_make_options("{}")[1].private is False
    for text in (
        '{"wrappers": "ClipAction"}',
        '{"wrappers": [{}]}',
        '{"wrappers": [{"name": ""}]}',
        '{"private": 1}',
    ):
        with pytest.raises(options.OptionsError, match='under "gogym"'):
            options.split_make_options(f'{{"gogym": {text}}}')


@pytest.mark.parametrize(
    "own",
    [
        "{}",
        '{"isolate": true}',
        '{"isolate": false}',
        '{"isolate": null, "python": null, "timeout": null, "memory_limit": null}',
        '{"isolate": true, "python": "/opt/caf\\u00e9/bin/python", "timeout": 0.5, "memory_limit": 4000000000}',
        '{"isolate": true, "timeout": 3, "memory_limit": 1}',
        '{"isolate": true, "timeout": 1e300, "memory_limit": 9223372036854775807}',
    ],
)
def test_options_of_processes_are_accepted_and_passed_by(own):
    assert options.split_make_options(f'{{"size": 3, "gogym": {own}}}') == ({"size": 3}, options.OwnOptions())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("isolate", value) for value in ("1", '"true"', "[true]", "{}")),
        *(("python", value) for value in ('""', "3", "true", '["python"]', '"a\\u0000b"')),
        *(("timeout", value) for value in ("0", "-1.5", "true", '"5"', "[5]", '{"__float__": "inf"}')),
        ("timeout", '{"__float__": "nan"}'),
        *(
            ("memory_limit", value)
            for value in ("0", "-1", "1.5", "4e9", "true", '"4G"', "9223372036854775808")
        ),
    ],
)
def test_options_of_processes_that_are_refused(name, value):
    with pytest.raises(OptionsError) as caught:
        options.split_make_options(f'{{"gogym": {{"{name}": {value}}}}}')
    assert f'the option "{name}" under "gogym"' in str(caught.value)
    assert str(caught.value).endswith(f", not {options.json_text(parse(value))}")


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "true",
        "3",
        "1.5",
        '[null, true, {"name": 1}]',
        '{"__tuple__": [1, {"__float__": "-inf"}]}',
        '{"__ndarray__": [[1, 2]], "dtype": "int8"}',
        '{"__ndarray__": [{"__float__": "nan"}], "dtype": "float32"}',
        '{"__dict__": [[1, "\u00e9"], [{"__tuple__": [1]}, null]]}',
        '{"__dict__": [["__tuple__", 1]]}',
        '"\\ud800"',
    ],
)
def test_messages_show_json(text):
    assert options.json_text(parse(text)) == text
    with pytest.raises(OptionsError) as caught:
        parse_make_options(f'{{"gogym": {{"entry_point": [{text}]}}}}')
    assert str(caught.value).endswith(f", not [{text}]")


def test_messages_show_callbacks_and_cut_what_is_long():
    assert options.json_text([callback.Callback("scale", "reward", None)]) == '[{"__callback__": "scale"}]'
    assert options.json_text([0] * 99) == "[" + "0, " * 25 + "0..."
    assert options.json_text(object).startswith("<class")
