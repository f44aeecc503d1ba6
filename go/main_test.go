package gogym

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const envs = "gogym_go_envs:" // the module in testdata

// helpers are what this test program does instead of tests when it runs itself: see runHelper.
var helpers = map[string]func(){}

func TestMain(m *testing.M) {
	if os.Getenv("GOGYM_PYTHON") == "" {
		if python, err := filepath.Abs("../.venv/bin/python"); err == nil {
			if _, err := os.Stat(python); err == nil {
				os.Setenv("GOGYM_PYTHON", python)
			}
		}
	}
	directory, err := filepath.Abs("testdata")
	shared, err2 := filepath.Abs("../tests/python/envs") // where the module was not copied out of its repository
	if err == nil && err2 == nil {
		os.Setenv("PYTHONPATH", strings.Trim(directory+":"+shared+":"+os.Getenv("PYTHONPATH"), ":"))
		os.Setenv("PYTHONDONTWRITEBYTECODE", "1")
		os.Setenv("SDL_VIDEODRIVER", "dummy")
	}
	if helper, found := helpers[os.Getenv("GOGYM_TEST_HELPER")]; found {
		helper()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// needPython fails a test clearly where there is nothing to run environments with.
func needPython(tb testing.TB) {
	tb.Helper()
	if !hasCgo {
		tb.Skip("built without cgo")
	}
	if err := Init(Config{}); err != nil {
		tb.Fatalf("this test needs a Python with gogym: run `make setup` in the repository, or set GOGYM_PYTHON: %v", err)
	}
}

// runHelper runs a helper in a process of its own.
func runHelper(t *testing.T, name string, environment ...string) (output string, err error) {
	t.Helper()
	return finishHelper(helperCommand(name, environment...))
}

func helperCommand(name string, environment ...string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), "GOGYM_TEST_HELPER="+name), environment...)
	return command
}

func finishHelper(command *exec.Cmd) (string, error) {
	output, err := command.CombinedOutput()
	return string(output), err
}

// makeEnv makes an environment that is closed when the test ends.
func makeEnv(tb testing.TB, id string, options ...Option) *Env {
	tb.Helper()
	needPython(tb)
	env, err := Make(id, options...)
	if errors.Is(err, ErrDependencyNotInstalled) {
		tb.Skipf("%v", err)
	}
	must(tb, err)
	tb.Cleanup(func() {
		if err := env.Close(); err != nil && !errors.Is(err, ErrHandle) {
			tb.Errorf("%s: %v", id, err)
		}
	})
	return env
}

func must(tb testing.TB, err error) {
	tb.Helper()
	var gymErr *Error
	if errors.As(err, &gymErr) {
		tb.Fatalf("%v\n%s", err, gymErr.Traceback)
	} else if err != nil {
		tb.Fatal(err)
	}
}
