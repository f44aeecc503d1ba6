package gogym

import (
	"math/big"
	"strings"
	"unicode/utf8"
)

// decodeSpace makes the space that a tree describes. It belongs to nobody yet: see link.
func decodeSpace(block []byte) (Space, error) {
	value, err := decodeBlock(block)
	if err != nil {
		return nil, err
	}
	d := &spaceDecoder{}
	space := d.space(value)
	if d.problem != "" {
		return nil, newError(ErrInternal, "the description of a space is not understood: %s", d.problem)
	}
	return space, nil
}

// spaceDecoder keeps the first problem that it meets.
type spaceDecoder struct{ problem string }

func (d *spaceDecoder) fail(node *Dict, field string) {
	if d.problem == "" {
		kind, _ := node.Get("type")
		value, found := node.Get(field)
		d.problem = "a " + pythonText(kind) + " space has no " + field
		if found {
			d.problem = "the " + field + " of a " + pythonText(kind) + " space is " + pythonText(value)
		}
	}
}

func (d *spaceDecoder) space(value any) Space {
	if other, tooDeep := value.(Other); tooDeep {
		base := spaceBase{kind: "other", size: -1, offset: -1, nbytes: -1, byteOffset: -1, flatdim: -1}
		return &OtherSpace{base, other.Class, other.Repr}
	}
	node, isDict := value.(*Dict)
	if !isDict {
		d.problem = "a space is " + pythonText(value)
		return nil
	}
	base := spaceBase{
		kind:       d.text(node, "type"),
		dtype:      d.optionalText(node, "dtype"),
		shape:      d.shape(node, "shape"),
		size:       d.length(node, "size"),
		offset:     d.length(node, "offset"),
		nbytes:     d.length(node, "nbytes"),
		byteOffset: d.length(node, "byte_offset"),
		flatdim:    d.length(node, "flatdim"),
		flatDtype:  d.optionalText(node, "flat_dtype"),
	}
	switch base.kind {
	case "Box":
		return d.box(base, node)
	case "Discrete":
		return d.discrete(base, node)
	case "MultiDiscrete":
		return d.multiDiscrete(base, node)
	case "MultiBinary":
		return d.multiBinary(base, node)
	case "Text":
		return d.textSpace(base, node)
	case "Tuple":
		return &TupleSpace{base, d.children(node)}
	case "Dict":
		return d.dictSpace(base, node)
	case "OneOf":
		return &OneOf{base, d.children(node)}
	case "Sequence":
		return d.sequence(base, node)
	case "Graph":
		return d.graph(base, node)
	}
	return &OtherSpace{base, d.optionalText(node, "class"), d.optionalText(node, "repr")}
}

func isOther(value any) bool {
	_, is := value.(Other)
	return is
}

func (d *spaceDecoder) box(base spaceBase, node *Dict) Space {
	low, high := d.array(node, "low"), d.array(node, "high")
	if low == nil || high == nil || low.Len() != base.size || high.Len() != base.size {
		d.fail(node, "low")
		return nil
	}
	box := &Box{spaceBase: base, Low: roundedFloat64s(low), High: roundedFloat64s(high)}
	if dtypeIsInteger(base.dtype) {
		lows, highs := integers(low), integers(high)
		if lows == nil || highs == nil {
			d.fail(node, "low")
			return nil
		}
		box.bounds = make([]interval, base.size)
		for i := range box.bounds {
			box.bounds[i] = interval{boundOf(lows[i]), boundOf(highs[i])}
		}
	}
	if box.Low == nil || box.High == nil {
		d.fail(node, "low")
	}
	return box
}

func (d *spaceDecoder) discrete(base spaceBase, node *Dict) Space {
	n, start := d.integer(node, "n"), d.integer(node, "start")
	if n == nil || start == nil || base.size != 1 {
		d.fail(node, "size")
		return nil
	}
	return &Discrete{spaceBase: base, N: cutToInt64(n), Start: cutToInt64(start), bounds: countFrom(start, n).within(base.dtype)}
}

func (d *spaceDecoder) multiDiscrete(base spaceBase, node *Dict) Space {
	nvec, start := integers(d.array(node, "nvec")), integers(d.array(node, "start"))
	if len(nvec) != base.size || len(start) != base.size {
		d.fail(node, "nvec")
		return nil
	}
	space := &MultiDiscrete{
		spaceBase: base,
		Nvec:      make([]int64, base.size),
		Start:     make([]int64, base.size),
		bounds:    make([]interval, base.size),
	}
	for i := range nvec {
		space.Nvec[i], space.Start[i] = cutToInt64(nvec[i]), cutToInt64(start[i])
		space.bounds[i] = countFrom(start[i], nvec[i]).within(base.dtype)
	}
	return space
}

func (d *spaceDecoder) multiBinary(base spaceBase, node *Dict) Space {
	n, _ := node.Get("n")
	_, isScalar := n.(int64)
	return &MultiBinary{spaceBase: base, N: append([]int{}, base.shape...), isScalar: isScalar}
}

