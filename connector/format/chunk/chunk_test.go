package chunk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestSource reads in pieces, gives some of each back, and must see every byte once.
func TestSource(t *testing.T) {
	text := strings.Repeat("0123456789", 20)
	for _, size := range []int{1, 2, 7, 64, 500} {
		for _, back := range []int{0, 1, 5} {
			s := NewSource(iotest.OneByteReader(strings.NewReader(text)))
			var got, buf []byte
			for !s.Ended() || len(got) == 0 {
				var err error
				if buf, err = s.Fill(context.Background(), buf[:0], size); err != nil {
					t.Fatal(err)
				}
				keep := max(len(buf)-back, min(1, len(buf)))
				got = append(got, buf[:keep]...)
				s.Unread(buf[keep:])
				if len(buf) == 0 {
					break
				}
			}
			if string(got) != text {
				t.Errorf("size %d, back %d: %d bytes %q", size, back, len(got), got)
			}
		}
	}
}

func TestFillGrows(t *testing.T) {
	s := NewSource(strings.NewReader("abcdef"))
	buf, err := s.Fill(context.Background(), nil, 2)
	if err != nil || string(buf) != "ab" {
		t.Fatalf("%q, %v", buf, err)
	}
	if buf, err = s.Fill(context.Background(), buf, 4); err != nil || string(buf) != "abcd" || s.Ended() {
		t.Fatalf("%q, %v", buf, err)
	}
	if buf, err = s.Fill(context.Background(), buf, 40); err != nil || string(buf) != "abcdef" || !s.Ended() {
		t.Fatalf("%q, %v", buf, err)
	}
	if cap(buf) < len(buf)+Slack {
		t.Errorf("no room for the slack")
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	s := NewSource(io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)))
	for range 2 {
		if _, err := s.Fill(context.Background(), nil, 10); !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
	}
	if _, err := NewSource(idle{}).Fill(context.Background(), nil, 10); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := NewSource(strings.NewReader("ab")).Fill(ctx, nil, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestPad(t *testing.T) {
	dirty := bytes.Repeat([]byte{1}, 200)
	for _, buf := range [][]byte{nil, dirty[:10], dirty[:199], {1, 2, 3}} {
		got := Pad(buf)
		if !bytes.Equal(got, buf) || !bytes.Equal(got[len(got):len(got)+Slack], make([]byte, Slack)) {
			t.Errorf("%v", got[:cap(got)])
		}
	}
}

func TestReuse(t *testing.T) {
	if Reuse(make([]byte, 5, 100), 100) == nil || Reuse(make([]byte, 10_000), 100) != nil {
		t.Error("memory of the usual size must stay, much larger memory must go")
	}
}
