package gogym

import (
	"fmt"
	"strings"
)

// String writes the space as Gymnasium does.
func (s *Box) String() string {
	return fmt.Sprintf("Box(%s, %s, %s, %s)", boundsText(s.Low, s.dtype), boundsText(s.High, s.dtype),
		shapeText(s.shape), s.dtype)
}

// boundsText writes one number where all are the same.
func boundsText(bounds []float64, dtype string) string {
	for _, number := range bounds {
		if number != bounds[0] {
			return numbersText(bounds, dtype)
		}
	}
	if len(bounds) == 0 {
		return "[]"
	}
	return numberText(bounds[0], dtype)
}

// String writes the space as Gymnasium does.
func (s *Discrete) String() string {
	if s.Start != 0 {
		return fmt.Sprintf("Discrete(%d, start=%d)", s.N, s.Start)
	}
	return fmt.Sprintf("Discrete(%d)", s.N)
}

// String writes the space as Gymnasium does.
func (s *MultiDiscrete) String() string {
	for _, start := range s.Start {
		if start != 0 {
			return fmt.Sprintf("MultiDiscrete(%s, start=%s)", numbersText(toFloat64s(s.Nvec), s.dtype),
				numbersText(toFloat64s(s.Start), s.dtype))
		}
	}
	return fmt.Sprintf("MultiDiscrete(%s)", numbersText(toFloat64s(s.Nvec), s.dtype))
}

// String writes the space as Gymnasium does.
func (s *MultiBinary) String() string {
	if s.isScalar {
		return fmt.Sprintf("MultiBinary(%d)", s.size)
	}
	return fmt.Sprintf("MultiBinary(%s)", shapeText(s.N))
}

// String writes the space as Gymnasium does.
func (s *Text) String() string {
	return fmt.Sprintf("Text(%d, %d, charset=%s)", s.MinLength, s.MaxLength, s.Charset)
}

// String writes the space as Gymnasium does.
func (s *TupleSpace) String() string {
	return "Tuple(" + spacesText(s.Spaces) + ")"
}

// String writes the space as Gymnasium does.
func (s *OneOf) String() string {
	return "OneOf(" + spacesText(s.Spaces) + ")"
}

func spacesText(spaces []Space) string {
	texts := make([]string, len(spaces))
	for i, space := range spaces {
		texts[i] = space.String()
	}
	return strings.Join(texts, ", ")
}

// String writes the space as Gymnasium does.
func (s *DictSpace) String() string {
	texts := make([]string, len(s.Spaces))
	for i, space := range s.Spaces {
		texts[i] = pythonText(s.Keys[i]) + ": " + space.String()
	}
	return "Dict(" + strings.Join(texts, ", ") + ")"
}

// String writes the space as Gymnasium does.
func (s *Sequence) String() string {
	return fmt.Sprintf("Sequence(%s, stack=%s)", s.Space, pythonText(s.Stack))
}

// String writes the space as Gymnasium does.
func (s *Graph) String() string {
	edges := "None"
	if s.EdgeSpace != nil {
		edges = s.EdgeSpace.String()
	}
	return fmt.Sprintf("Graph(%s, %s)", s.NodeSpace, edges)
}

// String is the space's repr in Python.
func (s *OtherSpace) String() string {
	return s.Repr
}
