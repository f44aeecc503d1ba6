//go:build cgo

package gogym

const hasCgo = true
