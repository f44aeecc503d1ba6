package gogym

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestEncodeSpace(t *testing.T) {
	needPython(t)
	for _, description := range []string{
		`{"type":"Box","low":[[-1.5,null],[0.1,-0.0]],"high":[[2.0,3.0],[null,1e30]],"shape":[2,2],"dtype":"float32"}`,
		`{"type":"Box","low":0.25,"high":0.5,"shape":[],"dtype":"float16"}`,
		`{"type":"Box","low":-1e-300,"high":1e300,"shape":[3],"dtype":"float64"}`,
		`{"type":"Box","low":0,"high":1,"shape":[2,0,3],"dtype":"float32"}`,
		`{"type":"Box","low":0,"high":255,"shape":[2,1,3],"dtype":"uint8"}`,
		`{"type":"Box","low":[-9223372036854775808,9007199254740993],"high":[5,9223372036854775807],"shape":[2],"dtype":"int64"}`,
		`{"type":"Box","low":[1,9007199254740993],"high":[2,18446744073709551615],"shape":[2],"dtype":"uint64"}`,
		`{"type":"Discrete","n":5,"start":-2,"dtype":"int64"}`,
		`{"type":"Discrete","n":4611686018427387904,"start":4611686018427387904,"dtype":"uint64"}`,
		`{"type":"MultiDiscrete","nvec":[[5,2],[3,4]],"start":[[0,-1],[5,2]],"dtype":"int32"}`,
		`{"type":"MultiBinary","n":5}`,
		`{"type":"MultiBinary","n":[2,3]}`,
		`{"type":"Text","max_length":4,"min_length":2,"charset":"a\u00e9\"b"}`,
		`{"type":"Tuple","spaces":[{"type":"Discrete","n":2},{"type":"Tuple","spaces":[]}]}`,
		`{"type":"Dict","spaces":[["b",{"type":"Discrete","n":2}],["a",{"type":"MultiBinary","n":1}],[3,{"type":"Discrete","n":3}]]}`,
		`{"type":"OneOf","spaces":[{"type":"Discrete","n":2},{"type":"Box","low":0,"high":1,"shape":[1]}]}`,
		`{"type":"Sequence","space":{"type":"Discrete","n":2},"stack":true}`,
		`{"type":"Graph","node_space":{"type":"Box","low":0,"high":1,"shape":[1]},"edge_space":null}`,
		`{"type":"Graph","node_space":{"type":"Box","low":0,"high":1,"shape":[1]},"edge_space":{"type":"Discrete","n":2}}`,
	} {
		space, err := NewSpace(description)
		must(t, err)
		written, err := encodeAny(space, "space", ErrArgument)
		must(t, err)
		if !json.Valid([]byte(written)) {
			t.Fatalf("%s is not JSON", written)
		}
		again, err := NewSpace(written)
		if err != nil {
			t.Errorf("%s became %s: %v", description, written, err)
			continue
		}
		if space.String() != again.String() || !reflect.DeepEqual(bare(space), bare(again)) {
			t.Errorf("%s became %s, which is %v, not %v", description, written, again, space)
		}
		must(t, errors.Join(again.Close(), space.Close()))
	}
	// Python agrees.
	for _, kind := range []string{"bool", "int64", "uint8", "float16", "float32", "discrete", "multi_discrete", "multi_binary", "text", "tuple", "dict"} {
		stretched, option := "gogym_go_wrappers:GoStretched-v0", WithKwarg("kind", kind)
		space := makeEnv(t, stretched, option).ObservationSpace()
		env := makeEnv(t, stretched, option, WithWrappers(custom("Spaced", map[string]any{"space": space})))
		_, err := env.Reset()
		must(t, err)
		info, err := env.Info()
		must(t, err)
		if same, _ := info.Get("same"); same != true {
			t.Errorf("%s: %v is another space: %v", kind, space, info)
		}
	}
}

// bare is a space without what tells where it belongs.
func bare(space Space) Space {
	node := space.base().node
	space.base().node = nil
	copied := reflect.New(reflect.TypeOf(space).Elem())
	copied.Elem().Set(reflect.ValueOf(space).Elem())
	space.base().node = node
	result := copied.Interface().(Space)
	switch s := result.(type) {
	case *TupleSpace:
		s.Spaces = bareAll(s.Spaces)
	case *DictSpace:
		s.Spaces = bareAll(s.Spaces)
	case *OneOf:
		s.Spaces = bareAll(s.Spaces)
	case *Sequence:
		s.Space = bare(s.Space)
	case *Graph:
		s.NodeSpace = bare(s.NodeSpace)
		if s.EdgeSpace != nil {
			s.EdgeSpace = bare(s.EdgeSpace)
		}
	}
	return result
}

func bareAll(spaces []Space) []Space {
	var all []Space
	for _, space := range spaces {
		all = append(all, bare(space))
	}
	return all
}

func TestEncodeSpaceErrors(t *testing.T) {
	if text, err := encodeAny([]Space{(*Box)(nil), nil}, "x", ErrArgument); text != "[null,null]" || err != nil {
		t.Errorf("nil became %s, %v", text, err)
	}
	other := &OtherSpace{spaceBase{kind: "other"}, "package.Odd", "Odd()"}
	if _, err := encodeAny(&TupleSpace{spaceBase{kind: "Tuple"}, []Space{other}}, "x", ErrArgument); !errors.Is(err, ErrArgument) ||
		!strings.Contains(err.Error(), `x["spaces"][0]: a space of the Python class package.Odd has no description`) {
		t.Errorf("got %v", err)
	}
}
