//go:build asan

package gogym

import (
	"os/exec"
	"strings"
	"testing"
)

// cppEnvironment is what a helper needs that loads libraries in C++ which throw: AddressSanitizer looks for C++'s
// exceptions once, when the program starts, finds none in a program in Go, and then ends it at the first one.
func cppEnvironment(t *testing.T) []string {
	t.Helper()
	var libraries []string
	for _, name := range []string{"libasan.so", "libstdc++.so.6"} {
		path, err := exec.Command("cc", "-print-file-name="+name).Output()
		must(t, err)
		libraries = append(libraries, strings.TrimSpace(string(path)))
	}
	return []string{"LD_PRELOAD=" + strings.Join(libraries, ":")}
}
