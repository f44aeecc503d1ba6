package gogym

import (
	"errors"
	"strings"
	"testing"
)

func TestVecOptions(t *testing.T) {
	if !hasCgo {
		t.Skip("built without cgo")
	}
	double := func(reward float64) float64 { return 2 * reward }
	wrapper := WithWrappers(CustomWrapper{Name: "TransformReward", Args: map[string]any{"func": double}})
	for name, test := range map[string]struct {
		n       int
		options []Option
		code    Code // 0 for any
		text    string
	}{
		"no environments":    {0, nil, ErrArgument, "at least one"},
		"environment beyond": {2, []Option{WithEnvOptions(2)}, ErrArgument, "environment 2"},
		"nested":             {2, []Option{WithEnvOptions(0, WithEnvOptions(0))}, ErrArgument, "within"},
		"twice":              {2, []Option{WithWorkers(1), WithKwarg("gogym", map[string]any{"workers": 2})}, ErrArgument, "workers"},
		"no map":             {2, []Option{WithWorkers(1), WithKwarg("gogym", 3)}, ErrArgument, "map[string]any"},
		"function":           {2, []Option{wrapper}, ErrUnsupported, "worker process"},
		"engine":             {2, []Option{WithEngine("steam")}, 0, "steam"},
		"autoreset":          {2, []Option{WithAutoreset("never")}, 0, "never"},
		"layout":             {2, []Option{WithLayout("flat")}, 0, "flat"},
		"policy":             {2, []Option{WithOnFailure("cry")}, 0, "cry"},
		"workers":            {2, []Option{WithWorkers(-1)}, 0, "workers"},
		"python":             {2, []Option{WithPython("/nowhere/python")}, ErrNoPython, "/nowhere/python"},
	} {
		vec, err := MakeVec(rowEnv, test.n, test.options...)
		if err == nil {
			t.Errorf("%s: no error", name)
			must(t, vec.Close())
		} else if test.code != 0 && !errors.Is(err, test.code) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := MakeVec("CartPol-v1", 2); !errors.Is(err, ErrNameNotFound) || !strings.Contains(err.Error(), "Did you mean: `CartPole`?") {
		t.Errorf("a wrong name gave %v", err)
	}
	if _, err := Make(rowEnv, WithEnvOptions(0)); !errors.Is(err, ErrArgument) {
		t.Errorf("Make with WithEnvOptions gave %v", err)
	}
	if _, err := makeEnv(t, rowEnv).Reset(ResetMask([]bool{true})); !errors.Is(err, ErrArgument) {
		t.Errorf("Reset of an Env with a mask gave %v", err)
	}
}

func TestVecResetOptions(t *testing.T) {
	vec := makeVec(t, rowEnv, 2)
	for name, options := range map[string][]ResetOption{
		"negative":    {ResetSeed(-1)},
		"three seeds": {ResetSeeds(1, 2, 3)},
		"no seeds":    {ResetSeeds()},
		"both":        {ResetSeed(1), ResetSeeds(1, 2)},
		"long mask":   {ResetMask(make([]bool, 3))},
		"empty mask":  {ResetMask(make([]bool, 2))},
		"nil mask":    {ResetMask(nil)},
	} {
		if err := vec.Reset(options...); !errors.Is(err, ErrArgument) {
			t.Errorf("%s gave %v", name, err)
		}
	}
	if err := vec.Reset(ResetOptions(map[string]any{"f": func() {}})); !errors.Is(err, ErrJSON) {
		t.Errorf("a function gave %v", err)
	}
}
