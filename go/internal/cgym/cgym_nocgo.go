//go:build !cgo

package cgym

// Without cgo there is no C: every function gives GYM_ERR_UNSUPPORTED.

const unsupported = 14 // GYM_ERR_UNSUPPORTED

// Call stands for the C memory of a build with cgo.
type Call struct{}

// NewCall makes nothing.
func NewCall() *Call { return new(Call) }

// Error says why nothing works.
func (*Call) Error() Error {
	return Error{Message: "this program was built without cgo, which gogym needs: " +
		"build it with CGO_ENABLED=1 and a C compiler"}
}

// Transition is never reached.
func (*Call) Transition() Transition { return Transition{} }

// Version is unknown without the C library.
func Version() string { return "" }

// Init fails.
func Init(*Call, string) int32 { return unsupported }

// Shutdown fails.
func Shutdown(*Call) int32 { return unsupported }

// Make fails.
func Make(*Call, string, string) (Env, int32) { return 0, unsupported }

// Reset fails.
func Reset(*Call, Env, *int64, string, []float64) int32 { return unsupported }

// Step fails.
func Step(*Call, Env, []float64, []float64) int32 { return unsupported }

// SampleAction fails.
func SampleAction(*Call, Env, []float64) int32 { return unsupported }

// SeedAction fails.
func SeedAction(*Call, Env, int64) int32 { return unsupported }

// Close fails.
func Close(*Call, Env) int32 { return unsupported }

// ObservationSpace fails.
func ObservationSpace(*Call, Env) ([]byte, int32) { return nil, unsupported }

// ActionSpace fails.
func ActionSpace(*Call, Env) ([]byte, int32) { return nil, unsupported }

// Info fails.
func Info(*Call, Env) ([]byte, int32) { return nil, unsupported }
