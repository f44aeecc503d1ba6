package gogym

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
)

// The spaces of these tests, as far as the encoder looks at them.
func leaf(kind, dtype string, shape ...int) spaceBase {
	size, _ := product(shape)
	if shape == nil {
		shape = []int{}
	}
	return spaceBase{kind: kind, dtype: dtype, shape: shape, size: size, nbytes: size * itemSize(dtype)}
}

func box(dtype string, shape ...int) *Box { return &Box{spaceBase: leaf("Box", dtype, shape...)} }

func number() *Discrete { return &Discrete{spaceBase: leaf("Discrete", "int64"), N: 5} }

func word() *Text { return &Text{spaceBase: leaf("Text", "int32", 3), MaxLength: 3} }

func tupleOf(spaces ...Space) *TupleSpace {
	return &TupleSpace{spaceBase: spaceBase{kind: "Tuple"}, Spaces: spaces}
}

func dictOf(pairs ...any) *DictSpace {
	d := &DictSpace{spaceBase: spaceBase{kind: "Dict"}}
	for i := 0; i < len(pairs); i += 2 {
		d.Keys = append(d.Keys, pairs[i])
		d.Spaces = append(d.Spaces, pairs[i+1].(Space))
	}
	return d
}

func TestEncodeElement(t *testing.T) {
	type named float32
	type camera struct {
		Camera []float64 `json:"camera"`
		Label  string
	}
	one := 1
	twoByTwo := box("float32", 2, 2)
	stacked := func(space Space) *Sequence { return &Sequence{Space: space, Stack: true} }
	graph := &Graph{NodeSpace: box("float64", 2), EdgeSpace: number()}
	wide := new(big.Int).Lsh(big.NewInt(1), 63)
	for _, test := range []struct {
		space Space
		value any
		want  string
	}{
		// A Box, in every form that has the right number of elements.
		{twoByTwo, []float64{1, 2, 3, 4}, `[[1.0,2.0],[3.0,4.0]]`},
		{twoByTwo, []named{1, 2, 3, 4}, `[[1.0,2.0],[3.0,4.0]]`},
		{twoByTwo, []int{1, 2, 3, 4}, `[[1,2],[3,4]]`},
		{twoByTwo, []uint8{1, 2, 3, 4}, `[[1,2],[3,4]]`},
		{twoByTwo, [4]int8{1, 2, 3, 4}, `[[1,2],[3,4]]`},
		{twoByTwo, []any{[]any{1, 2.5}, []any{uint8(3), json.Number("4.0")}}, `[[1,2.5],[3,4.0]]`},
		{twoByTwo, [][]float64{{1, 2}, {3, 4}}, `[[1.0,2.0],[3.0,4.0]]`},
		{twoByTwo, [2][2]float32{{1, 2}, {3, 4}}, `[[1.0,2.0],[3.0,4.0]]`},
		{twoByTwo, []any{[]any{1, 2}, []float64{3, 4}}, `[[1,2],[3.0,4.0]]`},
		{twoByTwo, &Array{"float32", []int{2, 2}, []float32{1, 2, 3, 4}}, `[[1.0,2.0],[3.0,4.0]]`},
		{twoByTwo, &Array{"float32", []int{4}, []float32{1, 2, 3, 4}}, `[[1.0,2.0],[3.0,4.0]]`},
		{twoByTwo, NDArray{Data: []float64{1, 2, 3, 4}}, `[[1.0,2.0],[3.0,4.0]]`},
		{twoByTwo, &NDArray{Data: []bool{true, false, true, true}, Shape: []int{2, 2}}, `[[true,false],[true,true]]`},
		{twoByTwo, &[]float64{1, 2, 3, 4}, `[[1.0,2.0],[3.0,4.0]]`},
		{box("float64", 1, 1, 2), []float64{math.Copysign(0, -1), math.NaN()}, `[[[-0.0,{"__float__":"nan"}]]]`},
		{box("float64", 2), []float64{math.Inf(1), 5e-324}, `[{"__float__":"inf"},5e-324]`},
		{box("int64", 2), []int64{math.MaxInt64, math.MinInt64}, `[9223372036854775807,-9223372036854775808]`},
		{box("uint64", 2), []any{wide, uint64(math.MaxUint64)}, `[9223372036854775808,18446744073709551615]`},
		{box("float16", 2), &Array{"float16", []int{2}, []uint16{0x3c00, 0x8000}}, `[1.0,-0.0]`},
		{box("float32"), 0.5, `0.5`},
		{box("float32"), []float64{0.5}, `0.5`},
		{box("float32"), &Array{"float32", []int{}, []float32{0.5}}, `0.5`},
		{box("float32", 0), []float64{}, `[]`},
		{box("float32", 2, 0), []float32{}, `[[],[]]`},
		// What has another shape is for the reader to refuse.
		{twoByTwo, []float64{1, 2, 3}, `[1.0,2.0,3.0]`},
		{twoByTwo, []any{1, 2, 3, 4}, `[1,2,3,4]`},
		{number(), []any{1}, `[1]`},
		{twoByTwo, &Array{"float32", []int{4, 1}, []float32{1, 2, 3, 4}}, `[[1.0],[2.0],[3.0],[4.0]]`},
		{twoByTwo, "no array", `"no array"`},
		{twoByTwo, nil, `null`},
		{&MultiDiscrete{spaceBase: leaf("MultiDiscrete", "int64", 2, 1)}, []int{1, 2}, `[[1],[2]]`},
		{&MultiBinary{spaceBase: leaf("MultiBinary", "int8", 2)}, []bool{true, false}, `[true,false]`},
		// Discrete
		{number(), 3, `3`},
		{number(), uint64(math.MaxUint64), `18446744073709551615`},
		{number(), &one, `1`},
		{number(), []float64{2}, `2.0`},
		{number(), 1.5, `1.5`},
		// Text
		{word(), "a\u00e9\x00<", `"a` + "\u00e9" + `\u0000<"`},
		// Tuple
		{tupleOf(number(), twoByTwo), []any{1, []float64{1, 2, 3, 4}}, `[1,[[1.0,2.0],[3.0,4.0]]]`},
		{tupleOf(number(), twoByTwo), Tuple{1, []float64{1, 2, 3, 4}}, `[1,[[1.0,2.0],[3.0,4.0]]]`},
		{tupleOf(number(), number()), []int{1, 2}, `[1,2]`},
		{tupleOf(box("float32", 1, 1)), [][]float64{{1}}, `[[[1.0]]]`},
		{tupleOf(number()), []any{1, 2}, `[1,2]`},
		{tupleOf(), []any(nil), `[]`},
		// Dict
		{dictOf("camera", twoByTwo), map[string]any{"camera": []int{1, 2, 3, 4}}, `{"camera":[[1,2],[3,4]]}`},
		{dictOf("camera", twoByTwo), map[string][]int{"camera": {1, 2, 3, 4}, "x": {5}}, `{"camera":[[1,2],[3,4]],"x":[5]}`},
		{dictOf("camera", twoByTwo), camera{Camera: []float64{1, 2, 3, 4}}, `{"camera":[[1.0,2.0],[3.0,4.0]],"Label":""}`},
		{dictOf("b", number(), "a", twoByTwo), NewDict([2]any{"b", 1}, [2]any{"a", []int{1, 2, 3, 4}}), `{"b":1,"a":[[1,2],[3,4]]}`},
		{dictOf(int64(2), twoByTwo), map[int]any{2: []int{1, 2, 3, 4}}, `{"__dict__":[[2,[[1,2],[3,4]]]]}`},
		{dictOf("__tuple__", twoByTwo), map[string]any{"__tuple__": []int{1, 2, 3, 4}}, `{"__dict__":[["__tuple__",[[1,2],[3,4]]]]}`},
		{dictOf(), map[string]any{}, `{}`},
		// OneOf
		{&OneOf{Spaces: []Space{number(), twoByTwo}}, []any{1, []int{1, 2, 3, 4}}, `[1,[[1,2],[3,4]]]`},
		{&OneOf{Spaces: []Space{number(), twoByTwo}}, Tuple{uint8(1), []int{1, 2, 3, 4}}, `[1,[[1,2],[3,4]]]`},
		{&OneOf{Spaces: []Space{number(), twoByTwo}}, []any{7, []int{1}}, `[7,[1]]`},
		{&OneOf{Spaces: []Space{number(), number()}}, []int{1, 3}, `[1,3]`},
		// Sequence
		{&Sequence{Space: number()}, []int{1, 2, 3}, `[1,2,3]`},
		{&Sequence{Space: twoByTwo}, []any{[]int{1, 2, 3, 4}}, `[[[1,2],[3,4]]]`},
		{&Sequence{Space: twoByTwo}, []float64{1, 2, 3, 4, 5, 6, 7, 8}, `[[[1.0,2.0],[3.0,4.0]],[[5.0,6.0],[7.0,8.0]]]`},
		{&Sequence{Space: word()}, []string{"a", "b"}, `["a","b"]`},
		{stacked(twoByTwo), &Array{"float32", []int{1, 2, 2}, []float32{1, 2, 3, 4}}, `[[[1.0,2.0],[3.0,4.0]]]`},
		{stacked(tupleOf(number(), twoByTwo)), Tuple{[]int{1}, []int{1, 2, 3, 4}}, `{"__tuple__":[[1],[[[1,2],[3,4]]]]}`},
		{stacked(tupleOf(number(), number())), []any{[]any{1, 2}, Tuple{3, 4}}, `[[1,2],[3,4]]`},
		{stacked(dictOf("a", twoByTwo)), map[string]any{"a": []int{1, 2, 3, 4}}, `{"a":[[[1,2],[3,4]]]}`},
		{stacked(dictOf("a", twoByTwo)), []any{map[string]any{"a": []int{1, 2, 3, 4}}}, `[{"a":[[1,2],[3,4]]}]`},
		// Graph
		{graph, map[string]any{"nodes": []float64{1, 2, 3, 4}, "edges": []int{1}, "edge_links": [][]int{{0, 1}}},
			`{"edge_links":[[0,1]],"edges":[1],"nodes":[[1.0,2.0],[3.0,4.0]]}`},
		{graph, map[string]any{"nodes": []any{[]float64{1, 2}}, "edges": nil, "edge_links": nil},
			`{"edge_links":null,"edges":null,"nodes":[[1.0,2.0]]}`},
		// What no space describes
		{&OtherSpace{}, Tuple{1, "x"}, `{"__tuple__":[1,"x"]}`},
		{nil, map[string]any{"x": &Array{"int8", []int{1}, []int8{1}}}, `{"x":{"__ndarray__":[1],"dtype":"int8"}}`},
	} {
		got, err := encodeElement(test.space, test.value, "action", ErrAction)
		if err != nil || got != test.want {
			t.Errorf("%T, %#v: got %s, %v; want %s", test.space, test.value, got, err, test.want)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("%s is not JSON", got)
		}
	}
}

