package gogym

import (
	"unsafe"

	"example.com/gogym/internal/cgym"
)

// vecArrays are the arrays of a Vec: memory that it shares with its worker processes. Of the two layouts, one is nil.
type vecArrays struct {
	actions           []float64
	observations      []float64
	finalObservations []float64

	actionsNative           []byte
	observationsNative      []byte
	finalObservationsNative []byte

	actionNBytes      int
	observationNBytes int
	transitions       []Transition
	statuses          []Code
}

func newVecArrays(view cgym.VecView, rows int) *vecArrays {
	a := &vecArrays{
		actionNBytes:      view.ActionNBytes,
		observationNBytes: view.ObservationNBytes,
		transitions:       unsafe.Slice((*Transition)(unsafe.SliceData(view.Transitions)), rows),
		statuses:          unsafe.Slice((*Code)(unsafe.SliceData(view.Statuses)), rows),
	}
	if view.IsNative {
		a.actionsNative, a.observationsNative = view.Actions, view.Observations
		a.finalObservationsNative = view.FinalObservations
		return a
	}
	a.actions, a.observations = numbersIn(view.Actions), numbersIn(view.Observations)
	a.finalObservations = numbersIn(view.FinalObservations)
	return a
}

// numbersIn shows bytes as the float64 numbers that they are.
func numbersIn(content []byte) []float64 {
	if content == nil {
		return nil
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(content))), len(content)/8)
}

// rowOf is row i of an array; nil for none.
func rowOf[T any](array []T, rows, i int) []T {
	if array == nil || i < 0 || i >= rows {
		return nil
	}
	size := len(array) / rows
	return array[i*size : (i+1)*size : (i+1)*size]
}

var noArrays vecArrays

// view is never nil: after Close it is empty.
func (v *Vec) view() *vecArrays {
	if v == nil {
		return &noArrays
	}
	if arrays := v.arrays.Load(); arrays != nil {
		return arrays
	}
	return &noArrays
}

// Actions are the rows of actions, one after another, to be written before a [Vec.Step] or [Vec.Send] with nil. nil
// after Close, and with [LayoutNative]. [Vec] says how long slices of the arrays are good.
func (v *Vec) Actions() []float64 { return v.view().actions }

// Action is row i of [Vec.Actions].
func (v *Vec) Action(i int) []float64 { return rowOf(v.Actions(), v.NumEnvs(), i) }

// ActionsNative are the rows of actions with [LayoutNative]; nil otherwise.
func (v *Vec) ActionsNative() []byte { return v.view().actionsNative }

// ActionNative is row i of [Vec.ActionsNative].
func (v *Vec) ActionNative(i int) []byte { return rowOf(v.ActionsNative(), v.NumEnvs(), i) }

// Observations are the rows of observations, one after another: what the last reset or step of each environment brought.
// nil after Close, and with [LayoutNative].
func (v *Vec) Observations() []float64 { return v.view().observations }

// Observation is row i of [Vec.Observations].
func (v *Vec) Observation(i int) []float64 { return rowOf(v.Observations(), v.NumEnvs(), i) }

// ObservationsNative are the rows of observations with [LayoutNative]; nil otherwise.
func (v *Vec) ObservationsNative() []byte { return v.view().observationsNative }

// ObservationNative is row i of [Vec.ObservationsNative], for [View].
func (v *Vec) ObservationNative(i int) []byte { return rowOf(v.ObservationsNative(), v.NumEnvs(), i) }

// FinalObservations are, with [AutoresetSameStep], the last observations of the episodes that ended in the last step; the
// rows of all other environments mean nothing. nil in other modes.
func (v *Vec) FinalObservations() []float64 { return v.view().finalObservations }

// FinalObservation is row i of [Vec.FinalObservations].
func (v *Vec) FinalObservation(i int) []float64 {
	return rowOf(v.FinalObservations(), v.NumEnvs(), i)
}

// FinalObservationsNative are the [Vec.FinalObservations] with [LayoutNative].
func (v *Vec) FinalObservationsNative() []byte { return v.view().finalObservationsNative }

// FinalObservationNative is row i of [Vec.FinalObservationsNative].
func (v *Vec) FinalObservationNative(i int) []byte {
	return rowOf(v.FinalObservationsNative(), v.NumEnvs(), i)
}

// Transitions are what the last step of each environment brought besides the observation.
func (v *Vec) Transitions() []Transition { return v.view().transitions }

// Transition is that of environment i; the zero Transition where there is none.
func (v *Vec) Transition(i int) Transition {
	if transitions := v.Transitions(); i >= 0 && i < len(transitions) {
		return transitions[i]
	}
	return Transition{}
}

// Statuses say of each environment what it failed with last; 0 where it did not.
func (v *Vec) Statuses() []Code { return v.view().statuses }

// ActionNBytes is how many bytes a row of actions has: in the native layout a multiple of 8, and so perhaps a few more
// than an action.
func (v *Vec) ActionNBytes() int { return v.view().actionNBytes }

// ObservationNBytes is how many bytes a row of observations has.
func (v *Vec) ObservationNBytes() int { return v.view().observationNBytes }

// ViewRows gives the numbers of a leaf in each row of a native array, in place, as [View] does for one:
//
//	angles, err := gogym.ViewRows[float32](vec, vec.ObservationsNative(), vec.ObservationSpace())
//	...
//	angles[5][2] // of environment 5, after every step
//
// The rows are good as long as the array.
func ViewRows[T Element](vec *Vec, array []byte, leaf Space) ([][]T, error) {
	n := vec.NumEnvs()
	if n == 0 || len(array) == 0 || len(array)%n != 0 {
		return nil, newError(ErrBuffer, "an array of %d bytes is none of the native arrays of a Vec with %d environments",
			len(array), n)
	}
	rows := make([][]T, n)
	for i := range rows {
		var err error
		if rows[i], err = View[T](rowOf(array, n, i), leaf); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
