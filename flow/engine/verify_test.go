package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/headgate/headgate/connector"
)

// sealedLines are lines that are only known to be right once they were verified.
type sealedLines struct {
	*lines
	seal     error // what comes out of it
	verified *atomic.Int64
}

func (s *sealedLines) Open(ctx context.Context, sp connector.Split) (connector.Reader, error) {
	r, err := s.lines.Open(ctx, sp)
	return &sealedReader{r, s}, err
}

func (s *sealedLines) Verifies() bool { return true }

type sealedReader struct {
	connector.Reader
	src *sealedLines
}

func (r *sealedReader) Verify(context.Context) error {
	r.src.verified.Add(1)
	return r.src.seal
}

// TestVerified: what a run did not read to its end is verified before it counts, and rows that
// fail are not blamed for what was done to their file.
func TestVerified(t *testing.T) {
	broken := connector.Mark(errors.New("the seal is broken"), connector.ErrIntegrity)
	bad := numbers(100)
	bad[50] = "x,fifty"
	for _, c := range []struct {
		name  string
		rows  []string
		limit int64
		seal  error
		is    func(error) bool
	}{
		{"cut short", numbers(100), 5, nil, func(err error) bool { return err == nil }},
		{"cut short, broken", numbers(100), 5, broken, func(err error) bool { return errors.Is(err, connector.ErrIntegrity) }},
		{"a bad row", bad, 0, nil, func(err error) bool { return errors.As(err, new(*RejectedError)) }},
		{"a bad row, broken", bad, 0, broken, func(err error) bool { return errors.Is(err, connector.ErrIntegrity) }},
		{"a bad row, unreadable", bad, 0, errors.New("the line went dead"), func(err error) bool { return errors.As(err, new(*RejectedError)) }},
	} {
		for _, perSplit := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, perSplit), func(t *testing.T) {
				j := newJob(t, c.rows)
				j.sink.perSplit, j.o.Workers = perSplit, 1
				if c.limit > 0 {
					j.ops = append(j.ops, limit(c.limit))
				}
				p, verified := j.plan(), new(atomic.Int64)
				p.From = &sealedLines{j.src, c.seal, verified}
				_, err := Run(j.ctx, p, j.o)
				if !c.is(err) {
					t.Errorf("error %v", err)
				}
				if (len(j.sink.visible) > 0) != (err == nil) {
					t.Errorf("%d rows are visible after error %v", len(j.sink.visible), err)
				}
				if verified.Load() == 0 {
					t.Error("nothing was verified")
				}
				if n := j.src.open.Load(); n != 0 {
					t.Errorf("%d readers left open", n)
				}
			})
		}
	}
}

// TestPreviewVerified: also a preview shows nothing that may be wrong.
func TestPreviewVerified(t *testing.T) {
	j := newJob(t, numbers(100))
	p := j.plan()
	p.From = &sealedLines{j.src, connector.Mark(errors.New("the seal is broken"), connector.ErrIntegrity), new(atomic.Int64)}
	if table, err := Preview(j.ctx, p, 2, -1); !errors.Is(err, connector.ErrIntegrity) || table != nil {
		t.Errorf("%v, error %v", table, err)
	}
}

// TestRejectsVerified: rejected rows of a file are in no file before theirs was verified.
func TestRejectsVerified(t *testing.T) {
	broken := connector.Mark(errors.New("the seal is broken"), connector.ErrIntegrity)
	for _, c := range []struct {
		name         string
		seal         error
		limit, keeps int64 // rows taken (0 = all), rejects allowed
		published    bool
	}{
		{"right", nil, 0, -1, true},
		{"broken", broken, 1, -1, false},
		{"too many, right", nil, 0, 2, true},
		{"too many, broken", broken, 0, 2, false},
		{"too many, unreadable", errors.New("the line went dead"), 0, 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows := numbers(100)
			for i := range 10 {
				rows[i] = "bad,x"
			}
			j := newJob(t, rows)
			j.rules.Rows, j.rules.MaxRows, j.o.Workers = "quarantine", c.keeps, 1
			if c.limit > 0 {
				j.ops = append(j.ops, limit(c.limit))
			}
			p := j.plan()
			p.From = &sealedLines{j.src, c.seal, new(atomic.Int64)}
			r, err := Run(j.ctx, p, j.o)
			if r.RowsRejected == 0 {
				t.Fatalf("nothing was rejected: %v", err)
			}
			if c.published != (r.Rejects != "") {
				t.Errorf("the report names %q after error %v", r.Rejects, err)
			}
			if left, _ := os.ReadDir(j.o.RejectsDir); c.published != (len(left) == 1) {
				t.Errorf("%d files of rejects after error %v", len(left), err)
			}
		})
	}
}