func (d *spaceDecoder) textSpace(base spaceBase, node *Dict) Space {
	// A charset with lone surrogates is no text for Go: such a space can be used, but not described.
	if charset, _ := node.Get("charset"); isOther(charset) {
		return &OtherSpace{base, "gymnasium.spaces.text.Text", pythonText(charset)}
	}
	charset := d.text(node, "charset")
	return &Text{
		spaceBase:  base,
		Charset:    charset,
		MinLength:  d.length(node, "min_length"),
		MaxLength:  d.length(node, "max_length"),
		characters: utf8.RuneCountInString(charset),
	}
}

func (d *spaceDecoder) dictSpace(base spaceBase, node *Dict) Space {
	space := &DictSpace{spaceBase: base, Spaces: d.children(node)}
	value, _ := node.Get("keys")
	space.Keys = sequenceItems(value)
	if len(space.Keys) != len(space.Spaces) {
		d.fail(node, "keys")
	}
	return space
}

func (d *spaceDecoder) sequence(base spaceBase, node *Dict) Space {
	child, _ := node.Get("space")
	stack, _ := node.Get("stack")
	isStacked, _ := stack.(bool)
	return &Sequence{spaceBase: base, Space: d.space(child), Stack: isStacked}
}

func (d *spaceDecoder) graph(base spaceBase, node *Dict) Space {
	nodes, _ := node.Get("node_space")
	graph := &Graph{spaceBase: base, NodeSpace: d.space(nodes)}
	if edges, _ := node.Get("edge_space"); edges != nil {
		graph.EdgeSpace = d.space(edges)
	}
	return graph
}

func (d *spaceDecoder) children(node *Dict) []Space {
	value, found := node.Get("spaces")
	items := sequenceItems(value)
	if !found || items == nil {
		d.fail(node, "spaces")
	}
	spaces := make([]Space, 0, len(items))
	for _, item := range items {
		spaces = append(spaces, d.space(item))
	}
	return spaces
}

// sequenceItems gives the items of a list or tuple; nil for all else.
func sequenceItems(value any) []any {
	switch items := value.(type) {
	case []any:
		return items
	case Tuple:
		return items
	}
	return nil
}

func (d *spaceDecoder) text(node *Dict, field string) string {
	value, _ := node.Get(field)
	text, isText := value.(string)
	if !isText {
		d.fail(node, field)
	}
	return text
}

func (d *spaceDecoder) optionalText(node *Dict, field string) string {
	if value, _ := node.Get(field); value == nil {
		return ""
	}
	return d.text(node, field)
}

// length reads a length or a place; -1 is allowed.
func (d *spaceDecoder) length(node *Dict, field string) int {
	value, _ := node.Get(field)
	length, isInteger := value.(int64)
	if !isInteger || length < -1 || int64(int(length)) != length {
		d.fail(node, field)
		return -1
	}
	return int(length)
}

func (d *spaceDecoder) shape(node *Dict, field string) []int {
	value, _ := node.Get(field)
	if value == nil {
		return nil
	}
	items := sequenceItems(value)
	if items == nil {
		d.fail(node, field)
	}
	shape := make([]int, 0, len(items))
	for _, item := range items {
		length, isInteger := item.(int64)
		if !isInteger {
			d.fail(node, field)
		}
		shape = append(shape, int(length))
	}
	return shape
}

func (d *spaceDecoder) array(node *Dict, field string) *Array {
	value, _ := node.Get(field)
	array, isArray := value.(*Array)
	if !isArray {
		d.fail(node, field)
	}
	return array
}

// integer reads an integer of any size.
func (d *spaceDecoder) integer(node *Dict, field string) *big.Int {
	value, _ := node.Get(field)
	switch n := value.(type) {
	case int64:
		return big.NewInt(n)
	case Other:
		if parsed, ok := new(big.Int).SetString(n.Repr, 10); ok && n.Class == "int" {
			return parsed
		}
	}
	d.fail(node, field)
	return nil
}

func cutToInt64(n *big.Int) int64 {
	switch {
	case n.IsInt64():
		return n.Int64()
	case n.Sign() < 0:
		return -1 << 63
	}
	return 1<<63 - 1
}

// integers gives the elements of an array of integers or bools; nil for all else.
func integers(array *Array) []*big.Int {
	if array == nil {
		return nil
	}
	switch data := array.Data.(type) {
	case []uint64:
		numbers := make([]*big.Int, len(data))
		for i, n := range data {
			numbers[i] = new(big.Int).SetUint64(n)
		}
		return numbers
	case []int64:
		numbers := make([]*big.Int, len(data))
		for i, n := range data {
			numbers[i] = big.NewInt(n)
		}
		return numbers
	}
	floats, err := array.Float64s()
	if err != nil || strings.HasPrefix(array.Dtype, "float") {
		return nil
	}
	numbers := make([]*big.Int, len(floats))
	for i, n := range floats {
		numbers[i] = big.NewInt(int64(n))
	}
	return numbers
}

// roundedFloat64s is Float64s that rounds 64-bit integers.
func roundedFloat64s(array *Array) []float64 {
	switch data := array.Data.(type) {
	case []int64:
		return toFloat64s(data)
	case []uint64:
		return toFloat64s(data)
	}
	numbers, err := array.Float64s()
	if err != nil {
		return nil
	}
	return numbers
}
