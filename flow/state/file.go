package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrBusy says that another process runs the flow.
var ErrBusy = errors.New("another run of this flow is under way")

// Folder is a Store in a folder, one file a run and one a cursor.
//
//	runs/<run>.json      the record of a run
//	flows/<flow>.json    the flow's cursor and its last run
//	locks/<flow>.lock    locked by the process that runs the flow
//
// A stream's flow is called <flow>/<stream>, and its files lie in a folder of that flow.
type Folder struct{ dir string }

// Open is the store in dir, which is made when something is first stored.
func Open(dir string) *Folder { return &Folder{dir: dir} }

// last is what is stored of a flow.
type last struct {
	Run    string          `json:"run"`
	Cursor json.RawMessage `json:"cursor,omitempty"`
}

func (s *Folder) runFile(run string) string { return filepath.Join(s.dir, "runs", run+".json") }
func (s *Folder) flowFile(flow string) string {
	return filepath.Join(s.dir, "flows", fileName(flow)+".json")
}

// fileName is what the files of a flow are called. The name of a stream may be anything: what
// not every file system keeps apart is written in hex, and what is too long ends in its digest.
func fileName(flow string) string {
	name, stream, found := strings.Cut(flow, "/")
	if !found {
		return flow
	}
	var b strings.Builder
	for i := range len(stream) {
		if c := stream[i]; c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' && i > 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	escaped := b.String()
	if len(escaped) > longestName {
		sum := sha256.Sum256([]byte(stream))
		escaped = escaped[:longestName-2*len(sum)-1] + "~" + hex.EncodeToString(sum[:])
	}
	return filepath.Join(name, escaped)
}

// longestName leaves room for an extension in what file systems take.
const longestName = 200

// Cursor implements Store.
func (s *Folder) Cursor(flow string) (json.RawMessage, error) {
	l, err := s.last(flow)
	return l.Cursor, err
}

func (s *Folder) last(flow string) (l last, err error) {
	err = read(s.flowFile(flow), &l)
	if errors.Is(err, fs.ErrNotExist) {
		return last{}, nil
	}
	return l, err
}

// SetCursor changes the flow's cursor; nil forgets it. The caller has the flow's lock.
func (s *Folder) SetCursor(flow string, cursor json.RawMessage) error {
	l, err := s.last(flow)
	if err != nil || cursor == nil && l.Cursor == nil {
		return err
	}
	l.Cursor = cursor
	return s.write(s.flowFile(flow), l)
}

// Last is the flow's last run that was stored here; "" = none.
func (s *Folder) Last(flow string) (string, error) {
	l, err := s.last(flow)
	return l.Run, err
}

// Put implements Store. The record is written before the flow's file, so that a
// crash between the two leaves the older of two true statements.
func (s *Folder) Put(r *Record) error {
	l, err := s.last(r.Flow)
	if err != nil {
		return err
	}
	if err := s.write(s.runFile(r.Run), r); err != nil {
		return err
	}
	l.Run = r.Run
	if r.Committed && r.Plan != nil && r.Plan.Cursor != nil {
		l.Cursor = r.Plan.Cursor
	}
	return s.write(s.flowFile(r.Flow), l)
}

// Pending implements Store.
func (s *Folder) Pending(flow string) (*Record, error) {
	l, err := s.last(flow)
	if err != nil || l.Run == "" {
		return nil, err
	}
	var r Record
	if err := read(s.runFile(l.Run), &r); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	if r.Phase == Ended {
		return nil, nil
	}
	return &r, nil
}

func read(name string, into any) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// write replaces name in one step, durably.
func (s *Folder) write(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := s.makeDir(filepath.Dir(name)); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// makeDir makes a folder of the store. The store is kept out of version control:
// it belongs to the machine, not to the project.
func (s *Folder) makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	ignore := filepath.Join(s.dir, ".gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, fs.ErrNotExist) {
		return os.WriteFile(ignore, []byte("*\n"), 0o600)
	}
	return nil
}
