package gogym

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
)

// encodeElement writes an element of a space as tagged JSON. The space says what a Go value is to become: it gives
// flat slices their shape, and tells a list of elements from one array. Whatever is not understood here is written
// as it is, because the reader, which judges it anyway, knows better what is wrong with it.
//
// Errors have the given code and call the element by the given name.
func encodeElement(space Space, element any, name string, code Code) (string, error) {
	e := &encoder{name: name, code: code}
	err := e.element(space, reflect.ValueOf(element), 0)
	return string(e.out), err
}

func (e *encoder) element(space Space, v reflect.Value, depth int) error {
	v = pointedTo(v)
	if !v.IsValid() || depth > maxOptionsDepth {
		return e.value(v, depth)
	}
	switch s := space.(type) {
	case *Box, *Discrete, *MultiDiscrete, *MultiBinary:
		return e.arrayElement(s.base(), v, depth)
	case *TupleSpace:
		if isList(v) {
			return e.items(v, depth, func(i int, item reflect.Value) error {
				if i < len(s.Spaces) {
					return e.element(s.Spaces[i], item, depth+1)
				}
				return e.value(item, depth+1)
			})
		}
	case *DictSpace:
		if entries, isDict := dictEntries(v); isDict {
			return e.entries(entries, depth, func(key any, item reflect.Value, depth int) error {
				return e.element(s.at(key), item, depth)
			})
		}
	case *OneOf:
		if isList(v) && v.Len() == 2 {
			return e.items(v, depth, func(i int, item reflect.Value) error {
				if i == 0 {
					return e.value(item, depth+1)
				}
				return e.element(s.chosen(v.Index(0)), item, depth+1)
			})
		}
	case *Sequence:
		return e.elements(s.Space, v, depth, s.Stack)
	case *Graph:
		if entries, isDict := dictEntries(v); isDict {
			return e.entries(entries, depth, func(key any, item reflect.Value, depth int) error {
				if name, isString := key.(string); isString {
					e.path[len(e.path)-1] = field(name)
				}
				switch key {
				case "nodes":
					return e.elements(s.NodeSpace, item, depth, true)
				case "edges":
					return e.elements(s.EdgeSpace, item, depth, true)
				}
				return e.element(nil, item, depth)
			})
		}
	}
	return e.value(v, depth)
}

// pointedTo follows pointers and interfaces, but for those that know how they are written.
func pointedTo(v reflect.Value) reflect.Value {
	for range maxOptionsDepth {
		if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface || v.IsNil() {
			return v
		}
		switch v.Interface().(type) {
		case json.Marshaler, encoding.TextMarshaler:
			if v.Kind() == reflect.Pointer {
				return v
			}
		}
		v = v.Elem()
	}
	return v
}

// isList reports whether a value is a slice or array of items.
func isList(v reflect.Value) bool {
	return v.Kind() == reflect.Slice || v.Kind() == reflect.Array
}

func (e *encoder) items(v reflect.Value, depth int, write func(int, reflect.Value) error) error {
	e.raw("[")
	for i := range v.Len() {
		if i > 0 {
			e.raw(",")
		}
		if err := e.within(i, func() error { return write(i, v.Index(i)) }); err != nil {
			return err
		}
	}
	e.raw("]")
	return nil
}

// dictEntries gives the entries of a map, a Dict or a struct.
func dictEntries(v reflect.Value) (entries []dictEntry, isDict bool) {
	if dict, is := v.Interface().(*Dict); is {
		if dict == nil {
			return nil, false
		}
		return dict.entries, true
	}
	switch v.Interface().(type) {
	case json.Marshaler, encoding.TextMarshaler:
		return nil, false
	}
	switch v.Kind() {
	case reflect.Map:
		return mapEntries(v), true
	case reflect.Struct:
		return structEntries(v), true
	}
	return nil, false
}

// at is the space under a key of any kind; nil where there is none.
func (s *DictSpace) at(key any) Space {
	for i, k := range s.Keys {
		if i < len(s.Spaces) && reflect.DeepEqual(plainKey(k), plainKey(key)) {
			return s.Spaces[i]
		}
	}
	return nil
}

// plainKey gives the integers of Go one type, as Python's are.
func plainKey(key any) any {
	switch v := reflect.ValueOf(key); {
	case v.CanInt():
		return v.Int()
	case v.CanUint() && v.Uint() < 1<<63:
		return int64(v.Uint())
	case v.Kind() == reflect.String:
		return v.String()
	}
	return key
}

