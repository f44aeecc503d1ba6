package gogym

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestListEnvs(t *testing.T) {
	needPython(t)
	all, err := ListEnvs("")
	must(t, err)
	if !slices.IsSorted(all) || !slices.Contains(all, "CartPole-v1") || len(all) < 50 {
		t.Errorf("%d environments", len(all))
	}
	for pattern, want := range map[string][]string{
		"CartPole-v?":     {"CartPole-v0", "CartPole-v1"},
		"cartpole":        {"CartPole-v0", "CartPole-v1", "phys2d/CartPole-v0", "phys2d/CartPole-v1"},
		"nothing of this": {},
	} {
		if got, err := ListEnvs(pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q gave %v, %v", pattern, got, err)
		}
	}
	if _, err := ListEnvs("a\x00"); !errors.Is(err, ErrArgument) {
		t.Errorf("NUL gave %v", err)
	}
}

func TestSpecOf(t *testing.T) {
	needPython(t)
	spec, err := SpecOf("CartPole-v1")
	must(t, err)
	if spec.ID != "CartPole-v1" || spec.Namespace != "" || spec.Name != "CartPole" || spec.Version == nil || *spec.Version != 1 ||
		!slices.Equal(spec.Versions, []int{0, 1}) || spec.MaxEpisodeSteps != 500 || spec.RewardThreshold == nil ||
		*spec.RewardThreshold != 475 || spec.EntryPoint != "gymnasium.envs.classic_control.cartpole:CartPoleEnv" ||
		!strings.Contains(spec.VectorEntryPoint, "CartPoleVectorEnv") || spec.Nondeterministic || !spec.OrderEnforce ||
		spec.DisableEnvChecker || spec.Kwargs.Len() != 0 || len(spec.AdditionalWrappers) != 0 {
		t.Errorf("got %+v", spec)
	}
	if id, _ := spec.Dict.Get("id"); id != "CartPole-v1" {
		t.Errorf("the dict is %v", spec.Dict)
	}
	if latest, err := SpecOf("CartPole"); err != nil || latest.ID != "CartPole-v1" {
		t.Errorf("without a version: %v, %v", latest, err)
	}
	lake, err := SpecOf("FrozenLake-v1")
	must(t, err)
	if name, _ := lake.Kwargs.Get("map_name"); name != "4x4" {
		t.Errorf("the keyword arguments are %v", lake.Kwargs)
	}
	if acrobot, err := SpecOf("Pendulum-v1"); err != nil || acrobot.RewardThreshold != nil || acrobot.VectorEntryPoint != "" {
		t.Errorf("got %+v, %v", acrobot, err)
	}
	for id, test := range map[string]struct {
		code Code
		says string
	}{
		"CartPol-v1":     {ErrNameNotFound, "CartPole"},
		"CartPole-v7":    {ErrVersionNotFound, "v1"},
		"nowhere/X-v0":   {ErrNamespaceNotFound, "nowhere"},
		"no_such_m:X-v0": {ErrImport, "no_such_m"},
		"not an id":      {ErrGymnasium, "not an id"},
		"a\x00":          {ErrArgument, "NUL"},
	} {
		if spec, err := SpecOf(id); spec != nil || !errors.Is(err, test.code) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q gave %v, %v", id, spec, err)
		}
	}
}

func TestSpecErrors(t *testing.T) {
	for name, value := range map[string]any{
		"no dict": "CartPole-v1", "an id that is a number": NewDict([2]any{"id", int64(5)}),
		"a version that is a text": NewDict([2]any{"version", "5"}),
	} {
		if spec, err := specOf(value); spec != nil || !errors.Is(err, ErrKind) {
			t.Errorf("%s gave %v, %v", name, spec, err)
		}
	}
}

func TestEnvSpec(t *testing.T) {
	env := makeEnv(t, "FrozenLake-v1", WithMaxEpisodeSteps(7), WithKwarg("is_slippery", false))
	spec, err := env.Spec()
	must(t, err)
	if slippery, _ := spec.Kwargs.Get("is_slippery"); spec.ID != "FrozenLake-v1" || spec.MaxEpisodeSteps != 7 || slippery != false {
		t.Errorf("got %+v", spec)
	}
	must(t, env.Close())
	if spec, err := env.Spec(); spec != nil || !errors.Is(err, ErrHandle) {
		t.Errorf("after Close: %v, %v", spec, err)
	}
}

// registrations makes ids that are not taken, however often a test runs.
var registrations int

func newID(name string) string {
	registrations++
	return fmt.Sprintf("GoTest/%s%d-v3", name, registrations)
}

