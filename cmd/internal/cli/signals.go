package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

const sigterm = int(syscall.SIGTERM)

// Signals follows SIGINT and SIGTERM. The first one asks the command to stop, the
// second ends the process at once.
type Signals struct {
	mu       sync.Mutex
	cancel   context.CancelFunc
	stop     chan struct{}
	graceful bool
	got      *SignalError
	exit     func(code int)
}

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
	s.mu.Lock()
	defer s.mu.Unlock()
	number := int(syscall.SIGINT)
	if n, ok := sig.(syscall.Signal); ok {
		number = int(n)
	}
	if s.got != nil {
		s.exit((&SignalError{number}).Exit())
		return
	}
	s.got = &SignalError{number}
	close(s.stop)
	if !s.graceful {
		s.cancel()
	}
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
