package gogym

import (
	"errors"
	"strings"
	"testing"
	"unsafe"
)

// place gives spaces their places in the native layout, as Python does.
func place(space Space) Space {
	var walk func(space Space, cursor int) int
	walk = func(space Space, cursor int) int {
		base := space.base()
		start, end := nativePlace(space, cursor)
		inside := start
		for _, child := range children(space) {
			if last := walk(child, inside); space.Type() != "OneOf" {
				inside = last
			}
		}
		base.byteOffset, base.nbytes = start, end-start
		return end
	}
	walk(space, 0)
	link(space, &spaceRoot{}, nil, 0)
	return space
}

func TestView(t *testing.T) {
	flag, pixels, speed := box("bool", 3), box("uint8", 2, 3), box("float64", 2)
	half, letters, count := box("float16", 1), word(), number()
	long := box("longdouble", 1)
	space := place(tupleOf(flag, pixels, speed, half, letters, tupleOf(count), long))
	if space.NBytes() != 80 || speed.ByteOffset() != 16 || count.ByteOffset() != 48 {
		t.Fatalf("%d bytes, places %d and %d", space.NBytes(), speed.ByteOffset(), count.ByteOffset())
	}
	buffer := MakeBuffer(space)
	if len(buffer) != 80 || cap(buffer) != 80 {
		t.Fatalf("a buffer of %d bytes", len(buffer))
	}

	speeds, err := View[float64](buffer, speed)
	must(t, err)
	speeds[1] = -0.5
	if again, err := View[float64](buffer, speed); err != nil || len(again) != 2 || again[1] != -0.5 {
		t.Errorf("a second view is %v, %v", again, err)
	}
	if buffer[31] != 0xbf {
		t.Errorf("the view is no view: % x", buffer)
	}
	bytes, err := View[uint8](buffer, pixels)
	must(t, err)
	if len(bytes) != 6 || &bytes[0] != &buffer[3] {
		t.Errorf("%d pixels, at another place", len(bytes))
	}
	flags, err := View[bool](buffer, flag)
	must(t, err)
	flags[2] = true
	if raw, err := View[uint8](buffer, flag); err != nil || raw[2] != 1 {
		t.Errorf("flags are %v, %v", raw, err)
	}
	halves, err := View[Float16](buffer, half)
	must(t, err)
	halves[0] = NewFloat16(1)
	if raw, err := View[uint16](buffer, half); err != nil || raw[0] != 0x3c00 {
		t.Errorf("a float16 is %v, %v", raw, err)
	}
	if indices, err := View[int32](buffer, letters); err != nil || len(indices) != 3 {
		t.Errorf("a text is %v, %v", indices, err)
	}
	if counts, err := View[int64](buffer, count); err != nil || len(counts) != 1 {
		t.Errorf("a number is %v, %v", counts, err)
	}
	if nothing, err := View[float32](nil, place(box("float32", 0))); err != nil || nothing == nil || len(nothing) != 0 {
		t.Errorf("an empty leaf is %v, %v", nothing, err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = View[float64](buffer, speed) }); n != 0 {
		t.Errorf("a view allocates %v times", n)
	}
	buffer[1] = 2

	fails := func(err error, code Code, says string) {
		t.Helper()
		if !errors.Is(err, code) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, not %v with %q", err, code, says)
		}
	}
	_, err = View[float32](buffer, speed)
	fails(err, ErrKind, "viewed as float64, not float32")
	_, err = View[int16](buffer, half)
	fails(err, ErrKind, "Float16")
	_, err = View[uint8](buffer, space)
	fails(err, ErrKind, "Tuple")
	_, err = View[float64](buffer, long)
	fails(err, ErrKind, "longdouble")
	_, err = View[float64](buffer, nil)
	fails(err, ErrArgument, "nil")
	_, err = View[float64](buffer[:79], speed)
	fails(err, ErrBuffer, "80")
	_, err = View[float64](nil, speed)
	fails(err, ErrBuffer, "0 bytes")
	_, err = View[bool](buffer, flag)
	fails(err, ErrElement, "element 1 is 2")
	_, err = View[float64](MakeBuffer(place(box("uint8", 200)))[1:], speed)
	fails(err, ErrArgument, "MakeBuffer")
	dynamic := box("float32", 2)
	dynamic.byteOffset = -1
	_, err = View[float32](buffer, dynamic)
	fails(err, ErrDynamic, "no place")
	_, err = View[float32](buffer, &Box{})
	fails(err, ErrKind, "")
}

func TestMakeBuffer(t *testing.T) {
	for size := range 100 {
		buffer := MakeBuffer(place(box("uint8", size)))
		if len(buffer) != size || size > 0 && uintptr(unsafe.Pointer(unsafe.SliceData(buffer)))%16 != 0 {
			t.Fatalf("a buffer of %d bytes, not %d, at %p", len(buffer), size, unsafe.SliceData(buffer))
		}
	}
	sequence := &Sequence{spaceBase: spaceBase{nbytes: -1}, Space: number()}
	if MakeBuffer(nil) != nil || MakeBuffer(sequence) != nil || MakeBuffer(box("uint8", 1<<50)) != nil {
		t.Error("a buffer for what has none")
	}
	// A part lies otherwise when it is alone: here without the padding between its leaves, or with more of it.
	part := tupleOf(box("uint8", 1), box("int16", 1))
	whole := place(tupleOf(box("uint8", 1), part))
	if whole.NBytes() != 4 || part.NBytes() != 3 || len(MakeBuffer(part)) != 4 {
		t.Errorf("the whole has %d bytes, its part %d, and %d alone", whole.NBytes(), part.NBytes(), len(MakeBuffer(part)))
	}
	choice := place(&OneOf{spaceBase: spaceBase{kind: "OneOf"}, Spaces: []Space{box("uint8", 1), box("float64", 2)}})
	if choice.NBytes() != 24 {
		t.Errorf("a OneOf has %d bytes", choice.NBytes())
	}
}

// A space that nobody made has no Python behind it, and says so.
func TestZeroSpaces(t *testing.T) {
	for _, space := range []Space{&Box{}, &Discrete{}, &Text{}, &TupleSpace{}, &DictSpace{}, &OneOf{}, &Sequence{}, &Graph{}, &OtherSpace{}} {
		_, sample := space.Sample()
		_, any1 := space.SampleAny(SampleMask(nil))
		_, seeds := space.SeedAny(nil)
		_, contains := space.ContainsAny(nil)
		_, contains2 := space.ContainsNative(nil)
		_, flat := space.FlattenAny(nil)
		_, back := space.UnflattenAny(nil)
		for i, err := range []error{sample, any1, seeds, contains, contains2, flat, back, space.Seed(1), space.Close(),
			space.SampleInto(nil), space.SampleNative(nil), space.FlattenInto(nil, nil), space.FlattenNative(nil, nil),
			space.UnflattenInto(nil, nil), space.UnflattenNative(nil, nil)} {
			if !errors.Is(err, ErrHandle) {
				t.Errorf("%T, call %d: %v", space, i, err)
			}
		}
	}
}
