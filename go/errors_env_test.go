package gogym

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

func TestMakeErrors(t *testing.T) {
	needPython(t)
	for _, test := range []struct {
		id      string
		options []Option
		code    Code
		kind    string
		says    string
	}{
		{"CartPol-v1", nil, ErrNameNotFound, "gymnasium.error.NameNotFound", "CartPole"},
		{"CartPole-v99", nil, ErrVersionNotFound, "gymnasium.error.VersionNotFound", "v1"},
		{"nowhere/CartPole-v1", nil, ErrNamespaceNotFound, "gymnasium.error.NamespaceNotFound", "nowhere"},
		{"not an id", nil, ErrGymnasium, "gymnasium.error.Error", "not an id"},
		{"", nil, ErrGymnasium, "gymnasium.error.Error", ""},
		{"no_such_module_xyz:A-v0", nil, ErrImport, "ModuleNotFoundError", "no_such_module_xyz"},
		{"CartPole-v1", []Option{WithKwarg("wheels", 4)}, ErrPython, "TypeError", "wheels"},
		{"CartPole-v1", []Option{WithKwarg("gogym", map[string]any{"nothing": 1})}, ErrJSON, "", "nothing"},
		{envs + "GoFails-v0", []Option{WithKwarg("where", "init")}, ErrPython, "ValueError", "no init today: \u2603"},
		{envs + "GoFails-v0", []Option{WithKwarg("where", "init"), WithKwarg("how", "exit")}, ErrSystemExit, "SystemExit", "3"},
	} {
		env, err := Make(test.id, test.options...)
		var gymErr *Error
		if env != nil || !errors.As(err, &gymErr) {
			t.Errorf("%q gave %v, %v", test.id, env, err)
			continue
		}
		if !errors.Is(err, test.code) || gymErr.Code != test.code || gymErr.Type != test.kind ||
			!strings.Contains(gymErr.Message, test.says) {
			t.Errorf("%q gave %s: %#v", test.id, gymErr.Code.Name(), gymErr)
		}
		if test.kind != "" && !strings.Contains(gymErr.Traceback, "Traceback (most recent call last)") {
			t.Errorf("%q: the traceback is %q", test.id, gymErr.Traceback)
		}
	}
}

func TestEnvironmentErrors(t *testing.T) {
	for _, test := range []struct {
		where, how string
		code       Code
	}{
		{"reset", "raise", ErrPython},
		{"reset", "exit", ErrSystemExit},
		{"reset", "none", ErrResult},
		{"reset", "observation", ErrObservation},
		{"step", "raise", ErrPython},
		{"step", "exit", ErrSystemExit},
		{"step", "recurse", ErrRecursion},
		{"step", "none", ErrResult},
		{"step", "observation", ErrObservation},
		{"step", "reward", ErrReward},
	} {
		env := makeEnv(t, envs+"GoFails-v0", WithKwarg("where", test.where), WithKwarg("how", test.how))
		obs := []float64{7, 7}
		err := env.ResetInto(obs)
		if test.where == "step" {
			must(t, err)
			obs = []float64{7, 7}
			var step Transition
			if step, err = env.StepInto([]float64{1}, obs); step != (Transition{}) {
				t.Errorf("%+v gave %+v", test, step)
			}
		}
		if !errors.Is(err, test.code) {
			t.Errorf("%+v gave %v", test, err)
		}
		if obs[0] != 7 || obs[1] != 7 {
			t.Errorf("%+v wrote %v", test, obs)
		}
	}
	env := makeEnv(t, envs+"GoFails-v0", WithKwarg("where", "step"), WithKwarg("how", "nan"))
	_, err := env.Reset()
	must(t, err)
	if obs, _, err := env.Step([]float64{0}); err != nil || !math.IsNaN(obs[0]) {
		t.Errorf("a NaN observation gave %v, %v", obs, err)
	}
}

