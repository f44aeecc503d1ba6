package wrappers_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"example.com/gogym"
	"example.com/gogym/wrappers"
)

// described writes a wrapper's name and arguments, each value as JSON, functions as their types.
func described(wrapper gogym.Wrapper) string {
	name, arguments, err := wrapper.Wrapper()
	if err != nil {
		return err.Error()
	}
	words := []string{name}
	for _, argument := range arguments {
		value := fmt.Sprintf("%T", argument.Value)
		if content, err := json.Marshal(argument.Value); err == nil {
			value = string(content)
		}
		words = append(words, argument.Name+"="+value)
	}
	return strings.Join(words, " ")
}

type meters float32

func TestArguments(t *testing.T) {
	space := &gogym.Discrete{}
	for _, test := range []struct {
		wrapper gogym.Wrapper
		want    string
	}{
		{wrappers.ClipAction{}, "ClipAction"},
		{&wrappers.Autoreset{}, "Autoreset"},
		{wrappers.AtariPreprocessing{}, "AtariPreprocessing"},
		{
			wrappers.AtariPreprocessing{NoopMax: wrappers.Ptr(0), ScreenSize: wrappers.Int(0), ScaleObs: wrappers.Ptr(false)},
			"AtariPreprocessing noop_max=0 screen_size=0 scale_obs=false",
		},
		{wrappers.AtariPreprocessing{ScreenSize: wrappers.Ints(3, 4)}, `AtariPreprocessing screen_size={"__tuple__":[3,4]}`},
		{wrappers.ReshapeObservation{Shape: wrappers.Ints()}, `ReshapeObservation shape={"__tuple__":[]}`},
		{wrappers.ReshapeObservation{}, "ReshapeObservation: the argument shape is missing: set it to an Int or Ints"},
		{wrappers.ResizeObservation{Shape: []int{8, 9}}, `ResizeObservation shape={"__tuple__":[8,9]}`},
		{wrappers.ResizeObservation{}, "ResizeObservation: the argument shape is missing"},
		{wrappers.FrameStackObservation{}, "FrameStackObservation stack_size=0"},
		{wrappers.FrameStackObservation{StackSize: 2, PaddingType: []int{1}}, "FrameStackObservation stack_size=2 padding_type=[1]"},
		{wrappers.ClipReward{}, "ClipReward"},
		{wrappers.ClipReward{MaxReward: int8(3)}, "ClipReward max_reward=3"},
		{wrappers.ClipReward{MinReward: meters(0.5), MaxReward: []uint8{1}}, `ClipReward min_reward=0.5 max_reward={"__ndarray__":[1],"dtype":"uint8"}`},
		{wrappers.ClipReward{MinReward: []meters{1}}, `ClipReward min_reward={"__ndarray__":[1.0],"dtype":"float32"}`},
		{
			wrappers.RescaleAction{MinAction: gogym.NDArray{Data: []int{1, 2}, Shape: []int{2, 1}}, MaxAction: &gogym.Array{Dtype: "int8", Shape: []int{1}, Data: []int8{7}}},
			`RescaleAction min_action={"__ndarray__":[[1],[2]],"dtype":"int64"} max_action={"__ndarray__":[7],"dtype":"int8"}`,
		},
		{wrappers.RescaleAction{MaxAction: 1}, "RescaleAction: the argument min_action is missing: set it to a number or an array"},
		{wrappers.RescaleAction{MinAction: "x", MaxAction: 1}, "RescaleAction: the argument min_action is a string; it takes a number, a slice of numbers, a *gogym.Array or a gogym.NDArray"},
		{wrappers.ClipReward{MinReward: []string{"x"}}, "ClipReward: the argument min_reward is a []string; it takes a number, a slice of numbers, a *gogym.Array or a gogym.NDArray"},
		{wrappers.ClipReward{MinReward: 1i}, "ClipReward: the argument min_reward is a complex128; it takes a number, a slice of numbers, a *gogym.Array or a gogym.NDArray"},
		{wrappers.TransformReward{}, "TransformReward: the argument func is missing: set one of the two fields Func and FuncErr to a function"},
		{wrappers.TransformReward{Func: func(float64) float64 { return 0 }}, "TransformReward func=func(float64) float64"},
		{wrappers.TransformReward{FuncErr: func(float64) (float64, error) { return 0, nil }}, "TransformReward func=func(float64) (float64, error)"},
		{
			wrappers.TransformReward{Func: func(float64) float64 { return 0 }, FuncErr: func(float64) (float64, error) { return 0, nil }},
			"TransformReward: the argument func is set in both forms; set one of the two fields Func and FuncErr",
		},
		{wrappers.TransformObservation{}, "TransformObservation: the argument func is missing: set one of the two fields Func and FuncArray to a function"},
		{wrappers.TransformAction{FuncArray: func(in, out *gogym.Array) error { return nil }}, "TransformAction func=func(*gogym.Array, *gogym.Array) error action_space=null"},
		{
			wrappers.TransformObservation{Func: func(in, out []float64) error { return nil }, ObservationSpace: space},
			fmt.Sprintf("TransformObservation func=func([]float64, []float64) error observation_space=%s", must(json.Marshal(space))),
		},
		{wrappers.RecordVideo{VideoFolder: "x", GCTrigger: func(int) bool { return true }}, `RecordVideo video_folder="x" gc_trigger=func(int) bool`},
		{wrappers.ArrayConversion{EnvXP: "numpy", TargetXP: "jax.numpy", EnvDevice: wrappers.Ptr("cpu")}, `ArrayConversion env_xp="numpy" target_xp="jax.numpy" env_device="cpu"`},
		{wrappers.FilterObservation{FilterKeys: []any{"a", 1}}, `FilterObservation filter_keys=["a",1]`},
	} {
		if got := described(test.wrapper); got != test.want {
			t.Errorf("%#v\ngave %s\nnot  %s", test.wrapper, got, test.want)
		}
	}
	if got := fmt.Sprint(wrappers.Int(3), wrappers.Ints(1), wrappers.Ints(2, 3), wrappers.IntOrInts{}); got != "3 (1,) (2, 3) None" {
		t.Errorf("got %s", got)
	}
}

func must(content []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return content
}
