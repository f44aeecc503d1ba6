package gogym

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/gogym/internal/cgym"
)

// TestSpaceTable does what tests/conformance/space_vectors.py says on the spaces of tests/spaces/table.json, and
// compares each result with what Gymnasium and NumPy alone gave.
func TestSpaceTable(t *testing.T) {
	needPython(t)
	lines := spaceVectors(t)
	r := &replayer{t: t}
	t.Cleanup(r.close)
	counts := map[string]int{}
	for i, line := range lines {
		if strings.HasPrefix(line, "#") {
			r.about = line
			continue
		}
		fields := strings.Split(line, "\t")
		last := len(fields) - 1
		counts[fields[0]]++
		if r.failures > failuresShown {
			t.Fatal("and so on")
		}
		if got := r.do(fields[0], fields[1:last]); got != fields[last] {
			r.failures++
			t.Errorf("line %d (%s): %s\n got %s", i+1, r.about, cut(line), cut(got))
		}
	}
	if counts["space"] < 60 || counts["step_value"] < 1000 || counts["fails"] < 1000 {
		t.Errorf("only %v", counts)
	}
}

func cut(text string) string {
	if len(text) > 700 {
		return text[:500] + "..." + text[len(text)-200:]
	}
	return text
}

// spaceVectors makes the vectors with the Python that the tests use.
func spaceVectors(t *testing.T) []string {
	t.Helper()
	root, err := filepath.Abs("..")
	must(t, err)
	out := filepath.Join(t.TempDir(), "vectors.txt")
	script := filepath.Join(root, "tests", "conformance", "space_vectors.py")
	if _, err := os.Stat(script); err != nil {
		t.Skip("the module was copied out of its repository")
	}
	python := os.Getenv("GOGYM_PYTHON")
	if python == "" {
		python = "python3"
	}
	if output, err := exec.Command(python, script, out).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", python, script, err, output)
	}
	content, err := os.ReadFile(out)
	must(t, err)
	var lines []string
	scanner := bufio.NewScanner(bytes.NewReader(content))
	scanner.Buffer(nil, 1<<26)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	must(t, scanner.Err())
	return lines
}

// failuresShown is more than enough to see what is wrong.
const failuresShown = 20

// replayer does the operations on the space and the environment that were made last.
type replayer struct {
	t        *testing.T
	about    string
	failures int
	space    Space
	made     Space // to be closed
	env      *Env
	next     int
}

func (r *replayer) close() {
	if r.made != nil {
		must(r.t, r.made.Close())
		r.made = nil
	}
	if r.env != nil {
		must(r.t, r.env.Close())
		r.env = nil
	}
}

// do gives the result of an operation; that of one that fails is its error.
func (r *replayer) do(operation string, arguments []string) string {
	if operation == "fails" {
		return r.fails(unhex(arguments[0]), arguments[1], arguments[2:])
	}
	result, err := r.try(operation, arguments)
	if err != nil {
		return err.Error()
	}
	return result
}

func (r *replayer) fails(text, operation string, arguments []string) string {
	result, err := r.try(operation, arguments)
	var gymErr *Error
	switch {
	case !errors.As(err, &gymErr):
		return fmt.Sprintf("%s, %v", result, err)
	case !strings.Contains(gymErr.Message, text):
		return fmt.Sprintf("the message %q lacks %q", gymErr.Message, text)
	case result != "":
		return "written on failure: " + result
	}
	return gymErr.Code.Name()
}

