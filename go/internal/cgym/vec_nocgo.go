//go:build !cgo

package cgym

// VecMake fails.
func VecMake(*Call, string, int, string) (Vec, int32) { return 0, unsupported }

// VecClose fails.
func VecClose(*Call, Vec) int32 { return unsupported }

// VecDescribe fails.
func VecDescribe(*Call, Vec) ([]byte, int32) { return nil, unsupported }

// VecObservationSpace fails.
func VecObservationSpace(*Call, Vec) ([]byte, int32) { return nil, unsupported }

// VecActionSpace fails.
func VecActionSpace(*Call, Vec) ([]byte, int32) { return nil, unsupported }

// VecSpace fails.
func VecSpace(*Call, Vec, int) (Space, int32) { return 0, unsupported }

// VecSampleActions fails.
func VecSampleActions(*Call, Vec, []float64) int32 { return unsupported }

// VecSampleActionsNative fails.
func VecSampleActionsNative(*Call, Vec, []byte) int32 { return unsupported }

// VecSeedActions fails.
func VecSeedActions(*Call, Vec, int64) int32 { return unsupported }

// VecReset fails.
func VecReset(*Call, Vec, []int64, []byte, string) int32 { return unsupported }

// VecResetNative fails.
func VecResetNative(*Call, Vec, []int64, []byte, string) int32 { return unsupported }

// VecStep fails.
func VecStep(*Call, Vec, []float64) int32 { return unsupported }

// VecStepNative fails.
func VecStepNative(*Call, Vec, []byte) int32 { return unsupported }

// VecSend fails.
func VecSend(*Call, Vec, []int64, []float64) int32 { return unsupported }

// VecSendNative fails.
func VecSendNative(*Call, Vec, []int64, []byte) int32 { return unsupported }

// VecRecv fails.
func VecRecv(*Call, Vec, float64, []int64) (int, int32) { return 0, unsupported }

// VecRecvNative fails.
func VecRecvNative(*Call, Vec, float64, []int64) (int, int32) { return 0, unsupported }

// VecInfo fails.
func VecInfo(*Call, Vec) ([]byte, int32) { return nil, unsupported }

// VecFailures fails.
func VecFailures(*Call, Vec) ([]byte, int32) { return nil, unsupported }

// VecCallMethod fails.
func VecCallMethod(*Call, Vec, string, string) ([]byte, int32) { return nil, unsupported }

// VecRender fails.
func VecRender(*Call, Vec) ([]byte, int32) { return nil, unsupported }

// VecGetView fails.
func VecGetView(*Call, Vec) (VecView, int32) { return VecView{}, unsupported }
