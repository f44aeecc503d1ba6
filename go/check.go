package gogym

import "example.com/gogym/internal/cgym"

// Finding is something that Gymnasium's check_env has to say about an environment.
type Finding struct {
	Level   string // "warning" or "error"; an error ends the check
	Type    string // the Python class, for example "AssertionError" or "UserWarning"
	Message string
}

// String gives all of it on one line.
func (f Finding) String() string {
	return f.Level + ": " + f.Type + ": " + f.Message
}

// CheckOption is an option of [Env.Check].
type CheckOption func(map[string]any)

// CheckSkipRender leaves out the check of the render modes, for which others of this environment are made.
func CheckSkipRender() CheckOption {
	return func(options map[string]any) { options["skip_render_check"] = true }
}

// CheckSkipClose leaves out the check of close, for which another of this environment is made.
func CheckSkipClose() CheckOption {
	return func(options map[string]any) { options["skip_close_check"] = true }
}

// Check runs Gymnasium's check_env on the environment without its wrappers and gives what it finds; nothing where
// all is well. It resets and steps the environment: call Reset before it is used again.
func (e *Env) Check(options ...CheckOption) ([]Finding, error) {
	given := map[string]any{}
	for _, option := range options {
		if option != nil {
			option(given)
		}
	}
	encoded, err := encodeOptions(given)
	if err != nil {
		return nil, err
	}
	value, err := e.value(func(call *cgym.Call, env cgym.Env) ([]byte, int32) {
		return cgym.CheckEnv(call, env, encoded)
	})
	if err != nil {
		return nil, err
	}
	items, isList := value.([]any)
	if !isList {
		return nil, newError(ErrInternal, "the findings are a %T, not a list", value)
	}
	findings := make([]Finding, len(items))
	for i, item := range items {
		entry, isDict := item.(*Dict)
		if !isDict {
			return nil, newError(ErrInternal, "a finding is a %T, not a dict", item)
		}
		findings[i] = Finding{Level: textIn(entry, "level"), Type: textIn(entry, "type"), Message: textIn(entry, "message")}
	}
	return findings, nil
}

// textIn is the string under a key; "" where there is none.
func textIn(dict *Dict, key string) string {
	value, _ := dict.Get(key)
	text, _ := value.(string)
	return text
}
