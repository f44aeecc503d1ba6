package gogym

import (
	"maps"
	"reflect"
	"slices"
	"time"
)

// Option is an option of [Make] and of [MakeVec].
type Option func(*makeOptions)

type makeOptions struct {
	kwargs   map[string]any
	wrappers []Wrapper
	own      map[string]any // gogym's own options by their names, but for the wrappers
	envs     []envOptions
}

func collectOptions(options []Option) *makeOptions {
	made := &makeOptions{kwargs: map[string]any{}, own: map[string]any{}}
	for _, option := range options {
		if option != nil {
			option(made)
		}
	}
	return made
}

// encode writes the options of Make and gives the functions among them, which C does not know of yet, and whether the
// environment is to live in a process of its own.
func (o *makeOptions) encode() (encoded string, callbacks []*callback, isolated bool, err error) {
	if len(o.envs) > 0 {
		return "", nil, false, newError(ErrArgument, "WithEnvOptions is an option of MakeVec, not of Make")
	}
	merged, err := o.merge()
	if err != nil {
		return "", nil, false, err
	}
	own, _ := merged["gogym"].(map[string]any)
	isolated, _ = own["isolate"].(bool)
	encoded, callbacks, err = encodeMerged(merged)
	if err == nil && isolated && len(callbacks) > 0 {
		err = errNoFunctions()
	}
	return encoded, callbacks, isolated, err
}

func errNoFunctions() error {
	return newError(ErrUnsupported, "a function of this program cannot be called from a worker process: leave it out, or "+
		"have the environments in this process (without WithIsolation; in MakeVec, WithEngine(EngineSync))")
}

func encodeMerged(options map[string]any) (string, []*callback, error) {
	if len(options) == 0 {
		return "", nil, nil
	}
	e := &encoder{takesFunctions: true}
	if err := e.value(reflect.ValueOf(options), 0); err != nil {
		return "", nil, err
	}
	return string(e.out), e.callbacks, nil
}

// merge gives the keyword arguments with gogym's own options among them.
func (o *makeOptions) merge() (map[string]any, error) {
	if len(o.wrappers) == 0 && len(o.own) == 0 {
		return o.kwargs, nil
	}
	given := o.kwargs["gogym"]
	own, isMap := given.(map[string]any)
	if !isMap && given != nil {
		return nil, newError(ErrArgument, "beside WithWrappers and other options of gogym's own, the keyword argument "+
			"\"gogym\" is a map[string]any, not a %T", given)
	}
	own = maps.Clone(own)
	if own == nil {
		own = map[string]any{}
	}
	if len(o.wrappers) > 0 {
		if own["wrappers"] != nil {
			return nil, newError(ErrArgument, "there are wrappers both in WithWrappers and in the keyword argument \"gogym\"")
		}
		own["wrappers"] = o.wrappers
	}
	for _, name := range slices.Sorted(maps.Keys(o.own)) {
		if own[name] != nil {
			return nil, newError(ErrArgument, "gogym's option %q is given twice, by a function and in the keyword argument \"gogym\"",
				name)
		}
		own[name] = o.own[name]
	}
	kwargs := maps.Clone(o.kwargs)
	kwargs["gogym"] = own
	return kwargs, nil
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

// WithIsolation has the environment live in a worker process of its own: nothing that it does, a crash included, harms
// this program, and none of its Python runs here, not even an interpreter. Every method of [Env] works the same, but
// functions of the program ([AddCallback]) cannot be called from there. A worker that has ended gives [ErrWorker] with
// the signal or exit code and the end of its standard error; the environment can then only be closed.
func WithIsolation() Option {
	return func(o *makeOptions) { o.own["isolate"] = true }
}

// WithPython is the Python interpreter of the worker processes, for [WithIsolation] and [MakeVec]. Workers may have
// another one than this program, also one without a libpython. By default it is searched for as [Config] says.
func WithPython(path string) Option {
	return func(o *makeOptions) { o.own["python"] = path }
}

// WithTimeout is how long a call may take a worker process, for [WithIsolation] and [MakeVec]. One that does not answer
// in time is ended, which is a failure like any other ([ErrWorker]). By default there is no limit.
func WithTimeout(limit time.Duration) Option {
	return func(o *makeOptions) { o.own["timeout"] = limit.Seconds() }
}

// WithMemoryLimit is how many bytes of address space each worker process may have, for [WithIsolation] and [MakeVec]. In
// Python it is a MemoryError to want more; libraries may abort.
func WithMemoryLimit(nbytes int64) Option {
	return func(o *makeOptions) { o.own["memory_limit"] = nbytes }
}

// ResetOption is an option of [Env.Reset] and of [Vec.Reset].
type ResetOption func(*resetOptions)

type resetOptions struct {
	seed    *int64
	options map[string]any
	seeds   []int64 // of a Vec only, as is the mask
	mask    []bool
}

// ResetSeed seeds the environment's random generator. It takes precedence over [Env.Seed]. In a [Vec], environment i
// gets seed + i.
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
	given := gatherResetOptions(options)
	if given.seeds != nil || given.mask != nil {
		return nil, "", newError(ErrArgument, "ResetSeeds and ResetMask are options of Vec.Reset; one environment has "+
			"ResetSeed alone")
	}
	encoded, err = encodeOptions(given.options)
	return given.seed, encoded, err
}

func gatherResetOptions(options []ResetOption) *resetOptions {
	given := new(resetOptions)
	for _, option := range options {
		if option != nil {
			option(given)
		}
	}
	return given
}
