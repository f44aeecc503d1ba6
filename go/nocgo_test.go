//go:build !cgo

package gogym

import (
	"errors"
	"strings"
	"testing"
)

const hasCgo = false

func TestWithoutCgo(t *testing.T) {
	_, err := Make("CartPole-v1")
	if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
		t.Errorf("Make gave %v", err)
	}
	if err := Init(Config{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Init gave %v", err)
	}
	if _, err := MakeVec("CartPole-v1", 2); !errors.Is(err, ErrUnsupported) {
		t.Errorf("MakeVec gave %v", err)
	}
	if Version() != "" {
		t.Errorf("the version is %s", Version())
	}
}
