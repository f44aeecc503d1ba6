package gogym

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestAttributes(t *testing.T) {
	env := makeEnv(t, around+"GoAttributes-v0", WithMaxEpisodeSteps(7))
	for name, want := range map[string]any{
		"gravity":             9.8,
		"count":               int64(3),
		"unwrapped.gravity":   9.8,
		"pose":                &Array{"float64", []int{2}, []float64{1.5, -2}},
		"table":               NewDict([2]any{"a", int64(1)}, [2]any{"b", []any{true, nil}}),
		"names":               Tuple{"x", "y"},
		"data.time":           0.5,
		"unwrapped.data.qpos": &Array{"float64", []int{3}, []float64{0, 1, 2}},
		"render_mode":         nil,
	} {
		if found, err := env.HasAttr(name); !found || err != nil {
			t.Errorf("HasAttr(%q) gave %v, %v", name, found, err)
		}
		if got, err := env.GetAttr(name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, %v, not %#v", name, got, err, want)
		}
	}
	if object, err := env.GetAttr("data"); err != nil || object.(Other).Class == "" {
		t.Errorf("an object gave %#v, %v", object, err)
	}
	for _, name := range []string{"nothing", "data.nothing", "gravity.nothing"} {
		if found, err := env.HasAttr(name); found || err != nil {
			t.Errorf("HasAttr(%q) gave %v, %v", name, found, err)
		}
	}
}

func TestAttrTypes(t *testing.T) {
	env := makeEnv(t, around+"GoAttributes-v0")
	gravity, err := Attr[float64](env, "gravity")
	if err != nil || gravity != 9.8 {
		t.Errorf("the gravity is %v, %v", gravity, err)
	}
	pose, err := Attr[[]float32](env, "pose")
	if err != nil || !slices.Equal(pose, []float32{1.5, -2}) {
		t.Errorf("the pose is %v, %v", pose, err)
	}
	names, err := Attr[[]string](env, "names")
	if err != nil || !slices.Equal(names, []string{"x", "y"}) {
		t.Errorf("the names are %v, %v", names, err)
	}
	if count, err := Attr[string](env, "count"); count != "" || !errors.Is(err, ErrKind) ||
		err.Error() != "gogym: the attribute count: 3 is a int64, and no string" {
		t.Errorf("a number as a text gave %q, %v", count, err)
	}
	if _, err := Attr[int](env, "nothing"); !errors.Is(err, ErrAttribute) {
		t.Errorf("nothing gave %v", err)
	}
}

func TestSetAttr(t *testing.T) {
	env := makeEnv(t, around+"GoAttributes-v0")
	for name, value := range map[string]any{
		"gravity": 1.62, "unwrapped.count": 5, "data.qpos": []float64{7, 8, 9}, "table": map[string]any{"c": Tuple{1}},
		"names": []any{1, "z"}, "fresh": []float32{0.5},
	} {
		must(t, env.SetAttr(name, value))
	}
	for name, want := range map[string]any{
		"unwrapped.gravity": 1.62, "count": int64(5), "data.qpos": &Array{"float64", []int{3}, []float64{7, 8, 9}},
		"table": NewDict([2]any{"c", Tuple{int64(1)}}), "names": []any{int64(1), "z"},
		"fresh": &Array{"float32", []int{1}, []float32{0.5}},
	} {
		if got, err := env.GetAttr(name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, %v, not %#v", name, got, err, want)
		}
	}
}

