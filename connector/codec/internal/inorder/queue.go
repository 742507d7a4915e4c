// Package inorder packs and unpacks the pieces of a byte stream in parallel. Its Reader
// and Writer hand the pieces on in the order of the stream, hold a bounded number of them
// and start no goroutine that outlives the work on a piece.
package inorder

import (
	"runtime"
	"slices"
)

// maxWorkers bounds the memory of a machine with many processors.
const maxWorkers = 8

// Workers is how many pieces are worked on at a time.
func Workers() int { return min(runtime.GOMAXPROCS(0), maxWorkers) }

// Task is the work on one piece. Its memory is used again for later ones.
type Task struct {
	In  []byte // the piece as it came
	Out []byte // what was made of it
	Err error  // why nothing could be

	weight int // bytes, as the Reader counts them
	done   chan struct{}
}

// held is the memory that the task keeps.
func (t *Task) held() int { return cap(t.In) + cap(t.Out) }

// queue holds the tasks under way, oldest first. It is used from one goroutine; only
// the work itself runs in others.
type queue struct {
	work func(*Task)
	keep int // bytes of memory an idle task may keep
	busy []*Task
	idle []*Task
}

// get is a task to fill.
func (q *queue) get() *Task {
	if n := len(q.idle); n > 0 {
		t := q.idle[n-1] // the last one used, so that no more tasks than needed hold memory
		q.idle = q.idle[:n-1]
		return t
	}
	return &Task{done: make(chan struct{}, 1)}
}

// start begins the work on t.
func (q *queue) start(t *Task) {
	q.busy = append(q.busy, t)
	go func() {
		q.work(t)
		t.done <- struct{}{}
	}()
}

// next waits for the oldest task and takes it out of the queue; nil when there is none.
func (q *queue) next() *Task {
	if len(q.busy) == 0 {
		return nil
	}
	t := q.busy[0]
	<-t.done
	q.busy = slices.Delete(q.busy, 0, 1)
	return t
}

// free takes back a task that is not under way.
func (q *queue) free(t *Task) {
	if t.held() > q.keep {
		t.In, t.Out = nil, nil
	}
	t.In, t.Out, t.Err = t.In[:0], t.Out[:0], nil
	q.idle = append(q.idle, t)
}

// wait lets go of everything, as soon as the work on it has ended.
func (q *queue) wait() {
	for q.next() != nil {
	}
	q.idle = nil
}
