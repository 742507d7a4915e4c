package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
)

// stage lets the servers of the tests run outside of a test: what they would fail a test
// with comes back as an error.
type stage struct {
	testing.TB // nil: what is not here is not used
	cleanups   []func()
}

// told is what stops a stage.
type told struct{ error }

// do runs what starts servers.
func (s *stage) do(start func(t testing.TB)) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case told:
			err = e.error
		default:
			panic(e)
		}
	}()
	start(s)
	return nil
}

// close stops the servers.
func (s *stage) close() {
	for _, c := range slices.Backward(s.cleanups) {
		c()
	}
	s.cleanups = nil
}

func (s *stage) Helper()                           {}
func (s *stage) Failed() bool                      { return false }
func (s *stage) Name() string                      { return "bench" }
func (s *stage) Context() context.Context          { return context.Background() }
func (s *stage) Cleanup(f func())                  { s.cleanups = append(s.cleanups, f) }
func (s *stage) Logf(format string, args ...any)   { fmt.Fprintf(os.Stderr, format+"\n", args...) }
func (s *stage) Error(args ...any)                 { s.Fatal(args...) }
func (s *stage) Fatal(args ...any)                 { panic(told{fmt.Errorf("%s", fmt.Sprint(args...))}) }
func (s *stage) Fatalf(format string, args ...any) { panic(told{fmt.Errorf(format, args...)}) }
func (s *stage) Skipf(format string, args ...any)  { s.Fatalf(format, args...) }
