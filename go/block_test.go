package gogym

import (
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"testing"
	"unsafe"
)

// blockBuilder writes value blocks as the Python module does.
type blockBuilder struct{ out []byte }

func buildBlock(value any) []byte {
	b := &blockBuilder{out: make([]byte, blockHeader)}
	b.node(value, true)
	binary.NativeEndian.PutUint32(b.out, blockMagic)
	binary.NativeEndian.PutUint64(b.out[8:], uint64(len(b.out)))
	return b.out
}

func (b *blockBuilder) u64(numbers ...uint64) {
	for _, n := range numbers {
		b.out = binary.NativeEndian.AppendUint64(b.out, n)
	}
}

func (b *blockBuilder) head(kind uint32, root bool, count int) {
	flags := uint32(0)
	if root {
		flags = 1
	}
	b.out = binary.NativeEndian.AppendUint32(b.out, kind)
	b.out = binary.NativeEndian.AppendUint32(b.out, flags)
	b.u64(uint64(count))
}

func (b *blockBuilder) pad(multiple int) {
	for len(b.out)%multiple != 0 {
		b.out = append(b.out, 0)
	}
}

func (b *blockBuilder) text(s string) {
	b.out = append(append(b.out, s...), 0)
}

func (b *blockBuilder) node(value any, root bool) {
	begin := len(b.out)
	switch v := value.(type) {
	case nil:
		b.head(kindNone, root, 0)
	case bool:
		b.head(kindBool, root, 0)
		b.u64(map[bool]uint64{true: 1}[v])
	case int64:
		b.head(kindInt64, root, 0)
		b.u64(uint64(v))
	case float64:
		b.head(kindFloat64, root, 0)
		b.u64(math.Float64bits(v))
	case string:
		b.head(kindString, root, len(v))
		b.text(v)
	case []byte:
		b.head(kindBytes, root, len(v))
		b.text(string(v))
	case Other:
		b.head(kindOther, root, len(v.Repr))
		b.u64(uint64(len(v.Class)))
		b.text(v.Class)
		b.text(v.Repr)
	case []any:
		b.children(kindList, root, len(v), v)
	case Tuple:
		b.children(kindTuple, root, len(v), v)
	case *Dict:
		var items []any
		for key, item := range v.All() {
			items = append(items, key, item)
		}
		b.children(kindDict, root, v.Len(), items)
	case *Array:
		b.array(v, root, begin)
	default:
		panic(v)
	}
	b.pad(8)
}

func (b *blockBuilder) children(kind uint32, root bool, count int, items []any) {
	begin := len(b.out)
	b.head(kind, root, count)
	b.u64(make([]uint64, len(items))...)
	for i, item := range items {
		b.pad(8)
		binary.NativeEndian.PutUint64(b.out[begin+nodeHeader+8*i:], uint64(len(b.out)-begin))
		b.node(item, false)
	}
}

func (b *blockBuilder) array(a *Array, root bool, begin int) {
	v := reflect.ValueOf(a.Data)
	size := 0
	var data []byte
	if v.Len() > 0 {
		size = int(v.Type().Elem().Size())
		data = unsafe.Slice((*byte)(v.UnsafePointer()), v.Len()*size)
	} else {
		size = int(v.Type().Elem().Size())
	}
	b.head(kindArray, root, a.Len())
	var dtype [16]byte
	copy(dtype[:], a.Dtype)
	b.out = append(b.out, dtype[:]...)
	b.out = binary.NativeEndian.AppendUint32(b.out, uint32(len(a.Shape)))
	b.out = binary.NativeEndian.AppendUint32(b.out, uint32(size))
	place := len(b.out)
	b.u64(0)
	for _, length := range a.Shape {
		b.u64(uint64(length))
	}
	b.pad(16)
	binary.NativeEndian.PutUint64(b.out[place:], uint64(len(b.out)-begin))
	b.out = append(b.out, data...)
}

