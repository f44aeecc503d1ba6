package gogym

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestCode(t *testing.T) {
	if ErrNameNotFound.Name() != "GYM_ERR_NAME_NOT_FOUND" || Code(-1).Name() != "GYM_ERR_UNKNOWN" {
		t.Errorf("names %s, %s", ErrNameNotFound.Name(), Code(-1).Name())
	}
	for code, info := range codeInfo {
		if !strings.Contains(code.Error(), info.description) || !strings.Contains(code.Error(), info.name) {
			t.Errorf("%d says %q", int32(code), code.Error())
		}
	}
}

func TestErrorIs(t *testing.T) {
	err := fmt.Errorf("wrapped: %w", &Error{Code: ErrNameNotFound, Type: "gymnasium.error.NameNotFound", Message: "no"})
	for _, code := range []Code{ErrNameNotFound, ErrUnregisteredEnv, ErrGymnasium} {
		if !errors.Is(err, code) {
			t.Errorf("%v is not %v", err, code)
		}
		if !errors.Is(ErrNameNotFound, code) {
			t.Errorf("%v is not %v", ErrNameNotFound, code)
		}
	}
	for _, code := range []Code{ErrVersionNotFound, ErrNamespaceNotFound, ErrPython, ErrResetNeeded, 0} {
		if errors.Is(err, code) || errors.Is(ErrUnregisteredEnv, ErrNameNotFound) {
			t.Errorf("%v is %v", err, code)
		}
	}
	for _, code := range []Code{ErrAlreadyPendingCall, ErrNoAsyncCall, ErrClosedEnvironment, ErrCustomSpace, ErrDeprecatedWrapper} {
		if errors.Is(code, ErrGymnasium) {
			t.Errorf("%v is no gymnasium.error.Error", code)
		}
	}
	if !errors.Is(ErrDeprecatedWrapper, ErrImport) {
		t.Error("DeprecatedWrapper is an ImportError")
	}
	var gymErr *Error
	if !errors.As(err, &gymErr) || gymErr.Type != "gymnasium.error.NameNotFound" {
		t.Errorf("errors.As gave %+v", gymErr)
	}
	if got := gymErr.Error(); got != "gogym: gymnasium.error.NameNotFound: no" {
		t.Errorf("it says %q", got)
	}
	if got := (&Error{Code: ErrHandle}).Error(); !strings.Contains(got, ErrHandle.Description()) {
		t.Errorf("it says %q", got)
	}
}

// No method of a nil or zero Env may panic.
func TestZeroEnv(t *testing.T) {
	for name, env := range map[string]*Env{"nil": nil, "zero": {}} {
		calls := map[string]error{
			"ResetInto": env.ResetInto(nil),
			"Seed":      env.Seed(1),
			"Close":     env.Close(),
		}
		_, calls["Reset"] = env.Reset()
		_, calls["Info"] = env.Info()
		_, calls["StepInto"] = env.StepInto(nil, nil)
		_, _, calls["Step"] = env.Step(nil)
		for call, err := range calls {
			if !errors.Is(err, ErrHandle) {
				t.Errorf("%s of a %s Env gave %v", call, name, err)
			}
		}
		if env.ObservationSpace() != nil || env.ActionSpace() != nil || env.ID() != "" {
			t.Errorf("a %s Env has spaces or an id", name)
		}
	}
}

func TestArgumentErrors(t *testing.T) {
	for name, call := range map[string]func() error{
		"id with NUL":         func() error { _, err := Make("a\x00b"); return err },
		"path with NUL":       func() error { return Init(Config{Python: "a\x00b"}) },
		"negative MaxThreads": func() error { return Init(Config{MaxThreads: -1}) },
	} {
		if err := call(); !errors.Is(err, ErrArgument) {
			t.Errorf("%s gave %v", name, err)
		}
	}
	if _, err := Make("CartPole-v1", WithKwarg("k", func() {})); !errors.Is(err, ErrJSON) {
		t.Errorf("an impossible option gave %v", err)
	}
}
