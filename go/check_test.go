package gogym

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	sound := makeEnv(t, "CartPole-v1")
	findings, err := sound.Check(CheckSkipRender(), nil)
	must(t, err)
	for _, finding := range findings {
		if finding.Level != "warning" || finding.Message == "" {
			t.Errorf("found %v", finding)
		}
	}
	unsound := makeEnv(t, around+"GoUnsound-v0")
	findings, err = unsound.Check(CheckSkipRender(), CheckSkipClose())
	must(t, err)
	if len(findings) == 0 {
		t.Fatal("an observation outside its space was not found")
	}
	last := findings[len(findings)-1]
	if last.Level != "error" || last.Type != "AssertionError" || !strings.Contains(last.Message, "observation") ||
		last.String() != "error: AssertionError: "+last.Message {
		t.Errorf("found %v", findings)
	}
	// It can be used again.
	_, err = sound.Reset()
	must(t, err)
	must(t, sound.Close())
	for name, env := range map[string]*Env{"closed": sound, "nil": nil, "zero": new(Env)} {
		if findings, err := env.Check(); findings != nil || !errors.Is(err, ErrHandle) {
			t.Errorf("an Env that is %s gave %v, %v", name, findings, err)
		}
	}
}