func TestRegisterEnv(t *testing.T) {
	needPython(t)
	id := newID("Kwargs")
	must(t, RegisterEnv(id, "gogym_go_envs:Kwargs", RegisterMaxEpisodeSteps(2), RegisterRewardThreshold(1.5),
		RegisterKwargs(map[string]any{"level": Tuple{1, 2.5}}), RegisterArgument("nondeterministic", true), nil))
	spec, err := SpecOf(id)
	must(t, err)
	if spec.Namespace != "GoTest" || *spec.Version != 3 || spec.MaxEpisodeSteps != 2 || *spec.RewardThreshold != 1.5 ||
		!spec.Nondeterministic || spec.Kwargs.String() != "{'level': (1, 2.5)}" {
		t.Errorf("got %+v", spec)
	}
	env := makeEnv(t, id, WithKwarg("more", 1))
	_, err = env.Reset()
	must(t, err)
	info, err := env.Info()
	must(t, err)
	if kwargs, _ := info.Get("kwargs"); pythonText(kwargs) != "{'level': (1, 2.5), 'more': 1}" {
		t.Errorf("made with %v", kwargs)
	}
	_, _, err = env.Step([]float64{0})
	must(t, err)
	if _, step, err := env.Step([]float64{0}); err != nil || !step.Truncated {
		t.Errorf("the second of two steps gave %+v, %v", step, err)
	}

	file := filepath.Join(t.TempDir(), "my environment.py")
	must(t, os.WriteFile(file, []byte("import gymnasium\nclass Own(gymnasium.make('CartPole-v1').unwrapped.__class__):\n    own = 5\n"), 0o600))
	id = newID("File")
	must(t, RegisterEnv(id, file+":Own"))
	if own, err := Attr[int](makeEnv(t, id), "own"); err != nil || own != 5 {
		t.Errorf("an environment of a file says %v, %v", own, err)
	}
	for name, test := range map[string]struct {
		err  error
		code Code
		says string
	}{
		"taken":     {RegisterEnv("CartPole-v1", "gogym_go_envs:Kwargs"), ErrRegistration, "CartPole-v2"},
		"malformed": {RegisterEnv("not an id!", "gogym_go_envs:Kwargs"), ErrRegistration, "not an id!"},
		"missing":   {RegisterEnv("GoTest/M-v0", "gogym_go_envs:Nothing"), ErrRegistration, "Nothing"},
		"no module": {RegisterEnv("GoTest/M-v0", "no_such_m:Nothing"), ErrRegistration, "no_such_m"},
		"no entry":  {RegisterEnv("GoTest/M-v0", ""), ErrRegistration, "entry_point"},
		"unknown":   {RegisterEnv("GoTest/M-v0", "gogym_go_envs:Kwargs", RegisterArgument("nothing", 1)), ErrJSON, "nothing"},
		"wrong":     {RegisterEnv("GoTest/M-v0", "gogym_go_envs:Kwargs", RegisterMaxEpisodeSteps(0)), ErrJSON, "max_episode_steps"},
		"a channel": {RegisterEnv("GoTest/M-v0", "gogym_go_envs:Kwargs", RegisterArgument("kwargs", make(chan int))), ErrJSON, "chan int"},
		"NUL":       {RegisterEnv("a\x00", "gogym_go_envs:Kwargs"), ErrArgument, "NUL"},
	} {
		if !errors.Is(test.err, test.code) || !strings.Contains(test.err.Error(), test.says) {
			t.Errorf("%s gave %v", name, test.err)
		}
	}
	if found, err := ListEnvs("GoTest/M"); err != nil || len(found) != 0 {
		t.Errorf("what failed was registered: %v, %v", found, err)
	}
}

func TestImportModule(t *testing.T) {
	needPython(t)
	file := filepath.Join(t.TempDir(), "plug_in.py")
	id := newID("Plugged")
	must(t, os.WriteFile(file, []byte("import gymnasium\ngymnasium.register('"+id+"', 'gogym_go_envs:Kwargs')\n"), 0o600))
	must(t, ImportModule(file))
	if found, err := ListEnvs(strings.TrimSuffix(id, "3") + "*"); err != nil || !slices.Equal(found, []string{id}) {
		t.Errorf("registered: %v, %v", found, err)
	}
	must(t, ImportModule("json.decoder"))
	must(t, os.WriteFile(file+"2.py", []byte("raise ValueError('not today')\n"), 0o600))
	for module, test := range map[string]struct {
		code Code
		says string
	}{
		"no_such_module":  {ErrImport, "no_such_module"},
		file + "3.py":     {ErrImport, "plug_in.py3.py"},
		file + "2.py":     {ErrPython, "not today"},
		"json\x00decoder": {ErrArgument, "NUL"},
	} {
		if err := ImportModule(module); !errors.Is(err, test.code) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q gave %v", module, err)
		}
	}
}

func TestVersions(t *testing.T) {
	needPython(t)
	versions, err := Versions()
	must(t, err)
	for _, name := range []string{"python", "numpy", "gymnasium", "mujoco"} {
		if version := versions[name]; version == "" || version[0] < '0' || version[0] > '9' {
			t.Errorf("the version of %s is %q", name, version)
		}
	}
	if versions["gogym"] != Version() {
		t.Errorf("gogym has the versions %s and %s", versions["gogym"], Version())
	}
}
