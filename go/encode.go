package gogym

import (
	"encoding"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Structured input travels as JSON with tags for what JSON lacks: __tuple__, __ndarray__, __float__ and
// __dict__ and __callback__. python/gogym/options.py reads it.

// maxOptionsDepth is how deep the reader lets arrays and objects be nested.
const maxOptionsDepth = 64

var marshaler = reflect.TypeFor[json.Marshaler]()

// NDArray is a NumPy array as an argument: see [WithKwarg].
type NDArray struct {
	Data  any    // a slice with the elements in C order: []float64, []int, []bool ...
	Shape []int  // nil: one dimension; empty: none, and one element
	Dtype string // NumPy's name, for example "float32"; empty: that of Data's elements, int64 for []int
}

// MarshalJSON writes gogym's tagged JSON.
func (a NDArray) MarshalJSON() ([]byte, error) { return encodeTagged(a) }

// MarshalJSON writes gogym's tagged JSON.
func (a *Array) MarshalJSON() ([]byte, error) { return encodeTagged(a) }

// MarshalJSON writes gogym's tagged JSON.
func (t Tuple) MarshalJSON() ([]byte, error) { return encodeTagged(t) }

// MarshalJSON writes gogym's tagged JSON.
func (d *Dict) MarshalJSON() ([]byte, error) { return encodeTagged(d) }

func encodeTagged(value any) ([]byte, error) {
	e := new(encoder)
	err := e.value(reflect.ValueOf(value), 0)
	return e.out, err
}

// encodeOptions writes keyword arguments; nothing for none.
func encodeOptions(options map[string]any) (string, error) {
	if len(options) == 0 {
		return "", nil
	}
	e := new(encoder)
	if err := e.value(reflect.ValueOf(options), 0); err != nil {
		return "", err
	}
	return string(e.out), nil
}

// encodeAny writes any value. Errors have the given code and call it by the given name.
func encodeAny(value any, name string, code Code) (string, error) {
	e := &encoder{name: name, code: code}
	err := e.value(reflect.ValueOf(value), 0)
	return string(e.out), err
}

// encoder writes one value. path is where it stands, for errors: the keys and indices that lead there.
type encoder struct {
	out  []byte
	path []any
	name string // what the whole value is called; "" for options
	code Code   // of errors; that of the failure itself for options

	takesFunctions bool
	callbacks      []*callback // the functions among the values
}

func (e *encoder) fail(code Code, format string, arguments ...any) error {
	err := newError(code, format, arguments...)
	switch {
	case e.name != "":
		err.Code = e.code
		err.Message = pathText(e.name, e.path) + ": " + err.Message
	case len(e.path) > 0:
		words := make([]string, len(e.path))
		for i, step := range e.path {
			words[i] = stepText(step)
		}
		err.Message = "the option " + strings.Join(words, ".") + ": " + err.Message
	}
	return err
}

// failWith is fail for an error that somebody else has made.
func (e *encoder) failWith(err error) error {
	code := ErrArgument
	var known *Error
	if errors.As(err, &known) {
		code = known.Code
	}
	failed := e.fail(code, "%s", strings.TrimPrefix(err.Error(), "gogym: ")).(*Error)
	failed.cause = err
	return failed
}

func stepText(step any) string {
	if name, isString := step.(string); isString {
		return name
	}
	return pythonText(step)
}

// field is a step to a part that has a name, as those of a Graph have.
type field string

// pathText names a part of an element: action["camera"][2].
func pathText(name string, path []any) string {
	var b strings.Builder
	b.WriteString(name)
	for _, step := range path {
		switch known := step.(type) {
		case field:
			b.WriteString("." + string(known))
		case string:
			b.WriteString("[" + quoted(known) + "]")
		default:
			b.WriteString("[" + pythonText(step) + "]")
		}
	}
	return b.String()
}

// at writes a part of a value.
func (e *encoder) at(step any, value reflect.Value, depth int) error {
	return e.within(step, func() error { return e.value(value, depth) })
}

func (e *encoder) within(step any, write func() error) error {
	e.path = append(e.path, step)
	err := write()
	e.path = e.path[:len(e.path)-1]
	return err
}

func (e *encoder) raw(text string) {
	e.out = append(e.out, text...)
}

func (e *encoder) value(v reflect.Value, depth int) error {
	if depth > maxOptionsDepth {
		return e.fail(ErrJSON, "nested deeper than %d levels, or a cycle", maxOptionsDepth)
	}
	if !v.IsValid() {
		e.raw("null")
		return nil
	}
	if v.CanInterface() {
		switch known := v.Interface().(type) {
		case Tuple:
			return e.tuple(known, depth)
		case NDArray:
			return e.ndarray(known.Data, known.Shape, known.Dtype)
		case *NDArray:
			if known != nil {
				return e.ndarray(known.Data, known.Shape, known.Dtype)
			}
		case *Array:
			if known != nil {
				return e.array(known)
			}
		case *Dict:
			if known != nil {
				return e.pairs(known.entries, depth, e.anything)
			}
		case Other:
			return e.other(known)
		case Space:
			return e.space(known, depth)
		case Wrapper:
			return e.wrapper(known, depth)
		case json.Number:
			return e.marshal(known)
		case json.Marshaler, encoding.TextMarshaler:
			if v.Kind() != reflect.Pointer || !v.IsNil() {
				return e.marshal(known)
			}
		default:
			if pointer := reflect.PointerTo(v.Type()); v.Kind() == reflect.Struct && pointer.Implements(marshaler) {
				addressable := reflect.New(v.Type()) // a big.Int instead of a *big.Int
				addressable.Elem().Set(v)
				return e.marshal(addressable.Interface())
			}
		}
	}
	if e.scalar(v) {
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		return e.text(v.String())
	case reflect.Pointer, reflect.Interface:
		if v.Type() == reflect.TypeFor[Wrapper]() {
			return e.fail(ErrArgument, "a wrapper is nil")
		}
		return e.value(v.Elem(), depth+1) // nothing for nil
	case reflect.Slice, reflect.Array:
		return e.list(v, depth)
	case reflect.Map:
		return e.mapping(v, depth)
	case reflect.Struct:
		return e.structure(v, depth)
	case reflect.Func:
		return e.function(v)
	}
	return e.fail(ErrJSON, "a value of type %s cannot be passed to Python", v.Type())
}

// function writes a function as the callback that is to be registered for it.
func (e *encoder) function(v reflect.Value) error {
	if v.IsNil() {
		e.raw("null")
		return nil
	}
	if !e.takesFunctions {
		return e.fail(ErrJSON, "a value of type %s can be passed to Make and Wrap only; elsewhere the CallbackName of a "+
			"function that AddCallback has registered", v.Type())
	}
	callback, problem := newCallback(v.Interface())
	if callback == nil {
		return e.fail(ErrJSON, "%s", problem)
	}
	e.callbacks = append(e.callbacks, callback)
	return e.marshal(CallbackName(callback.name))
}

// scalar writes a bool or a number; nothing for all else.
func (e *encoder) scalar(v reflect.Value) bool {
	switch {
	case v.Kind() == reflect.Bool:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case v.CanInt():
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case v.CanUint():
		e.out = strconv.AppendUint(e.out, v.Uint(), 10)
	case v.CanFloat():
		e.float(v.Float())
	default:
		return false
	}
	return true
}

func (e *encoder) tuple(t Tuple, depth int) error {
	e.raw(`{"__tuple__":`)
	if err := e.list(reflect.ValueOf([]any(t)), depth+1); err != nil {
		return err
	}
	e.raw("}")
	return nil
}

// float keeps a float a float: 1 would be read as an int.
func (e *encoder) float(x float64) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		e.raw(`{"__float__":"` + floatText(x) + `"}`)
		return
	}
	e.raw(floatText(x))
}