// chosen is the space of an index; nil where there is none.
func (s *OneOf) chosen(index reflect.Value) Space {
	index = pointedTo(index)
	switch {
	case index.CanInt() && 0 <= index.Int() && index.Int() < int64(len(s.Spaces)):
		return s.Spaces[index.Int()]
	case index.CanUint() && index.Uint() < uint64(len(s.Spaces)):
		return s.Spaces[index.Uint()]
	}
	return nil
}

// arrayElement writes numbers with the shape of a space, which they have or which is given to flat ones.
func (e *encoder) arrayElement(space *spaceBase, v reflect.Value, depth int) error {
	numbers, shape, isArray, err := e.numbers(v)
	if err != nil {
		return err
	}
	if !isArray {
		return e.value(v, depth)
	}
	if numbers.Len() == space.size && len(shape) == 1 {
		shape = space.shape
	}
	return e.nestedFrom(numbers, shape)
}

// elements writes what a Sequence or a Graph holds: a list of elements, or, where it may be stacked, what
// Gymnasium stacks them to.
func (e *encoder) elements(space Space, v reflect.Value, depth int, stacked bool) error {
	v = pointedTo(v)
	if !v.IsValid() || depth > maxOptionsDepth {
		return e.value(v, depth)
	}
	switch s := space.(type) {
	case *Box, *Discrete, *MultiDiscrete, *MultiBinary:
		numbers, shape, isArray, err := e.numbers(v)
		if err != nil {
			return err
		}
		if isArray {
			base := s.base()
			if len(shape) == 1 && len(base.shape) > 0 && base.size > 0 && numbers.Len()%base.size == 0 {
				shape = append([]int{numbers.Len() / base.size}, base.shape...)
			}
			return e.nestedFrom(numbers, shape)
		}
	case *TupleSpace:
		if items, isTuple := v.Interface().(Tuple); isTuple && stacked && len(items) == len(s.Spaces) {
			e.raw(`{"__tuple__":`)
			err := e.items(v, depth, func(i int, item reflect.Value) error {
				return e.elements(s.Spaces[i], item, depth+2, true)
			})
			e.raw("}")
			return err
		}
	case *DictSpace:
		if entries, isDict := dictEntries(v); isDict && stacked {
			return e.entries(entries, depth, func(key any, item reflect.Value, depth int) error {
				return e.elements(s.at(key), item, depth, true)
			})
		}
	}
	if isList(v) {
		return e.items(v, depth, func(_ int, item reflect.Value) error { return e.element(space, item, depth+1) })
	}
	return e.value(v, depth)
}

// nestedFrom writes numbers as nested lists of a shape.
func (e *encoder) nestedFrom(numbers reflect.Value, shape []int) error {
	next := 0
	return e.nested(numbers, shape, &next)
}

// numbers gives the numbers of an array, or of a flat slice of numbers, in C order. isArray is false for all else.
func (e *encoder) numbers(v reflect.Value) (numbers reflect.Value, shape []int, isArray bool, err error) {
	var data any
	switch array := v.Interface().(type) {
	case *Array:
		if array == nil {
			return v, nil, false, nil
		}
		data, shape = array.Data, slices.Clone(array.Shape)
		if array.Dtype == "float16" || array.Dtype == "longdouble" {
			if data, err = array.exactFloat64s(); err != nil {
				return v, nil, false, e.fail(ErrInexact, "%s", err.(*Error).Message)
			}
		}
	case *NDArray:
		if array == nil {
			return v, nil, false, nil
		}
		data, shape = array.Data, array.Shape
	case NDArray:
		data, shape = array.Data, array.Shape
	default:
		// A []any is a list of Python's, whose shape is what it says.
		if !isList(v) || !isScalar(v.Type().Elem().Kind()) {
			return v, nil, false, nil
		}
		return v, []int{v.Len()}, true, nil
	}
	numbers = reflect.ValueOf(data)
	if !numbers.IsValid() || !isList(numbers) || !isScalar(numbers.Type().Elem().Kind()) {
		return v, nil, false, nil
	}
	if _, isNDArray := v.Interface().(*Array); !isNDArray && shape == nil {
		shape = []int{numbers.Len()}
	}
	if elements, fits := product(shape); !fits || elements != numbers.Len() {
		return v, nil, false, e.fail(ErrJSON, "an array of %d elements cannot have the shape %s", numbers.Len(),
			shapeText(shape))
	}
	return numbers, shape, true, nil
}

func isScalar(kind reflect.Kind) bool {
	return reflect.Bool <= kind && kind <= reflect.Float64
}