func TestCallErrors(t *testing.T) {
	env := makeEnv(t, "CartPole-v1")
	obs := make([]float64, 4)
	if _, err := env.StepInto([]float64{1}, obs); !errors.Is(err, ErrResetNeeded) {
		t.Errorf("Step before Reset gave %v", err)
	}
	must(t, env.ResetInto(obs))
	for name, test := range map[string]struct {
		action, obs []float64
		code        Code
	}{
		"no action":        {nil, obs, ErrBuffer},
		"two actions":      {[]float64{1, 1}, obs, ErrBuffer},
		"no obs":           {[]float64{1}, nil, ErrBuffer},
		"short obs":        {[]float64{1}, obs[:3], ErrBuffer},
		"NaN":              {[]float64{math.NaN()}, obs, ErrAction},
		"infinity":         {[]float64{math.Inf(1)}, obs, ErrAction},
		"a fraction":       {[]float64{0.5}, obs, ErrAction},
		"beyond the dtype": {[]float64{1e300}, obs, ErrAction},
	} {
		if _, err := env.StepInto(test.action, test.obs); !errors.Is(err, test.code) {
			t.Errorf("%s gave %v", name, err)
		}
	}
	// Two more than needed, and one slice for both, are no errors.
	if _, err := env.StepInto([]float64{1}, make([]float64, 6)); err != nil {
		t.Errorf("a long buffer gave %v", err)
	}
	obs[0] = 1
	if _, err := env.StepInto(obs[:1], obs); err != nil {
		t.Errorf("one slice for action and observation gave %v", err)
	}
}

func TestClose(t *testing.T) {
	env := makeEnv(t, "CartPole-v1")
	_, err := env.Reset()
	must(t, err)
	must(t, env.Close())
	calls := map[string]error{"Close": env.Close(), "ResetInto": env.ResetInto(make([]float64, 4)),
		"ActionSpace().Seed": env.ActionSpace().Seed(1)}
	_, calls["Reset"] = env.Reset()
	_, calls["Info"] = env.Info()
	_, _, calls["Step"] = env.Step([]float64{1})
	_, calls["ActionSpace().Sample"] = env.ActionSpace().Sample()
	_, calls["ObservationSpace().Sample"] = env.ObservationSpace().Sample()
	for name, err := range calls {
		if !errors.Is(err, ErrHandle) {
			t.Errorf("%s after Close gave %v", name, err)
		}
	}
	if !env.ActionSpace().Contains([]float64{1}) || env.ObservationSpace().Size() != 4 {
		t.Error("the spaces cannot be read after Close")
	}

	failing := makeEnv(t, envs+"GoFails-v0", WithKwarg("where", "close"))
	if err := failing.Close(); !errors.Is(err, ErrPython) {
		t.Errorf("a failing close gave %v", err)
	}
	if err := failing.Close(); !errors.Is(err, ErrHandle) {
		t.Errorf("a second close gave %v", err)
	}
}

func TestInit(t *testing.T) {
	needPython(t)
	must(t, Init(Config{}))
	if err := Init(Config{Python: "/nonexistent/python"}); !errors.Is(err, ErrConfig) {
		t.Errorf("another Python gave %v", err)
	}
	if err := Init(Config{MaxThreads: int(inside.limit.Load()) + 1}); !errors.Is(err, ErrConfig) {
		t.Errorf("another MaxThreads gave %v", err)
	}
	must(t, Init(Config{MaxThreads: int(inside.limit.Load())}))
	if Version() == "" {
		t.Error("there is no version")
	}
}

func init() {
	helpers["no python"] = func() {
		_, err := Make("CartPole-v1")
		again := Init(Config{Python: os.Getenv("GOOD_PYTHON")})
		fmt.Printf("%v|%v|%v", errors.Is(err, ErrNoPython), err, again)
	}
	helpers["shutdown"] = func() {
		env, err := Make("CartPole-v1")
		fmt.Println(err, Shutdown(), Shutdown())
		_, resetErr := env.Reset()
		_, makeErr := Make("CartPole-v1")
		for _, err := range []error{resetErr, makeErr, env.Close(), Init(Config{}), env.ActionSpace().Seed(1)} {
			fmt.Println(errors.Is(err, ErrShutdown))
		}
	}
}

func TestNoPython(t *testing.T) {
	needPython(t)
	output, err := runHelper(t, "no python", "GOOD_PYTHON="+os.Getenv("GOGYM_PYTHON"), "GOGYM_PYTHON=/nonexistent/python")
	parts := strings.Split(output, "|")
	if err != nil || len(parts) != 3 || parts[0] != "true" || !strings.Contains(parts[1], "/nonexistent/python") || parts[2] != "<nil>" {
		t.Errorf("got %q, %v", output, err)
	}
}

func TestShutdown(t *testing.T) {
	needPython(t)
	output, err := runHelper(t, "shutdown")
	if want := "<nil> <nil> <nil>\n" + strings.Repeat("true\n", 5); err != nil || output != want {
		t.Errorf("got %q, %v", output, err)
	}
}
