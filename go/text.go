package gogym

import (
	"math"
	"strconv"
	"strings"
)

// floatText writes a float as Python does, as far as it matters: always with a point, an exponent or a name.
func floatText(x float64) string {
	return formatFloat(x, 64)
}

func formatFloat(x float64, bits int) string {
	switch {
	case math.IsNaN(x):
		return "nan"
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	}
	format := byte('f')
	if size := math.Abs(x); size != 0 && (size < 1e-4 || size >= 1e16) {
		format = 'e'
	}
	text := strconv.FormatFloat(x, format, -1, bits)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// shownNumbers is how many numbers of an array a text shows.
const shownNumbers = 8

// numbersText writes numbers in brackets, and only the first where there are many.
func numbersText(numbers []float64, dtype string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, number := range numbers {
		if i > 0 {
			b.WriteByte(' ')
		}
		if i == shownNumbers {
			b.WriteString("...")
			break
		}
		b.WriteString(numberText(number, dtype))
	}
	b.WriteByte(']')
	return b.String()
}

// numberText writes a number of a dtype.
func numberText(number float64, dtype string) string {
	switch dtype {
	case "float32", "float16":
		return formatFloat(number, 32)
	case "float64", "longdouble":
		return formatFloat(number, 64)
	}
	return strconv.FormatFloat(number, 'f', 0, 64)
}

// shapeText writes a shape as Python writes a tuple.
func shapeText(shape []int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, length := range shape {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(length))
	}
	if len(shape) == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(')')
	return b.String()
}
