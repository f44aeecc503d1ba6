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

// ResetNative fails.
func ResetNative(*Call, Env, *int64, string, []byte) int32 { return unsupported }

// StepNative fails.
func StepNative(*Call, Env, []byte, []byte) int32 { return unsupported }

// ResetValue fails.
func ResetValue(*Call, Env, *int64, string) ([]byte, int32) { return nil, unsupported }

// StepValue fails.
func StepValue(*Call, Env, string) ([]byte, int32) { return nil, unsupported }

// Observation fails.
func Observation(*Call, Env) ([]byte, int32) { return nil, unsupported }

// SampleAction fails.
func SampleAction(*Call, Env, []float64) int32 { return unsupported }

// SampleActionNative fails.
func SampleActionNative(*Call, Env, []byte) int32 { return unsupported }

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

// SpaceMake fails.
func SpaceMake(*Call, string) (Space, int32) { return 0, unsupported }

// SpaceOfObservations fails.
func SpaceOfObservations(*Call, Env) (Space, int32) { return 0, unsupported }

// SpaceOfActions fails.
func SpaceOfActions(*Call, Env) (Space, int32) { return 0, unsupported }

// SpaceChild fails.
func SpaceChild(*Call, Space, int) (Space, int32) { return 0, unsupported }

// SpaceClose fails.
func SpaceClose(*Call, Space) int32 { return unsupported }

// SpaceValue fails.
func SpaceValue(*Call, Space) ([]byte, int32) { return nil, unsupported }

// SpaceSeed fails.
func SpaceSeed(*Call, Space, string) ([]byte, int32) { return nil, unsupported }

// SpaceSample fails.
func SpaceSample(*Call, Space, string, []float64) int32 { return unsupported }

// SpaceSampleNative fails.
func SpaceSampleNative(*Call, Space, string, []byte) int32 { return unsupported }

// SpaceSampleValue fails.
func SpaceSampleValue(*Call, Space, string) ([]byte, int32) { return nil, unsupported }

// SpaceContainsNative fails.
func SpaceContainsNative(*Call, Space, []byte) (bool, int32) { return false, unsupported }

// SpaceContainsValue fails.
func SpaceContainsValue(*Call, Space, string) (bool, int32) { return false, unsupported }

// SpaceFlatten fails.
func SpaceFlatten(*Call, Space, []float64, []float64) int32 { return unsupported }

// SpaceFlattenNative fails.
func SpaceFlattenNative(*Call, Space, []byte, []byte) int32 { return unsupported }

// SpaceFlattenValue fails.
func SpaceFlattenValue(*Call, Space, string) ([]byte, int32) { return nil, unsupported }

// SpaceUnflatten fails.
func SpaceUnflatten(*Call, Space, []float64, []float64) int32 { return unsupported }

// SpaceUnflattenNative fails.
func SpaceUnflattenNative(*Call, Space, []byte, []byte) int32 { return unsupported }

// SpaceUnflattenValue fails.
func SpaceUnflattenValue(*Call, Space, string) ([]byte, int32) { return nil, unsupported }
