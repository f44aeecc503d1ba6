package gogym

// Space is the set that an environment's observations or actions belong to. It is one of [*Box],
// [*Discrete], [*MultiDiscrete], [*MultiBinary], [*Text], [*TupleSpace], [*DictSpace], [*OneOf],
// [*Sequence], [*Graph] and [*OtherSpace]. A space never changes; goroutines may share it. The spaces of an
// environment, and those that [NewSpace] makes, are Gymnasium's own: they draw from the same random numbers as
// in Python, and their parts do too (space.(*DictSpace).Spaces[0].Sample()).
//
// Each operation comes in up to four forms: with a new []float64 (Sample), with the caller's (SampleInto), with
// a native buffer (SampleNative), and with Go's natural types (SampleAny).
//
// # The float64 layout
//
// An element lies in a []float64, one number an element: Box, MultiDiscrete and MultiBinary in C order;
// Discrete as one number, the value itself (not one-hot); Text as MaxLength indices into Charset, padded
// with len(Charset); TupleSpace and DictSpace as their children one after another; OneOf as the index of
// the chosen child, the child, and zeros up to the size of the largest.
//
// # The native layout
//
// An element lies in a []byte, each leaf in its own dtype and C order from its ByteOffset on, aligned to its
// item size: one byte for a uint8. Discrete is one integer of its dtype, Text int32 indices, the index of a
// OneOf an int64. [MakeBuffer] makes such a buffer, and [View] gives the numbers of a leaf within it.
//
// # Natural types
//
//	Box, MultiDiscrete, MultiBinary  [*Array]: dtype, shape and elements; its Float64s are a []float64
//	Discrete                         int64; uint64 beyond
//	Text                             string
//	TupleSpace                       []any
//	DictSpace                        map[string]any; [*Dict] where a key is no string
//	OneOf                            []any{index, element}, the index an int64
//	Sequence                         []any; where it stacks, the stacked element: *Array, [Tuple], map[string]any
//	Graph                            map[string]any of "nodes", "edges" and "edge_links"
//	OtherSpace                       as in [Env.Info]
//
// What goes in may be more: numbers for a Box as any slice of numbers or bools, nested by its shape or flat in C
// order, as an [*Array] or an [NDArray]; any integer for Discrete; any slice or [Tuple] for TupleSpace; any map or
// struct for DictSpace. Numbers are converted to the space's dtype, where that can hold them exactly (a float is
// rounded to a smaller float). What came out can go in again.
//
// # Dynamic spaces
//
// Sequence, Graph, OtherSpace and whatever contains one have elements without a fixed size, which have no
// layout: Size and NBytes are -1, Contains is always false, and only the operations on natural types work.
//
// # Errors
//
// An error names the leaf by its path: element["camera"][2]. Operations that need Gymnasium's space give
// [ErrHandle] once the environment, or the space that [NewSpace] made, has been closed.
type Space interface {
	// Type is the name of the Gymnasium class: "Box", "Discrete" ...; "other" for one that is none of these.
	Type() string
	// Dtype is NumPy's name of the element type, for example "float32"; "" where there is none.
	Dtype() string
	// Shape is the shape of the NumPy array that an element is in Python; nil where it is none.
	Shape() []int
	// Size is the number of float64 elements; -1 where it is not fixed.
	Size() int
	// Offset is the place of the first float64 element within the buffer of the root space; -1 where it
	// is not fixed.
	Offset() int
	// NBytes is the number of bytes in the native layout; -1 where it is not fixed.
	NBytes() int
	// ByteOffset is the place of the first byte within the native buffer of the root space; -1 where it is
	// not fixed.
	ByteOffset() int
	// Flatdim is the number of elements of Gymnasium's flatten; -1 where it is not fixed.
	Flatdim() int
	// FlatDtype is the dtype of the array that Gymnasium's flatten gives; "" where Flatdim is -1.
	FlatDtype() string
	// String writes the space as Gymnasium does; long arrays are cut.
	String() string

	// Contains reports whether an element in the float64 layout, of exactly Size numbers, belongs to the
	// space. It means what Gymnasium's contains means for the element that these numbers are converted to.
	// A float that is too large for the dtype becomes an infinity; what is no integer belongs to no space of
	// integers. It needs neither Python nor a lock.
	Contains(x []float64) bool
	// ContainsNative is Contains for an element in the native layout, of exactly NBytes bytes ([ErrBuffer]).
	// It does not wait for Python.
	ContainsNative(x []byte) (bool, error)
	// ContainsAny asks Gymnasium's space itself whether an element of natural types belongs to it. What
	// cannot be converted to an element of the space does not.
	ContainsAny(element any) (bool, error)

	// Sample draws a random element: the space's own sample() in Python, with the same stream of random
	// numbers.
	Sample(options ...SampleOption) ([]float64, error)
	// SampleInto is Sample with the caller's slice, of Size elements or more.
	SampleInto(x []float64, options ...SampleOption) error
	// SampleNative is Sample with a native buffer of NBytes bytes or more.
	SampleNative(x []byte, options ...SampleOption) error
	// SampleAny is Sample with natural types.
	SampleAny(options ...SampleOption) (any, error)

	// Seed seeds what Sample draws from. A negative seed gives [ErrArgument].
	Seed(seed int64) error
	// SeedAny passes Python's seed anything that it takes: nil for a random seed, an integer of any size
	// (a *big.Int), or nested []any and maps with one seed a part. It gives what seed returned, in natural
	// types, integers beyond 64 bits as *big.Int; that can be a seed again.
	SeedAny(seed any) (seeds any, err error)

	// Flatten is Gymnasium's flatten: one-hot for Discrete and MultiDiscrete, character indices for Text, one
	// after another for TupleSpace and DictSpace; for OneOf the index, the flat child and its first number up
	// to the largest. x has exactly Size elements. It does not wait for Python.
	Flatten(x []float64) ([]float64, error)
	// FlattenInto is Flatten with the caller's slice, of Flatdim elements or more.
	FlattenInto(x, flat []float64) error
	// FlattenNative is Flatten from a native buffer of exactly NBytes bytes to elements of FlatDtype.
	FlattenNative(x, flat []byte) error
	// FlattenAny gives what flatten gives in Python for an element of natural types: an [*Array] or, where
	// Flatdim is -1, what it is made of.
	FlattenAny(element any) (any, error)

	// Unflatten is the way back: flat has exactly Flatdim elements.
	Unflatten(flat []float64) ([]float64, error)
	// UnflattenInto is Unflatten with the caller's slice, of Size elements or more.
	UnflattenInto(flat, x []float64) error
	// UnflattenNative is Unflatten from elements of FlatDtype to a native buffer of NBytes bytes or more.
	UnflattenNative(flat, x []byte) error
	// UnflattenAny makes an element of natural types of what FlattenAny gives.
	UnflattenAny(flat any) (any, error)

	// Close closes a space that [NewSpace] made; a second Close gives [ErrHandle]. An environment's spaces
	// are closed with it, and parts with the whole: their own Close gives [ErrUnsupported].
	Close() error

	base() *spaceBase // no other package can have spaces
}