// Every error names the leaf by its path.
func TestEncodeElementErrors(t *testing.T) {
	deep := dictOf("camera", tupleOf(number(), number(), word()), int64(7), box("float32", 2))
	cycle := map[string]any{}
	cycle["self"] = cycle
	var loop any
	loop = &loop
	for _, test := range []struct {
		space Space
		value any
		says  string
	}{
		{number(), make(chan int), `action: a value of type chan int`},
		{deep, map[string]any{"camera": []any{0, 1, func() {}}}, `action["camera"][2]: a value of type func()`},
		{deep, map[string]any{"camera": Tuple{0, 1, "\xff"}}, `action["camera"][2]: the text "\xff" is not valid UTF-8`},
		{deep, map[any]any{7: complex(1, 2)}, `action[7]: `},
		{deep, map[any]any{7: &Array{"float32", []int{3}, []float32{1}}}, `action[7]: an array of 1 elements cannot have the shape (3,)`},
		{deep, map[any]any{7: &Array{"longdouble", []int{1}, []byte{1, 2}}}, `action[7]: `},
		{dictOf(`a"]`, number()), map[string]any{`a"]`: make(chan int)}, `action["a\"]"]: `},
		{&OneOf{Spaces: []Space{number()}}, []any{0, func() {}}, `action[1]: `},
		{&Sequence{Space: word()}, []any{"a", func() {}}, `action[1]: `},
		{&Graph{NodeSpace: word()}, map[string]any{"nodes": []any{"a", func() {}}}, `action.nodes[1]: `},
		{dictOf("self", dictOf()), cycle, `nested deeper`},
		{number(), loop, `nested deeper`},
	} {
		got, err := encodeElement(test.space, test.value, "action", ErrAction)
		var gymErr *Error
		if !errors.As(err, &gymErr) || gymErr.Code != ErrAction || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%T, %T: got %s, %v; want %s", test.space, test.value, got, err, test.says)
		}
	}
}

