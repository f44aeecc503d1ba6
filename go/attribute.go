package gogym

import (
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"strings"

	"example.com/gogym/internal/cgym"
)

// value runs a call that gives a tree.
func (e *Env) value(run func(*cgym.Call, cgym.Env) ([]byte, int32)) (any, error) {
	block, err := e.block(run)
	if err != nil {
		return nil, err
	}
	return decodeBlock(block)
}

// block is value without the decoding, which needs no lock.
func (e *Env) block(run func(*cgym.Call, cgym.Env) ([]byte, int32)) ([]byte, error) {
	if err := e.lock(); err != nil {
		return nil, err
	}
	defer e.unlock()
	block, code := run(e.call, e.handle)
	return block, failure(e.call, code)
}

// HasAttr reports whether the environment has an attribute: see [Env.GetAttr].
func (e *Env) HasAttr(name string) (bool, error) {
	if err := attrName(name); err != nil {
		return false, err
	}
	if err := e.lock(); err != nil {
		return false, err
	}
	defer e.unlock()
	found, code := cgym.HasAttr(e.call, e.handle, name)
	if err := failure(e.call, code); err != nil {
		return false, err
	}
	return found, nil
}

// GetAttr gives the value of an attribute, in the types of [Env.Info]; [Attr] gives it a type of one's own.
//
// The name is a path: "spec", "unwrapped.data.qpos". Its first part is looked for in the outermost wrapper, then in
// the next one, down to the environment itself, as Gymnasium's get_wrapper_attr does; the others are attributes of
// what came before. Parts that begin with an underscore need Make's
// WithKwarg("gogym", map[string]any{"private": true}). An attribute that is missing or private gives
// [ErrAttribute].
//
// Attributes are the environment's own code: reading one may do anything that it does.
func (e *Env) GetAttr(name string) (any, error) {
	if err := attrName(name); err != nil {
		return nil, err
	}
	return e.value(func(call *cgym.Call, env cgym.Env) ([]byte, int32) { return cgym.GetAttr(call, env, name) })
}

// SetAttr sets an attribute. A name of one part is set where it is found: in the outermost wrapper that has it, else
// in the outermost of all, as Gymnasium's set_wrapper_attr does. The value is translated as for [Env.Call].
func (e *Env) SetAttr(name string, value any) error {
	if err := attrName(name); err != nil {
		return err
	}
	encoder := &encoder{name: "value", code: ErrJSON}
	if err := encoder.argument(reflect.ValueOf(value), 0); err != nil {
		return err
	}
	if err := e.lock(); err != nil {
		return err
	}
	defer e.unlock()
	return failure(e.call, cgym.SetAttr(e.call, e.handle, name, string(encoder.out)))
}

// Call calls a method of the environment, or anything else that can be called, with positional arguments, and gives
// what it returns in the types of [Env.Info]. The name is a path, as in [Env.GetAttr].
//
// The arguments are translated as for [WithKwarg], but for slices and arrays of numbers or bools, which become NumPy
// arrays: []float64 one of dtype float64, [][]float32 one of two dimensions, []int one of dtype int64. A []any is a
// list, of whatever is in it.
//
//	env.Call("unwrapped.set_state", qpos, qvel) // two []float64
func (e *Env) Call(name string, arguments ...any) (any, error) {
	return e.CallKeywords(name, nil, arguments...)
}

// CallKeywords is Call with keyword arguments beside the positional ones.
func (e *Env) CallKeywords(name string, keywords map[string]any, arguments ...any) (any, error) {
	if err := attrName(name); err != nil {
		return nil, err
	}
	encoded, err := encodeArguments(keywords, arguments)
	if err != nil {
		return nil, err
	}
	return e.value(func(call *cgym.Call, env cgym.Env) ([]byte, int32) {
		return cgym.CallMethod(call, env, name, encoded)
	})
}

func attrName(name string) error {
	if strings.ContainsRune(name, 0) {
		return newError(ErrArgument, "the attribute's name contains a NUL character: %q", name)
	}
	return nil
}

