package gogym

import (
	"encoding/binary"
	"math"
	"runtime"
)

// Float16 is a number in IEEE 754's binary16, NumPy's float16, which Go lacks: its bits. [View] gives the elements
// of a leaf of that dtype as a []Float16.
type Float16 uint16

// NewFloat16 rounds a number to what a Float16 holds, half to even, as NumPy does.
func NewFloat16(x float64) Float16 {
	rounded := roundToFloat16(x)
	bits := Float16(math.Float64bits(x) >> 48 & 0x8000)
	_, exponent := math.Frexp(rounded)
	switch size := math.Abs(rounded); {
	case math.IsNaN(x):
		return bits | 0x7e00
	case math.IsInf(rounded, 0):
		return bits | 0x7c00
	case rounded == 0 || exponent < -13: // zero or subnormal: a multiple of 2**-24
		return bits | Float16(math.Ldexp(size, 24))
	default:
		return bits | Float16(exponent+14)<<10 | Float16(math.Ldexp(size, 11-exponent))&0x3ff
	}
}

// Float64 is the number.
func (f Float16) Float64() float64 {
	sign := 1.0
	if f&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(f>>10&0x1f), float64(f&0x3ff)
	switch exponent {
	case 0:
		return math.Copysign(math.Ldexp(fraction, -24), sign)
	case 0x1f:
		if fraction != 0 {
			return math.Copysign(math.NaN(), sign)
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// String writes the number.
func (f Float16) String() string { return formatFloat(f.Float64(), 32) }

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

// longdoubleToFloat64 converts the bytes of a C long double, where this machine has one of x87's kind and a float64
// holds the number exactly.
func longdoubleToFloat64(b []byte) (x float64, exact bool) {
	if runtime.GOARCH != "amd64" || len(b) < 10 {
		return 0, false
	}
	mantissa, head := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint16(b[8:])
	sign := 1.0
	if head&0x8000 != 0 {
		sign = -1
	}
	exponent := int(head & 0x7fff)
	if exponent == 0x7fff {
		if mantissa<<1 != 0 {
			return math.NaN(), true
		}
		return math.Inf(int(sign)), true
	}
	// The mantissa is an integer of 64 bits times 2**(exponent-16446).
	x = math.Ldexp(float64(mantissa), exponent-16446)
	back := math.Ldexp(x, 16446-exponent)
	exact = float64(mantissa) < 1<<64 && uint64(float64(mantissa)) == mantissa && back == float64(mantissa)
	return math.Copysign(x, sign), exact
}
