//go:build race

package gogym

const raceDetector = true // sync.Pool forgets on purpose
