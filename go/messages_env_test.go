package gogym

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// heard is what a handler got.
type heard struct {
	level MessageLevel
	text  string
}

// listen collects messages; those of Flush and the end of the test are complete.
func listen(t *testing.T) *[]heard {
	t.Helper()
	needPython(t)
	var all []heard
	must(t, SetMessageHandler(func(level MessageLevel, text string) { all = append(all, heard{level, text}) }))
	t.Cleanup(func() { must(t, SetMessageHandler(nil)) })
	return &all
}

func TestMessages(t *testing.T) {
	env := makeEnv(t, around+"GoNoisy-v0")
	_, err := env.Reset()
	must(t, err)
	all := listen(t)
	for i := range 2 {
		*all = nil
		_, _, err = env.Step([]float64{float64(i)})
		must(t, err)
		must(t, Flush())
		want := []heard{
			{MessageOutput, fmt.Sprint("a line ", i)}, {MessageOutput, "red"},
			{MessageWarning, fmt.Sprint("UserWarning: careful ", i)}, {MessageError, "noisy: wrong by 7"},
			{MessageOutput, "from a thread"}, {MessageOutput, "not ended"},
		}
		if !slices.Equal(*all, want) {
			t.Errorf("got %v", *all)
		}
	}
	*all = nil
	must(t, SetMessageHandler(nil))
	must(t, Flush())
	if len(*all) != 0 {
		t.Errorf("after the end: %v", *all)
	}
}

// Within the handler everything works, the environment that the message comes from included.
func TestMessagesHandlerCalls(t *testing.T) {
	env := makeEnv(t, around+"GoNoisy-v0")
	_, err := env.Reset()
	must(t, err)
	var problems []error
	count := 0
	must(t, SetMessageHandler(func(level MessageLevel, text string) {
		if count++; level != MessageWarning {
			return
		}
		_, infoErr := env.Info()
		other, makeErr := Make("CartPole-v1")
		if makeErr == nil {
			_, makeErr = other.Reset()
			makeErr = errors.Join(makeErr, other.Close())
		}
		problems = append(problems, infoErr, makeErr, Flush(), env.Seed(1))
	}))
	t.Cleanup(func() { must(t, SetMessageHandler(nil)) })
	must(t, inParallel(8, func(i int) error {
		_, _, err := env.Step([]float64{0})
		return err
	}))
	must(t, Flush())
	must(t, errors.Join(problems...))
	if len(problems) != 8*4 || count < 8*5 {
		t.Errorf("%d messages, %d calls", count, len(problems))
	}
}

// A handler may end itself and put another in its place.
func TestMessagesHandlerReplacesItself(t *testing.T) {
	env := makeEnv(t, around+"GoNoisy-v0")
	_, err := env.Reset()
	must(t, err)
	var first, second []string
	var failed error
	must(t, SetMessageHandler(func(_ MessageLevel, text string) {
		if first = append(first, text); len(first) == 1 {
			failed = SetMessageHandler(func(_ MessageLevel, text string) { second = append(second, text) })
		}
	}))
	t.Cleanup(func() { must(t, SetMessageHandler(nil)) })
	_, _, err = env.Step([]float64{0})
	must(t, err)
	must(t, Flush())
	_, _, err = env.Step([]float64{1})
	must(t, err)
	must(t, Flush())
	must(t, failed)
	if len(first)+len(second) != 12 || first[0] != "a line 0" || len(second) < 6 || !slices.Contains(second, "a line 1") {
		t.Errorf("got %q and %q", first, second)
	}
}

func init() {
	helpers["messages"] = func() {
		if err := Flush(); err != nil { // nothing to flush
			fmt.Println("Flush without Python gave", err)
		}
		print := func(level MessageLevel, text string) {
			time.Sleep(5 * time.Millisecond) // everything must wait for a handler that takes its time
			fmt.Printf("(%v) %s\n", level, text)
		}
		err := SetMessageHandler(print) // starts Python
		env, makeErr := Make(around + "GoNoisy-v0")
		_, resetErr := env.Reset()
		_, _, stepErr := env.Step([]float64{0})
		err = errors.Join(err, makeErr, resetErr, stepErr, SetMessageHandler(nil))
		os.Stdout.WriteString("---\n")
		_, _, stepErr = env.Step([]float64{1}) // to stdout and stderr, as ever
		err = errors.Join(err, stepErr, Flush())
		os.Stdout.WriteString("\n---\n")
		err = errors.Join(err, SetMessageHandler(print))
		_, _, stepErr = env.Step([]float64{2})
		err = errors.Join(err, stepErr, Shutdown())
		fmt.Println(err) // after all messages
		fmt.Println(errors.Is(SetMessageHandler(nil), ErrShutdown), errors.Is(Flush(), ErrShutdown))
	}
}

func TestMessagesProcess(t *testing.T) {
	needPython(t)
	command := helperCommand("messages")
	var complaints strings.Builder
	command.Stderr = &complaints
	output, err := command.Output()
	lines := func(i int) string {
		return fmt.Sprintf("(OUTPUT) a line %d\n(OUTPUT) red\n(WARNING) UserWarning: careful %d\n(ERROR) noisy: wrong by 7\n"+
			"(OUTPUT) from a thread\n(OUTPUT) not ended\n", i, i)
	}
	want := lines(0) + "---\na line 1\n\x1b[31mred\x1b[0m\nfrom a thread\nnot ended\n---\n" + lines(2) + "<nil>\ntrue true\n"
	if err != nil || string(output) != want {
		t.Errorf("got %q, %v\nnot %q", output, err, want)
	}
	for _, text := range []string{"UserWarning: careful 1", "wrong by 7"} {
		if strings.Count(complaints.String(), text) != 1 {
			t.Errorf("standard error is %q", complaints.String())
		}
	}
}
