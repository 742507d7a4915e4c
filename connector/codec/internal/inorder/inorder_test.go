package inorder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector/conntest"
)

// words is a format whose pieces end at a space. A word that starts with A is read alone, one
// with F only fails when it is unpacked, and one with X fails for good.
type words struct {
	room int // of every piece
	most *atomic.Int64
	busy atomic.Int64
}

var errWord = errors.New("bad word")

func (f *words) Take(s *Source, t *Task) (bool, error) {
	head, err := s.Peek(1)
	if err != nil {
		return false, err
	}
	if head[0] == 'A' {
		return false, nil
	}
	word, err := s.ReadBytes(' ')
	t.In = append(t.In, word...)
	if cap(t.Out) < f.room {
		t.Out = make([]byte, 0, f.room)
	}
	if f.most != nil {
		f.most.Store(max(f.most.Load(), f.busy.Add(1)))
	}
	return err == nil, nil
}

func (f *words) Unpack(t *Task) {
	if t.In[0] == 'F' || t.In[0] == 'X' {
		t.Err = errWord
	}
	t.Out = append(t.Out, bytes.ToUpper(t.In)...)
	f.busy.Add(-1)
}

func (f *words) Alone(s *Source) io.Reader {
	word, err := s.ReadBytes(' ')
	if word[0] == 'X' {
		return iotest.ErrReader(errWord)
	}
	if err != nil {
		return io.MultiReader(bytes.NewReader(bytes.ToUpper(word)), iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	return bytes.NewReader(bytes.ToUpper(word))
}

func TestReader(t *testing.T) {
	conntest.NoLeak(t)
	many := strings.Repeat("one two Alone three Fail four ", 500)
	for in, test := range map[string]struct {
		out string
		err string
	}{
		"":                        {},
		"one ":                    {out: "ONE "},
		"Alone ":                  {out: "ALONE "},
		"Fail ":                   {out: "FAIL "},
		many:                      {out: strings.ToUpper(many)},
		"one two X three ":        {out: "ONE TWO ", err: "unpack: word 3: bad word"},
		"X ":                      {err: "unpack: bad word"},
		"one two Alone Fail X A ": {out: "ONE TWO ALONE FAIL ", err: "unpack: word 5: bad word"},
		"one tw":                  {out: "ONE TW", err: "unpack: word 2: unexpected EOF"},
	} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{"whole": same, "bytes": iotest.OneByteReader, "EOF with data": iotest.DataErrReader} {
			r := NewReader(wrap(strings.NewReader(in)), &words{}, "unpack", "word")
			got, err := io.ReadAll(r)
			if string(got) != test.out || fmt.Sprint(err) != test.err && (err != nil || test.err != "") {
				t.Errorf("%s, %.40s: %.40q, error %v", name, in, got, err)
			}
			if n, again := r.Read(make([]byte, 1)); n != 0 || again == nil || err != nil && again != err {
				t.Errorf("%s, %.40s: then %d, %v", name, in, n, again)
			}
			r.Close()
			r.Close()
		}
	}
}

func same(r io.Reader) io.Reader { return r }

// TestClosed closes with pieces under way.
func TestClosed(t *testing.T) {
	conntest.NoLeak(t)
	r := NewReader(strings.NewReader(strings.Repeat("word ", 1000)), &words{}, "unpack", "word")
	if _, err := io.ReadFull(r, make([]byte, 77)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("read after close: %v", err)
	}
}

// TestSourceError: what came before the error of the source is read, and the error stays.
func TestSourceError(t *testing.T) {
	broken := errors.New("the line went dead")
	r := NewReader(io.MultiReader(strings.NewReader("one two "), iotest.ErrReader(broken)), &words{}, "unpack", "word")
	got, err := io.ReadAll(r)
	if string(got) != "ONE TWO " || !errors.Is(err, broken) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestBudget: of large pieces fewer are under way.
func TestBudget(t *testing.T) {
	var most atomic.Int64
	r := NewReader(strings.NewReader(strings.Repeat("word ", 200)), &words{room: budget*2/3 + 1, most: &most}, "unpack", "word")
	if _, err := io.Copy(io.Discard, r); err != nil || most.Load() != 1 {
		t.Errorf("%d at a time, error %v", most.Load(), err)
	}
}

func shout(t *Task) {
	t.Out = append(bytes.ToUpper(t.In), '|')
	if bytes.HasPrefix(t.In, []byte("X")) {
		t.Err = errWord
	}
}

func TestWriter(t *testing.T) {
	conntest.NoLeak(t)
	for in, want := range map[string]string{
		"": "|", "a": "A|", "abc": "ABC|", "abcdefgh": "ABC|DEF|GH|", strings.Repeat("abc", 100): strings.Repeat("ABC|", 100),
	} {
		for _, step := range []int{1, 2, 1000} {
			var out bytes.Buffer
			w := NewWriter(&out, 3, 2, shout)
			for rest := in; rest != ""; rest = rest[min(step, len(rest)):] {
				if _, err := io.WriteString(w, rest[:min(step, len(rest))]); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(w.Close(), w.Close()); err != nil || out.String() != want {
				t.Errorf("%q in steps of %d: %q, error %v", in, step, out.String(), err)
			}
			if _, err := w.Write([]byte("x")); err == nil {
				t.Error("write after close: no error")
			}
		}
	}
}

// TestWriterErrors: an error of packing or of writing is told, at Close at the latest.
func TestWriterErrors(t *testing.T) {
	conntest.NoLeak(t)
	full := errors.New("no space")
	for name, test := range map[string]struct {
		out  io.Writer
		in   string
		want error
	}{
		"packing": {io.Discard, "abcXbcabc", errWord},
		"writing": {refuse{full}, "abcabcabcabcabc", full},
		"at last": {refuse{full}, "a", full},
	} {
		w := NewWriter(test.out, 3, 1, shout)
		_, err := io.WriteString(w, test.in)
		if err := errors.Join(err, w.Close()); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type refuse struct{ err error }

func (r refuse) Write([]byte) (int, error) { return 0, r.err }
