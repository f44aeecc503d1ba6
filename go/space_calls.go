package gogym

import "example.com/gogym/internal/cgym"

// maxNumbers is how many numbers a method makes room for by itself: more than any machine has. Gymnasium has no
// objection to a Discrete(2**40), of which Flatten would make so many.
const maxNumbers = 1 << 38

// newNumbers makes room for n numbers; none where n is -1, so that C says what is the matter.
func newNumbers(n int) []float64 {
	if n < 0 || n > maxNumbers {
		return nil
	}
	return make([]float64, n)
}

// SampleOption is an option of [Space].Sample and its other forms.
type SampleOption func(*sampleOptions)

type sampleOptions struct{ arguments map[string]any }

func (o *sampleOptions) set(name string, value any) {
	if o.arguments == nil {
		o.arguments = map[string]any{}
	}
	o.arguments[name] = value
}

// SampleMask is sample's argument mask: 1 for what may be drawn, 0 for what may not. A slice of numbers for
// Discrete, MultiBinary and a MultiDiscrete's parts; a []any or [Tuple] with one mask a part, a map for a
// DictSpace, nil where nothing is masked; []any{length, mask} for Text. An [*Array] of an info can be passed as
// it is.
func SampleMask(mask any) SampleOption {
	return func(o *sampleOptions) { o.set("mask", mask) }
}

// SampleProbability is sample's argument probability: as SampleMask, with probabilities that add up to 1.
func SampleProbability(probability any) SampleOption {
	return func(o *sampleOptions) { o.set("probability", probability) }
}

// SampleNumNodes is the argument num_nodes of a Graph's sample.
func SampleNumNodes(n int) SampleOption {
	return func(o *sampleOptions) { o.set("num_nodes", n) }
}

// SampleNumEdges is the argument num_edges of a Graph's sample.
func SampleNumEdges(n int) SampleOption {
	return func(o *sampleOptions) { o.set("num_edges", n) }
}

// encodeSampleOptions gives nothing for none.
func encodeSampleOptions(options []SampleOption) (string, error) {
	if len(options) == 0 {
		return "", nil
	}
	var given sampleOptions
	for _, option := range options {
		if option != nil {
			option(&given)
		}
	}
	return encodeOptions(given.arguments)
}

// actionsOf is the environment whose action space this is; nil for other spaces. An environment may replace its
// action space, and the calls for actions follow it.
func (s *spaceBase) actionsOf() *Env {
	if s.node == nil || s.node.parent != nil || !s.node.root.isAction {
		return nil
	}
	return s.node.root.env
}

func (s *spaceBase) Sample(options ...SampleOption) ([]float64, error) {
	x := newNumbers(s.size)
	if err := s.SampleInto(x, options...); err != nil {
		return nil, err
	}
	return x, nil
}

func (s *spaceBase) SampleInto(x []float64, options ...SampleOption) error {
	encoded, err := encodeSampleOptions(options)
	if err != nil {
		return err
	}
	if env := s.actionsOf(); env != nil && encoded == "" {
		return env.sampleAction(x)
	}
	return s.withPython(func(call *cgym.Call, space cgym.Space) int32 {
		return cgym.SpaceSample(call, space, encoded, x)
	})
}

func (s *spaceBase) SampleNative(x []byte, options ...SampleOption) error {
	encoded, err := encodeSampleOptions(options)
	if err != nil {
		return err
	}
	if env := s.actionsOf(); env != nil && encoded == "" {
		return env.sampleActionNative(x)
	}
	return s.withPython(func(call *cgym.Call, space cgym.Space) int32 {
		return cgym.SpaceSampleNative(call, space, encoded, x)
	})
}

func (s *spaceBase) SampleAny(options ...SampleOption) (any, error) {
	encoded, err := encodeSampleOptions(options)
	if err != nil {
		return nil, err
	}
	value, err := s.value(cgym.SpaceSampleValue, encoded)
	if err != nil {
		return nil, err
	}
	return naturalElement(s.node.space, value), nil
}