// encodeArguments writes the arguments of a call; nothing for none.
func encodeArguments(keywords map[string]any, positional []any) (string, error) {
	e := &encoder{name: "arguments", code: ErrJSON}
	arguments := reflect.ValueOf(positional)
	switch {
	case len(keywords) > 0:
		if _, found := keywords["*"]; found {
			return "", newError(ErrArgument, `no argument can be called "*"`)
		}
		all := maps.Clone(keywords)
		if len(positional) > 0 {
			all["*"] = positional
		}
		arguments = reflect.ValueOf(all)
	case len(positional) == 0:
		return "", nil
	}
	err := e.argument(arguments, 0)
	return string(e.out), err
}

// argument writes a value as e.value does, but numbers in slices and arrays as a NumPy array, wherever they are.
func (e *encoder) argument(v reflect.Value, depth int) error {
	if depth > maxOptionsDepth || knowsItself(v) {
		return e.value(v, depth)
	}
	if v = pointedTo(v); knowsItself(v) {
		return e.value(v, depth)
	}
	switch known := v.Interface().(type) {
	case Tuple:
		e.raw(`{"__tuple__":`)
		err := e.arguments(reflect.ValueOf([]any(known)), depth+1)
		e.raw("}")
		return err
	case *Dict:
		return e.entries(known.entries, depth, e.keyword)
	}
	switch {
	case v.Kind() == reflect.Map:
		return e.entries(mapEntries(v), depth, e.keyword)
	case v.Kind() == reflect.Struct:
		if err := e.checkFields(v); err != nil {
			return err
		}
		return e.entries(structEntries(v), depth, e.keyword)
	case !isList(v):
		return e.value(v, depth)
	case isScalar(innermost(v.Type()).Kind()):
		return e.numericArray(v)
	}
	return e.arguments(v, depth)
}

// knowsItself reports whether a value is nothing, or of a type that says itself how it is written.
func knowsItself(v reflect.Value) bool {
	if !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return true
	}
	switch v.Interface().(type) {
	case Tuple, *Dict:
		return false
	case Space, Wrapper, Other, json.Marshaler, encoding.TextMarshaler:
		return true
	}
	return v.Kind() == reflect.Struct && reflect.PointerTo(v.Type()).Implements(marshaler)
}

func (e *encoder) keyword(_ any, value reflect.Value, depth int) error {
	return e.argument(value, depth)
}

func (e *encoder) arguments(list reflect.Value, depth int) error {
	return e.items(list, depth, func(_ int, item reflect.Value) error { return e.argument(item, depth+1) })
}

// innermost is the type of the elements of nested slices and arrays.
func innermost(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	return t
}

// numericArray writes slices and arrays of numbers, nested or not.
func (e *encoder) numericArray(v reflect.Value) error {
	flat := reflect.MakeSlice(reflect.SliceOf(innermost(v.Type())), 0, v.Len())
	var shape []int
	for level := v; isList(level); level = level.Index(0) {
		shape = append(shape, level.Len())
		if level.Len() == 0 {
			break
		}
	}
	if err := e.gather(v, shape, &flat); err != nil {
		return err
	}
	return e.ndarray(flat.Interface(), shape, "")
}

// gather appends the numbers of a slice to a flat one, and checks that it has the shape.
func (e *encoder) gather(v reflect.Value, shape []int, flat *reflect.Value) error {
	if v.Len() != shape[0] {
		return e.fail(ErrJSON, "the slices within have different lengths, %d and %d: they make no array", shape[0], v.Len())
	}
	if len(shape) == 1 {
		for i := range v.Len() {
			*flat = reflect.Append(*flat, v.Index(i))
		}
		return nil
	}
	for i := range v.Len() {
		if err := e.gather(v.Index(i), shape[1:], flat); err != nil {
			return err
		}
	}
	return nil
}

// Attr gives the value of an attribute (see [Env.GetAttr]) as a T:
//
//	gravity, err := gogym.Attr[float64](env, "unwrapped.gravity")
//	qpos, err := gogym.Attr[[]float64](env, "unwrapped.data.qpos")
//
// T is any type of [Env.Info], a number that holds the value exactly, a slice of such types for an array (flat, in C
// order), a list or a tuple, or a map with string keys for a dict. All else gives [ErrKind], and a number that T
// cannot hold [ErrInexact].
func Attr[T any](env *Env, name string) (T, error) {
	var result T
	value, err := env.GetAttr(name)
	if err != nil {
		return result, err
	}
	if err := assign(&result, value); err != nil {
		err.Message = "the attribute " + name + ": " + err.Message
		return *new(T), err
	}
	return result, nil
}