func (r *replayer) try(operation string, arguments []string) (string, error) {
	argument := func(i int) string {
		if i >= len(arguments) || arguments[i] == "-" {
			return ""
		}
		return arguments[i]
	}
	base := func() *spaceBase { return r.space.base() }
	switch operation {
	case "space":
		return r.makeSpace(argument(1))
	case "size":
		return size(r.space.Size()), nil
	case "nbytes":
		if own := nativeSize(r.space); own != r.space.NBytes() {
			return "", fmt.Errorf("%d bytes in Go", own)
		}
		return size(r.space.NBytes()), nil
	case "flatdim":
		return size(r.space.Flatdim()), nil
	case "value":
		return r.value(r.space)
	case "again": // a description of a description is not for Go
		return r.value(r.space)
	case "child", "child_sample":
		return r.child(operation, argument(0))
	case "seed":
		return r.seed(argument(0))
	case "sample":
		return r.floats(r.space.Size(), func(x []float64) error {
			return withSampleOptions(r.space, argument(0), func(options ...SampleOption) error {
				return r.space.SampleInto(x, options...)
			}, func(call *cgym.Call, space cgym.Space) int32 { return cgym.SpaceSample(call, space, argument(0), x) })
		})
	case "sample_native":
		return r.bytes(r.space.NBytes(), func(x []byte) error {
			return withSampleOptions(r.space, argument(0), func(options ...SampleOption) error {
				return r.space.SampleNative(x, options...)
			}, func(call *cgym.Call, space cgym.Space) int32 {
				return cgym.SpaceSampleNative(call, space, argument(0), x)
			})
		})
	case "sample_value":
		var value any
		err := withSampleOptions(r.space, argument(0), func(options ...SampleOption) (err error) {
			value, err = r.space.SampleAny(options...)
			return err
		}, nil)
		return formatted(r.space, value, err)
	case "contains":
		return r.contains(numbersOf(argument(0)))
	case "contains_native":
		contains, err := r.space.ContainsNative(bytesOf(argument(0)))
		return verdict(contains, err)
	case "contains_value":
		return r.containsAny(argument(0))
	case "flatten":
		return r.floats(r.space.Flatdim(), func(flat []float64) error {
			return r.space.FlattenInto(numbersOf(argument(0)), flat)
		})
	case "flatten_native":
		return r.bytes(r.space.Flatdim()*itemSize(r.space.FlatDtype()), func(flat []byte) error {
			return r.space.FlattenNative(bytesOf(argument(0)), flat)
		})
	case "flatten_value":
		return r.flattenAny(argument(0))
	case "unflatten":
		return r.floats(r.space.Size(), func(x []float64) error {
			return r.space.UnflattenInto(numbersOf(argument(0)), x)
		})
	case "unflatten_native":
		return r.bytes(r.space.NBytes(), func(x []byte) error {
			return r.space.UnflattenNative(bytesOf(argument(0)), x)
		})
	case "unflatten_value":
		value, err := r.space.UnflattenAny(untag(argument(0)))
		return formatted(r.space, value, err)
	case "space_of":
		r.close2()
		r.space = map[string]Space{"observations": r.env.ObservationSpace(), "actions": r.env.ActionSpace()}[argument(0)]
		_, err := base().value(func(call *cgym.Call, space cgym.Space, _ string) ([]byte, int32) {
			return cgym.SpaceValue(call, space)
		}, "")
		return "ok", err
	}
	return r.tryEnv(operation, argument)
}

// close2 closes a space that NewSpace made, so that another may take its place.
func (r *replayer) close2() {
	if r.made != nil {
		must(r.t, r.made.Close())
		r.made = nil
	}
}

func (r *replayer) makeSpace(description string) (string, error) {
	r.close2()
	space, err := NewSpace(description)
	if err != nil {
		return "", err
	}
	r.space, r.made = space, space
	return "ok", nil
}

// value gives the description of a space as C gives it, after a look at what Go made of it.
func (r *replayer) value(space Space) (string, error) {
	tree, err := space.base().value(func(call *cgym.Call, space cgym.Space, _ string) ([]byte, int32) {
		return cgym.SpaceValue(call, space)
	}, "")
	if err != nil {
		return "", err
	}
	if problem := comparedLayout(space, tree.(*Dict)); problem != "" && space.base().node.parent == nil {
		return problem, nil
	}
	return text(tree), nil
}

