package gogym

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestVecTable does what tests/conformance/vector_rollouts.py says, on the engines process and sync, and compares each
// result with what Gymnasium alone gave.
func TestVecTable(t *testing.T) {
	needPython(t)
	var r vecReplayer
	t.Cleanup(func() {
		if r.vec != nil {
			must(t, r.vec.Close())
		}
	})
	about, counts := "", map[string]int{}
	for i, line := range vecVectors(t) {
		if strings.HasPrefix(line, "#") {
			about = line
			continue
		}
		fields := strings.Split(line, "\t")
		result := strings.Join(fields[1+vecArguments[fields[0]]:], "\t")
		got, err := r.do(fields[0], fields[1:])
		if err != nil {
			t.Fatalf("line %d (%s): %s: %v", i+1, about, cut(line), err)
		}
		if got != result {
			t.Fatalf("line %d (%s): %s\n got %s", i+1, about, cut(line), cut(got))
		}
		counts[fields[0]]++
	}
	if counts["close"] < 16 || counts["step"] < 500 || counts["parts"] < 100 || counts["final"] < 60 ||
		counts["info"] < 500 {
		t.Errorf("only %v", counts)
	}
}

// vecArguments is how many fields of an operation are not its result.
var vecArguments = map[string]int{"make": 3, "seed": 1, "reset": 3, "final": 1}

// vecVectors makes the rollouts with the Python that the tests use.
func vecVectors(t *testing.T) []string {
	t.Helper()
	script, err := filepath.Abs("../tests/conformance/vector_rollouts.py")
	must(t, err)
	if _, err := os.Stat(script); err != nil {
		t.Skip("the module was copied out of its repository")
	}
	python := os.Getenv("GOGYM_PYTHON")
	if python == "" {
		python = "python3"
	}
	out := filepath.Join(t.TempDir(), "rollouts.txt")
	if output, err := exec.Command(python, "-W", "ignore", script, out).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", python, script, err, output)
	}
	content, err := os.ReadFile(out)
	must(t, err)
	return strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
}

// vecReplayer does the operations on the vector environment that was made last.
type vecReplayer struct {
	vec     *Vec
	actions []float64 // of the last "sample"; nil with native rows
	native  []byte
}

func (r *vecReplayer) do(operation string, arguments []string) (string, error) {
	switch operation {
	case "make":
		return r.make(arguments)
	case "seed":
		seed, err := strconv.ParseInt(arguments[0], 10, 64)
		if err != nil {
			return "", err
		}
		return "ok", r.vec.SeedActions(seed)
	case "reset":
		return r.reset(arguments)
	case "sample":
		return r.sample()
	case "step":
		return r.step()
	case "parts":
		return r.parts()
	case "final":
		return r.final(arguments[0])
	case "info":
		infos, err := r.vec.Info()
		items := make([]any, len(infos))
		for i, info := range infos {
			items[i] = info
		}
		return text(items), err
	case "close":
		vec := r.vec
		r.vec = nil
		return "ok", vec.Close()
	}
	return "", fmt.Errorf("no such operation")
}

func decoded(text string) (object map[string]any, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&object)
	return object, err
}

func (r *vecReplayer) make(arguments []string) (string, error) {
	numEnvs, err := strconv.Atoi(arguments[1])
	if err != nil {
		return "", err
	}
	options, err := decoded(arguments[2])
	if err != nil {
		return "", err
	}
	if r.vec, err = MakeVec(arguments[0], numEnvs, WithKwargs(options)); err != nil {
		return "", err
	}
	r.actions, r.native = nil, nil
	if r.vec.ActionsNative() != nil {
		r.native = make([]byte, len(r.vec.ActionsNative()))
	} else {
		r.actions = make([]float64, len(r.vec.Actions()))
	}
	return fmt.Sprintf("%d,%d", r.vec.ObservationNBytes(), r.vec.ActionNBytes()), nil
}

// rows writes one row for each environment.
func (r *vecReplayer) rows(row func(i int) string) string {
	rows := make([]string, r.vec.NumEnvs())
	for i := range rows {
		rows[i] = row(i)
	}
	return strings.Join(rows, "/")
}