// sampleValues has every kind of node.
func sampleValues() []any {
	return []any{
		nil, true, false, int64(-5), int64(math.MaxInt64), 1.5, math.Inf(-1), "", "h\u00e9llo\x00w", []byte{}, []byte{0, 1, 255},
		[]any{}, Tuple{}, NewDict(),
		Other{"int", "123456789012345678901234567890"}, Other{"", ""},
		[]any{nil, int64(1), "x", []any{2.0}},
		Tuple{int64(1), Tuple{int64(2)}},
		NewDict([2]any{"a", int64(1)}, [2]any{int64(7), "seven"}, [2]any{Tuple{"k"}, NewDict([2]any{"b", nil})}),
		&Array{"float32", []int{2, 3}, []float32{1, 2, 3, 4, 5, 6}},
		&Array{"uint8", []int{3}, []uint8{1, 2, 3}},
		&Array{"bool", []int{2}, []bool{true, false}},
		&Array{"int64", []int{}, []int64{42}},
		&Array{"float64", []int{0, 4}, []float64{}},
		&Array{"float16", []int{1}, []uint16{0x3c00}},
		&Array{"complex128", []int{1}, []complex128{1 + 2i}},
		[]any{"x", &Array{"int16", []int{1}, []int16{-3}}, &Array{"uint64", []int{1}, []uint64{math.MaxUint64}}},
	}
}

func TestDecodeBlock(t *testing.T) {
	for _, value := range sampleValues() {
		got, err := decodeBlock(buildBlock(value))
		if err != nil {
			t.Errorf("%v: %v", value, err)
		} else if !reflect.DeepEqual(got, value) {
			t.Errorf("got %#v, want %#v", got, value)
		}
	}
}

// Every single changed byte and every cut must give a value or an error, never a panic.
func TestDecodeBlockDamaged(t *testing.T) {
	for _, value := range sampleValues() {
		block := buildBlock(value)
		for cut := range block {
			if _, err := decodeBlock(block[:cut]); !errors.Is(err, ErrBlock) {
				t.Fatalf("%v cut to %d bytes gave %v", value, cut, err)
			}
		}
		for i := range block {
			for _, b := range []byte{0, 1, 7, 8, 127, 128, 255} {
				damaged := append([]byte{}, block...)
				damaged[i] = b
				if _, err := decodeBlock(damaged); err != nil && !errors.Is(err, ErrBlock) {
					t.Fatalf("%v", err)
				}
			}
		}
	}
}

// A node with many parents would take exponential time if nodes could be shared.
func TestDecodeBlockSharedNodes(t *testing.T) {
	b := &blockBuilder{out: make([]byte, blockHeader)}
	for range 100 {
		b.head(kindList, false, 2)
		b.u64(32, 32)
	}
	b.head(kindNone, false, 0)
	binary.NativeEndian.PutUint32(b.out, blockMagic)
	binary.NativeEndian.PutUint64(b.out[8:], uint64(len(b.out)))
	if _, err := decodeBlock(b.out); !errors.Is(err, ErrBlock) {
		t.Fatalf("got %v", err)
	}
}

func TestDecodeBlockDepth(t *testing.T) {
	nested := func(depth int) any {
		var value any = []any{}
		for range depth - 1 {
			value = []any{value}
		}
		return value
	}
	if _, err := decodeBlock(buildBlock(nested(maxValueDepth))); err != nil {
		t.Errorf("depth %d: %v", maxValueDepth, err)
	}
	if _, err := decodeBlock(buildBlock(nested(maxValueDepth + 1))); !errors.Is(err, ErrBlock) {
		t.Errorf("depth %d: %v", maxValueDepth+1, err)
	}
}

func FuzzDecodeBlock(f *testing.F) {
	for _, value := range sampleValues() {
		f.Add(buildBlock(value))
	}
	for _, description := range sampleSpaces() {
		f.Add(buildBlock(description))
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		value, err := decodeBlock(block)
		if err != nil {
			if !errors.Is(err, ErrBlock) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		_ = pythonText(value)
		if space, err := decodeSpace(block); err == nil {
			_ = space.String()
			_ = space.Contains(make([]float64, min(max(space.Size(), 0), 1<<16)))
		}
	})
}