// spaceBase is what all spaces have in common.
type spaceBase struct {
	kind       string
	dtype      string
	shape      []int
	size       int
	offset     int
	nbytes     int
	byteOffset int
	flatdim    int
	flatDtype  string
	node       *spaceNode // nil in a space that nobody made
}

func (s *spaceBase) base() *spaceBase { return s }

func (s *spaceBase) Type() string { return s.kind }

func (s *spaceBase) Dtype() string { return s.dtype }

func (s *spaceBase) Shape() []int {
	if s.shape == nil {
		return nil
	}
	return append([]int{}, s.shape...)
}

func (s *spaceBase) Size() int { return s.size }

func (s *spaceBase) Offset() int { return s.offset }

func (s *spaceBase) NBytes() int { return s.nbytes }

func (s *spaceBase) ByteOffset() int { return s.byteOffset }

func (s *spaceBase) Flatdim() int { return s.flatdim }

func (s *spaceBase) FlatDtype() string { return s.flatDtype }

// isFixed reports whether x has the space's size.
func (s *spaceBase) isFixed(x []float64) bool {
	return s.size >= 0 && len(x) == s.size
}

// Box is an array of numbers within bounds.
type Box struct {
	spaceBase
	// Low and High are the bounds, in C order. A 64-bit integer beyond 2**53 is rounded here, but not in
	// Contains.
	Low, High []float64

	bounds []interval // of a dtype of integers or bools
}

// Discrete is an integer n of Start <= n < Start+N.
type Discrete struct {
	spaceBase
	// N and Start are cut to the range of int64, should a uint64 space exceed it. Contains is exact.
	N, Start int64

	bounds interval
}

// MultiDiscrete is an array of integers n of Start[i] <= n < Start[i]+Nvec[i].
type MultiDiscrete struct {
	spaceBase
	// Nvec and Start are in C order, cut to the range of int64, as in [Discrete].
	Nvec, Start []int64

	bounds []interval
}

// MultiBinary is an array of zeros and ones.
type MultiBinary struct {
	spaceBase
	N []int // the shape

	isScalar bool
}

// Text is a string of characters of a set.
type Text struct {
	spaceBase
	Charset              string // the characters, in the order of their indices
	MinLength, MaxLength int    // in characters

	characters int
}

// TupleSpace is a tuple of elements of other spaces: Gymnasium's Tuple.
type TupleSpace struct {
	spaceBase
	Spaces []Space
}

// DictSpace is a dict of elements of other spaces: Gymnasium's Dict.
type DictSpace struct {
	spaceBase
	Keys   []any // most are strings; Python allows others
	Spaces []Space
}

// OneOf is an element of exactly one of several spaces, with its index.
type OneOf struct {
	spaceBase
	Spaces []Space
}

// Sequence is a tuple of any length, of elements of one space. It is dynamic.
type Sequence struct {
	spaceBase
	Space Space
	Stack bool // the elements are stacked into arrays
}

// Graph is a graph with elements of spaces on its nodes and edges. It is dynamic.
type Graph struct {
	spaceBase
	NodeSpace Space
	EdgeSpace Space // nil where edges carry nothing
}

// OtherSpace is a space of a class that gogym does not know. It is dynamic.
type OtherSpace struct {
	spaceBase
	Class string // the Python class, for example "minigrid.core.mission.MissionSpace"
	Repr  string
}

// Get is the space under a string key.
func (s *DictSpace) Get(key string) (space Space, found bool) {
	for i, k := range s.Keys {
		if k == key {
			return s.Spaces[i], true
		}
	}
	return nil, false
}

// children are the spaces that a space is made of, in the order of gym_space_child.
func children(space Space) []Space {
	switch s := space.(type) {
	case *TupleSpace:
		return s.Spaces
	case *DictSpace:
		return s.Spaces
	case *OneOf:
		return s.Spaces
	case *Sequence:
		return []Space{s.Space}
	case *Graph:
		if s.EdgeSpace != nil {
			return []Space{s.NodeSpace, s.EdgeSpace}
		}
		return []Space{s.NodeSpace}
	}
	return nil
}
