// Package wrappers has a type for each wrapper in gymnasium.wrappers, with its arguments as fields, for
// [gogym.WithWrappers] and [gogym.Env.Wrap]:
//
//	env, err := gogym.Make("CartPole-v1", gogym.WithWrappers(
//		wrappers.FrameStackObservation{StackSize: 4},
//		wrappers.ClipReward{MinReward: 0.0, MaxReward: 0.5},
//		wrappers.TransformReward{Func: func(reward float64) float64 { return 10 * reward }},
//	))
//
// The types are generated from Gymnasium's signatures. What Gymnasium has a default for may be left out; where that is
// a number, a bool or a string, the field is a pointer ([Ptr] makes one), nil for the default. Gymnasium's
// documentation says more of each wrapper.
//
// A function of the program is registered when the environment is made or wrapped, and removed when that is closed:
// see [gogym.AddCallback] for what it may do. For one that was registered by hand, take [gogym.CustomWrapper]:
//
//	gogym.CustomWrapper{Name: "TransformReward", Args: map[string]any{"func": gogym.CallbackName("scale")}}
package wrappers

import (
	"fmt"
	"reflect"

	"example.com/gogym"
)

// Ptr gives a pointer to a value, for arguments that may be left out: wrappers.Ptr(true).
func Ptr[T any](value T) *T {
	return &value
}

// Numbers is a number, or an array with a number for each element: an integer or a float, a slice of them, a
// [*gogym.Array] or a [gogym.NDArray]. nil is neither.
type Numbers any

// IntOrInts is an integer or a tuple of integers, made by [Int] or [Ints]. The zero IntOrInts is neither.
type IntOrInts struct {
	value any // int or gogym.Tuple
}

// Int is an integer.
func Int(n int) IntOrInts {
	return IntOrInts{n}
}

// Ints is a tuple of integers.
func Ints(n ...int) IntOrInts {
	return IntOrInts{tuple(n)}
}

// String writes it as Python does.
func (i IntOrInts) String() string {
	if i.value == nil {
		return "None"
	}
	return fmt.Sprint(i.value)
}

func tuple(n []int) gogym.Tuple {
	items := make(gogym.Tuple, len(n))
	for i, item := range n {
		items[i] = item
	}
	return items
}

// arguments gathers those of a wrapper, and the first thing that is wrong with them.
type arguments struct {
	wrapper string
	list    []gogym.WrapperArgument
	err     error
}

func (a *arguments) all() (string, []gogym.WrapperArgument, error) {
	return a.wrapper, a.list, a.err
}

func (a *arguments) add(name string, value any) {
	a.list = append(a.list, gogym.WrapperArgument{Name: name, Value: value})
}

func (a *arguments) fail(name, problem string) {
	if a.err == nil {
		a.err = fmt.Errorf("%s: the argument %s %s", a.wrapper, name, problem)
	}
}

// addGiven adds an argument that may be left out.
func addGiven[T any](a *arguments, name string, value *T) {
	if value != nil {
		a.add(name, *value)
	}
}

func (a *arguments) addAnyGiven(name string, value any) {
	if value != nil {
		a.add(name, value)
	}
}

func (a *arguments) addTrigger(name string, trigger func(int) bool) {
	if trigger != nil {
		a.add(name, trigger)
	}
}

func (a *arguments) addTuple(name string, n []int) {
	if n == nil {
		a.fail(name, "is missing")
		return
	}
	a.add(name, tuple(n))
}

func (a *arguments) addInts(name string, n IntOrInts) {
	if n.value == nil {
		a.fail(name, "is missing: set it to an Int or Ints")
		return
	}
	a.add(name, n.value)
}

func (a *arguments) addIntsGiven(name string, n IntOrInts) {
	if n.value != nil {
		a.add(name, n.value)
	}
}

func (a *arguments) addNumbers(name string, value Numbers) {
	if value == nil {
		a.fail(name, "is missing: set it to a number or an array")
		return
	}
	a.addNumbersGiven(name, value)
}

// addNumbersGiven writes a slice as an array of its own dtype.
func (a *arguments) addNumbersGiven(name string, value Numbers) {
	switch known := value.(type) {
	case nil:
		return
	case *gogym.Array, gogym.NDArray, *gogym.NDArray:
		a.add(name, known)
		return
	}
	v := reflect.ValueOf(value)
	switch kind := v.Kind(); {
	case v.CanInt() || v.CanUint() || v.CanFloat():
		a.add(name, value)
	case kind == reflect.Slice && isNumber(v.Type().Elem().Kind()):
		a.add(name, gogym.NDArray{Data: value})
	default:
		a.fail(name, fmt.Sprintf("is a %T; it takes a number, a slice of numbers, a *gogym.Array or a gogym.NDArray", value))
	}
}

func isNumber(kind reflect.Kind) bool {
	return kind >= reflect.Int && kind <= reflect.Float64 && kind != reflect.Uintptr
}

// addCallback adds a function that comes in one of two forms, in two fields of these names.
func (a *arguments) addCallback(name, fields string, isFirst bool, first any, isSecond bool, second any) {
	switch {
	case isFirst == isSecond && isFirst:
		a.fail(name, "is set in both forms; set one of the two fields "+fields)
	case isFirst:
		a.add(name, first)
	case isSecond:
		a.add(name, second)
	default:
		a.fail(name, "is missing: set one of the two fields "+fields+" to a function")
	}
}
