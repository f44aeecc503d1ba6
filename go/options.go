package gogym

import (
	"maps"
	"reflect"
)

// Option is an option of [Make].
type Option func(*makeOptions)

type makeOptions struct {
	kwargs   map[string]any
	wrappers []Wrapper
}

// encode writes the options and gives the functions among them, which C does not know of yet.
func (o *makeOptions) encode() (string, []*callback, error) {
	kwargs := o.kwargs
	if len(o.wrappers) > 0 {
		own, err := o.own()
		if err != nil {
			return "", nil, err
		}
		kwargs = maps.Clone(kwargs)
		kwargs["gogym"] = own
	}
	if len(kwargs) == 0 {
		return "", nil, nil
	}
	e := &encoder{takesFunctions: true}
	if err := e.value(reflect.ValueOf(kwargs), 0); err != nil {
		return "", nil, err
	}
	return string(e.out), e.callbacks, nil
}

// own are gogym's own options with the wrappers among them.
func (o *makeOptions) own() (map[string]any, error) {
	given := o.kwargs["gogym"]
	own, isMap := given.(map[string]any)
	if !isMap && given != nil {
		return nil, newError(ErrArgument, "beside WithWrappers, the keyword argument \"gogym\" is a map[string]any, not a %T", given)
	}
	if own["wrappers"] != nil {
		return nil, newError(ErrArgument, "there are wrappers both in WithWrappers and in the keyword argument \"gogym\"")
	}
	own = maps.Clone(own)
	if own == nil {
		own = map[string]any{}
	}
	own["wrappers"] = o.wrappers
	return own, nil
}

// WithKwarg passes a keyword argument to gymnasium.make, and so to the environment's constructor. Values
// are translated like this; a value that is none of these gives an [ErrJSON]:
//
//	nil, a nil pointer                 None
//	bool, string                       bool, str (valid UTF-8)
//	integers, *big.Int, json.Number    int (a json.Number may be a float)
//	float32, float64                   float, NaN and infinities included
//	a slice or an array                list
//	a map with string keys, a struct   dict (a struct's fields as encoding/json names them)
//	a map with other keys, [*Dict]     dict
//	[Tuple]                            tuple
//	[NDArray], [*Array]                numpy.ndarray
//	a function, [CallbackName]         a Python callable: see [AddCallback]
//	a [Space]                          dict: its description, see [NewSpace]
//	a json.Marshaler                   what its JSON says
//
// A later value under the same name replaces an earlier one. The name "gogym" is gogym's own.
func WithKwarg(name string, value any) Option {
	return func(o *makeOptions) { o.kwargs[name] = value }
}

// WithKwargs passes keyword arguments to gymnasium.make: see [WithKwarg].
func WithKwargs(kwargs map[string]any) Option {
	return func(o *makeOptions) { maps.Copy(o.kwargs, kwargs) }
}

// WithRenderMode is the keyword argument render_mode: "rgb_array", "ansi", "human" or what else the
// environment offers.
func WithRenderMode(mode string) Option {
	return WithKwarg("render_mode", mode)
}

// WithMaxEpisodeSteps is the keyword argument max_episode_steps: after so many steps an episode is
// truncated. -1 takes away the limit that the environment was registered with.
func WithMaxEpisodeSteps(steps int) Option {
	return WithKwarg("max_episode_steps", steps)
}

// WithDisableEnvChecker is the keyword argument disable_env_checker: true leaves out Gymnasium's
// PassiveEnvChecker, which inspects the first reset and the first step.
func WithDisableEnvChecker(disable bool) Option {
	return WithKwarg("disable_env_checker", disable)
}

// WithWrappers puts wrappers around the environment, the first one innermost. More of them come from a further
// WithWrappers, around those.
func WithWrappers(wrappers ...Wrapper) Option {
	return func(o *makeOptions) { o.wrappers = append(o.wrappers, wrappers...) }
}

// ResetOption is an option of [Env.Reset].
type ResetOption func(*resetOptions)

type resetOptions struct {
	seed    *int64
	options map[string]any
}

// ResetSeed seeds the environment's random generator. It takes precedence over [Env.Seed].
func ResetSeed(seed int64) ResetOption {
	return func(o *resetOptions) { o.seed = &seed }
}

// ResetOptions passes `options` to the environment's reset. Values are translated as for [WithKwarg]; functions need
// a [CallbackName].
func ResetOptions(options map[string]any) ResetOption {
	return func(o *resetOptions) { o.options = options }
}

// collectResetOptions gives the seed, nil for none, and the encoded options.
func collectResetOptions(options []ResetOption) (seed *int64, encoded string, err error) {
	if len(options) == 0 {
		return nil, "", nil // nothing is allocated
	}
	given := new(resetOptions)
	for _, option := range options {
		if option != nil {
			option(given)
		}
	}
	encoded, err = encodeOptions(given.options)
	return given.seed, encoded, err
}
