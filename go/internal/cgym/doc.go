// Package cgym is the only place where Go meets C: the host library's C sources lie beside these files
// (copied here by tools/copy_go_sources.py, so that the Go module needs nothing installed) and each
// function calls the C function of the same name. It has no opinions: it checks nothing, locks nothing
// and keeps nothing but the callbacks that C knows by a number. No C type leaves it.
package cgym

// Env is a gym_env. Zero is never valid.
type Env uint64

// Space is a gym_space. Zero is never valid.
type Space uint64

// Transition is a gym_transition.
type Transition struct {
	Reward     float64
	Terminated bool
	Truncated  bool
}

// Error is a gym_error: the words that go with a status code.
type Error struct {
	Type      string
	Message   string
	Traceback string
}
