//go:build !cgo

package cgym

// Wrap fails.
func Wrap(*Call, Env, string) (Env, int32) { return 0, unsupported }

// AddRewardCallback fails.
func AddRewardCallback(*Call, string, uintptr) int32 { return unsupported }

// AddArrayCallback fails.
func AddArrayCallback(*Call, string, uintptr) int32 { return unsupported }

// AddTriggerCallback fails.
func AddTriggerCallback(*Call, string, uintptr) int32 { return unsupported }

// RemoveCallback fails.
func RemoveCallback(*Call, string) int32 { return unsupported }

// IsInside is never so.
func IsInside(Env) bool { return false }
