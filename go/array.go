package gogym

import (
	"bytes"
	"fmt"
	"slices"
	"unsafe"
)

// Array is a NumPy array: its elements in C order, in a typed slice.
//
//	bool                   []bool            float16      []uint16 (the bits; see Float64s)
//	int8 ... int64         []int8 ... int64  float32      []float32
//	uint8 ... uint64       []uint8 ...       float64      []float64
//	complex64, complex128  []complex64 ...   longdouble   []byte (the bytes)
//
// An array with ndim 0 has an empty Shape and one element.
type Array struct {
	Dtype string
	Shape []int
	Data  any
}

// newArray copies the bytes of the elements into a slice of the right type.
func newArray(dtype string, shape []int, itemsize uint64, data []byte) (*Array, error) {
	array := &Array{Dtype: dtype, Shape: shape}
	if wanted := itemSize(dtype); wanted > 0 && dtype != "longdouble" && itemsize != uint64(wanted) {
		return nil, newError(ErrBlock, "an element of dtype %s has %d bytes, not %d", dtype, wanted, itemsize)
	}
	switch dtype {
	case "bool":
		array.Data = decodeBools(data)
	case "int8":
		array.Data = decodeNumbers[int8](data)
	case "int16":
		array.Data = decodeNumbers[int16](data)
	case "int32":
		array.Data = decodeNumbers[int32](data)
	case "int64":
		array.Data = decodeNumbers[int64](data)
	case "uint8":
		array.Data = decodeNumbers[uint8](data)
	case "uint16", "float16":
		array.Data = decodeNumbers[uint16](data)
	case "uint32":
		array.Data = decodeNumbers[uint32](data)
	case "uint64":
		array.Data = decodeNumbers[uint64](data)
	case "float32":
		array.Data = decodeNumbers[float32](data)
	case "float64":
		array.Data = decodeNumbers[float64](data)
	case "complex64":
		array.Data = decodeNumbers[complex64](data)
	case "complex128":
		array.Data = decodeNumbers[complex128](data)
	default:
		array.Data = bytes.Clone(data)
	}
	return array, nil
}

type numeric interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 |
		~float32 | ~float64 | ~complex64 | ~complex128
}

// decodeNumbers copies numbers in native byte order, which every pattern of bits is.
func decodeNumbers[T numeric](data []byte) []T {
	var zero T
	size := int(unsafe.Sizeof(zero))
	numbers := make([]T, len(data)/size)
	if len(numbers) > 0 {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(numbers))), len(numbers)*size), data)
	}
	return numbers
}

func decodeBools(data []byte) []bool {
	bools := make([]bool, len(data))
	for i, b := range data {
		bools[i] = b != 0
	}
	return bools
}

// itemSize is the number of bytes of an element; 0 for a dtype that nobody knows.
func itemSize(dtype string) int {
	switch dtype {
	case "bool", "int8", "uint8":
		return 1
	case "int16", "uint16", "float16":
		return 2
	case "int32", "uint32", "float32":
		return 4
	case "int64", "uint64", "float64", "complex64":
		return 8
	case "complex128", "longdouble":
		return 16
	}
	return 0
}

// Len is the number of elements: the product of the lengths in Shape.
func (a *Array) Len() int {
	n := 1
	for _, length := range a.Shape {
		n *= length
	}
	return n
}

// Float64s gives the elements as float64, in C order and in a new slice. An integer that a float64 cannot
// hold gives [ErrInexact]; a dtype without real numbers, and longdouble, gives [ErrKind].
func (a *Array) Float64s() ([]float64, error) {
	return a.appendFloat64s([]float64{})
}

// appendFloat64s is Float64s with room that is there already.
func (a *Array) appendFloat64s(numbers []float64) ([]float64, error) {
	switch data := a.Data.(type) {
	case []bool:
		numbers = slices.Grow(numbers, len(data))
		for _, b := range data {
			number := 0.0
			if b {
				number = 1
			}
			numbers = append(numbers, number)
		}
		return numbers, nil
	case []int8:
		return appendFloat64s(numbers, data), nil
	case []int16:
		return appendFloat64s(numbers, data), nil
	case []int32:
		return appendFloat64s(numbers, data), nil
	case []int64:
		numbers = appendFloat64s(numbers, data)
		for i, number := range numbers[len(numbers)-len(data):] {
			if number == 1<<63 || int64(number) != data[i] {
				return nil, inexact(data[i])
			}
		}
		return numbers, nil
	case []uint16:
		if a.Dtype == "float16" {
			numbers = slices.Grow(numbers, len(data))
			for _, half := range data {
				numbers = append(numbers, Float16(half).Float64())
			}
			return numbers, nil
		}
		return appendFloat64s(numbers, data), nil
	case []uint32:
		return appendFloat64s(numbers, data), nil
	case []uint64:
		numbers = appendFloat64s(numbers, data)
		for i, number := range numbers[len(numbers)-len(data):] {
			if number == 1<<64 || uint64(number) != data[i] {
				return nil, inexact(data[i])
			}
		}
		return numbers, nil
	case []float32:
		return appendFloat64s(numbers, data), nil
	case []float64:
		return append(slices.Grow(numbers, len(data)), data...), nil
	case []uint8:
		if a.Dtype == "uint8" {
			return appendFloat64s(numbers, data), nil
		}
	}
	return nil, newError(ErrKind, "an array of dtype %s has no float64 form", a.Dtype)
}

// exactFloat64s is Float64s that also converts longdoubles, where a float64 holds them.
func (a *Array) exactFloat64s() ([]float64, error) {
	data, isBytes := a.Data.([]byte)
	if a.Dtype != "longdouble" || !isBytes || a.Len() == 0 {
		return a.Float64s()
	}
	numbers := make([]float64, a.Len())
	size := len(data) / len(numbers)
	for i := range numbers {
		number, exact := longdoubleToFloat64(data[i*size : (i+1)*size])
		if !exact {
			return nil, newError(ErrInexact, "a float64 cannot hold element %d, a longdouble, exactly", i)
		}
		numbers[i] = number
	}
	return numbers, nil
}

func inexact(number any) error {
	return newError(ErrInexact, "a float64 cannot hold %d exactly", number)
}

func toFloat64s[T realNumber](data []T) []float64 {
	return appendFloat64s([]float64{}, data)
}

type realNumber interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

func appendFloat64s[T realNumber](numbers []float64, data []T) []float64 {
	numbers = slices.Grow(numbers, len(data))
	for _, number := range data {
		numbers = append(numbers, float64(number))
	}
	return numbers
}

// String writes the array for people: as NumPy's repr, but on one line and cut after a few elements.
func (a *Array) String() string {
	if numbers, err := a.Float64s(); err == nil {
		return fmt.Sprintf("array(%s, shape=%s, dtype=%s)", numbersText(numbers, a.Dtype), shapeText(a.Shape), a.Dtype)
	}
	return fmt.Sprintf("array(shape=%s, dtype=%s)", shapeText(a.Shape), a.Dtype)
}
