package engine

import "sync"

// turnstile lets tickets through one at a time, in order from 0.
type turnstile struct {
	mu     sync.Mutex
	moved  sync.Cond
	next   int64
	closed bool
}

func newTurnstile() *turnstile {
	t := &turnstile{}
	t.moved.L = &t.mu
	return t
}

// enter waits for the turn of ticket. It is false when the turnstile was closed
// before, and then nothing must be left.
func (t *turnstile) enter(ticket int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.next != ticket && !t.closed {
		t.moved.Wait()
	}
	return !t.closed
}

// leave ends the turn that enter began.
func (t *turnstile) leave() {
	t.mu.Lock()
	t.next++
	t.mu.Unlock()
	t.moved.Broadcast()
}

// close turns everybody away, those who wait included.
func (t *turnstile) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.moved.Broadcast()
}
