package gogym

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
)

// assign sets a variable, given by its address, to a value that Python gave, converted to the variable's type.
func assign(pointer, value any) *Error {
	return assignValue(reflect.ValueOf(pointer).Elem(), value)
}

func assignValue(to reflect.Value, value any) *Error {
	from := reflect.ValueOf(value)
	switch {
	case !from.IsValid():
		switch to.Kind() {
		case reflect.Interface, reflect.Pointer, reflect.Slice, reflect.Map:
			to.SetZero()
			return nil
		}
		return unassignable(to, value)
	case from.Type().AssignableTo(to.Type()):
		to.Set(from)
		return nil
	case to.Kind() == reflect.Pointer:
		pointer := reflect.New(to.Type().Elem())
		to.Set(pointer)
		return assignValue(pointer.Elem(), value)
	}
	switch v := naturalInteger(value).(type) {
	case int64, uint64, float64, *big.Int:
		return assignNumber(to, v)
	case bool:
		if to.Kind() == reflect.Bool {
			to.SetBool(v)
			return nil
		}
	case string:
		if to.Kind() == reflect.String {
			to.SetString(v)
			return nil
		}
	case *Array:
		return assignArray(to, v)
	case *Dict:
		return assignDict(to, v)
	case []any, Tuple:
		if to.Kind() == reflect.Slice {
			return assignItems(to, reflect.ValueOf(v))
		}
	}
	return unassignable(to, value)
}

// maxShownText is how much of a value an error shows.
const maxShownText = 100

func unassignable(to reflect.Value, value any) *Error {
	kind := "nothing"
	if value != nil {
		kind = fmt.Sprintf("a %T", value)
	}
	text := pythonText(value)
	if len(text) > maxShownText {
		text = strings.ToValidUTF8(text[:maxShownText], "") + "..."
	}
	return newError(ErrKind, "%s is %s, and no %s", text, kind, to.Type())
}

// assignNumber sets a variable to a number, if it can hold it exactly; a float32 rounds a float.
func assignNumber(to reflect.Value, value any) *Error {
	number := new(big.Float)
	switch v := value.(type) {
	case int64:
		number.SetInt64(v)
	case uint64:
		number.SetUint64(v)
	case *big.Int:
		number.SetInt(v)
	case float64:
		if to.CanFloat() {
			to.SetFloat(v)
			return nil
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return unassignable(to, value)
		}
		number.SetFloat64(v)
	}
	var exact bool
	switch {
	case to.CanInt():
		n, accuracy := number.Int64()
		exact = accuracy == big.Exact && !to.OverflowInt(n)
		to.SetInt(n)
	case to.CanUint():
		n, accuracy := number.Uint64()
		exact = accuracy == big.Exact && !to.OverflowUint(n)
		to.SetUint(n)
	case to.Kind() == reflect.Float32:
		x, accuracy := number.Float32()
		exact = accuracy == big.Exact
		to.SetFloat(float64(x))
	case to.Kind() == reflect.Float64:
		x, accuracy := number.Float64()
		exact = accuracy == big.Exact
		to.SetFloat(x)
	default:
		return unassignable(to, value)
	}
	if !exact {
		return newError(ErrInexact, "%s cannot hold %v exactly", to.Type(), value)
	}
	return nil
}

// assignArray sets a slice to the elements of an array, or a number to that of an array of one.
func assignArray(to reflect.Value, array *Array) *Error {
	data := reflect.ValueOf(array.Data)
	isHalf := array.Dtype == "float16" || array.Dtype == "longdouble"
	if numbers, err := array.exactFloat64s(); isHalf && err == nil {
		data = reflect.ValueOf(numbers)
	} else if isHalf {
		return newError(ErrInexact, "a float64 cannot hold the numbers of a %s exactly", array.Dtype)
	}
	switch {
	case to.Kind() == reflect.Slice && data.Type().AssignableTo(to.Type()):
		to.Set(data)
		return nil
	case to.Kind() == reflect.Slice:
		return assignItems(to, data)
	case array.Len() == 1 && len(array.Shape) == 0 && data.Len() == 1:
		return assignValue(to, plainScalar(data.Index(0)))
	}
	return unassignable(to, array)
}

// assignItems sets a slice to items, each converted to the type of its elements.
func assignItems(to, items reflect.Value) *Error {
	slice := reflect.MakeSlice(to.Type(), items.Len(), items.Len())
	for i := range items.Len() {
		if err := assignValue(slice.Index(i), plainScalar(items.Index(i))); err != nil {
			err.Message = "element " + pythonText(int64(i)) + ": " + err.Message
			return err
		}
	}
	to.Set(slice)
	return nil
}

// plainScalar gives a number the type that Python's numbers have; all else stays what it is.
func plainScalar(v reflect.Value) any {
	switch {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return v.Uint()
	case v.CanFloat():
		return v.Float()
	}
	return v.Interface()
}

// assignDict sets a map with string keys.
func assignDict(to reflect.Value, dict *Dict) *Error {
	if to.Kind() != reflect.Map || to.Type().Key().Kind() != reflect.String ||
		slices.ContainsFunc(dict.Keys(), func(key any) bool { return reflect.TypeOf(key) != reflect.TypeFor[string]() }) {
		return unassignable(to, dict)
	}
	entries := reflect.MakeMapWithSize(to.Type(), dict.Len())
	for key, item := range dict.All() {
		element := reflect.New(to.Type().Elem()).Elem()
		if err := assignValue(element, item); err != nil {
			err.Message = quoted(key.(string)) + ": " + err.Message
			return err
		}
		entries.SetMapIndex(reflect.ValueOf(key).Convert(to.Type().Key()), element)
	}
	to.Set(entries)
	return nil
}

// converted is a value of a type that only a defect could change.
func converted[T any](value any, name string) (T, error) {
	var result T
	if err := assign(&result, value); err != nil {
		return *new(T), newError(ErrInternal, "%s: %s", name, err.Message)
	}
	return result, nil
}
