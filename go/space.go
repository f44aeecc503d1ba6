package gogym

// Space is the set that an environment's observations or actions belong to. It is one of [*Box],
// [*Discrete], [*MultiDiscrete], [*MultiBinary], [*Text], [*TupleSpace], [*DictSpace], [*OneOf],
// [*Sequence], [*Graph] and [*OtherSpace]. A space never changes; goroutines may share it.
//
// # Layout
//
// An element lies in a []float64, one number an element: Box, MultiDiscrete and MultiBinary in C order;
// Discrete as one number, the value itself (not one-hot); Text as MaxLength indices into Charset, padded
// with len(Charset); TupleSpace and DictSpace as their children one after another; OneOf as the index of
// the chosen child, the child, and zeros up to the size of the largest.
//
// # Dynamic spaces
//
// Sequence, Graph, OtherSpace and whatever contains one have elements without a fixed size, which have no
// such layout: Size is -1, and Contains is always false.
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
	// Contains reports whether an element in the float64 layout, of exactly Size numbers, belongs to the
	// space. It means what Gymnasium's contains means for the element that these numbers are converted to.
	// A float that is too large for the dtype becomes an infinity; what is no integer belongs to no space of
	// integers.
	Contains(x []float64) bool
	// Sample draws a random element: the space's own sample() in Python, with the same stream of random
	// numbers. Only the action space of an open environment itself can: other spaces give [ErrUnsupported],
	// and [ErrHandle] after Close.
	Sample() ([]float64, error)
	// Seed seeds what Sample draws from; under the same conditions. A negative seed gives [ErrArgument].
	Seed(seed int64) error
	// String writes the space as Gymnasium does; long arrays are cut.
	String() string
}

// spaceBase is what all spaces have in common.
type spaceBase struct {
	kind   string
	dtype  string
	shape  []int
	size   int
	offset int
	owner  *Env // of a root action space; nil for all else
}

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

func (s *spaceBase) Sample() ([]float64, error) {
	if s.owner == nil {
		return nil, s.notSampled("sampled")
	}
	var action []float64
	if s.size >= 0 {
		action = make([]float64, s.size)
	}
	if err := s.owner.sampleAction(action); err != nil {
		return nil, err
	}
	return action, nil
}

func (s *spaceBase) Seed(seed int64) error {
	if s.owner == nil {
		return s.notSampled("seeded")
	}
	return s.owner.seedAction(seed)
}

func (s *spaceBase) notSampled(what string) error {
	return newError(ErrUnsupported, "this %s space cannot be %s: only the action space of an environment itself can",
		s.kind, what)
}

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