// value runs a call that takes a text and gives a tree.
func (s *spaceBase) value(run func(*cgym.Call, cgym.Space, string) ([]byte, int32), text string) (any, error) {
	var block []byte
	err := s.withPython(func(call *cgym.Call, space cgym.Space) (code int32) {
		block, code = run(call, space, text)
		return code
	})
	if err != nil {
		return nil, err
	}
	return decodeBlock(block)
}

// encoded writes an element of natural types.
func (s *spaceBase) encoded(element any) (string, error) {
	if s.node == nil {
		return "", errNoSpace()
	}
	return encodeElement(s.node.space, element, "element", ErrElement)
}

func (s *spaceBase) Seed(seed int64) error {
	if seed < 0 {
		return newError(ErrArgument, "the seed is %d, but must not be negative", seed)
	}
	if env := s.actionsOf(); env != nil {
		return env.seedAction(seed)
	}
	_, err := s.SeedAny(seed)
	return err
}

func (s *spaceBase) SeedAny(seed any) (any, error) {
	encoded, err := encodeAny(seed, "seed", ErrArgument)
	if err != nil {
		return nil, err
	}
	seeds, err := s.value(cgym.SpaceSeed, encoded)
	return natural(seeds), err
}

func (s *spaceBase) ContainsNative(x []byte) (contains bool, err error) {
	err = s.withoutPython(func(call *cgym.Call, space cgym.Space) (code int32) {
		contains, code = cgym.SpaceContainsNative(call, space, x)
		return code
	})
	return contains && err == nil, err
}

func (s *spaceBase) ContainsAny(element any) (contains bool, err error) {
	encoded, err := s.encoded(element)
	if err != nil {
		return false, err
	}
	err = s.withPython(func(call *cgym.Call, space cgym.Space) (code int32) {
		contains, code = cgym.SpaceContainsValue(call, space, encoded)
		return code
	})
	return contains && err == nil, err
}

func (s *spaceBase) Flatten(x []float64) ([]float64, error) {
	flat := newNumbers(s.flatdim)
	if err := s.FlattenInto(x, flat); err != nil {
		return nil, err
	}
	return flat, nil
}

func (s *spaceBase) FlattenInto(x, flat []float64) error {
	return s.withoutPython(func(call *cgym.Call, space cgym.Space) int32 {
		return cgym.SpaceFlatten(call, space, x, flat)
	})
}

func (s *spaceBase) FlattenNative(x, flat []byte) error {
	return s.withoutPython(func(call *cgym.Call, space cgym.Space) int32 {
		return cgym.SpaceFlattenNative(call, space, x, flat)
	})
}

func (s *spaceBase) FlattenAny(element any) (any, error) {
	encoded, err := s.encoded(element)
	if err != nil {
		return nil, err
	}
	flat, err := s.value(cgym.SpaceFlattenValue, encoded)
	return natural(flat), err
}

func (s *spaceBase) Unflatten(flat []float64) ([]float64, error) {
	x := newNumbers(s.size)
	if err := s.UnflattenInto(flat, x); err != nil {
		return nil, err
	}
	return x, nil
}

func (s *spaceBase) UnflattenInto(flat, x []float64) error {
	return s.withoutPython(func(call *cgym.Call, space cgym.Space) int32 {
		return cgym.SpaceUnflatten(call, space, flat, x)
	})
}

func (s *spaceBase) UnflattenNative(flat, x []byte) error {
	return s.withoutPython(func(call *cgym.Call, space cgym.Space) int32 {
		return cgym.SpaceUnflattenNative(call, space, flat, x)
	})
}

func (s *spaceBase) UnflattenAny(flat any) (any, error) {
	encoded, err := encodeAny(flat, "flat", ErrElement)
	if err != nil {
		return nil, err
	}
	element, err := s.value(cgym.SpaceUnflattenValue, encoded)
	if err != nil {
		return nil, err
	}
	return naturalElement(s.node.space, element), nil
}
