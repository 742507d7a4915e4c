package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

const sigterm = int(syscall.SIGTERM)

// Signals follows SIGINT and SIGTERM. The first one asks the command to stop, the
// second ends the process at once, or after what Last wants done: then the third.
type Signals struct {
	mu       sync.Mutex
	cancel   context.CancelFunc
	stop     chan struct{}
	graceful bool
	got      *SignalError
	last     func(code int)
	leaving  bool
	exit     func(code int)
}

// lastWords is how long a second signal leaves for what Last wants done.
const lastWords = time.Second

// Listen makes the context of a command, cancelled by the first signal unless the
// command asked for Stop. exit ends the process.
func Listen(ctx context.Context, exit func(code int)) (context.Context, *Signals) {
	ctx, cancel := context.WithCancel(ctx)
	s := &Signals{cancel: cancel, stop: make(chan struct{}), exit: exit}
	arrive := make(chan os.Signal, 2)
	signal.Notify(arrive, os.Interrupt, syscall.SIGTERM)
	go func() {
		for sig := range arrive {
			s.take(sig)
		}
	}()
	return ctx, s
}

func (s *Signals) take(sig os.Signal) {
	number := int(syscall.SIGINT)
	if n, ok := sig.(syscall.Signal); ok {
		number = int(n)
	}
	s.mu.Lock()
	if s.got != nil {
		last := s.last
		if s.leaving {
			last = nil
		}
		s.leaving = true
		s.mu.Unlock()
		s.leave((&SignalError{number}).Exit(), last)
		return
	}
	defer s.mu.Unlock()
	s.got = &SignalError{number}
	close(s.stop)
	if !s.graceful {
		s.cancel()
	}
}

// leave ends the process after last, which it does not wait for if another signal comes.
func (s *Signals) leave(code int, last func(code int)) {
	if last == nil {
		s.exit(code)
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		last(code)
	}()
	go func() {
		select {
		case <-done:
		case <-time.After(lastWords):
		}
		s.exit(code)
	}()
}

// Last has fn called when a second signal is about to end the process with a code: to leave word of
// what is cut off. It has a second for it. Taken back, nothing is called.
func (s *Signals) Last(fn func(code int)) (takeBack func()) {
	set := func(fn func(int)) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.last = fn
	}
	set(fn)
	return func() { set(nil) }
}

// Stop is closed by the first signal. Whoever asks for it finishes what is under way;
// the context then is left alone.
func (s *Signals) Stop() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.graceful = true
	return s.stop
}

// Err is the signal that came, nil when none did.
func (s *Signals) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.got == nil {
		return nil
	}
	return s.got
}
