package gogym

import (
	"maps"
	"strings"

	"example.com/gogym/internal/cgym"
)

// withLibrary runs a call that belongs to no environment. The first one starts Python, as the first Make does.
func withLibrary(run func(*cgym.Call) int32, texts ...string) error {
	for _, text := range texts {
		if strings.ContainsRune(text, 0) {
			return newError(ErrArgument, "the text contains a NUL character: %q", text)
		}
	}
	if err := useLimiter(0); err != nil {
		return err
	}
	inside.acquire()
	defer inside.release()
	call := cgym.NewCall()
	return failure(call, run(call))
}

// libraryValue is withLibrary for a call that gives a tree.
func libraryValue(run func(*cgym.Call) ([]byte, int32), texts ...string) (any, error) {
	var block []byte
	err := withLibrary(func(call *cgym.Call) (code int32) {
		block, code = run(call)
		return code
	}, texts...)
	if err != nil {
		return nil, err
	}
	return decodeBlock(block)
}

// ListEnvs gives the ids of registered environments in alphabetical order. The pattern is empty for all of them, or a
// shell pattern ("*-v5", "ALE/P*"); one without wildcards means ids that contain it, in either case.
func ListEnvs(pattern string) ([]string, error) {
	value, err := libraryValue(func(call *cgym.Call) ([]byte, int32) { return cgym.ListEnvs(call, pattern) }, pattern)
	if err != nil {
		return nil, err
	}
	return converted[[]string](value, "the list of environments")
}

// EnvSpec is what Gymnasium's registry says of an environment.
type EnvSpec struct {
	ID        string // "ALE/Pong-v5"
	Namespace string // "ALE"; empty where there is none
	Name      string // "Pong"
	Version   *int   // 5; nil where the id has none
	Versions  []int  // all that are registered

	EntryPoint         string   // "module:Class"; empty where there is none but the vector's
	VectorEntryPoint   string   // empty where there is none
	RewardThreshold    *float64 // the return from which on the task counts as solved; nil where there is none
	MaxEpisodeSteps    int      // 0 where there is no limit
	Nondeterministic   bool
	OrderEnforce       bool
	DisableEnvChecker  bool
	Kwargs             *Dict // of the environment's constructor
	AdditionalWrappers []any // each a [*Dict]

	Dict *Dict // all of it, as Python says it
}

// SpecOf gives the spec of an id, as gymnasium.spec does: "module:Name-v0" imports the module first, and an id without
// a version means the latest. An id that is not registered gives [ErrUnregisteredEnv] with Gymnasium's suggestions.
func SpecOf(id string) (*EnvSpec, error) {
	value, err := libraryValue(func(call *cgym.Call) ([]byte, int32) { return cgym.Spec(call, id) }, id)
	if err != nil {
		return nil, err
	}
	return specOf(value)
}

// Spec is the spec that the environment was made from, with the keyword arguments that it was made with.
// [ErrAttribute] where it has none.
func (e *Env) Spec() (*EnvSpec, error) {
	value, err := e.GetAttr("spec")
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, newError(ErrAttribute, "the environment has no spec")
	}
	return specOf(value)
}

func specOf(value any) (*EnvSpec, error) {
	dict, isDict := value.(*Dict)
	if !isDict {
		return nil, newError(ErrKind, "the spec is a %T, not a dict", value)
	}
	spec := &EnvSpec{Dict: dict}
	for name, field := range map[string]any{
		"id": &spec.ID, "namespace": &spec.Namespace, "name": &spec.Name, "version": &spec.Version,
		"versions": &spec.Versions, "entry_point": &spec.EntryPoint, "vector_entry_point": &spec.VectorEntryPoint,
		"reward_threshold": &spec.RewardThreshold, "max_episode_steps": &spec.MaxEpisodeSteps,
		"nondeterministic": &spec.Nondeterministic, "order_enforce": &spec.OrderEnforce,
		"disable_env_checker": &spec.DisableEnvChecker, "kwargs": &spec.Kwargs,
		"additional_wrappers": &spec.AdditionalWrappers,
	} {
		item, found := dict.Get(name)
		if !found || item == nil {
			continue
		}
		if err := assign(field, item); err != nil {
			err.Message = "the spec's " + name + ": " + err.Message
			return nil, err
		}
	}
	return spec, nil
}

// RegisterOption is an option of [RegisterEnv].
type RegisterOption func(map[string]any)

// RegisterArgument is any argument of gymnasium.register: reward_threshold, nondeterministic, order_enforce,
// disable_env_checker, vector_entry_point. Values are translated as for [WithKwarg].
func RegisterArgument(name string, value any) RegisterOption {
	return func(options map[string]any) { options[name] = value }
}

// RegisterMaxEpisodeSteps is the argument max_episode_steps: after so many steps an episode is truncated.
func RegisterMaxEpisodeSteps(steps int) RegisterOption {
	return RegisterArgument("max_episode_steps", steps)
}

// RegisterRewardThreshold is the argument reward_threshold: the return from which on the task counts as solved.
func RegisterRewardThreshold(threshold float64) RegisterOption {
	return RegisterArgument("reward_threshold", threshold)
}

// RegisterKwargs are keyword arguments of the environment's constructor, which Make's own replace.
func RegisterKwargs(kwargs map[string]any) RegisterOption {
	return RegisterArgument("kwargs", maps.Clone(kwargs))
}

// RegisterEnv registers an environment, as gymnasium.register does. The entry point is "module:Class" or
// "path/to/file.py:Class"; it is imported at once. An id that is malformed or taken, and an entry point that is not
// there, give [ErrRegistration]. It lasts as long as the process.
func RegisterEnv(id, entryPoint string, options ...RegisterOption) error {
	given := map[string]any{}
	if entryPoint != "" { // otherwise there may be that of the vector environment
		given["entry_point"] = entryPoint
	}
	for _, option := range options {
		if option != nil {
			option(given)
		}
	}
	encoded, err := encodeOptions(given)
	if err != nil {
		return err
	}
	if encoded == "" {
		encoded = "{}"
	}
	return withLibrary(func(call *cgym.Call) int32 { return cgym.RegisterEnv(call, id, encoded) }, id)
}

// ImportModule imports a Python module, or a file "path/to/file.py", for example a package that registers
// environments.
func ImportModule(module string) error {
	return withLibrary(func(call *cgym.Call) int32 { return cgym.Import(call, module) }, module)
}

// Versions are the versions of what runs: gogym, python, numpy, gymnasium, and of the packages behind environments and
// wrappers (mujoco, ale_py ...) those that are installed.
func Versions() (map[string]string, error) {
	value, err := libraryValue(cgym.Versions)
	if err != nil {
		return nil, err
	}
	return converted[map[string]string](value, "the versions")
}