func (e *encoder) text(text string) error {
	if !utf8.ValidString(text) {
		return e.fail(ErrJSON, "the text %q is not valid UTF-8", text)
	}
	e.raw(quoted(text))
	return nil
}

// quoted writes a text as JSON. Unlike json.Marshal it leaves <, > and & as they are.
func quoted(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // of a string it cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}

func (e *encoder) list(v reflect.Value, depth int) error {
	e.raw("[")
	for i := range v.Len() {
		if i > 0 {
			e.raw(",")
		}
		if err := e.at(i, v.Index(i), depth+1); err != nil {
			return err
		}
	}
	e.raw("]")
	return nil
}

// writer writes the value under a key.
type writer func(key any, value reflect.Value, depth int) error

// anything is the writer of values that no space describes.
func (e *encoder) anything(_ any, value reflect.Value, depth int) error {
	return e.value(value, depth)
}

// mapping writes a map, sorted by key.
func (e *encoder) mapping(v reflect.Value, depth int) error {
	return e.entries(mapEntries(v), depth, e.anything)
}

// mapEntries gives the entries of a map, sorted by key.
func mapEntries(v reflect.Value) []dictEntry {
	keys := v.MapKeys()
	for i, key := range keys {
		if key.Kind() == reflect.Interface {
			keys[i] = key.Elem()
		}
	}
	slices.SortStableFunc(keys, compareKeys)
	entries := make([]dictEntry, 0, len(keys))
	for _, key := range keys {
		if !key.IsValid() {
			entries = append(entries, dictEntry{nil, v.MapIndex(reflect.Zero(v.Type().Key())).Interface()})
			continue
		}
		entries = append(entries, dictEntry{key.Interface(), v.MapIndex(key).Interface()})
	}
	return entries
}

// entries writes an object. Where a key is no string, or would be read as a tag, it becomes a __dict__.
func (e *encoder) entries(entries []dictEntry, depth int, write writer) error {
	for _, entry := range entries {
		if key := reflect.ValueOf(entry.key); key.Kind() != reflect.String || isTag(key.String()) {
			return e.pairs(entries, depth, write)
		}
	}
	e.raw("{")
	for i, entry := range entries {
		if i > 0 {
			e.raw(",")
		}
		key := reflect.ValueOf(entry.key).String()
		if err := e.text(key); err != nil {
			return err
		}
		e.raw(":")
		err := e.within(key, func() error { return write(key, reflect.ValueOf(entry.value), depth+1) })
		if err != nil {
			return err
		}
	}
	e.raw("}")
	return nil
}

func compareKeys(a, b reflect.Value) int {
	switch {
	case !a.IsValid() || !b.IsValid() || a.Kind() != b.Kind():
		return 0
	case a.Kind() == reflect.String:
		return strings.Compare(a.String(), b.String())
	case a.CanInt() && a.Int() != b.Int():
		return map[bool]int{true: -1, false: 1}[a.Int() < b.Int()]
	case a.CanUint() && a.Uint() != b.Uint():
		return map[bool]int{true: -1, false: 1}[a.Uint() < b.Uint()]
	}
	return 0
}

// isTag reports whether the reader takes a key for a tag.
func isTag(key string) bool {
	return len(key) > 4 && strings.HasPrefix(key, "__") && strings.HasSuffix(key, "__")
}

// pairs writes a dict with keys of any kind.
func (e *encoder) pairs(pairs []dictEntry, depth int, write writer) error {
	e.raw(`{"__dict__":[`)
	for i, pair := range pairs {
		if i > 0 {
			e.raw(",")
		}
		e.raw("[")
		if err := e.at("key", reflect.ValueOf(pair.key), depth+3); err != nil {
			return err
		}
		e.raw(",")
		err := e.within(pair.key, func() error { return write(pair.key, reflect.ValueOf(pair.value), depth+3) })
		if err != nil {
			return err
		}
		e.raw("]")
	}
	e.raw("]}")
	return nil
}

// structure writes the exported fields of a struct.
func (e *encoder) structure(v reflect.Value, depth int) error {
	if err := e.checkFields(v); err != nil {
		return err
	}
	entries := structEntries(v)
	for _, entry := range entries {
		if isTag(entry.key.(string)) {
			return e.fail(ErrJSON, "the field name %q would be read as a tag", entry.key)
		}
	}
	return e.entries(entries, depth, e.anything)
}

// checkFields refuses a struct that has nothing to be seen from here, such as an [Env]: an empty dict would come of it.
func (e *encoder) checkFields(v reflect.Value) error {
	if slices.ContainsFunc(reflect.VisibleFields(v.Type()), reflect.StructField.IsExported) {
		return nil
	}
	err := e.fail(ErrArgument, "a value of type %s cannot be passed to Python: the struct has no exported fields", v.Type()).(*Error)
	err.Code = ErrArgument
	return err
}

// structEntries gives the exported fields of a struct under the names that encoding/json gives them.
func structEntries(v reflect.Value) []dictEntry {
	var entries []dictEntry
	for _, field := range reflect.VisibleFields(v.Type()) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || field.Anonymous || field.Tag.Get("json") == "-" {
			continue
		}
		value, err := v.FieldByIndexErr(field.Index)
		if err != nil || strings.Contains(options, "omitempty") && value.IsZero() {
			continue // a field of an embedded nil pointer, or an empty one
		}
		if name == "" {
			name = field.Name
		}
		entries = append(entries, dictEntry{name, value.Interface()})
	}
	return entries
}

// marshal writes a value that knows its own JSON.
func (e *encoder) marshal(value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return e.fail(ErrJSON, "%v", err)
	}
	e.out = append(e.out, content...)
	return nil
}

// other writes an integer beyond 64 bits, which Python gave; nothing else has a plain form.
func (e *encoder) other(o Other) error {
	if o.Class == "int" {
		return e.marshal(json.Number(o.Repr))
	}
	return e.fail(ErrJSON, "an object of the Python class %s cannot be passed to Python", o.Class)
}
