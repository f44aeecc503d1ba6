package gogym

import (
	"errors"
	"math"
	"reflect"
	"testing"
)

type celsius float64

func TestAssign(t *testing.T) {
	type result struct {
		value any
		err   error
	}
	of := func(value any, err error) result { return result{value, err} }
	array := &Array{"float64", []int{2, 2}, []float64{1, 2, 3, 4}}
	scalar := &Array{"int64", []int{}, []int64{7}}
	half := &Array{"float16", []int{1}, []uint16{0x3c00}}
	dict := NewDict([2]any{"a", int64(1)}, [2]any{"b", 2.5})
	five, threshold := 5, 475.0
	for name, test := range map[string]struct {
		got  result
		want any
		code Code
	}{
		"float64 of a float":        {of(assigned[float64](9.8)), 9.8, 0},
		"float64 of an int":         {of(assigned[float64](int64(9))), 9.0, 0},
		"float64 of a large int":    {of(assigned[float64](int64(1<<53 + 1))), nil, ErrInexact},
		"float32 of a float":        {of(assigned[float32](0.1)), float32(0.1), 0},
		"float32 of an int":         {of(assigned[float32](int64(1<<24 + 1))), nil, ErrInexact},
		"a type of one's own":       {of(assigned[celsius](21.5)), celsius(21.5), 0},
		"int of an int":             {of(assigned[int](int64(-3))), -3, 0},
		"int of a whole float":      {of(assigned[int](4.0)), 4, 0},
		"int of a float":            {of(assigned[int](4.5)), nil, ErrInexact},
		"int of NaN":                {of(assigned[int](math.NaN())), nil, ErrKind},
		"int of text":               {of(assigned[int]("4")), nil, ErrKind},
		"int of a bool":             {of(assigned[int](true)), nil, ErrKind},
		"int8 that is too small":    {of(assigned[int8](int64(128))), nil, ErrInexact},
		"uint8":                     {of(assigned[uint8](int64(255))), uint8(255), 0},
		"uint of a negative int":    {of(assigned[uint](int64(-1))), nil, ErrInexact},
		"uint64 beyond int64":       {of(assigned[uint64](Other{"int", "18446744073709551615"})), uint64(math.MaxUint64), 0},
		"int64 of too large an int": {of(assigned[int64](Other{"int", "18446744073709551616"})), nil, ErrInexact},
		"float64 of a power of two": {of(assigned[float64](Other{"int", "18446744073709551616"})), math.Ldexp(1, 64), 0},
		"int of an object":          {of(assigned[int](Other{"object", "<object>"})), nil, ErrKind},
		"bool":                      {of(assigned[bool](true)), true, 0},
		"bool of an int":            {of(assigned[bool](int64(1))), nil, ErrKind},
		"string":                    {of(assigned[string]("x")), "x", 0},
		"any":                       {of(assigned[any](int64(1))), int64(1), 0},
		"any of None":               {of(assigned[any](nil)), nil, 0},
		"int of None":               {of(assigned[int](nil)), nil, ErrKind},
		"a slice of None":           {of(assigned[[]int](nil)), []int(nil), 0},
		"a pointer of None":         {of(assigned[*int](nil)), (*int)(nil), 0},
		"a pointer":                 {of(assigned[*int](int64(5))), &five, 0},
		"a pointer to a float":      {of(assigned[*float64](int64(475))), &threshold, 0},
		"an array":                  {of(assigned[*Array](array)), array, 0},
		"its numbers":               {of(assigned[[]float64](array)), []float64{1, 2, 3, 4}, 0},
		"its numbers as ints":       {of(assigned[[]int](array)), []int{1, 2, 3, 4}, 0},
		"its numbers as text":       {of(assigned[[]string](array)), nil, ErrKind},
		"float16":                   {of(assigned[[]float32](half)), []float32{1}, 0},
		"a scalar array":            {of(assigned[int](scalar)), 7, 0},
		"a number of four":          {of(assigned[float64](array)), nil, ErrKind},
		"strings":                   {of(assigned[[]string]([]any{"a", "b"})), []string{"a", "b"}, 0},
		"a tuple":                   {of(assigned[[]int](Tuple{int64(1), int64(2)})), []int{1, 2}, 0},
		"a tuple as it is":          {of(assigned[Tuple](Tuple{int64(1)})), Tuple{int64(1)}, 0},
		"nested":                    {of(assigned[[][]float64]([]any{array, []any{int64(5)}})), [][]float64{{1, 2, 3, 4}, {5}}, 0},
		"a list with a misfit":      {of(assigned[[]int]([]any{int64(1), "x"})), nil, ErrKind},
		"a map":                     {of(assigned[map[string]float64](dict)), map[string]float64{"a": 1, "b": 2.5}, 0},
		"a map of ints":             {of(assigned[map[string]int](dict)), nil, ErrInexact},
		"a map of another kind":     {of(assigned[map[int]int](dict)), nil, ErrKind},
		"a dict":                    {of(assigned[*Dict](dict)), dict, 0},
		"a struct":                  {of(assigned[struct{ A int }](dict)), nil, ErrKind},
	} {
		if test.code != 0 {
			if !errors.Is(test.got.err, test.code) {
				t.Errorf("%s gave %v, %v", name, test.got.value, test.got.err)
			}
			continue
		}
		if test.got.err != nil || !reflect.DeepEqual(test.got.value, test.want) {
			t.Errorf("%s gave %#v, %v, not %#v", name, test.got.value, test.got.err, test.want)
		}
	}
}

func TestAssignErrorsNameThePlace(t *testing.T) {
	for want, value := range map[string]any{
		"element 1: 'x' is a string, and no int":  []any{int64(1), "x"},
		"element 2: int cannot hold 0.5 exactly":  &Array{"float32", []int{3}, []float32{1, 2, 0.5}},
		"element 0: None is nothing, and no int":  Tuple{nil},
		"{'a': 1} is a *gogym.Dict, and no []int": NewDict([2]any{"a", int64(1)}),
	} {
		if _, err := assigned[[]int](value); err == nil || err.(*Error).Message != want {
			t.Errorf("got %v, not %s", err, want)
		}
	}
}
