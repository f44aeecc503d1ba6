//go:build !cgo

package cgym

// FrameLayout fails.
func FrameLayout(*Call, Env) (Frame, int32) { return Frame{}, unsupported }

// Render fails.
func Render(*Call, Env, []byte) int32 { return unsupported }

// RenderValue fails.
func RenderValue(*Call, Env) ([]byte, int32) { return nil, unsupported }

// HasAttr fails.
func HasAttr(*Call, Env, string) (bool, int32) { return false, unsupported }

// GetAttr fails.
func GetAttr(*Call, Env, string) ([]byte, int32) { return nil, unsupported }

// SetAttr fails.
func SetAttr(*Call, Env, string, string) int32 { return unsupported }

// CallMethod fails.
func CallMethod(*Call, Env, string, string) ([]byte, int32) { return nil, unsupported }

// SaveState fails.
func SaveState(*Call, Env) ([]byte, int32) { return nil, unsupported }

// LoadState fails.
func LoadState(*Call, Env, []byte) int32 { return unsupported }

// Clone fails.
func Clone(*Call, Env) (Env, int32) { return 0, unsupported }

// ListEnvs fails.
func ListEnvs(*Call, string) ([]byte, int32) { return nil, unsupported }

// Spec fails.
func Spec(*Call, string) ([]byte, int32) { return nil, unsupported }

// RegisterEnv fails.
func RegisterEnv(*Call, string, string) int32 { return unsupported }

// Import fails.
func Import(*Call, string) int32 { return unsupported }

// Versions fails.
func Versions(*Call) ([]byte, int32) { return nil, unsupported }

// CheckEnv fails.
func CheckEnv(*Call, Env, string) ([]byte, int32) { return nil, unsupported }

// SetMessageCallback fails.
func SetMessageCallback(*Call, func(int, string)) int32 { return unsupported }

// Flush fails.
func Flush(*Call) int32 { return unsupported }
