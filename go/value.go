package gogym

import (
	"fmt"
	"iter"
	"strings"
)

// Tuple is a Python tuple.
type Tuple []any

// String writes the tuple as Python does.
func (t Tuple) String() string {
	return pythonText(t)
}

// Other is a Python object without a plain form. An integer beyond 64 bits has the class "int" and its
// decimal digits as Repr.
type Other struct {
	Class string // for example "decimal.Decimal"
	Repr  string
}

// String is the object's repr.
func (o Other) String() string {
	return o.Repr
}

// Dict is a Python dict that keeps its order. It is not changed after it was decoded, so that goroutines
// may share it.
type Dict struct {
	entries []dictEntry
	index   map[string]int // the place of each string key
}

type dictEntry struct{ key, value any }

// NewDict makes a dict of entries [key, value], for example to pass it to [WithKwarg]. Of two entries with
// the same string key, Get finds the last.
func NewDict(entries ...[2]any) *Dict {
	d := &Dict{entries: make([]dictEntry, 0, len(entries)), index: make(map[string]int, len(entries))}
	for _, entry := range entries {
		d.add(entry[0], entry[1])
	}
	return d
}

func (d *Dict) add(key, value any) {
	if name, isString := key.(string); isString {
		d.index[name] = len(d.entries)
	}
	d.entries = append(d.entries, dictEntry{key, value})
}

// Len is the number of entries; 0 for nil.
func (d *Dict) Len() int {
	if d == nil {
		return 0
	}
	return len(d.entries)
}

// Get is the value under a string key.
func (d *Dict) Get(key string) (value any, found bool) {
	if d == nil {
		return nil, false
	}
	place, found := d.index[key]
	if !found {
		return nil, false
	}
	return d.entries[place].value, true
}

// At is entry i, counted from 0, in the dict's order. Like indexing a slice, it panics where there is none.
func (d *Dict) At(i int) (key, value any) {
	entry := d.entries[i]
	return entry.key, entry.value
}

// Keys are the keys, in the dict's order. Most are strings; Python allows others.
func (d *Dict) Keys() []any {
	keys := make([]any, 0, d.Len())
	for key := range d.All() {
		keys = append(keys, key)
	}
	return keys
}

// All goes through the entries in the dict's order.
func (d *Dict) All() iter.Seq2[any, any] {
	return func(yield func(any, any) bool) {
		for i := range d.Len() {
			if !yield(d.At(i)) {
				return
			}
		}
	}
}

// String writes the dict as Python does.
func (d *Dict) String() string {
	return pythonText(d)
}

// pythonText writes a decoded value as Python would, for people to read.
func pythonText(value any) string {
	var b strings.Builder
	writePython(&b, value)
	return b.String()
}

func writePython(b *strings.Builder, value any) {
	switch v := value.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{false: "False", true: "True"}[v])
	case float64:
		b.WriteString(floatText(v))
	case string:
		b.WriteString(pythonQuote(v))
	case []byte:
		fmt.Fprintf(b, "b%q", v)
	case []any:
		b.WriteByte('[')
		writeItems(b, v)
		b.WriteByte(']')
	case Tuple:
		b.WriteByte('(')
		writeItems(b, v)
		if len(v) == 1 {
			b.WriteByte(',')
		}
		b.WriteByte(')')
	case *Dict:
		b.WriteByte('{')
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			key, item := v.At(i)
			writePython(b, key)
			b.WriteString(": ")
			writePython(b, item)
		}
		b.WriteByte('}')
	default:
		fmt.Fprint(b, v)
	}
}

func writeItems(b *strings.Builder, items []any) {
	for i, item := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		writePython(b, item)
	}
}

// pythonQuote quotes a text in single quotes.
func pythonQuote(text string) string {
	quoted := fmt.Sprintf("%q", text)
	inner := strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	return "'" + strings.ReplaceAll(inner, "'", `\'`) + "'"
}
