package file

import "os"

// flushEvery is after how many bytes the disk is given something to do.
const flushEvery = 8 << 20

// flusher has a growing file written to the disk bit by bit. Without it the system keeps
// what is written in memory, and making a large file durable takes long at the end.
// The zero value does nothing until it is told about flushEvery bytes.
type flusher struct {
	f       *os.File
	written int64 // bytes the file has
	asked   int64 // of which the goroutine was told
	work    chan int64
	done    chan struct{}
}

// wrote says that the file has n bytes more. It does not wait for the disk: while the
// goroutine is busy, the bytes wait for the next call.
func (l *flusher) wrote(n int) {
	l.written += int64(n)
	if l.written-l.asked < flushEvery {
		return
	}
	if l.work == nil {
		l.work, l.done = make(chan int64, 1), make(chan struct{})
		go l.run()
	}
	select {
	case l.work <- l.written:
		l.asked = l.written
	default:
	}
}

func (l *flusher) run() {
	defer close(l.done)
	from := int64(0)
	for to := range l.work {
		startFlush(l.f, from, to-from)
		from = to
	}
}

// stop ends the goroutine. It may be called twice.
func (l *flusher) stop() {
	if l.work == nil {
		return
	}
	close(l.work)
	<-l.done
	l.work = nil
}
