package gogym

import (
	"math"
	"slices"
	"strings"
	"unsafe"

	"example.com/gogym/internal/cgym"
)

// arrayFrame is the memory for one call of a callback for arrays, which the next call uses again: Go's own, so that
// a program that keeps an array sees it change, and nothing worse.
type arrayFrame struct{ in, out arraySlot }

// arraySlot is one of the arrays.
type arraySlot struct {
	array   Array     // what the program sees
	data    any       // its elements, as they were given to the program
	bytes   []byte    // the memory of data
	numbers []float64 // the elements as numbers; those of data itself where the dtype is float64
	dtype   string
	shape   []int64
	lengths []int // shape for the program
}

// read fills both arrays before the call.
func (f *arrayFrame) read(input, output cgym.Array, asNumbers bool) error {
	if err := f.in.fit(input, asNumbers); err != nil {
		return err
	}
	if err := f.out.fit(output, asNumbers); err != nil {
		return err
	}
	copy(f.in.bytes, input.Data)
	if f.in.dtype == "bool" {
		for i, b := range f.in.bytes {
			f.in.data.([]bool)[i] = b != 0
		}
	}
	clear(f.out.bytes)
	if !asNumbers {
		return nil
	}
	clear(f.out.numbers)
	var err error
	f.in.numbers, err = f.in.array.appendFloat64s(f.in.numbers[:0])
	return err
}

// write takes the result to C after the call.
func (f *arrayFrame) write(output cgym.Array, asNumbers bool) error {
	if asNumbers {
		if err := f.out.fromNumbers(); err != nil {
			return err
		}
	} else if err := f.out.check(); err != nil {
		return err
	}
	copy(output.Data, f.out.bytes)
	return nil
}

// fit makes memory for arrays of this kind, unless it is there already.
func (s *arraySlot) fit(array cgym.Array, asNumbers bool) error {
	if s.dtype == array.Dtype && slices.Equal(s.shape, array.Shape) && len(s.bytes) == len(array.Data) && s.data != nil {
		s.restore()
		return nil
	}
	lengths := make([]int, len(array.Shape))
	made, err := newArray(strings.Clone(array.Dtype), lengths, uint64(array.Itemsize), array.Data)
	if err != nil {
		return err
	}
	*s = arraySlot{
		data: made.Data, bytes: dataBytes(made.Data), dtype: made.Dtype, shape: slices.Clone(array.Shape), lengths: lengths,
	}
	s.restore()
	if !asNumbers {
		return nil
	}
	switch s.dtype {
	case "complex64", "complex128", "longdouble":
		return newError(ErrKind, "an array of dtype %s has no float64 form; use a callback that takes *gogym.Array", s.dtype)
	case "float64":
		s.numbers = s.data.([]float64)
	default:
		s.numbers = make([]float64, s.array.Len())
	}
	return nil
}

// restore undoes what the program may have done to the array itself.
func (s *arraySlot) restore() {
	for i, length := range s.shape {
		s.lengths[i] = int(length)
	}
	s.array = Array{Dtype: s.dtype, Shape: s.lengths, Data: s.data}
}

// check refuses an array whose elements are not those that were given to the program any more.
func (s *arraySlot) check() error {
	if given := dataBytes(s.array.Data); len(given) != len(s.bytes) || unsafe.SliceData(given) != unsafe.SliceData(s.bytes) {
		return newError(ErrCallback, "the callback replaced out.Data; it has to write to the elements of the slice that is there")
	}
	return nil
}

// dataBytes is the memory of a typed slice; nil for all else.
func dataBytes(data any) []byte {
	switch slice := data.(type) {
	case []bool:
		return memoryOf(slice)
	case []int8:
		return memoryOf(slice)
	case []int16:
		return memoryOf(slice)
	case []int32:
		return memoryOf(slice)
	case []int64:
		return memoryOf(slice)
	case []uint8:
		return slice
	case []uint16:
		return memoryOf(slice)
	case []uint32:
		return memoryOf(slice)
	case []uint64:
		return memoryOf(slice)
	case []float32:
		return memoryOf(slice)
	case []float64:
		return memoryOf(slice)
	case []complex64:
		return memoryOf(slice)
	case []complex128:
		return memoryOf(slice)
	}
	return nil
}

func memoryOf[T any](slice []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(slice))), len(slice)*int(unsafe.Sizeof(zero)))
}

// fromNumbers converts the numbers that the program has written to the dtype. A float is rounded to a smaller one;
// what is no integer of the dtype is refused.
func (s *arraySlot) fromNumbers() error {
	if s.dtype == "float64" {
		return nil
	}
	bad := -1
	switch data := s.data.(type) {
	case []float32:
		for i, number := range s.numbers {
			data[i] = float32(number)
		}
	case []bool:
		for i, number := range s.numbers {
			if data[i] = number != 0; number != 0 && number != 1 {
				bad = i
			}
		}
	case []int8:
		bad = toIntegers(data, s.numbers, math.MinInt8, math.MaxInt8)
	case []int16:
		bad = toIntegers(data, s.numbers, math.MinInt16, math.MaxInt16)
	case []int32:
		bad = toIntegers(data, s.numbers, math.MinInt32, math.MaxInt32)
	case []int64:
		bad = toIntegers(data, s.numbers, math.MinInt64, math.Nextafter(1<<63, 0))
	case []uint8:
		bad = toIntegers(data, s.numbers, 0, math.MaxUint8)
	case []uint16:
		if s.dtype == "float16" {
			for i, number := range s.numbers {
				data[i] = uint16(NewFloat16(number))
			}
			return nil
		}
		bad = toIntegers(data, s.numbers, 0, math.MaxUint16)
	case []uint32:
		bad = toIntegers(data, s.numbers, 0, math.MaxUint32)
	case []uint64:
		bad = toIntegers(data, s.numbers, 0, math.Nextafter(1<<64, 0))
	}
	if bad >= 0 {
		return newError(ErrElement, "out[%d] is %v, which is no element of dtype %s", bad, s.numbers[bad], s.dtype)
	}
	return nil
}

// toIntegers gives the index of a number that is no integer from low to high; -1 where all are.
func toIntegers[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](to []T, numbers []float64, low, high float64) int {
	for i, number := range numbers {
		if !(low <= number && number <= high) || number != math.Trunc(number) {
			return i
		}
		to[i] = T(number)
	}
	return -1
}
