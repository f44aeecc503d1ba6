//go:build unix

package gogym

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// signalEnvironments bring libraries that like to take signals over.
var signalEnvironments = map[string]struct {
	id      string
	options []Option
}{
	"MuJoCo": {"Ant-v5", nil},
	// With "human" reset and step draw, and so import pygame.
	"pygame": {"CartPole-v1", []Option{WithRenderMode("human")}},
	// Who only looks for pygame, to see whether it is installed, has not imported it.
	"pygame looked for": {envs + "GoLooksForPygame-v0", []Option{WithRenderMode("human")}},
}

// exercise makes, resets and steps an environment.
func exercise(tb testing.TB, name string) {
	tb.Helper()
	test := signalEnvironments[name]
	env := makeEnv(tb, test.id, test.options...)
	_, err := env.Reset(ResetSeed(1))
	must(tb, err)
	action, err := env.ActionSpace().Sample()
	must(tb, err)
	_, _, err = env.Step(action)
	must(tb, err)
}

func TestSignalNotify(t *testing.T) {
	for name := range signalEnvironments {
		t.Run(name, func(t *testing.T) {
			for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1} {
				arrived := make(chan os.Signal, 1)
				signal.Notify(arrived, sig)
				exercise(t, name)
				must(t, syscall.Kill(os.Getpid(), sig.(syscall.Signal)))
				select {
				case <-arrived:
				case <-time.After(10 * time.Second):
					t.Errorf("%v did not arrive", sig)
				}
				signal.Stop(arrived)
			}
		})
	}
}

// In a process of its own each: a library takes a signal over when it is loaded, which happens once.
func TestRecoverNilDereference(t *testing.T) {
	needPython(t)
	for name := range signalEnvironments {
		t.Run(name, func(t *testing.T) {
			output, err := runHelper(t, "nil dereference with "+name)
			skipWithoutDependency(t, err)
			if err != nil || output != "true" {
				t.Errorf("got %q, %v", output, err)
			}
		})
	}
}

// recovers tells whether a nil dereference is a panic.
func recovers() (recovered bool) {
	defer func() { _, recovered = recover().(runtime.Error) }()
	var nothing *Transition
	fmt.Print(nothing.Reward)
	return false
}

func init() {
	helpers["fault"] = func() {
		env, err := Make("CartPole-v1")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		defer env.Close()
		fmt.Print(recovers())
	}
	for name, test := range signalEnvironments {
		helpers["nil dereference with "+name] = func() {
			env, err := Make(test.id, test.options...)
			if err == nil {
				_, err = env.Reset()
			}
			var action []float64
			if err == nil {
				action, err = env.ActionSpace().Sample()
			}
			if err == nil {
				_, _, err = env.Step(action)
			}
			if errors.Is(err, ErrDependencyNotInstalled) {
				os.Exit(77)
			}
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Print(recovers())
		}
		helpers["interrupted by "+name] = func() {
			env, err := Make(test.id, test.options...)
			if err == nil {
				_, err = env.Reset()
			}
			if errors.Is(err, ErrDependencyNotInstalled) {
				os.Exit(77)
			}
			fmt.Print("ready")
			os.Stdout.Close()
			time.Sleep(20 * time.Second)
			os.Exit(5)
		}
		helpers["broken pipe with "+name] = func() {
			env, err := Make(test.id, test.options...)
			if err == nil {
				_, err = env.Reset()
			}
			if errors.Is(err, ErrDependencyNotInstalled) {
				os.Exit(77)
			}
			// Go ends a program that writes to a broken standard output; on other files it gets EPIPE.
			read, write, _ := os.Pipe()
			read.Close()
			if _, err := write.WriteString("x"); !errors.Is(err, syscall.EPIPE) {
				os.Exit(6)
			}
			os.Stdin.Read(make([]byte, 1)) // until the parent has closed the other end of standard output
			fmt.Print("x")
			os.Exit(5)
		}
	}
}

// PYTHONFAULTHANDLER would take SIGSEGV from Go.
func TestRecoverWithFaulthandler(t *testing.T) {
	needPython(t)
	if output, err := runHelper(t, "fault", "PYTHONFAULTHANDLER=1"); err != nil || output != "true" {
		t.Errorf("got %q, %v", output, err)
	}
}

func skipWithoutDependency(t *testing.T, err error) {
	t.Helper()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 77 {
		t.Skip("a Python package is missing")
	}
}

func diedOf(err error, sig syscall.Signal) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == sig
}

// Without signal.Notify Ctrl-C ends the program, as it does without Python.
func TestInterruptEnds(t *testing.T) {
	needPython(t)
	for name := range signalEnvironments {
		t.Run(name, func(t *testing.T) {
			command := helperCommand("interrupted by " + name)
			stdout, err := command.StdoutPipe()
			must(t, err)
			must(t, command.Start())
			for buffer := make([]byte, 16); err == nil; {
				_, err = stdout.Read(buffer) // until the helper is ready and closes it
			}
			command.Process.Signal(os.Interrupt)
			err = command.Wait()
			skipWithoutDependency(t, err)
			if !diedOf(err, syscall.SIGINT) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestBrokenPipeEnds(t *testing.T) {
	needPython(t)
	for name := range signalEnvironments {
		t.Run(name, func(t *testing.T) {
			command := helperCommand("broken pipe with " + name)
			read, write, err := os.Pipe()
			must(t, err)
			command.Stdout = write
			stdin, err := command.StdinPipe()
			must(t, err)
			must(t, command.Start())
			write.Close()
			read.Close()
			stdin.Close()
			err = command.Wait()
			skipWithoutDependency(t, err)
			if !diedOf(err, syscall.SIGPIPE) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}