func TestCall(t *testing.T) {
	env := makeEnv(t, around+"GoAttributes-v0")
	got, err := env.CallKeywords("unwrapped.describe",
		map[string]any{"matrix": [][]int32{{1, 2}, {3, 4}}, "flag": true},
		1, 2.0, "x", nil, []float64{0.5}, []any{1, []bool{true}}, Tuple{1}, []string{"a"}, &Array{"float16", []int{1}, []uint16{0x3c00}})
	must(t, err)
	want := Tuple{
		Tuple{"int 1", "float 2.0", "str x", "NoneType None", "ndarray float64 (1,) [0.5]",
			"list ['int 1', 'ndarray bool (1,) [True]']", "tuple ['int 1']", "list ['str a']", "ndarray float16 (1,) [1.0]"},
		NewDict([2]any{"flag", "bool True"}, [2]any{"matrix", "ndarray int32 (2, 2) [[1, 2], [3, 4]]"}),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	for _, test := range []struct {
		keywords  map[string]any
		arguments []any
		want      any
	}{
		{nil, []any{3}, int64(6)},
		{nil, []any{3, 0.5}, 1.5},
		{map[string]any{"a": 3, "b": 4}, nil, int64(12)},
		{map[string]any{"b": 5}, []any{3}, int64(15)},
	} {
		if got, err := env.CallKeywords("both", test.keywords, test.arguments...); err != nil || got != test.want {
			t.Errorf("both(%v, %v) gave %v, %v", test.arguments, test.keywords, got, err)
		}
	}
}

// A robot is put where the program wants it.
func TestCallSetState(t *testing.T) {
	env := makeEnv(t, "Ant-v5")
	_, err := env.Reset(ResetSeed(1))
	must(t, err)
	qpos, err := Attr[[]float64](env, "unwrapped.data.qpos")
	must(t, err)
	qvel, err := Attr[[]float64](env, "unwrapped.data.qvel")
	must(t, err)
	qpos[2] = 0.9
	if result, err := env.Call("unwrapped.set_state", qpos, qvel); result != nil || err != nil {
		t.Errorf("set_state gave %v, %v", result, err)
	}
	if got, err := Attr[[]float64](env, "unwrapped.data.qpos"); err != nil || !slices.Equal(got, qpos) {
		t.Errorf("the positions are %v, %v, not %v", got, err, qpos)
	}
}

func TestAttributeErrors(t *testing.T) {
	env := makeEnv(t, around+"GoAttributes-v0")
	get := func(name string) error { _, err := env.GetAttr(name); return err }
	has := func(name string) error { _, err := env.HasAttr(name); return err }
	call := func(name string, arguments ...any) error { _, err := env.Call(name, arguments...); return err }
	for name, test := range map[string]struct {
		err  error
		code Code
		says string
	}{
		"get nothing":        {get("nothing"), ErrAttribute, "nothing"},
		"get data.nothing":   {get("data.nothing"), ErrAttribute, "nothing"},
		"get private":        {get("_secret"), ErrAttribute, "private"},
		"get a dunder":       {get("unwrapped.__class__"), ErrAttribute, "__class__"},
		"get no name":        {get(""), ErrAttribute, ""},
		"get no part":        {get("data..time"), ErrAttribute, ""},
		"get broken":         {get("broken"), ErrPython, "no such luck"},
		"get NUL":            {get("a\x00b"), ErrArgument, "NUL"},
		"has private":        {has("_secret"), ErrAttribute, "private"},
		"has broken":         {has("broken"), ErrPython, "no such luck"},
		"set private":        {env.SetAttr("_secret", 1), ErrAttribute, "private"},
		"set nowhere":        {env.SetAttr("nothing.deeper", 1), ErrAttribute, "nothing"},
		"set a channel":      {env.SetAttr("gravity", make(chan int)), ErrJSON, "value: a value of type chan int"},
		"set read-only":      {env.SetAttr("unwrapped.broken", 1), ErrPython, "broken"},
		"call nothing":       {call("nothing"), ErrAttribute, "nothing"},
		"call a number":      {call("gravity"), ErrAttribute, "gravity"},
		"call with a misfit": {call("both"), ErrPython, "missing 1 required positional argument"},
		"call a failure":     {call("fail"), ErrPython, "as told"},
		"call ragged":        {call("both", [][]int{{1}, {}}), ErrJSON, "arguments[0]"},
	} {
		if !errors.Is(test.err, test.code) || !strings.Contains(test.err.Error(), test.says) {
			t.Errorf("%s gave %v", name, test.err)
		}
	}
	var failure *Error
	if err := call("fail"); !errors.As(err, &failure) || failure.Type != "ValueError" || !strings.Contains(failure.Traceback, "in fail") {
		t.Errorf("the exception is %#v", failure)
	}
	if gravity, err := Attr[float64](env, "gravity"); err != nil || gravity != 9.8 {
		t.Errorf("a failure changed the gravity to %v, %v", gravity, err)
	}
	must(t, env.Close())
	for name, err := range map[string]error{
		"get": get("gravity"), "has": has("gravity"), "set": env.SetAttr("gravity", 1), "call": call("both", 1),
		"get of nil": second((*Env)(nil).GetAttr("x")), "has of nil": second((*Env)(nil).HasAttr("x")),
		"set of nil": (*Env)(nil).SetAttr("x", 1), "call of zero": second(new(Env).Call("x")),
	} {
		if !errors.Is(err, ErrHandle) {
			t.Errorf("%s after Close gave %v", name, err)
		}
	}
}

func TestPrivateAttributes(t *testing.T) {
	env := makeEnv(t, around+"GoAttributes-v0", WithKwarg("gogym", map[string]any{"private": true}))
	if secret, err := Attr[int](env, "_secret"); err != nil || secret != 42 {
		t.Errorf("the secret is %v, %v", secret, err)
	}
	if length, err := env.Call("table.__len__"); err != nil || length != int64(2) {
		t.Errorf("the length is %v, %v", length, err)
	}
	must(t, env.SetAttr("_secret", math.Inf(1)))
	if secret, err := Attr[float64](env, "_secret"); err != nil || !math.IsInf(secret, 1) {
		t.Errorf("the secret is %v, %v", secret, err)
	}
}
