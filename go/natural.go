package gogym

import "math/big"

// naturalElement gives an element that Python gave the types that the documentation of Space lists. An element that
// does not fit its space stays what it is.
func naturalElement(space Space, value any) any {
	switch s := space.(type) {
	case *Discrete:
		return naturalInteger(value)
	case *TupleSpace:
		if items := sequenceItems(value); items != nil && len(items) == len(s.Spaces) {
			return naturalItems(items, func(i int, item any) any { return naturalElement(s.Spaces[i], item) })
		}
	case *DictSpace:
		if dict, isDict := value.(*Dict); isDict {
			return naturalDict(dict, func(key, item any) any { return naturalElement(s.at(key), item) })
		}
	case *OneOf:
		if items := sequenceItems(value); len(items) == 2 {
			if index, isInteger := items[0].(int64); isInteger && 0 <= index && index < int64(len(s.Spaces)) {
				return []any{index, naturalElement(s.Spaces[index], items[1])}
			}
		}
	case *Sequence:
		if s.Stack {
			return naturalStack(s.Space, value)
		}
		if items := sequenceItems(value); items != nil {
			return naturalItems(items, func(_ int, item any) any { return naturalElement(s.Space, item) })
		}
	case *Graph:
		if dict, isDict := value.(*Dict); isDict {
			return naturalDict(dict, func(key, item any) any {
				switch key {
				case "nodes":
					return naturalStack(s.NodeSpace, item)
				case "edges":
					return naturalStack(s.EdgeSpace, item)
				}
				return item
			})
		}
	}
	return value
}

// naturalStack is naturalElement for elements that Gymnasium has stacked: a Tuple or Dict of stacks, an array, or,
// where elements cannot be stacked, a tuple of them.
func naturalStack(space Space, value any) any {
	switch s := space.(type) {
	case *TupleSpace:
		// Tuple, not []any, tells such a stack from a list of elements when it goes in again.
		if items, isTuple := value.(Tuple); isTuple && len(items) == len(s.Spaces) {
			return Tuple(naturalItems(items, func(i int, item any) any { return naturalStack(s.Spaces[i], item) }))
		}
	case *DictSpace:
		if dict, isDict := value.(*Dict); isDict {
			return naturalDict(dict, func(key, item any) any { return naturalStack(s.at(key), item) })
		}
	default:
		if items := sequenceItems(value); items != nil {
			return naturalItems(items, func(_ int, item any) any { return naturalElement(space, item) })
		}
	}
	return value
}

func naturalItems(items []any, convert func(int, any) any) []any {
	converted := make([]any, len(items))
	for i, item := range items {
		converted[i] = convert(i, item)
	}
	return converted
}

// naturalDict gives a map, or a Dict where a key is no string.
func naturalDict(dict *Dict, convert func(key, item any) any) any {
	converted := &Dict{index: map[string]int{}}
	for key, item := range dict.All() {
		converted.add(key, convert(key, item))
	}
	if len(converted.index) != dict.Len() {
		return converted
	}
	entries := make(map[string]any, dict.Len())
	for key, item := range converted.All() {
		entries[key.(string)] = item
	}
	return entries
}

func naturalInteger(value any) any {
	other, isOther := value.(Other)
	if !isOther || other.Class != "int" {
		return value
	}
	n, parsed := new(big.Int).SetString(other.Repr, 10)
	switch {
	case !parsed:
		return value
	case n.IsUint64():
		return n.Uint64()
	}
	return n
}

// natural is for what belongs to no space: tuples and lists become []any, dicts maps, large integers *big.Int.
func natural(value any) any {
	switch v := value.(type) {
	case []any, Tuple:
		return naturalItems(sequenceItems(v), func(_ int, item any) any { return natural(item) })
	case *Dict:
		return naturalDict(v, func(_, item any) any { return natural(item) })
	case Other:
		if n, parsed := new(big.Int).SetString(v.Repr, 10); parsed && v.Class == "int" {
			return n
		}
	}
	return value
}
