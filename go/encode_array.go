package gogym

import (
	"math"
	"reflect"
	"slices"
)

// arrayDtypes are the dtypes of the element types that NDArray.Data may have.
var arrayDtypes = map[reflect.Kind]string{
	reflect.Bool: "bool",
	reflect.Int:  "int64", reflect.Int8: "int8", reflect.Int16: "int16", reflect.Int32: "int32", reflect.Int64: "int64",
	reflect.Uint: "uint64", reflect.Uint8: "uint8", reflect.Uint16: "uint16", reflect.Uint32: "uint32", reflect.Uint64: "uint64",
	reflect.Float32: "float32", reflect.Float64: "float64",
}

// ndarray writes an array as nested lists by its shape.
func (e *encoder) ndarray(data any, shape []int, dtype string) error {
	v := reflect.ValueOf(data)
	if !v.IsValid() || v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return e.fail(ErrJSON, "NDArray.Data is a slice of bools, integers or floats, not %T", data)
	}
	natural, known := arrayDtypes[v.Type().Elem().Kind()]
	if !known {
		return e.fail(ErrJSON, "NDArray.Data is a slice of bools, integers or floats, not %T", data)
	}
	if dtype == "" {
		dtype = natural
	}
	if shape == nil {
		shape = []int{v.Len()}
	}
	if len(shape) >= maxOptionsDepth {
		return e.fail(ErrJSON, "the shape %v has too many dimensions", shape)
	}
	elements, fits := product(shape)
	if !fits {
		return e.fail(ErrJSON, "the shape %v is not acceptable", shape)
	}
	if empty := slices.Index(shape, 0); empty >= 0 && empty < len(shape)-1 {
		return e.fail(ErrJSON, "nested lists cannot say the shape %v: only its last length may be 0", shape)
	}
	if elements != v.Len() {
		return e.fail(ErrJSON, "NDArray.Data has %d elements, but the shape %v needs %d", v.Len(), shape, elements)
	}
	e.raw(`{"__ndarray__":`)
	next := 0
	if err := e.nested(v, shape, &next); err != nil {
		return err
	}
	e.raw(`,"dtype":`)
	if err := e.text(dtype); err != nil {
		return err
	}
	e.raw("}")
	return nil
}

// product gives the number of elements of an array, unless there is no array of such a shape.
func product(shape []int) (elements int, fits bool) {
	elements = 1
	for _, length := range shape {
		if length < 0 || length > 0 && elements > math.MaxInt/length {
			return 0, false
		}
		elements *= length
	}
	return elements, true
}

// nested writes the elements from *next on as lists of the given lengths.
func (e *encoder) nested(v reflect.Value, shape []int, next *int) error {
	if len(shape) == 0 {
		*next++
		if element := v.Index(*next - 1); !e.scalar(element) {
			return e.value(element, 0)
		}
		return nil
	}
	e.raw("[")
	for i := range shape[0] {
		if i > 0 {
			e.raw(",")
		}
		if err := e.nested(v, shape[1:], next); err != nil {
			return err
		}
	}
	e.raw("]")
	return nil
}

// array writes an array that Python gave.
func (e *encoder) array(a *Array) error {
	if a.Dtype == "float16" {
		numbers, err := a.Float64s()
		if err != nil {
			return err
		}
		return e.ndarray(numbers, a.Shape, a.Dtype)
	}
	if a.Dtype == "longdouble" {
		return e.fail(ErrJSON, "an array of dtype longdouble cannot be passed to Python")
	}
	shape := a.Shape
	if shape == nil {
		shape = []int{}
	}
	return e.ndarray(a.Data, shape, a.Dtype)
}