func (r *vecReplayer) observation(i int) string {
	if r.native != nil {
		return bytesText(r.vec.ObservationNative(i))
	}
	return doublesText(r.vec.Observation(i))
}

func (r *vecReplayer) transitions(transition func(i int) Transition) string {
	return r.rows(func(i int) string {
		step, flags := transition(i), 0
		if step.Terminated {
			flags++
		}
		if step.Truncated {
			flags += 2
		}
		return fmt.Sprintf("%016x:%d", math.Float64bits(step.Reward), flags)
	})
}

func (r *vecReplayer) reset(arguments []string) (string, error) {
	var options []ResetOption
	if arguments[0] != "-" {
		var seeds []int64
		for _, field := range strings.Split(arguments[0], ",") {
			seed, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return "", err
			}
			seeds = append(seeds, seed)
		}
		if len(seeds) == 1 {
			options = append(options, ResetSeed(seeds[0]))
		} else {
			options = append(options, ResetSeeds(seeds...))
		}
	}
	if arguments[1] != "-" {
		mask := make([]bool, len(arguments[1]))
		for i, digit := range arguments[1] {
			mask[i] = digit == '1'
		}
		options = append(options, ResetMask(mask))
	}
	if arguments[2] != "-" {
		given, err := decoded(arguments[2])
		if err != nil {
			return "", err
		}
		options = append(options, ResetOptions(given))
	}
	if err := r.vec.Reset(options...); err != nil {
		return "", err
	}
	return r.rows(r.observation), nil
}

func (r *vecReplayer) sample() (string, error) {
	n, err := r.vec.NumEnvs(), error(nil)
	if r.native != nil {
		err = r.vec.SampleActionsNative(r.native)
		return r.rows(func(i int) string { return bytesText(rowOf(r.native, n, i)) }), err
	}
	err = r.vec.SampleActions(r.actions)
	return r.rows(func(i int) string { return doublesText(rowOf(r.actions, n, i)) }), err
}

func (r *vecReplayer) step() (string, error) {
	var batch *Batch
	var err error
	if r.native != nil {
		batch, err = r.vec.StepNative(background, r.native)
	} else {
		batch, err = r.vec.Step(background, r.actions)
	}
	if err != nil {
		return "", err
	}
	observed := r.rows(func(i int) string {
		if r.native != nil {
			return bytesText(batch.ObservationNative(i))
		}
		return doublesText(batch.Observation(i))
	})
	return observed + "\t" + r.transitions(batch.Transition), nil
}

// parts sends the odd environments, then the even ones, and receives two at a time.
func (r *vecReplayer) parts() (string, error) {
	n := r.vec.NumEnvs()
	for odd := 1; odd >= 0; odd-- {
		ids := []int{}
		var native bytes.Buffer
		var actions []float64
		for i := odd; i < n; i += 2 {
			ids = append(ids, i)
			native.Write(rowOf(r.native, n, i))
			actions = append(actions, rowOf(r.actions, n, i)...)
		}
		send := func() error { return r.vec.Send(ids, actions) }
		if r.native != nil {
			send = func() error { return r.vec.SendNative(ids, native.Bytes()) }
		}
		if err := send(); err != nil {
			return "", err
		}
	}
	transitions, seen := make([]Transition, n), map[int]bool{}
	for len(seen) < n {
		batch, err := r.vec.Recv(background, 2)
		if err != nil {
			return "", err
		}
		for i, id := range batch.IDs {
			if seen[id] {
				return "", fmt.Errorf("environment %d was received twice", id)
			}
			transitions[id], seen[id] = batch.Transition(i), true
		}
	}
	return r.rows(r.observation) + "\t" + r.transitions(func(i int) Transition { return transitions[i] }), nil
}

func (r *vecReplayer) final(envs string) (string, error) {
	var rows []string
	for _, field := range strings.Split(envs, ",") {
		i, err := strconv.Atoi(field)
		if err != nil {
			return "", err
		}
		if r.native != nil {
			rows = append(rows, bytesText(r.vec.FinalObservationNative(i)))
		} else {
			rows = append(rows, doublesText(r.vec.FinalObservation(i)))
		}
	}
	return strings.Join(rows, "/"), nil
}
