package gogym

import "math/big"

// space writes the description of a space, of which Python makes an equal one: see NewSpace.
func (e *encoder) space(space Space, depth int) error {
	if isNilPointer(space) {
		e.raw("null")
		return nil
	}
	fields, err := describedSpace(space)
	if err != nil {
		return e.fail(err.Code, "%s", err.Message)
	}
	return e.entries(fields, depth, e.anything)
}

// describedSpace gives the fields of a description.
func describedSpace(space Space) ([]dictEntry, *Error) {
	base := space.base()
	fields := []dictEntry{{"type", base.kind}}
	switch s := space.(type) {
	case *Box:
		low := func(i int) any { return s.Low[i] }
		high := func(i int) any { return s.High[i] }
		if s.bounds != nil { // of integers, exactly
			low = func(i int) any { return s.bounds[i].low.integer() }
			high = func(i int) any { return s.bounds[i].high.integer() }
		}
		fields = append(fields, dictEntry{"low", nestedList(s.shape, low)}, dictEntry{"high", nestedList(s.shape, high)},
			dictEntry{"shape", s.shape}, dictEntry{"dtype", s.dtype})
	case *Discrete:
		fields = append(fields, dictEntry{"n", s.bounds.count()}, dictEntry{"start", s.bounds.low.integer()},
			dictEntry{"dtype", s.dtype})
	case *MultiDiscrete:
		fields = append(fields,
			dictEntry{"nvec", nestedList(s.shape, func(i int) any { return s.bounds[i].count() })},
			dictEntry{"start", nestedList(s.shape, func(i int) any { return s.bounds[i].low.integer() })},
			dictEntry{"shape", s.shape}, dictEntry{"dtype", s.dtype})
	case *MultiBinary:
		var n any = s.N
		if s.isScalar {
			n = s.N[0]
		}
		fields = append(fields, dictEntry{"n", n})
	case *Text:
		fields = append(fields, dictEntry{"max_length", s.MaxLength}, dictEntry{"min_length", s.MinLength},
			dictEntry{"charset", s.Charset})
	case *TupleSpace:
		fields = append(fields, dictEntry{"spaces", s.Spaces})
	case *DictSpace:
		pairs := make([][]any, len(s.Keys))
		for i, key := range s.Keys {
			pairs[i] = []any{key, s.Spaces[i]}
		}
		fields = append(fields, dictEntry{"spaces", pairs})
	case *OneOf:
		fields = append(fields, dictEntry{"spaces", s.Spaces})
	case *Sequence:
		fields = append(fields, dictEntry{"space", s.Space}, dictEntry{"stack", s.Stack})
	case *Graph:
		fields = append(fields, dictEntry{"node_space", s.NodeSpace}, dictEntry{"edge_space", s.EdgeSpace})
	case *OtherSpace:
		return nil, newError(ErrSpace, "a space of the Python class %s has no description", s.Class)
	}
	return fields, nil
}

// nestedList gives the items of an array in lists by its shape.
func nestedList(shape []int, item func(i int) any) any {
	next := 0
	var nested func(shape []int) any
	nested = func(shape []int) any {
		if len(shape) == 0 {
			next++
			return item(next - 1)
		}
		list := make([]any, shape[0])
		for i := range list {
			list[i] = nested(shape[1:])
		}
		return list
	}
	return nested(shape)
}

// integer is the bound as a number.
func (b bound) integer() *big.Int {
	if b.negative {
		return big.NewInt(int64(b.bits))
	}
	return new(big.Int).SetUint64(b.bits)
}

// count is how many integers an interval has.
func (i interval) count() *big.Int {
	n := new(big.Int).Sub(i.high.integer(), i.low.integer())
	return n.Add(n, big.NewInt(1))
}
