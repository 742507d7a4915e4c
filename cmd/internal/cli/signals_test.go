package cli

import (
	"context"
	"errors"
	"syscall"
	"testing"
)

func TestFirstSignalCancels(t *testing.T) {
	ctx, s := Listen(context.Background(), func(int) { t.Error("ended at the first signal") })
	s.take(syscall.SIGTERM)
	if ctx.Err() == nil {
		t.Error("the context lives on")
	}
	var stopped *SignalError
	if !errors.As(s.Err(), &stopped) || stopped.Exit() != 143 {
		t.Errorf("%v", s.Err())
	}
}

func TestFirstSignalLeavesAGracefulCommandAlone(t *testing.T) {
	code := 0
	ctx, s := Listen(context.Background(), func(c int) { code = c })
	stop := s.Stop()
	s.take(syscall.SIGINT)
	select {
	case <-stop:
	default:
		t.Error("not told to stop")
	}
	if ctx.Err() != nil {
		t.Error("cancelled")
	}
	if s.take(syscall.SIGINT); code != 130 {
		t.Errorf("the second signal ended with %d", code)
	}
}

// TestLastWords: a second signal waits for them, a third does not, and they may be taken back.
func TestLastWords(t *testing.T) {
	codes := make(chan int, 3)
	_, s := Listen(context.Background(), func(c int) { codes <- c })
	s.Stop()
	begun, end := make(chan int), make(chan struct{})
	takeBack := s.Last(func(code int) { begun <- code; <-end })
	s.take(syscall.SIGINT)
	s.take(syscall.SIGTERM)
	if code := <-begun; code != 143 {
		t.Error(code)
	}
	s.take(syscall.SIGINT)
	if code := <-codes; code != 130 {
		t.Errorf("the third signal ended with %d", code)
	}
	close(end)
	if code := <-codes; code != 143 {
		t.Errorf("the second signal ended with %d", code)
	}
	takeBack()
	s.leaving = false
	s.take(syscall.SIGINT)
	if code := <-codes; code != 130 {
		t.Errorf("with nothing to say: %d", code)
	}
}

func TestNoSignal(t *testing.T) {
	if _, s := Listen(context.Background(), nil); s.Err() != nil {
		t.Error(s.Err())
	}
}
