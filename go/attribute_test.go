package gogym

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
)

func TestEncodeArguments(t *testing.T) {
	type inner struct {
		Pose []float64 `json:"pose"`
		Name string    `json:"name,omitempty"`
	}
	seven := 7
	for _, test := range []struct {
		keywords   map[string]any
		positional []any
		want       string
	}{
		{nil, nil, ``},
		{map[string]any{}, []any{}, ``},
		{nil, []any{nil, true, -3, 0.5, "x", &seven}, `[null,true,-3,0.5,"x",7]`},
		{nil, []any{[]float64{1, math.NaN()}}, `[{"__ndarray__":[1.0,{"__float__":"nan"}],"dtype":"float64"}]`},
		{nil, []any{[]int{1}, []float32{}}, `[{"__ndarray__":[1],"dtype":"int64"},{"__ndarray__":[],"dtype":"float32"}]`},
		{nil, []any{[2]bool{true, false}}, `[{"__ndarray__":[true,false],"dtype":"bool"}]`},
		{nil, []any{[]byte{1, 2}}, `[{"__ndarray__":[1,2],"dtype":"uint8"}]`},
		{nil, []any{[][]int8{{1, 2}, {3, 4}, {5, 6}}}, `[{"__ndarray__":[[1,2],[3,4],[5,6]],"dtype":"int8"}]`},
		{nil, []any{[1][][2]uint16{{{1, 2}}}}, `[{"__ndarray__":[[[1,2]]],"dtype":"uint16"}]`},
		{nil, []any{[][]float64{}}, `[{"__ndarray__":[],"dtype":"float64"}]`},
		{nil, []any{[][]float64{{}, {}}}, `[{"__ndarray__":[[],[]],"dtype":"float64"}]`},
		{nil, []any{[]any{1, []int64{2}}}, `[[1,{"__ndarray__":[2],"dtype":"int64"}]]`},
		{nil, []any{Tuple{1, []int64{2}}}, `[{"__tuple__":[1,{"__ndarray__":[2],"dtype":"int64"}]}]`},
		{nil, []any{[]string{"a", "b"}}, `[["a","b"]]`},
		{nil, []any{[][]string{{"a"}, {}}}, `[[["a"],[]]]`},
		{nil, []any{inner{Pose: []float64{1}}}, `[{"pose":{"__ndarray__":[1.0],"dtype":"float64"}}]`},
		{nil, []any{map[string][]int32{"b": {1}, "a": nil}},
			`[{"a":{"__ndarray__":[],"dtype":"int32"},"b":{"__ndarray__":[1],"dtype":"int32"}}]`},
		{nil, []any{map[int]bool{3: true}}, `[{"__dict__":[[3,true]]}]`},
		{nil, []any{NewDict([2]any{"b", []int64{1}}, [2]any{"a", 1})}, `[{"b":{"__ndarray__":[1],"dtype":"int64"},"a":1}]`},
		{nil, []any{NDArray{[]int{1, 2}, []int{2, 1}, "float32"}}, `[{"__ndarray__":[[1],[2]],"dtype":"float32"}]`},
		{nil, []any{&Array{"float64", []int{}, []float64{2}}}, `[{"__ndarray__":2.0,"dtype":"float64"}]`},
		{nil, []any{(*Dict)(nil), (*Array)(nil), (*inner)(nil), map[string]any(nil)}, `[null,null,null,{}]`},
		{nil, []any{big.NewInt(5), *big.NewInt(6), Other{"int", "18446744073709551616"}}, `[5,6,18446744073709551616]`},
		{map[string]any{"b": []float64{1}, "a": "x"}, nil, `{"a":"x","b":{"__ndarray__":[1.0],"dtype":"float64"}}`},
		{map[string]any{"a": 1}, []any{[]int64{2}, 3}, `{"*":[{"__ndarray__":[2],"dtype":"int64"},3],"a":1}`},
	} {
		got, err := encodeArguments(test.keywords, test.positional)
		if err != nil || got != test.want {
			t.Errorf("%v, %v gave %s, %v, not %s", test.keywords, test.positional, got, err, test.want)
		}
	}
}

func TestEncodeArgumentsErrors(t *testing.T) {
	loop := map[string]any{}
	loop["again"] = []any{loop}
	var pointer any
	pointer = &pointer
	for _, test := range []struct {
		keywords   map[string]any
		positional []any
		code       Code
		says       string
	}{
		{nil, []any{1, []any{make(chan int)}}, ErrJSON, "arguments[1][0]: a value of type chan int"},
		{map[string]any{"x": func() {}}, nil, ErrJSON, `arguments["x"]: a`},
		{nil, []any{[][]float64{{1, 2}, {3}}}, ErrJSON, "arguments[0]: the slices within have different lengths, 2 and 1"},
		{nil, []any{[][]float64{{}, {3}}}, ErrJSON, "arguments[0]: the slices within have different lengths, 0 and 1"},
		{nil, []any{"\xff"}, ErrJSON, "arguments[0]: the text"},
		{nil, []any{loop}, ErrJSON, "nested deeper"},
		{nil, []any{pointer}, ErrJSON, "nested deeper"},
		{nil, []any{Other{"object", "<object>"}}, ErrJSON, "arguments[0]: an object of the Python class object"},
		{map[string]any{"*": 1}, nil, ErrArgument, `no argument can be called "*"`},
	} {
		got, err := encodeArguments(test.keywords, test.positional)
		if !errors.Is(err, test.code) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v gave %s, %v", test.says, got, err)
		}
	}
}

// assigned converts a value as Attr does.
func assigned[T any](value any) (any, error) {
	var result T
	if err := assign(&result, value); err != nil {
		return nil, err
	}
	return result, nil
}
