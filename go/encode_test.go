package gogym

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestEncodeOptions(t *testing.T) {
	type inner struct {
		Ratio  float64 `json:"ratio"`
		Hidden string  `json:"-"`
		Empty  string  `json:"empty,omitempty"`
		plain  int     //nolint:unused // shows that unexported fields are left out
	}
	type outer struct {
		inner
		*testing.M
		Pair Tuple
	}
	seven := 7
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, `null`},
		{(*int)(nil), `null`},
		{&seven, `7`},
		{true, `true`},
		{-3, `-3`},
		{uint64(math.MaxUint64), `18446744073709551615`},
		{1.0, `1.0`},
		{-0.5, `-0.5`},
		{math.Copysign(0, -1), `-0.0`},
		{1e300, `1e+300`},
		{1e-7, `1e-07`},
		{123456789012345680.0, `1.2345678901234568e+17`},
		{float32(0.1), `0.10000000149011612`},
		{math.NaN(), `{"__float__":"nan"}`},
		{math.Inf(1), `{"__float__":"inf"}`},
		{float32(math.Inf(-1)), `{"__float__":"-inf"}`},
		{"a\"\n\u00e9\x00", `"a\"\n` + "\u00e9" + `\u0000"`},
		{[]int{1, 2}, `[1,2]`},
		{[2]bool{true, false}, `[true,false]`},
		{[]byte{1, 2}, `[1,2]`},
		{[]any(nil), `[]`},
		{map[string]int(nil), `{}`},
		{map[string]any{"b": 1, "a": []any{nil, 2.0}}, `{"a":[null,2.0],"b":1}`},
		{map[int]bool{2: true, -1: false}, `{"__dict__":[[-1,false],[2,true]]}`},
		{map[any]int{"x": 1}, `{"x":1}`},
		{map[string]any{"__tuple__": 1}, `{"__dict__":[["__tuple__",1]]}`},
		{Tuple{1, 2.0, Tuple{}}, `{"__tuple__":[1,2.0,{"__tuple__":[]}]}`},
		{NewDict([2]any{"b", 1}, [2]any{Tuple{1}, "x"}), `{"__dict__":[["b",1],[{"__tuple__":[1]},"x"]]}`},
		{(*Dict)(nil), `null`},
		{NDArray{Data: []float64{1, math.NaN()}}, `{"__ndarray__":[1.0,{"__float__":"nan"}],"dtype":"float64"}`},
		{NDArray{[]int{1, 2, 3, 4, 5, 6}, []int{2, 3}, "uint8"}, `{"__ndarray__":[[1,2,3],[4,5,6]],"dtype":"uint8"}`},
		{&NDArray{[]float32{3}, []int{}, ""}, `{"__ndarray__":3.0,"dtype":"float32"}`},
		{NDArray{[]bool{}, []int{2, 0}, ""}, `{"__ndarray__":[[],[]],"dtype":"bool"}`},
		{&Array{"float16", []int{1}, []uint16{0x3c00}}, `{"__ndarray__":[1.0],"dtype":"float16"}`},
		{&Array{"int8", []int{}, []int8{5}}, `{"__ndarray__":5,"dtype":"int8"}`},
		{big.NewInt(5), `5`},
		{*big.NewInt(5), `5`},
		{json.Number("1.50"), `1.50`},
		{Other{"int", "99999999999999999999"}, `99999999999999999999`},
		{outer{inner: inner{Ratio: 1}, Pair: Tuple{1}}, `{"ratio":1.0,"Pair":{"__tuple__":[1]}}`},
		{time.Unix(0, 0).UTC(), `"1970-01-01T00:00:00Z"`},
	} {
		got, err := encodeOptions(map[string]any{"k": test.value})
		if want := `{"k":` + test.want + `}`; err != nil || got != want {
			t.Errorf("%#v: got %s, %v; want %s", test.value, got, err, want)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("%s is not JSON", got)
		}
	}
	if got, err := encodeOptions(nil); got != "" || err != nil {
		t.Errorf("no options gave %q, %v", got, err)
	}
}

// A value within something that json.Marshal writes keeps its tags.
func TestMarshalJSON(t *testing.T) {
	got, err := json.Marshal([]any{Tuple{1.0}, NDArray{Data: []int{1}}, NewDict([2]any{1, 2}), int64s(3)})
	want := `[{"__tuple__":[1.0]},{"__ndarray__":[1],"dtype":"int64"},{"__dict__":[[1,2]]},{"__ndarray__":[3],"dtype":"int64"}]`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

// What has no exported fields would be an empty dict.
func TestEncodeHidden(t *testing.T) {
	type hidden struct{ inside int }
	for _, test := range []struct {
		value any
		says  string
	}{
		{&Env{}, "gogym.Env"},
		{hidden{1}, "gogym.hidden"},
		{struct{}{}, "struct {}"},
		{[]any{map[string]any{"x": &hidden{1}}}, "gogym.hidden"},
	} {
		_, err := encodeOptions(map[string]any{"k": test.value})
		_, err2 := encodeArguments(nil, []any{test.value})
		_, err3 := encodeAny(test.value, "value", ErrJSON)
		err4 := new(Env).SetAttr("x", test.value)
		for i, err := range []error{err, err2, err3, err4} {
			if !errors.Is(err, ErrArgument) || !strings.Contains(err.Error(), test.says+" ") {
				t.Errorf("%T, %d: %v", test.value, i, err)
			}
		}
	}
}

func TestEncodeOptionsErrors(t *testing.T) {
	cycle := map[string]any{}
	cycle["self"] = cycle
	for _, test := range []struct {
		value any
		says  string
	}{
		{make(chan int), "chan int"},
		{func() {}, "func()"},
		{complex(1, 2), "complex128"},
		{map[string]any{"deep": []any{func() {}}}, "k.deep.0"},
		{cycle, "nested deeper"},
		{"a\xff", "UTF-8"},
		{map[string]int{"a\xff": 1}, "UTF-8"},
		{json.Number("x"), "x"},
		{Other{"object", "<object>"}, "Python class object"},
		{NDArray{}, "NDArray.Data"},
		{NDArray{Data: 1.0}, "NDArray.Data"},
		{NDArray{Data: []string{"a"}}, "NDArray.Data"},
		{NDArray{[]int{1}, []int{2}, ""}, "1 elements"},
		{NDArray{[]int{1}, []int{-1}, ""}, "not acceptable"},
		{NDArray{[]int{}, []int{0, 2}, ""}, "last length"},
		{NDArray{[]int{1}, []int{math.MaxInt, math.MaxInt}, ""}, "not acceptable"},
		{&Array{"longdouble", []int{1}, make([]byte, 16)}, "longdouble"},
		{&Array{"complex64", []int{1}, []complex64{1}}, "NDArray.Data"},
		{struct {
			A int `json:"__tuple__"`
		}{1}, "tag"},
	} {
		got, err := encodeOptions(map[string]any{"k": test.value})
		if !errors.Is(err, ErrJSON) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%T gave %q, %v", test.value, got, err)
		}
	}
}
