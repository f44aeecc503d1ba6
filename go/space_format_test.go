package gogym

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"unsafe"
)

// tryEnv does the operations on environments.
func (r *replayer) tryEnv(operation string, argument func(int) string) (string, error) {
	if operation == "env" {
		return r.makeEnv(argument(0), argument(1))
	}
	env := r.env
	observations, actions := env.ObservationSpace(), env.ActionSpace()
	reset := func() []ResetOption {
		var options []ResetOption
		if argument(0) != "" {
			seed, _ := strconv.ParseInt(argument(0), 10, 64)
			options = append(options, ResetSeed(seed))
		}
		if argument(1) != "" {
			options = append(options, ResetOptions(untag(argument(1)).(map[string]any)))
		}
		return options
	}
	switch operation {
	case "observation_space":
		return r.value(observations)
	case "action_space":
		return r.value(actions)
	case "observation_size":
		return size(observations.Size()), nil
	case "observation_nbytes":
		return size(observations.NBytes()), nil
	case "action_size":
		return size(actions.Size()), nil
	case "action_nbytes":
		return size(actions.NBytes()), nil
	case "reset":
		return r.floats(observations.Size(), func(obs []float64) error { return env.ResetInto(obs, reset()...) })
	case "reset_native":
		return r.bytes(observations.NBytes(), func(obs []byte) error { return env.ResetNative(obs, reset()...) })
	case "step":
		var step Transition
		observed, err := r.floats(observations.Size(), func(obs []float64) (err error) {
			step, err = env.StepInto(numbersOf(argument(0)), obs)
			return err
		})
		return transitionText(observed, step, err), err
	case "step_native":
		var step Transition
		observed, err := r.bytes(observations.NBytes(), func(obs []byte) (err error) {
			step, err = env.StepNative(bytesOf(argument(0)), obs)
			return err
		})
		return transitionText(observed, step, err), err
	case "step_value":
		obs, step, err := env.StepAny(untag(argument(0)))
		observed, err := formatted(observations, obs, err)
		return transitionText(observed, step, err), err
	case "observation":
		obs, err := env.Observation()
		return formatted(observations, obs, err)
	case "info":
		info, err := env.Info()
		if err != nil {
			return "", err
		}
		return text(info), nil
	case "seed_action":
		seed, _ := strconv.ParseInt(argument(0), 10, 64)
		return "ok", actions.Seed(seed)
	case "sample_action":
		return r.floats(actions.Size(), func(x []float64) error { return actions.SampleInto(x) })
	case "sample_action_native":
		return r.bytes(actions.NBytes(), func(x []byte) error { return actions.SampleNative(x) })
	}
	return "", fmt.Errorf("the operation %s is unknown", operation)
}

func (r *replayer) makeEnv(id, options string) (string, error) {
	if r.env != nil {
		must(r.t, r.env.Close())
		r.env = nil
	}
	env, err := Make(id, WithKwargs(untag(options).(map[string]any)))
	if err != nil {
		return "", err
	}
	r.env = env
	return "ok", nil
}

func transitionText(observed string, step Transition, err error) string {
	if err != nil {
		return observed
	}
	flags := 0
	if step.Terminated {
		flags++
	}
	if step.Truncated {
		flags += 2
	}
	return fmt.Sprintf("%s/%016x/%d", observed, math.Float64bits(step.Reward), flags)
}

// formatted writes an element of natural types as the value that it was: the space tells tuples from lists, and
// the order of keys.
func formatted(space Space, value any, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return elementText(space, value), nil
}

func elementText(space Space, value any) string {
	switch s := space.(type) {
	case *TupleSpace:
		return itemsText(value, func(i int) Space { return s.Spaces[i] })
	case *DictSpace:
		return dictText(value, s.Keys, s.at)
	case *OneOf:
		if items := value.([]any); len(items) == 2 {
			return "(" + text(items[0]) + "," + elementText(s.Spaces[items[0].(int64)], items[1]) + ")"
		}
	case *Sequence:
		if s.Stack {
			return stackText(s.Space, value)
		}
		return itemsText(value, func(int) Space { return s.Space })
	case *Graph:
		parts := map[any]Space{"nodes": s.NodeSpace, "edges": s.EdgeSpace}
		fields := value.(map[string]any)
		return fmt.Sprintf("{%s:%s,%s:%s,%s:%s}", text("nodes"), stackText(parts["nodes"], fields["nodes"]),
			text("edges"), stackText(parts["edges"], fields["edges"]), text("edge_links"), text(fields["edge_links"]))
	}
	return text(value)
}

func stackText(space Space, value any) string {
	if value == nil {
		return "none"
	}
	switch s := space.(type) {
	case *TupleSpace:
		items := value.(Tuple)
		words := make([]string, len(items))
		for i, item := range items {
			words[i] = stackText(s.Spaces[i], item)
		}
		return "(" + strings.Join(words, ",") + ")"
	case *DictSpace:
		words := make([]string, len(s.Keys))
		for i, key := range s.Keys {
			words[i] = text(key) + ":" + stackText(s.Spaces[i], value.(map[string]any)[key.(string)])
		}
		return "{" + strings.Join(words, ",") + "}"
	}
	if _, isList := value.([]any); isList {
		return itemsText(value, func(int) Space { return space })
	}
	return text(value)
}

