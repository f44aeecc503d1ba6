package gogym

import (
	"maps"
	"reflect"
	"slices"

	"example.com/gogym/internal/cgym"
)

// Wrapper is a Python wrapper with its arguments, for [WithWrappers] and [Env.Wrap]. Package wrappers has a type for
// each wrapper of Gymnasium, [CustomWrapper] is for others.
type Wrapper interface {
	// Wrapper gives the wrapper's name, the class in gymnasium.wrappers or "module:Class", and the arguments of
	// its constructor in their order, or says why there is no such wrapper.
	Wrapper() (name string, arguments []WrapperArgument, err error)
}

// WrapperArgument is a keyword argument of a wrapper's constructor. Values are translated as for [WithKwarg]; what the
// constructor's annotation asks for is made of them: a tuple or an array of a list, an equal space of a [Space], a
// dtype or a module of its name.
type WrapperArgument struct {
	Name  string
	Value any
}

// CustomWrapper is a wrapper of one's own:
//
//	gogym.CustomWrapper{Name: "mypackage.wrappers:Scale", Args: map[string]any{"factor": 0.5}}
type CustomWrapper struct {
	// Name says where the class is: "module:Class" or "path/to/file.py:Class". The name of a class in
	// gymnasium.wrappers will do as well.
	Name string
	// Args are the keyword arguments of its constructor: see [WrapperArgument]. They go by their names' order.
	Args map[string]any
}

// Wrapper gives the name and the arguments.
func (w CustomWrapper) Wrapper() (name string, arguments []WrapperArgument, err error) {
	for _, name := range slices.Sorted(maps.Keys(w.Args)) {
		arguments = append(arguments, WrapperArgument{name, w.Args[name]})
	}
	return w.Name, arguments, nil
}

// Wrap puts wrappers around the environment, the first one innermost, and gives the environment that they make.
// This Env is a part of the new one from then on: its own calls give [ErrHandle], and closing the new one closes
// everything. After a failure nothing has changed, and this Env can still be used. [ErrWrapper] where a wrapper does
// not fit the environment, or its arguments.
func (e *Env) Wrap(wrappers ...Wrapper) (*Env, error) {
	encoder := &encoder{path: []any{"wrappers"}, takesFunctions: true}
	if err := encoder.value(reflect.ValueOf(append([]Wrapper{}, wrappers...)), 0); err != nil {
		return nil, err
	}
	if e != nil && e.isolated && len(encoder.callbacks) > 0 {
		return nil, errNoFunctions()
	}
	wrapped, err := e.wrap(string(encoder.out), encoder.callbacks)
	if err != nil {
		dropCallbacks(encoder.callbacks)
		return nil, err
	}
	return wrapped, nil
}

func (e *Env) wrap(encoded string, callbacks []*callback) (*Env, error) {
	if err := e.lock(); err != nil {
		return nil, err
	}
	defer e.unlock()
	if err := addCallbacks(e.call, callbacks); err != nil {
		return nil, err
	}
	handle, code := cgym.Wrap(e.call, e.handle, encoded)
	if err := failure(e.call, code); err != nil {
		return nil, err
	}
	wrapped, err := newEnv(handle, cgym.NewCall(), e.id, e.isolated)
	if err != nil {
		return nil, err
	}
	wrapped.callbacks = append(e.giveUp(), callbacks...)
	wrapped.seed = e.seed
	return wrapped, nil
}

// wrapper writes a wrapper as an object of its name and its arguments.
func (e *encoder) wrapper(wrapper Wrapper, depth int) error {
	if isNilPointer(wrapper) {
		return e.fail(ErrArgument, "a wrapper is nil, a %T", wrapper)
	}
	name, arguments, err := wrapper.Wrapper()
	if err != nil {
		return e.failWith(err)
	}
	entries := []dictEntry{{"name", name}}
	for _, argument := range arguments {
		if argument.Name == "name" {
			return e.fail(ErrArgument, "an argument of a wrapper cannot be called \"name\": there its own name stands")
		}
		entries = append(entries, dictEntry{argument.Name, argument.Value})
	}
	return e.entries(entries, depth, e.anything)
}

func isNilPointer(value any) bool {
	v := reflect.ValueOf(value)
	return v.Kind() == reflect.Pointer && v.IsNil()
}