func TestLongdouble(t *testing.T) {
	bytes := func(mantissa uint64, head uint16) []byte {
		b := make([]byte, 16)
		for i := range 8 {
			b[i] = byte(mantissa >> (8 * i))
		}
		b[8], b[9] = byte(head), byte(head>>8)
		return b
	}
	if _, known := longdoubleToFloat64(bytes(1<<63, 0x3fff)); !known {
		t.Skip("this machine's long double is of another kind")
	}
	for _, test := range []struct {
		mantissa uint64
		head     uint16
		want     float64
		exact    bool
	}{
		{1 << 63, 0x3fff, 1, true},
		{3 << 62, 0xbffe, -0.75, true},
		{0, 0x8000, math.Copysign(0, -1), true},
		{1 << 63, 0x7fff, math.Inf(1), true},
		{1 << 63, 0xffff, math.Inf(-1), true},
		{3 << 62, 0x7fff, math.NaN(), true},
		{1<<63 | 1, 0x3fff, 1, false},
		{math.MaxUint64, 0x3fff, 2, false},
		{1 << 63, 0x43ff, math.Inf(1), false},                        // 2**1024
		{0xfffffffffffff800, 0x43fe, math.MaxFloat64, true},          // the largest
		{1 << 63, 0x3bcd, 5e-324, true},                              // the smallest
		{1 << 63, 0x3bcc, 0, false},                                  // half of it
		{0xfffffffffffff800, 0x3c00, 0x1.fffffffffffffp-1023, false}, // more bits than a subnormal has
	} {
		got, exact := longdoubleToFloat64(bytes(test.mantissa, test.head))
		same := math.Float64bits(got) == math.Float64bits(test.want) || math.IsNaN(got) && math.IsNaN(test.want)
		if exact != test.exact || exact && !same {
			t.Errorf("%#x %#x: got %v, %v", test.mantissa, test.head, got, exact)
		}
	}
}

