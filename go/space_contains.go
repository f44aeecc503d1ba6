package gogym

import (
	"math"
	"math/big"
	"strings"
)

// bound is an integer of any 64-bit dtype: the low 64 bits of an integer between -2**63 and 2**64-1.
type bound struct {
	bits     uint64
	negative bool
}

func boundOf(n *big.Int) bound {
	if n.Sign() < 0 {
		if !n.IsInt64() {
			return bound{1 << 63, true}
		}
		return bound{uint64(n.Int64()), true}
	}
	if !n.IsUint64() {
		return bound{math.MaxUint64, false}
	}
	return bound{n.Uint64(), false}
}

// toBound converts a float that is an integer of a 64-bit dtype.
func toBound(x float64) (b bound, ok bool) {
	switch {
	case x != math.Trunc(x) || x < -(1<<63) || x >= 1<<64: // NaN fails the first comparison's equality
		return bound{}, false
	case x < 0:
		return bound{uint64(int64(x)), true}, true
	}
	return bound{uint64(x), false}, true
}

func (b bound) less(other bound) bool {
	if b.negative != other.negative {
		return b.negative
	}
	return b.bits < other.bits // two's complement keeps the order of negative numbers
}

// interval is low <= n <= high; empty where high < low.
type interval struct{ low, high bound }

// contains is false for what is no integer: no element of a space of integers can be made of it.
func (i interval) contains(x float64) bool {
	n, ok := toBound(x)
	return ok && !n.less(i.low) && !i.high.less(n)
}

// countFrom is the interval of n integers from start on.
func countFrom(start, n *big.Int) interval {
	if n.Sign() <= 0 {
		return interval{low: bound{1, false}, high: bound{0, false}}
	}
	last := new(big.Int).Add(start, n)
	return interval{boundOf(start), boundOf(last.Sub(last, big.NewInt(1)))}
}

// within is the part of an interval that a dtype can hold.
func (i interval) within(dtype string) interval {
	bits := 8 * itemSize(dtype)
	if bits == 0 {
		return i
	}
	all := uint64(math.MaxUint64)
	limits := interval{bound{all << (bits - 1), true}, bound{1<<(bits-1) - 1, false}}
	if strings.HasPrefix(dtype, "u") {
		limits = interval{bound{0, false}, bound{all >> (64 - bits), false}}
	}
	if i.low.less(limits.low) {
		i.low = limits.low
	}
	if limits.high.less(i.high) {
		i.high = limits.high
	}
	return i
}

// Contains: see [Space].
func (s *Box) Contains(x []float64) bool {
	if !s.isFixed(x) {
		return false
	}
	if s.bounds != nil {
		return allWithin(s.bounds, x)
	}
	for i, number := range x {
		switch s.dtype {
		case "float32":
			number = float64(float32(number))
		case "float16":
			number = roundToFloat16(number)
		}
		if !(s.Low[i] <= number && number <= s.High[i]) { // NaN is nowhere
			return false
		}
	}
	return true
}

func allWithin(bounds []interval, x []float64) bool {
	for i, number := range x {
		if !bounds[i].contains(number) {
			return false
		}
	}
	return true
}

// Contains: see [Space].
func (s *Discrete) Contains(x []float64) bool {
	return s.isFixed(x) && s.bounds.contains(x[0])
}

// Contains: see [Space].
func (s *MultiDiscrete) Contains(x []float64) bool {
	return s.isFixed(x) && allWithin(s.bounds, x)
}

// Contains: see [Space].
func (s *MultiBinary) Contains(x []float64) bool {
	if !s.isFixed(x) {
		return false
	}
	for _, number := range x {
		if number != 0 && number != 1 {
			return false
		}
	}
	return true
}

// Contains: see [Space]. Padding may only stand at the end.
func (s *Text) Contains(x []float64) bool {
	if !s.isFixed(x) {
		return false
	}
	padding := float64(s.characters)
	length := 0
	for i, index := range x {
		switch {
		case index == padding:
		case index != math.Trunc(index) || index < 0 || index > padding || length != i:
			return false
		default:
			length++
		}
	}
	return length >= s.MinLength
}

// Contains: see [Space].
func (s *TupleSpace) Contains(x []float64) bool {
	return s.isFixed(x) && allContain(s.Spaces, x)
}

// Contains: see [Space].
func (s *DictSpace) Contains(x []float64) bool {
	return s.isFixed(x) && allContain(s.Spaces, x)
}

func allContain(spaces []Space, x []float64) bool {
	for _, space := range spaces {
		size := space.Size()
		if size < 0 || size > len(x) || !space.Contains(x[:size]) {
			return false
		}
		x = x[size:]
	}
	return true
}

// Contains: see [Space].
func (s *OneOf) Contains(x []float64) bool {
	if !s.isFixed(x) || len(x) == 0 {
		return false
	}
	index := x[0]
	if index != math.Trunc(index) || index < 0 || index >= float64(len(s.Spaces)) {
		return false
	}
	child := s.Spaces[int(index)]
	size := child.Size()
	if size < 0 || size > len(x)-1 || !child.Contains(x[1:1+size]) {
		return false
	}
	for _, number := range x[1+size:] {
		if number != 0 {
			return false
		}
	}
	return true
}

// Contains is always false: there is no float64 layout.
func (s *Sequence) Contains([]float64) bool { return false }

// Contains is always false: there is no float64 layout.
func (s *Graph) Contains([]float64) bool { return false }

// Contains is always false: there is no float64 layout.
func (s *OtherSpace) Contains([]float64) bool { return false }

// dtypeIsInteger reports whether the dtype holds integers or bools.
func dtypeIsInteger(dtype string) bool {
	return dtype == "bool" || strings.HasPrefix(dtype, "int") || strings.HasPrefix(dtype, "uint")
}