func TestArrayFloat64s(t *testing.T) {
	for _, test := range []struct {
		array *Array
		want  []float64
		code  Code
	}{
		{&Array{"bool", []int{2}, []bool{true, false}}, []float64{1, 0}, 0},
		{&Array{"int8", []int{1}, []int8{-1}}, []float64{-1}, 0},
		{&Array{"uint8", []int{1}, []uint8{255}}, []float64{255}, 0},
		{&Array{"int64", []int{1}, []int64{1 << 53}}, []float64{1 << 53}, 0},
		{&Array{"int64", []int{1}, []int64{1<<53 + 1}}, nil, ErrInexact},
		{&Array{"int64", []int{1}, []int64{math.MaxInt64}}, nil, ErrInexact},
		{&Array{"int64", []int{1}, []int64{math.MinInt64}}, []float64{math.MinInt64}, 0},
		{&Array{"uint64", []int{1}, []uint64{math.MaxUint64}}, nil, ErrInexact},
		{&Array{"uint64", []int{1}, []uint64{1 << 63}}, []float64{1 << 63}, 0},
		{&Array{"float16", []int{5}, []uint16{0x3c00, 0xbc00, 0x0001, 0x7bff, 0x7c00}},
			[]float64{1, -1, math.Ldexp(1, -24), 65504, math.Inf(1)}, 0},
		{&Array{"uint16", []int{1}, []uint16{0x3c00}}, []float64{0x3c00}, 0},
		{&Array{"complex64", []int{1}, []complex64{1}}, nil, ErrKind},
		{&Array{"longdouble", []int{1}, make([]byte, 16)}, nil, ErrKind},
	} {
		got, err := test.array.Float64s()
		if test.code != 0 {
			if !errors.Is(err, test.code) {
				t.Errorf("%v: got %v", test.array, err)
			}
		} else if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: got %v, %v", test.array, got, err)
		}
	}
}

func TestRoundToFloat16(t *testing.T) {
	for half := range 1 << 16 {
		x := Float16(half).Float64()
		if got := roundToFloat16(x); got != x && !math.IsNaN(x) {
			t.Fatalf("%#x: %v became %v", half, x, got)
		}
	}
	for _, test := range [][2]float64{
		{65519.999, 65504}, {65520, math.Inf(1)}, {-1e9, math.Inf(-1)}, {1 + 1.0/2048, 1}, {1 + 3.0/2048, 1 + 4.0/2048},
		{math.Ldexp(1, -25), 0}, {math.Ldexp(1.0001, -25), math.Ldexp(1, -24)}, {1e-300, 0},
	} {
		if got := roundToFloat16(test[0]); got != test[1] {
			t.Errorf("%v became %v, not %v", test[0], got, test[1])
		}
	}
}

func TestDict(t *testing.T) {
	d := NewDict([2]any{"b", int64(1)}, [2]any{int64(2), "two"}, [2]any{"a", []any{nil, true, 1.0, Tuple{"it's"}}})
	if got, want := d.String(), `{'b': 1, 2: 'two', 'a': [None, True, 1.0, ('it\'s',)]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if value, found := d.Get("a"); !found || len(value.([]any)) != 4 {
		t.Errorf("Get gave %v, %v", value, found)
	}
	if _, found := d.Get("c"); found {
		t.Error("Get found what is not there")
	}
	if !reflect.DeepEqual(d.Keys(), []any{"b", int64(2), "a"}) {
		t.Errorf("keys %v", d.Keys())
	}
	var none *Dict
	if _, found := none.Get("a"); found || none.Len() != 0 || len(none.Keys()) != 0 {
		t.Error("a nil dict is not empty")
	}
}