func TestFloat16(t *testing.T) {
	for bits := range 1 << 16 {
		half := Float16(bits)
		x := half.Float64()
		if back := NewFloat16(x); back != half && !math.IsNaN(x) {
			t.Fatalf("%#x is %v, which is %#x", bits, x, back)
		} else if math.IsNaN(x) && !math.IsNaN(back.Float64()) {
			t.Fatalf("%#x is NaN, which is %v", bits, back)
		}
	}
	for _, test := range []struct{ x, want float64 }{
		{1.0004, 1}, {65519, 65504}, {65520, math.Inf(1)}, {-1e300, math.Inf(-1)}, {1e-8, 0}, {3e-8, 0x1p-24}, {6.1e-5, 0x1.ff8p-15},
	} {
		if got := NewFloat16(test.x).Float64(); math.Abs(got-test.want) > 1e-8 && got != test.want {
			t.Errorf("%v became %v, not %v", test.x, got, test.want)
		}
	}
	if got := NewFloat16(0.1).String(); got != "0.099975586" {
		t.Errorf("0.1 is written %s", got)
	}
}

func TestANilDictIsNoElement(t *testing.T) {
	space, err := NewSpace(`{"type": "Dict", "spaces": {"a": {"type": "Discrete", "n": 3}}}`)
	if err != nil {
		t.Fatal(err)
	}
	defer space.(*DictSpace).Close()
	if is, err := space.(*DictSpace).ContainsAny((*Dict)(nil)); is {
		t.Errorf("a nil *Dict is in %v (error %v)", space, err)
	}
}