func itemsText(value any, space func(int) Space) string {
	items, isList := value.([]any)
	if !isList {
		return text(value)
	}
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = elementText(space(i), item)
	}
	return "(" + strings.Join(words, ",") + ")"
}

func dictText(value any, keys []any, space func(any) Space) string {
	words := make([]string, len(keys))
	for i, key := range keys {
		var item any
		switch dict := value.(type) {
		case map[string]any:
			item = dict[key.(string)]
		case *Dict:
			_, item = dict.At(i)
		}
		words[i] = text(key) + ":" + elementText(space(key), item)
	}
	return "{" + strings.Join(words, ",") + "}"
}

// seedsText writes what SeedAny gave: one seed a part, behind the space's own where it has one.
func seedsText(space Space, seeds any) string {
	items, isList := seeds.([]any)
	parts := children(space)
	if dict, isDict := space.(*DictSpace); isDict {
		words := make([]string, len(dict.Keys))
		for i, key := range dict.Keys {
			var item any
			switch seeds := seeds.(type) {
			case map[string]any:
				item = seeds[key.(string)]
			case *Dict:
				_, item = seeds.At(i)
			}
			words[i] = text(key) + ":" + seedsText(dict.Spaces[i], item)
		}
		return "{" + strings.Join(words, ",") + "}"
	}
	if !isList {
		return text(seeds)
	}
	words := make([]string, len(items))
	own := len(items) - len(parts)
	for i, item := range items {
		words[i] = text(item)
		if i >= own {
			words[i] = seedsText(parts[i-own], item)
		}
	}
	return "(" + strings.Join(words, ",") + ")"
}

// text writes a value in the notation of the vectors.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return "none"
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return "i" + strconv.FormatInt(v, 10)
	case uint64:
		return text(Other{"int", strconv.FormatUint(v, 10)})
	case *big.Int:
		return text(Other{"int", v.String()})
	case float64:
		return fmt.Sprintf("f%016x", math.Float64bits(v))
	case string:
		return fmt.Sprintf("s%x", v)
	case []byte:
		return fmt.Sprintf("b%x", v)
	case Other:
		return fmt.Sprintf("o%s:%x", v.Class, v.Repr)
	case *Array:
		shape := strings.Trim(strings.ReplaceAll(fmt.Sprint(v.Shape), " ", ","), "[]")
		return fmt.Sprintf("a%s[%s]:%x", v.Dtype, shape, rawBytes(v.Data))
	case []any:
		return "[" + strings.Trim(text(Tuple(v)), "()") + "]"
	case Tuple:
		words := make([]string, len(v))
		for i, item := range v {
			words[i] = text(item)
		}
		return "(" + strings.Join(words, ",") + ")"
	case *Dict:
		words := make([]string, 0, v.Len())
		for key, item := range v.All() {
			words = append(words, text(key)+":"+text(item))
		}
		return "{" + strings.Join(words, ",") + "}"
	}
	return fmt.Sprintf("%T %v", value, value)
}

// rawBytes gives the memory of a slice.
func rawBytes(slice any) []byte {
	v := reflect.ValueOf(slice)
	if v.Len() == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(v.UnsafePointer()), v.Len()*int(v.Type().Elem().Size()))
}

// flattenNested gives the numbers of nested lists and their shape.
func flattenNested(value any, data *[]any, shape *[]int, depth int) {
	items, isList := value.([]any)
	if !isList {
		*data = append(*data, value)
		return
	}
	if len(*shape) == depth {
		*shape = append(*shape, len(items))
	}
	for _, item := range items {
		flattenNested(item, data, shape, depth+1)
	}
}

// typedArray makes an Array as Python would give it.
func typedArray(data []any, shape []int, dtype string) any {
	number := func(value any) *big.Float {
		switch v := value.(type) {
		case bool:
			return big.NewFloat(map[bool]float64{false: 0, true: 1}[v])
		case float64:
			return big.NewFloat(v)
		}
		x, _, err := big.ParseFloat(string(value.(json.Number)), 10, 128, big.ToNearestEven)
		if err != nil {
			panic(err)
		}
		return x
	}
	array := &Array{Dtype: dtype, Shape: shape}
	switch dtype {
	case "int64":
		numbers := make([]int64, len(data))
		for i, value := range data {
			numbers[i], _ = number(value).Int64()
		}
		array.Data = numbers
	case "uint64":
		numbers := make([]uint64, len(data))
		for i, value := range data {
			numbers[i], _ = number(value).Uint64()
		}
		array.Data = numbers
	default: // what a float64 holds is the same in every dtype
		numbers := make([]float64, len(data))
		for i, value := range data {
			if x, isFloat := value.(float64); isFloat {
				numbers[i] = x // NaN has no big.Float
				continue
			}
			numbers[i], _ = number(value).Float64()
			if text, isNumber := value.(json.Number); isNumber && strings.HasPrefix(string(text), "-0") {
				numbers[i], _ = strconv.ParseFloat(string(text), 64)
			}
		}
		return NDArray{Data: numbers, Shape: shape, Dtype: dtype}
	}
	return array
}
