package gogym

// Engine says how the environments of a [Vec] are run: see [WithEngine].
type Engine string

// The engines.
const (
	// EngineProcess has worker processes, each with its share of the environments: the default.
	EngineProcess Engine = "process"
	// EngineSync steps all environments in this process's Python, one after another.
	EngineSync Engine = "sync"
	// EngineVector is Gymnasium's own vector environment of the id (its vector_entry_point), in this process's Python,
	// or with [WithWorkers] one in each of so many processes.
	EngineVector Engine = "vector"
	// EngineEnvPool is EnvPool's environment of the id, likewise.
	EngineEnvPool Engine = "envpool"
)

// Autoreset says how an episode of a [Vec] begins anew after its end, as Gymnasium's AutoresetMode.
type Autoreset string

// The modes of autoreset.
const (
	// AutoresetNextStep, the default: the step after the last one resets the environment instead. It ignores the
	// action, and its reward is 0.
	AutoresetNextStep Autoreset = "next_step"
	// AutoresetSameStep: the last step itself resets. Its observation is the new episode's first; the old one's last
	// is in [Vec.FinalObservation], and in the info as final_obs, with final_info.
	AutoresetSameStep Autoreset = "same_step"
	// AutoresetDisabled: [Vec.Reset] with [ResetMask] does it. Until then a step gives [ErrResetNeeded].
	AutoresetDisabled Autoreset = "disabled"
)

// Layout says what the arrays of a [Vec] hold.
type Layout string

// The layouts.
const (
	// LayoutFloat64, the default: a float64 for each element of the space.
	LayoutFloat64 Layout = "float64"
	// LayoutNative: bytes, each leaf in its own dtype. [View] gives the numbers of a row, [ViewRows] of all.
	LayoutNative Layout = "native"
)

// OnFailure says what becomes of an environment of a [Vec] that fails: see [VecError].
type OnFailure string

// The ways to go on.
const (
	// OnFailureRestart, the default: it is made anew, where necessary with its worker process, and reset with a fresh
	// seed.
	OnFailureRestart OnFailure = "restart"
	// OnFailureReport: it stays down, and fails again in each step, until [Vec.Reset] brings it back.
	OnFailureReport OnFailure = "report"
	// OnFailureClose: all worker processes are ended.
	OnFailureClose OnFailure = "close"
)

// WithEngine is how [MakeVec] runs the environments.
func WithEngine(engine Engine) Option {
	return func(o *makeOptions) { o.own["engine"] = engine }
}

// WithWorkers is how many processes [MakeVec] starts. By default there is one for each CPU that this process may use,
// and none for the engines that need none.
func WithWorkers(workers int) Option {
	return func(o *makeOptions) { o.own["workers"] = workers }
}

// WithAutoreset is how episodes of [MakeVec]'s environments begin anew.
func WithAutoreset(mode Autoreset) Option {
	return func(o *makeOptions) { o.own["autoreset_mode"] = mode }
}

// WithLayout is what the arrays of [MakeVec] hold.
func WithLayout(layout Layout) Option {
	return func(o *makeOptions) { o.own["layout"] = layout }
}

// WithOnFailure is what [MakeVec] does about environments that fail.
func WithOnFailure(policy OnFailure) Option {
	return func(o *makeOptions) { o.own["on_failure"] = policy }
}

// WithVectorWrappers puts wrappers of gymnasium.wrappers.vector around all environments of [MakeVec] together, the first
// one innermost, for [EngineSync], and for [EngineVector] and [EngineEnvPool] in one process. Those around each single
// environment come from [WithWrappers].
func WithVectorWrappers(wrappers ...Wrapper) Option {
	return func(o *makeOptions) {
		given, _ := o.own["vector_wrappers"].([]Wrapper)
		o.own["vector_wrappers"] = append(given, wrappers...)
	}
}

// WithVectorOptions passes keyword arguments to the vector environment itself, for [EngineVector] and [EngineEnvPool].
// Values are translated as for [WithKwarg].
func WithVectorOptions(options map[string]any) Option {
	return func(o *makeOptions) { o.own["vector_options"] = options }
}

// envOptions are options of one environment of a Vec.
type envOptions struct {
	env     int
	options []Option
}

// WithEnvOptions gives environment `env` of [MakeVec] options of its own, over those that all have: [WithKwarg] and what
// else [Make] takes, but for what is about worker processes.
func WithEnvOptions(env int, options ...Option) Option {
	return func(o *makeOptions) { o.envs = append(o.envs, envOptions{env, options}) }
}

// encodeVec writes the options of MakeVec and gives the functions among them, and whether any environments are to live
// in this process's Python.
func (o *makeOptions) encodeVec(n int) (encoded string, callbacks []*callback, usesPython bool, err error) {
	if len(o.envs) > 0 {
		if o.own["env_options"], err = o.mergeEnvs(n); err != nil {
			return "", nil, false, err
		}
	}
	merged, err := o.merge()
	if err != nil {
		return "", nil, false, err
	}
	own, _ := merged["gogym"].(map[string]any)
	usesPython = runsInProcess(own)
	encoded, callbacks, err = encodeMerged(merged)
	if err == nil && !usesPython && len(callbacks) > 0 {
		err = errNoFunctions()
	}
	return encoded, callbacks, usesPython, err
}

// mergeEnvs gives an object of options for each environment.
func (o *makeOptions) mergeEnvs(n int) ([]map[string]any, error) {
	single := make([]*makeOptions, n)
	for _, given := range o.envs {
		if given.env < 0 || given.env >= n {
			return nil, newError(ErrArgument, "WithEnvOptions is about environment %d, but there are %d, counted from 0", given.env, n)
		}
		if single[given.env] == nil {
			single[given.env] = collectOptions(nil)
		}
		for _, option := range given.options {
			if option != nil {
				option(single[given.env])
			}
		}
	}
	merged := make([]map[string]any, n)
	for i, options := range single {
		merged[i] = map[string]any{}
		if options == nil {
			continue
		}
		if len(options.envs) > 0 {
			return nil, newError(ErrArgument, "WithEnvOptions stands within WithEnvOptions")
		}
		var err error
		if merged[i], err = options.merge(); err != nil {
			return nil, err
		}
	}
	return merged, nil
}

// runsInProcess reports what gogym's own options say of where environments live: with an engine that has workers only
// when told to, or in worker processes.
func runsInProcess(own map[string]any) bool {
	engine, isEngine := own["engine"].(Engine)
	if text, isText := own["engine"].(string); isText {
		engine, isEngine = Engine(text), true
	}
	switch {
	case !isEngine || engine == EngineProcess:
		return false
	case engine == EngineVector || engine == EngineEnvPool:
		return own["workers"] == nil
	}
	return true
}
