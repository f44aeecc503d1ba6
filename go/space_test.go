package gogym

import (
	"errors"
	"math"
	"reflect"
	"testing"
)

// describe writes a space as the Python package does. The fields common to all come first.
func describe(kind string, dtype, shape any, size int, more ...any) *Dict {
	d := NewDict([2]any{"type", kind}, [2]any{"dtype", dtype}, [2]any{"shape", shape},
		[2]any{"size", int64(size)}, [2]any{"offset", int64(0)}, [2]any{"nbytes", int64(-1)}, [2]any{"byte_offset", int64(-1)},
		[2]any{"flatdim", int64(-1)}, [2]any{"flat_dtype", nil})
	for i := 0; i < len(more); i += 2 {
		d.add(more[i], more[i+1])
	}
	return d
}

func floatBox(dtype string, low, high []float64) *Dict {
	return describe("Box", dtype, Tuple{int64(len(low))}, len(low),
		"low", &Array{"float64", []int{len(low)}, low}, "high", &Array{"float64", []int{len(high)}, high})
}

func discrete(n, start int64) *Dict {
	return describe("Discrete", "int64", Tuple{}, 1, "n", n, "start", start)
}

func int64s(numbers ...int64) *Array { return &Array{"int64", []int{len(numbers)}, numbers} }

func textDescription() *Dict {
	return describe("Text", "int32", Tuple{int64(3)}, 3, "charset", "ab\u00e9", "min_length", int64(1), "max_length", int64(3))
}

func sequenceDescription() *Dict {
	return describe("Sequence", nil, nil, -1, "space", discrete(2, 0), "stack", false)
}

func sampleSpaces() []*Dict {
	return []*Dict{
		floatBox("float32", []float64{-1, 0}, []float64{1, math.Inf(1)}),
		describe("Box", "int64", Tuple{int64(1)}, 1, "low", int64s(math.MinInt64), "high", int64s(math.MaxInt64)),
		discrete(5, -2),
		describe("Discrete", "uint64", Tuple{}, 1, "n", Other{"int", "18446744073709551615"}, "start", int64(0)),
		describe("MultiDiscrete", "int64", Tuple{int64(2)}, 2, "nvec", int64s(3, 2), "start", int64s(0, -1)),
		describe("MultiBinary", "int8", Tuple{int64(3)}, 3, "n", int64(3)),
		describe("MultiBinary", "int8", Tuple{int64(2), int64(2)}, 4, "n", Tuple{int64(2), int64(2)}),
		textDescription(),
		describe("Tuple", nil, nil, 3, "spaces", []any{discrete(2, 0), floatBox("float64", []float64{0, 0}, []float64{1, 1})}),
		describe("Dict", nil, nil, 2, "keys", []any{"a", int64(1)}, "spaces", []any{discrete(2, 0), discrete(3, 1)}),
		describe("OneOf", nil, nil, 4, "spaces", []any{discrete(2, 5), textDescription()}),
		describe("Tuple", nil, nil, -1, "spaces", []any{sequenceDescription()}),
		sequenceDescription(),
		describe("Graph", nil, nil, -1, "node_space", discrete(2, 0), "edge_space", nil),
		describe("other", nil, nil, -1, "class", "a.Mission", "repr", "Mission()"),
	}
}

func mustSpace(t *testing.T, description any) Space {
	t.Helper()
	space, err := decodeSpace(buildBlock(description))
	if err != nil {
		t.Fatal(err)
	}
	return space
}

func TestSpaceString(t *testing.T) {
	want := []string{
		"Box([-1.0 0.0], [1.0 inf], (2,), float32)",
		"Box(-9223372036854775808, 9223372036854775808, (1,), int64)",
		"Discrete(5, start=-2)",
		"Discrete(9223372036854775807)",
		"MultiDiscrete([3 2], start=[0 -1])",
		"MultiBinary(3)",
		"MultiBinary((2, 2))",
		"Text(1, 3, charset=ab\u00e9)",
		"Tuple(Discrete(2), Box(0.0, 1.0, (2,), float64))",
		"Dict('a': Discrete(2), 1: Discrete(3, start=1))",
		"OneOf(Discrete(2, start=5), Text(1, 3, charset=ab\u00e9))",
		"Tuple(Sequence(Discrete(2), stack=False))",
		"Sequence(Discrete(2), stack=False)",
		"Graph(Discrete(2), None)",
		"Mission()",
	}
	for i, description := range sampleSpaces() {
		if got := mustSpace(t, description).String(); got != want[i] {
			t.Errorf("got %s, want %s", got, want[i])
		}
	}
}

