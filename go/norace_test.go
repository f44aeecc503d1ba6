//go:build !race

package gogym

const raceDetector = false
