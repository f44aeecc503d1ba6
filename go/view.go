package gogym

import (
	"reflect"
	"unsafe"
)

// Element is what the elements of a leaf can be in Go.
type Element interface {
	~bool | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// bufferAlignment is that of the largest element.
const bufferAlignment = 16

// MakeBuffer makes a buffer for an element of a space in the native layout: zeros, and so aligned that [View] can
// give each of its leaves. nil where the space has no fixed size.
//
// For a part of a space it makes a buffer for that part alone, as its SampleNative takes it.
func MakeBuffer(space Space) []byte {
	size := nativeSize(space)
	if size < 0 || size > maxNumbers*8 {
		return nil
	}
	memory := make([]byte, size+bufferAlignment-1)
	address := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
	skip := int(-address % bufferAlignment)
	return memory[skip : skip+size : skip+size]
}

// View gives the elements of a leaf in place: they are the buffer's own memory, so that what StepNative writes is
// seen there, and what is written there is in the buffer. It copies nothing and allocates nothing. A view may be
// kept as long as the buffer.
//
// leaf is a [*Box], [*Discrete], [*MultiDiscrete], [*MultiBinary] or [*Text], and buffer that of the whole space
// which the leaf is a part of: the leaf's elements begin at its ByteOffset. In a OneOf only the chosen child's
// elements mean anything. T has to be what the dtype says, or [ErrKind] tells:
//
//	bool      bool, uint8           float16   Float16, uint16 (the bits)
//	int8 ...  int8 ...              float32   float32
//	uint8 ... uint8 ...             float64   float64
//
// A buffer that is too short gives [ErrBuffer], one that begins at an address which is no multiple of T's size
// [ErrArgument]; those that [MakeBuffer] makes do not. A []bool is only given of zeros and ones ([ErrElement]).
func View[T Element](buffer []byte, leaf Space) ([]T, error) {
	if leaf == nil {
		return nil, newError(ErrArgument, "a view is of a leaf, which is nil here")
	}
	base := leaf.base()
	kind := reflect.TypeFor[T]().Kind()
	if err := viewable(base, kind, reflect.TypeFor[T]().String()); err != nil {
		return nil, err
	}
	whole := base.byteOffset + base.nbytes
	if base.node != nil {
		for node := base.node; node != nil; node = node.parent {
			whole = max(whole, node.space.ByteOffset()+node.space.NBytes())
		}
	}
	if len(buffer) < whole {
		return nil, newError(ErrBuffer, "the buffer has %d bytes; an element of the whole space has %d", len(buffer), whole)
	}
	content := buffer[base.byteOffset : base.byteOffset+base.nbytes]
	if len(content) == 0 {
		return []T{}, nil
	}
	if kind == reflect.Bool {
		for i, b := range content {
			if b > 1 {
				return nil, newError(ErrElement, "a bool is 0 or 1, but element %d is %d; view it as uint8", i, b)
			}
		}
	}
	var zero T
	size := unsafe.Sizeof(zero)
	start := unsafe.Pointer(unsafe.SliceData(content))
	if uintptr(start)%size != 0 {
		return nil, newError(ErrArgument, "elements of type %T cannot be viewed at the address %#x, which is no multiple of %d; "+
			"make the buffer with MakeBuffer", zero, uintptr(start), size)
	}
	return unsafe.Slice((*T)(start), uintptr(len(content))/size), nil
}

// viewKinds are the kinds of Go for the dtypes; the first is the one to recommend.
var viewKinds = map[string][]reflect.Kind{
	"bool": {reflect.Bool, reflect.Uint8},
	"int8": {reflect.Int8}, "int16": {reflect.Int16}, "int32": {reflect.Int32}, "int64": {reflect.Int64},
	"uint8": {reflect.Uint8}, "uint16": {reflect.Uint16}, "uint32": {reflect.Uint32}, "uint64": {reflect.Uint64},
	"float16": {reflect.Uint16}, "float32": {reflect.Float32}, "float64": {reflect.Float64},
}

// viewable says what is wrong with a view of elements of a kind.
func viewable(leaf *spaceBase, kind reflect.Kind, name string) error {
	switch leaf.kind {
	case "Box", "Discrete", "MultiDiscrete", "MultiBinary", "Text":
	default:
		return newError(ErrKind, "a %s space has no elements of its own: view its leaves", leaf.kind)
	}
	if leaf.nbytes < 0 || leaf.byteOffset < 0 {
		return newError(ErrDynamic, "this %s space is a part of one that has no fixed size, and so has no place in a buffer",
			leaf.kind)
	}
	kinds := viewKinds[leaf.dtype]
	for _, wanted := range kinds {
		if kind == wanted {
			return nil
		}
	}
	switch {
	case leaf.dtype == "float16":
		return newError(ErrKind, "elements of dtype float16 are viewed as Float16, not %s", name)
	case len(kinds) > 0:
		return newError(ErrKind, "elements of dtype %s are viewed as %s, not %s", leaf.dtype, kinds[0], name)
	}
	return newError(ErrKind, "Go has no type for elements of dtype %s", leaf.dtype)
}
