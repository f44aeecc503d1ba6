package gogym

import (
	"strings"

	"example.com/gogym/internal/cgym"
)

// Config says how Python is found and used.
type Config struct {
	// Python is the path of a Python interpreter that has gogym installed. Empty means to search: the
	// environment variables GOGYM_PYTHON, VIRTUAL_ENV and CONDA_PREFIX, then python3 and python on PATH.
	Python string

	// MaxThreads is how many goroutines may be inside Python at a time; 0 means runtime.NumCPU(). More
	// wait without an OS thread. Raise it where environments wait inside a step for something else than
	// a CPU, above all for each other. It can only be set by the first Init,
	// before the first Make.
	MaxThreads int
}

// Init finds Python and starts it in this process. It is optional: the first [Make] does the same with the
// defaults. Once Python runs, Init does nothing, unless it is told another interpreter ([ErrConfig]). After
// a failure it may be called again.
func Init(config Config) error {
	if strings.ContainsRune(config.Python, 0) {
		return newError(ErrArgument, "Config.Python contains a NUL character: %q", config.Python)
	}
	if err := useLimiter(config.MaxThreads); err != nil {
		return err
	}
	inside.acquire()
	defer inside.release()
	call := cgym.NewCall()
	return failure(call, cgym.Init(call, config.Python))
}

// Shutdown closes every environment, also those of a [Vec], waits for Python's non-daemon threads, runs its atexit functions and
// flushes its standard streams; a handler of messages ([SetMessageHandler]) has got all of them then. A program that wants these must call it before it ends. Afterwards every
// call gives [ErrShutdown], but for a second Shutdown, which does nothing. It cannot be undone: Python
// stays in the process, but does not come back. The error of an environment's close is given after
// everything was done.
func Shutdown() error {
	// Without a place of the limiter: it waits for the calls under way, which hold them.
	call := cgym.NewCall()
	show := hideArrays()
	err := failure(call, cgym.Shutdown(call))
	if hasCode(err, ErrBusy, ErrForked) {
		show() // nothing was done
	}
	messages.wait()
	return err
}

// Version is the version of the C library, for example "0.1.0"; empty in a build without cgo.
func Version() string {
	return cgym.Version()
}