func TestSpaceContains(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	spaces := sampleSpaces()
	uint8Box := describe("Box", "uint8", Tuple{int64(1)}, 1,
		"low", &Array{"uint8", []int{1}, []uint8{0}}, "high", &Array{"uint8", []int{1}, []uint8{255}})
	for _, test := range []struct {
		space   *Dict
		inside  [][]float64
		outside [][]float64
	}{
		{spaces[0], [][]float64{{-1, 0}, {1, 1e300}, {1, inf}, {1 + 1e-9, 0}, {0, math.Copysign(0, -1)}},
			[][]float64{{-1.1, 0}, {1.0001, 0}, {nan, 0}, {0, nan}, {0, -1}, {0}, {0, 0, 0}, nil}},
		{spaces[1], [][]float64{{0}, {-(1 << 63)}, {1<<63 - 1024}}, [][]float64{{1 << 63}, {-(1 << 64)}, {0.5}, {nan}, {inf}}},
		{uint8Box, [][]float64{{0}, {255}, {math.Copysign(0, -1)}}, [][]float64{{256}, {-1}, {0.5}, {nan}, {-inf}}},
		{spaces[2], [][]float64{{-2}, {2}}, [][]float64{{-3}, {3}, {0.5}, {nan}, {}}},
		{spaces[3], [][]float64{{0}, {1 << 63}, {1<<64 - 2048}}, [][]float64{{1 << 64}, {-1}}},
		{spaces[4], [][]float64{{0, -1}, {2, 0}}, [][]float64{{3, 0}, {0, 1}, {0, -2}, {0.5, 0}}},
		{spaces[5], [][]float64{{0, 1, 1}}, [][]float64{{0, 1, 2}, {0, nan, 1}, {0, 1}, {0.5, 0, 0}}},
		{spaces[7], [][]float64{{0, 1, 2}, {2, 3, 3}}, [][]float64{{3, 3, 3}, {0, 3, 1}, {4, 3, 3}, {-1, 3, 3}, {nan, 3, 3}, {0.5, 3, 3}}},
		{spaces[8], [][]float64{{1, 0, 1}}, [][]float64{{2, 0, 1}, {1, 0, 2}, {1, 0}}},
		{spaces[9], [][]float64{{1, 3}}, [][]float64{{1, 0}, {1, 4}}},
		{spaces[10], [][]float64{{0, 5, 0, 0}, {1, 0, 3, 3}, {1, 2, 2, 2}},
			[][]float64{{0, 5, 0, 1}, {0, 4, 0, 0}, {2, 5, 0, 0}, {-1, 5, 0, 0}, {0.5, 5, 0, 0}, {nan, 5, 0, 0}, {1, 3, 3, 3}}},
		{spaces[11], nil, [][]float64{{}, {0}, nil}},
		{spaces[12], nil, [][]float64{{}, {0}, nil}},
		{spaces[13], nil, [][]float64{{}, {0}, nil}},
		{spaces[14], nil, [][]float64{{}, {0}, nil}},
		{floatBox("float16", []float64{-1}, []float64{65504}), [][]float64{{65519}, {-1.0001}}, [][]float64{{65520}, {-1.01}}},
		{floatBox("float64", []float64{-1}, []float64{1}), [][]float64{{1}}, [][]float64{{1 + 1e-15}}},
		{describe("Tuple", nil, nil, 0, "spaces", []any{}), [][]float64{{}, nil}, [][]float64{{0}}},
	} {
		space := mustSpace(t, test.space)
		for _, x := range test.inside {
			if !space.Contains(x) {
				t.Errorf("%s does not contain %v", space, x)
			}
		}
		for _, x := range test.outside {
			if space.Contains(x) {
				t.Errorf("%s contains %v", space, x)
			}
		}
	}
}

func TestSpaceFields(t *testing.T) {
	spaces := sampleSpaces()
	d := mustSpace(t, spaces[9]).(*DictSpace)
	if child, found := d.Get("a"); !found || child.(*Discrete).N != 2 {
		t.Errorf("Get gave %v, %v", child, found)
	}
	if _, found := d.Get("b"); found {
		t.Error("Get found what is not there")
	}
	box := mustSpace(t, spaces[0])
	box.Shape()[0] = 7
	if !reflect.DeepEqual(box.Shape(), []int{2}) || box.Size() != 2 || box.Dtype() != "float32" || box.Type() != "Box" {
		t.Errorf("a box of shape %v, size %d, dtype %s, type %s", box.Shape(), box.Size(), box.Dtype(), box.Type())
	}
	if graph := mustSpace(t, spaces[13]).(*Graph); graph.EdgeSpace != nil || graph.Size() != -1 {
		t.Errorf("a graph with edges %v, size %d", graph.EdgeSpace, graph.Size())
	}
}

func TestSpaceMalformed(t *testing.T) {
	for _, description := range []any{
		nil, int64(1), NewDict(),
		describe("Box", "float32", Tuple{}, 1),
		describe("Box", "int32", Tuple{}, 1, "low", &Array{"float32", []int{}, []float32{0}}, "high", &Array{"float32", []int{}, []float32{0}}),
		describe("Discrete", "int64", Tuple{}, 1, "n", "two", "start", int64(0)),
		describe("Discrete", "int64", Tuple{}, -1, "n", int64(1), "start", int64(0)),
		describe("MultiDiscrete", "int64", Tuple{}, -1, "nvec", int64s(1), "start", int64s(1, 2)),
		describe("Tuple", nil, nil, 3, "spaces", nil),
		describe("Tuple", nil, nil, 3, "spaces", []any{nil}),
		describe("Dict", nil, nil, 3, "spaces", []any{discrete(1, 0)}, "keys", []any{}),
		describe("Sequence", nil, nil, -1),
		describe("Text", "int32", "shape", -7),
	} {
		if space, err := decodeSpace(buildBlock(description)); !errors.Is(err, ErrInternal) {
			t.Errorf("%v gave %v, %v", description, space, err)
		}
	}
}