// comparedLayout compares the layout of a space and its parts with the tree that describes them.
func comparedLayout(space Space, tree *Dict) string {
	for field, got := range map[string]any{
		"type": space.Type(), "dtype": orNone(space.Dtype()), "size": int64(space.Size()), "offset": int64(space.Offset()),
		"nbytes": int64(space.NBytes()), "byte_offset": int64(space.ByteOffset()), "flatdim": int64(space.Flatdim()),
		"flat_dtype": orNone(space.FlatDtype()),
	} {
		if want, _ := tree.Get(field); want != got {
			return fmt.Sprintf("%s of %s is %v in Go, not %v", field, space, got, want)
		}
	}
	var parts []any
	for _, field := range []string{"spaces", "space", "node_space", "edge_space"} {
		if part, found := tree.Get(field); found && part != nil {
			if list := sequenceItems(part); list != nil {
				parts = append(parts, list...)
			} else {
				parts = append(parts, part)
			}
		}
	}
	for i, child := range children(space) {
		if problem := comparedLayout(child, parts[i].(*Dict)); problem != "" {
			return problem
		}
	}
	return ""
}

func orNone(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (r *replayer) child(operation, argument string) (string, error) {
	index, _ := strconv.Atoi(argument)
	parts := children(r.space)
	if index >= len(parts) { // Go has no such part: what C says to it
		return "", r.space.base().withPython(func(call *cgym.Call, space cgym.Space) int32 {
			_, code := cgym.SpaceChild(call, space, index)
			return code
		})
	}
	if operation == "child" {
		if buffer := MakeBuffer(parts[index]); buffer != nil { // SampleNative needs as many bytes, and no fewer
			if err := parts[index].SampleNative(buffer); errors.Is(err, ErrBuffer) {
				return "", err
			}
			if len(buffer) > 0 && !errors.Is(parts[index].SampleNative(buffer[1:]), ErrBuffer) {
				return "too large a buffer", nil
			}
		}
		return r.value(parts[index])
	}
	value, err := parts[index].SampleAny()
	return formatted(parts[index], value, err)
}

func (r *replayer) seed(argument string) (string, error) {
	seeds, err := r.space.SeedAny(untag(argument))
	if err != nil {
		return "", err
	}
	if again, err := r.space.SeedAny(seeds); err != nil || !reflect.DeepEqual(again, seeds) {
		return fmt.Sprintf("%v gave %v, %v", seeds, again, err), nil
	}
	if n, err := strconv.ParseInt(argument, 10, 64); err == nil {
		return seedsText(r.space, seeds), r.space.Seed(n)
	}
	return seedsText(r.space, seeds), nil
}

// withSampleOptions passes JSON as options, and as it is where Go has no such options.
func withSampleOptions(space Space, encoded string, run func(...SampleOption) error, raw func(*cgym.Call, cgym.Space) int32) error {
	var options []SampleOption
	if encoded != "" {
		arguments, isMap := untag(encoded).(map[string]any)
		if !isMap {
			return space.base().withPython(raw)
		}
		for name, value := range arguments {
			options = append(options, func(o *sampleOptions) { o.set(name, value) })
			if name == "mask" {
				options[len(options)-1] = SampleMask(value)
			} else if name == "probability" {
				options[len(options)-1] = SampleProbability(value)
			}
		}
	}
	return run(options...)
}

// contains asks Go's own Contains, twice for the same number of another address.
func (r *replayer) contains(x []float64) (string, error) {
	contains := r.space.Contains(x)
	if r.space.Size() < 0 || len(x) != r.space.Size() {
		if contains {
			return "contained", nil
		}
		// Contains has no errors: what ContainsNative says to a wrong length
		_, err := r.space.ContainsNative(make([]byte, max(r.space.NBytes(), 0)+1))
		return "", err
	}
	return verdict(contains, nil)
}

// containsAny passes JSON as Go values and as it is: both must say the same.
func (r *replayer) containsAny(argument string) (string, error) {
	var raw bool
	err := r.space.base().withPython(func(call *cgym.Call, space cgym.Space) (code int32) {
		raw, code = cgym.SpaceContainsValue(call, space, argument)
		return code
	})
	if err != nil {
		return "", err
	}
	contains, err := r.space.ContainsAny(untag(argument))
	if contains != raw {
		return fmt.Sprintf("Go says %v", contains), err
	}
	return verdict(raw, err)
}

// flattenAny compares what C gives, and that Go makes the same of Go values.
func (r *replayer) flattenAny(argument string) (string, error) {
	raw, err := r.space.base().value(cgym.SpaceFlattenValue, argument)
	flat, err2 := r.space.FlattenAny(untag(argument))
	if err != nil || err2 != nil {
		return "", errors.Join(err, err2)
	}
	if !reflect.DeepEqual(natural(raw), flat) {
		return fmt.Sprintf("%v in Go", flat), nil
	}
	// Not everything that Gymnasium flattens can it unflatten.
	if back, err := r.space.UnflattenAny(flat); err != nil {
		return text(raw), nil
	} else if again, err := r.space.FlattenAny(back); err != nil || !reflect.DeepEqual(again, flat) {
		return fmt.Sprintf("%v and back: %v, %v", flat, back, again), err
	}
	return text(raw), nil
}

func verdict(contains bool, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return map[bool]string{false: "0", true: "1"}[contains], nil
}

func size(n int) string {
	if n < 0 {
		return "dynamic"
	}
	return strconv.Itoa(n)
}

const poison = -123.25

// floats runs something that fills a slice of n numbers, and on failure leaves it as it was.
func (r *replayer) floats(n int, fill func([]float64) error) (string, error) {
	x := slices.Repeat([]float64{poison}, max(n, 0)+1)
	err := fill(x[:max(n, 0)])
	if x[len(x)-1] != poison || err != nil && slices.ContainsFunc(x, func(number float64) bool { return number != poison }) {
		return "numbers", err
	}
	if err != nil {
		return "", err
	}
	return doublesText(x[:max(n, 0)]), nil
}

// bytes is floats for native buffers, which begin at odd addresses here.
func (r *replayer) bytes(n int, fill func([]byte) error) (string, error) {
	const poison = 0xa5
	r.next++
	skip := r.next % 17
	x := bytes.Repeat([]byte{poison}, skip+max(n, 0)+1)
	content := x[skip : skip+max(n, 0)]
	err := fill(content)
	rest := slices.Concat(x[:skip], x[skip+len(content):])
	if err != nil {
		rest = x
	}
	if slices.ContainsFunc(rest, func(b byte) bool { return b != poison }) {
		return "bytes", err
	}
	if err != nil {
		return "", err
	}
	return bytesText(content), nil
}

func bytesText(b []byte) string {
	if len(b) == 0 {
		return "-"
	}
	return hex.EncodeToString(b)
}

func bytesOf(field string) []byte {
	b, err := hex.DecodeString(field)
	if err != nil {
		panic(err)
	}
	return b
}

func unhex(field string) string {
	if field == "-" {
		return ""
	}
	return string(bytesOf(field))
}

func doublesText(x []float64) string {
	if len(x) == 0 {
		return "-"
	}
	words := make([]string, len(x))
	for i, number := range x {
		words[i] = fmt.Sprintf("%016x", math.Float64bits(number))
	}
	return strings.Join(words, " ")
}

func numbersOf(field string) []float64 {
	if field == "" {
		return nil
	}
	var x []float64
	for _, word := range strings.Fields(field) {
		x = append(x, math.Float64frombits(binary.BigEndian.Uint64(bytesOf(word))))
	}
	return x
}

// untag makes Go values of tagged JSON.
func untag(text string) any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return untagged(value)
}

func untagged(value any) any {
	switch v := value.(type) {
	case []any:
		return naturalItems(v, func(_ int, item any) any { return untagged(item) })
	case map[string]any:
		if items, found := v["__tuple__"]; found {
			return Tuple(untagged(items).([]any))
		}
		if name, found := v["__float__"]; found {
			x, _ := strconv.ParseFloat(name.(string), 64)
			return x
		}
		if pairs, found := v["__dict__"]; found {
			dict := NewDict()
			for _, pair := range pairs.([]any) {
				key := untagged(pair.([]any)[0])
				if number, isNumber := key.(json.Number); isNumber {
					key, _ = number.Int64()
				}
				dict.add(key, untagged(pair.([]any)[1]))
			}
			return dict
		}
		if nested, found := v["__ndarray__"]; found {
			var data []any
			shape := []int{}
			flattenNested(untagged(nested), &data, &shape, 0)
			return typedArray(data, shape, v["dtype"].(string))
		}
		converted := make(map[string]any, len(v))
		for key, item := range v {
			converted[key] = untagged(item)
		}
		return converted
	}
	return value
}
