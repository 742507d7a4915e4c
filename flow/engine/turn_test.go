package engine

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/headgate/headgate/connector"
)

// largeLines is lines whose pieces are large.
type largeLines struct {
	*lines
	meter *Meter
	t     *testing.T
}

func (l largeLines) Open(ctx context.Context, s connector.Split) (connector.Reader, error) {
	r, err := l.lines.Open(ctx, s)
	return &largeReader{r, l, 0}, err
}

type largeReader struct {
	connector.Reader
	src   largeLines
	given int64
}

func (r *largeReader) Next(ctx context.Context, m *connector.Morsel) error {
	if flying := r.given - r.src.meter.RowsRead.Load(); flying > maxHeavy/heavyPiece-1 {
		r.src.t.Errorf("%d large pieces are in flight when one more is read", flying)
	}
	if m.Chunk != nil {
		r.src.t.Error("the memory of a large piece was kept")
	}
	err := r.Reader.Next(ctx, m)
	if err == nil {
		r.given++
		m.Chunk = make([]byte, heavyPiece)
	}
	return err
}

func TestFewLargePieces(t *testing.T) {
	j := newJob(t, numbers(100))
	j.src.batch, j.o.Workers, j.o.Meter = 1, 4, new(Meter)
	p := j.plan()
	p.From = largeLines{j.src, j.o.Meter, t}
	if _, err := Run(j.ctx, p, j.o); err != nil || len(j.sink.visible) != 100 {
		t.Fatalf("%d rows: %v", len(j.sink.visible), err)
	}
}

// sendingSink is a memory whose writer is sent rows before it appends them.
type sendingSink struct {
	*memory
	t *testing.T
}

func (s sendingSink) Open(ctx context.Context, ses *connector.Session, sp connector.Split) (connector.Writer, error) {
	w, err := s.memory.Open(ctx, ses, sp)
	return &sendingWriter{memoryWriter: w.(*memoryWriter), t: s.t}, err
}

type sendingWriter struct {
	*memoryWriter
	t  *testing.T
	mu sync.Mutex

	sent           [][]byte // and not appended
	sends, appends int      // begun
}

func (w *sendingWriter) Send(_ context.Context, m *connector.Morsel) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sends > w.appends+1 {
		w.t.Errorf("send %d while append %d has not begun", w.sends, w.appends)
	}
	w.sends++
	w.sent = append(w.sent, bytes.Clone(m.Out))
	if w.sink.failing == fmt.Sprint("send ", w.sends) {
		return fmt.Errorf("send %d: refused", w.sends)
	}
	return nil
}

func (w *sendingWriter) Append(ctx context.Context, m *connector.Morsel) error {
	w.mu.Lock()
	w.appends++
	if len(w.sent) == 0 || !bytes.Equal(w.sent[0], m.Out) {
		w.t.Errorf("append %d is not of what was sent first", w.appends)
	}
	w.sent = w.sent[1:]
	w.mu.Unlock()
	return w.memoryWriter.Append(ctx, m)
}

func TestSendComesBeforeAppend(t *testing.T) {
	for _, failing := range []string{"", "send 1", "send 20", "append"} {
		j := newJob(t, numbers(200), numbers(50))
		j.o.Workers, j.sink.failing = 4, failing
		p := j.plan()
		p.To = sendingSink{j.sink, t}
		_, err := Run(j.ctx, p, j.o)
		if failed := err != nil; failed != (failing != "") {
			t.Errorf("failing %q: %v", failing, err)
		}
		if rows := len(j.sink.visible); failing == "" && rows != 250 || failing != "" && rows != 0 {
			t.Errorf("failing %q: %d rows", failing, rows)
		}
	}
}
