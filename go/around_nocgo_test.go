//go:build !cgo

package gogym

import (
	"errors"
	"testing"
)

func TestAroundWithoutCgo(t *testing.T) {
	_, list := ListEnvs("")
	_, spec := SpecOf("CartPole-v1")
	_, versions := Versions()
	for name, err := range map[string]error{
		"ListEnvs": list, "SpecOf": spec, "Versions": versions, "RegisterEnv": RegisterEnv("A-v0", "module:A"),
		"ImportModule": ImportModule("json"), "SetMessageHandler": SetMessageHandler(func(MessageLevel, string) {}),
		"SetMessageHandler(nil)": SetMessageHandler(nil), "Flush": Flush(),
	} {
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s gave %v", name, err)
		}
	}
}
