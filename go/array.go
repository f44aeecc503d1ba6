package gogym

import (
	"bytes"
	"fmt"
	"math"
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
	wanted := itemsize
	switch dtype {
	case "bool":
		wanted, array.Data = 1, decodeBools(data)
	case "int8":
		wanted, array.Data = 1, decodeNumbers[int8](data)
	case "int16":
		wanted, array.Data = 2, decodeNumbers[int16](data)
	case "int32":
		wanted, array.Data = 4, decodeNumbers[int32](data)
	case "int64":
		wanted, array.Data = 8, decodeNumbers[int64](data)
	case "uint8":
		wanted, array.Data = 1, decodeNumbers[uint8](data)
	case "uint16", "float16":
		wanted, array.Data = 2, decodeNumbers[uint16](data)
	case "uint32":
		wanted, array.Data = 4, decodeNumbers[uint32](data)
	case "uint64":
		wanted, array.Data = 8, decodeNumbers[uint64](data)
	case "float32":
		wanted, array.Data = 4, decodeNumbers[float32](data)
	case "float64":
		wanted, array.Data = 8, decodeNumbers[float64](data)
	case "complex64":
		wanted, array.Data = 8, decodeNumbers[complex64](data)
	case "complex128":
		wanted, array.Data = 16, decodeNumbers[complex128](data)
	default:
		array.Data = bytes.Clone(data)
	}
	if itemsize != wanted {
		return nil, newError(ErrBlock, "an element of dtype %s has %d bytes, not %d", dtype, wanted, itemsize)
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
	switch data := a.Data.(type) {
	case []bool:
		numbers := make([]float64, len(data))
		for i, b := range data {
			if b {
				numbers[i] = 1
			}
		}
		return numbers, nil
	case []int8:
		return toFloat64s(data), nil
	case []int16:
		return toFloat64s(data), nil
	case []int32:
		return toFloat64s(data), nil
	case []int64:
		numbers := toFloat64s(data)
		for i, number := range numbers {
			if number == 1<<63 || int64(number) != data[i] {
				return nil, inexact(data[i])
			}
		}
		return numbers, nil
	case []uint16:
		if a.Dtype == "float16" {
			numbers := make([]float64, len(data))
			for i, half := range data {
				numbers[i] = float16ToFloat64(half)
			}
			return numbers, nil
		}
		return toFloat64s(data), nil
	case []uint32:
		return toFloat64s(data), nil
	case []uint64:
		numbers := toFloat64s(data)
		for i, number := range numbers {
			if number == 1<<64 || uint64(number) != data[i] {
				return nil, inexact(data[i])
			}
		}
		return numbers, nil
	case []float32:
		return toFloat64s(data), nil
	case []float64:
		return toFloat64s(data), nil
	case []uint8:
		if a.Dtype == "uint8" {
			return toFloat64s(data), nil
		}
	}
	return nil, newError(ErrKind, "an array of dtype %s has no float64 form", a.Dtype)
}

func inexact(number any) error {
	return newError(ErrInexact, "a float64 cannot hold %d exactly", number)
}

func toFloat64s[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64](data []T) []float64 {
	numbers := make([]float64, len(data))
	for i, number := range data {
		numbers[i] = float64(number)
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

// float16ToFloat64 gives the number with these IEEE 754 binary16 bits.
func float16ToFloat64(half uint16) float64 {
	sign := 1.0
	if half&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(half>>10&0x1f), float64(half&0x3ff)
	switch exponent {
	case 0:
		return math.Copysign(math.Ldexp(fraction, -24), sign)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// roundToFloat16 rounds a number to what a float16 holds, half to even, as NumPy's conversion does.
func roundToFloat16(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	_, exponent := math.Frexp(x)                 // x = fraction * 2**exponent, 0.5 <= |fraction| < 1
	unit := math.Ldexp(1, max(exponent-11, -24)) // the distance of neighbouring numbers at x
	rounded := math.RoundToEven(x/unit) * unit
	if math.Abs(rounded) > 65504 {
		return math.Inf(int(math.Copysign(1, x)))
	}
	return rounded
}
