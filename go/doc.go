// Package gogym makes any Gymnasium environment a native object of a Go program.
//
//	env, err := gogym.Make("CartPole-v1", gogym.WithMaxEpisodeSteps(200))
//	if err != nil {
//		return err
//	}
//	defer env.Close()
//	obs, err := env.Reset(gogym.ResetSeed(42))
//	...
//	action, err := env.ActionSpace().Sample()
//	...
//	obs, transition, err := env.Step(action)
//
// The package needs cgo and nothing installed for C: it compiles the host library itself. At run time it
// needs a Python from 3.10 to 3.14 with the Python package gogym installed, which the first [Make] finds
// (see [Config]) and starts within the process. A program is built once and runs with any of them. Built
// without cgo the package compiles, but every call gives [ErrUnsupported].
//
// # Environments
//
// [Make] takes what gymnasium.make takes, and "module:Class" or "path/to/file.py:Class" for an environment that is not
// registered. gogym's own options are passed as WithKwarg("gogym", map[string]any{"legacy": true}).
//
// [WithIsolation] has the environment live in a process of its own, whatever it does there.
//
// # Vector environments
//
// [MakeVec] makes many environments that step together, in worker processes on all CPUs unless told otherwise:
//
//	vec, err := gogym.MakeVec("CartPole-v1", 64)
//	...
//	defer vec.Close()
//	err = vec.Reset(gogym.ResetSeed(42))
//	...
//	batch, err := vec.Step(ctx, actions)
//
// [Vec.Step] steps all of them, [Vec.Send] and [Vec.Recv] those that are ready. [Vec.Observations] and the like are the
// memory that the processes share: nothing is copied, and a step allocates nothing. They are good until [Vec.Close]. An
// environment that fails, or whose process ends, is told of in a [*VecError], and made anew; the others go on.
//
// # Wrappers
//
// [WithWrappers] and [Env.Wrap] put Gymnasium's wrappers, which are types in package wrappers, and wrappers of one's
// own ([CustomWrapper]) around an environment. Where Gymnasium takes a function there, so does gogym:
//
//	env, err := gogym.Make("CartPole-v1", gogym.WithWrappers(
//		wrappers.FrameStackObservation{StackSize: 4},
//		wrappers.TransformReward{Func: func(reward float64) float64 { return reward / 10 }},
//	))
//
// [AddCallback] says what functions there may be, and what they may do.
//
// # Rendering
//
// [WithRenderMode] says what an environment renders; [Env.Render] then gives a frame as an image.Image, from any
// goroutine, and [Env.RenderInto], [Env.RenderText] and [Env.RenderValue] other forms. [GIF] records:
//
//	animation := gogym.NewGIF(file, 30)
//	...
//	frame, err := env.Render()
//	err = animation.Add(frame)
//
// # Attributes, methods, snapshots
//
// [Env.GetAttr], [Env.SetAttr] and [Env.Call] reach what an environment has beside Gymnasium's methods, and [Attr]
// gives an attribute as the type that is wanted. [Env.SaveState], [Env.LoadState] and [Env.Clone] go back to a state
// and on from it, exactly: for planning.
//
//	qpos, err := gogym.Attr[[]float64](env, "unwrapped.data.qpos")
//	state, err := env.SaveState()
//
// # Registry and messages
//
// [ListEnvs], [SpecOf], [RegisterEnv], [ImportModule] and [Versions] are about what there is. [Env.Check] is
// Gymnasium's check_env. [SetMessageHandler] receives Python's warnings, logging and standard output, [LogTo] passes
// them to log/slog.
//
// # Ownership
//
// An [Env] and a [Vec] must be closed, and a [Space] that [NewSpace] made should be. Slices that are passed in remain the
// caller's: nothing keeps them past the call, and where a call fails, it has not written to them. Slices, infos
// and elements that are returned, and what a space says of itself, are the caller's own memory, which lives as long
// as any in Go; they do not refer to Python. The rows of a [Vec] are the exception: see there.
//
// # Observations and actions
//
// come in three forms, which [Space] describes.
//
//   - []float64, one number an element: [Env.Reset] and [Env.Step] make a new slice for each observation;
//     [Env.ResetInto] and [Env.StepInto] write to the caller's, and StepInto allocates nothing. An integer that
//     a float64 cannot hold is an error.
//
//   - []byte, each leaf in its own dtype, as NumPy has it: [Env.ResetNative] and [Env.StepNative], which allocates
//     nothing either. [MakeBuffer] makes a buffer, and [View] gives the numbers in it without copying.
//
//   - Go's natural types, such as map[string]any for a Dict: [Env.ResetAny], [Env.StepAny] and [Env.Observation],
//     for spaces of any kind.
//
// With the second, a frame of pixels is read in place:
//
//	obs := gogym.MakeBuffer(env.ObservationSpace())
//	pixels, err := gogym.View[uint8](obs, env.ObservationSpace())
//	...
//	transition, err := env.StepNative(action, obs) // and pixels are those of the new frame
//
// Where an observation space has no fixed size (Space.Size is -1), observations of the first two forms are nil.
// Where an action space has none, Step and StepNative give [ErrDynamic].
//
// # Spaces
//
// [Env.ObservationSpace] and [Env.ActionSpace] are Gymnasium's own spaces, and [NewSpace] makes others: a [Space]
// draws samples, also with a mask or with probabilities, from the same stream of random numbers as in Python; it
// seeds, tests for membership, flattens and unflattens, as a whole and in each of its parts.
//
// # Infos
//
// [Env.Info] gives what Python's dict holds as natural Go types:
//
//	None       nil                bytes          []byte
//	bool       bool               numpy.ndarray  *Array
//	int        int64              list           []any
//	float      float64            tuple          Tuple
//	str        string             dict           *Dict
//
// and everything else, integers beyond 64 bits among it, as [Other]. Nothing is rounded or dropped.
//
// # Errors
//
// Every error is an [*Error] with a [Code], and errors.Is understands codes:
//
//	if errors.Is(err, gogym.ErrUnregisteredEnv) { ... }
//
// A Python exception arrives with its class, its message and its traceback. Nothing is printed, and nothing
// panics, not even a zero Env.
//
// # Goroutines
//
// Any goroutine may call anything at any time; there is no need for runtime.LockOSThread. Calls on one Env
// run one after another. Calls on different Envs run at the same time, as far as Python's global
// interpreter lock allows; environments in worker processes know no such lock. At most runtime.NumCPU() goroutines are
// inside this process's Python at a time, so that
// thousands may step environments without an OS thread each; [Config].MaxThreads changes that.
//
// Environments that wait for each other inside their own step need as many places as there are of them:
// with fewer they wait forever.
//
// # Signals and the end of the program
//
// Python does not touch the program's signal handlers: os/signal works as always, and so does recovering
// from a nil dereference. Python is never finalized. Where its atexit functions and buffered output matter,
// call [Shutdown] before the program ends.
package gogym
