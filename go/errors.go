package gogym

import (
	"fmt"

	"example.com/gogym/internal/cgym"
)

// Code is the status of a failed call: one of the Err constants. A Code is itself an error, so that
//
//	errors.Is(err, gogym.ErrNameNotFound)
//
// tells what went wrong, and it follows Gymnasium's class relations (see [Error.Is]).
type Code int32

// Error gives the description of the code and its name in C.
func (c Code) Error() string {
	return fmt.Sprintf("gogym: %s (%s)", c.Description(), c.Name())
}

// Name is the name of the code in the C header, for example "GYM_ERR_HANDLE"; "GYM_ERR_UNKNOWN" for a
// number that is none of them.
func (c Code) Name() string {
	if info, known := codeInfo[c]; known {
		return info.name
	}
	return "GYM_ERR_UNKNOWN"
}

// Description says in one short English phrase what happened.
func (c Code) Description() string {
	if info, known := codeInfo[c]; known {
		return info.description
	}
	return fmt.Sprintf("unknown status %d", int32(c))
}

// Is makes errors.Is follow Gymnasium's class relations for a bare Code.
func (c Code) Is(target error) bool {
	wanted, isCode := target.(Code)
	return isCode && c.derivesFrom(wanted)
}

// codeParent holds the nearest base class of each exception class that has a code. The classes of
// gymnasium.error that are missing here (AlreadyPendingCallError, NoAsyncCallError,
// ClosedEnvironmentError, CustomSpaceError) do not derive from gymnasium.error.Error.
var codeParent = map[Code]Code{
	ErrUnregisteredEnv:        ErrGymnasium,
	ErrNamespaceNotFound:      ErrUnregisteredEnv,
	ErrNameNotFound:           ErrUnregisteredEnv,
	ErrVersionNotFound:        ErrUnregisteredEnv,
	ErrDeprecatedEnv:          ErrGymnasium,
	ErrRegistration:           ErrGymnasium,
	ErrDependencyNotInstalled: ErrGymnasium,
	ErrUnsupportedMode:        ErrGymnasium,
	ErrInvalidMetadata:        ErrGymnasium,
	ErrResetNeeded:            ErrGymnasium,
	ErrInvalidAction:          ErrGymnasium,
	ErrMissingArgument:        ErrGymnasium,
	ErrInvalidProbability:     ErrGymnasium,
	ErrInvalidBound:           ErrGymnasium,
	ErrDeprecatedWrapper:      ErrImport,
}

func (c Code) derivesFrom(ancestor Code) bool {
	for {
		if c == ancestor {
			return true
		}
		parent, derived := codeParent[c]
		if !derived {
			return false
		}
		c = parent
	}
}

// Error is the error of every failed call of this package. Get at its fields with
//
//	var gymErr *gogym.Error
//	if errors.As(err, &gymErr) { ... gymErr.Traceback ... }
type Error struct {
	Code      Code   // what happened
	Type      string // the Python class, for example "gymnasium.error.NameNotFound"; or ""
	Message   string // what was given, what was expected, how to mend it
	Traceback string // the Python traceback; or ""

	cause error // what Unwrap gives
}

// Error gives the Python class, where there is one, and the message.
func (e *Error) Error() string {
	message := e.Message
	if message == "" {
		message = e.Code.Description()
	}
	if e.Type != "" {
		return "gogym: " + e.Type + ": " + message
	}
	return "gogym: " + message
}

// Is reports whether target is the error's Code or one that it derives from: NameNotFound,
// NamespaceNotFound and VersionNotFound are an UnregisteredEnv, and that, like most exceptions of
// gymnasium.error, is an [ErrGymnasium].
func (e *Error) Is(target error) bool {
	wanted, isCode := target.(Code)
	return isCode && e.Code.derivesFrom(wanted)
}

// Unwrap gives the error that a function of the program returned ([AddCallback]), or a [Wrapper], where that is why the
// call failed, and that of a context that ended ([Vec.Step]). It is nil otherwise.
func (e *Error) Unwrap() error { return e.cause }

// newError makes an error that is found out in Go.
func newError(code Code, format string, arguments ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

// failure makes the error of a call that gave `code`, and nil for success. The one place where a status
// of C becomes an error of Go.
func failure(call *cgym.Call, code int32) error {
	if code == 0 {
		return nil
	}
	detail := call.Error()
	err := &Error{Code: Code(code), Type: detail.Type, Message: detail.Message, Traceback: detail.Traceback}
	if err.Code == ErrCallback {
		err.findCause()
	}
	return err
}
