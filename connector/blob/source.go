package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// SourceConfig is what a file source needs.
type SourceConfig struct {
	Store     connector.Store
	StoreName string // the connection's name, for messages; "" = the project's own files
	Registry  *connector.Registry
	Keys      connector.Keys // of codecs that decrypt; nil = none
	Glob      string
	Settle    time.Duration   // files changed less than this ago are left for later
	Seen      string          // SeenReload (or ""), SeenSkip, SeenFail
	SeenBy    string          // SeenByName (or ""), SeenByContent
	Cursor    json.RawMessage // most likely what Plan will be given: spares Discover a look at old files
	OnSuccess OnSuccess
	Retry     connector.Retry // of what is read
	Layers    *Layers         // nil = by the extension of each file
	Sums      bool            // checksums of the files are wanted

	Columns       []record.Field // declared; empty = every column, inferred
	NewColumn     string         // a column that is not declared: ignore (or ""), add, fail
	MissingColumn string         // a declared column that is not there: fail (or ""), ignore
	Strict        bool
	FileColumns   []record.Field // those of FileColumns that are wanted

	ChunkSize  int // bytes of a morsel; 0 = the format's default
	SampleRows int // rows looked at to infer types; 0 = 10,000
}

// Source reads the files that match a glob, one split per file. Open may be called from
// several goroutines.
type Source struct {
	cfg     SourceConfig
	objects []connector.Object
	schema  *record.Schema     // without the columns of SourceConfig.FileColumns
	streams map[string]*stream // what can be read only once, by name
	narrow  []connector.Range
	left    leftOut
	planned []connector.Object // by Plan
	places  map[string]int     // of planned, by name

	mu        sync.Mutex        // guards what is below
	begun     map[string]bool   // files of which something was read
	checksums map[string][]byte // SHA-256 of files that were read to their end
}

// NewSource makes a source. It owns the store.
func NewSource(cfg SourceConfig) *Source {
	return &Source{cfg: cfg, streams: map[string]*stream{}, begun: map[string]bool{}, checksums: map[string][]byte{}}
}

// split is the Spec of a split.
type split struct {
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Unread   bool      `json:"unread,omitempty"` // the run ended before its turn came
}

func (f split) object() connector.Object {
	return connector.Object{Name: f.Name, Size: f.Size, Modified: f.Modified}
}

func (s *Source) split(sp connector.Split) (f split, err error) {
	if err := json.Unmarshal(sp.Spec, &f); err != nil {
		return f, fmt.Errorf("read %s: split: %w", sp.Name, err)
	}
	return f, nil
}

// Plan makes a split of each file that Discover found and cursor does not know.
func (s *Source) Plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	p := &connector.SplitPlan{Splits: []connector.Split{}}
	s.planned = s.objects
	if s.remembers() {
		known, err := openLedger(cursor)
		if err != nil {
			return nil, err
		}
		if s.planned, err = s.unseen(ctx, known); err != nil {
			return nil, err
		}
		if p.Cursor, err = known.cursor(); err != nil {
			return nil, err
		}
	}
	s.places = make(map[string]int, len(s.planned))
	for i, o := range s.planned {
		s.places[o.Name] = i
		spec, err := json.Marshal(split{Name: o.Name, Size: o.Size, Modified: o.Modified})
		if err != nil {
			return nil, err
		}
		p.Splits = append(p.Splits, connector.Split{
			ID: splitID(o.Name), Name: s.label(o.Name), Spec: spec, Rows: -1, Bytes: o.Size,
		})
	}
	return p, nil
}

// splitID is a name for a file that may itself be part of a file name: the start of
// the file's own, and a digest that makes it unique.
func splitID(name string) connector.SplitID {
	const letters, digits = 40, 8
	stem, _, _ := strings.Cut(strings.TrimLeft(path.Base(name), "."), ".")
	stem = strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r == '-', r == '_':
			return r
		}
		return -1
	}, stem)
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])[:digits]
	if stem == "" {
		return connector.SplitID(id)
	}
	return connector.SplitID(stem[:min(len(stem), letters)] + "-" + id)
}

// Open starts reading a file. It must still be the one that was planned.
func (s *Source) Open(ctx context.Context, sp connector.Split) (connector.Reader, error) {
	f, err := s.split(sp)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Retry.Do(ctx, func() error { return s.unchanged(ctx, f) }); err != nil {
		return nil, err
	}
	if codec, ok := s.archived(f.object()); ok {
		m, err := s.openMembers(ctx, f.object(), codec)
		if err != nil {
			return nil, err
		}
		m.began = func() { s.begin(f.Name) }
		return m, nil
	}
	in, err := s.open(ctx, f.object(), false)
	if err != nil {
		return nil, err
	}
	r := &reader{in: in, size: f.Size, place: s.places[f.Name], began: func() { s.begin(f.Name) }, file: f.object(), about: s.described(s.schema)}
	if err := s.attach(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// attach binds an opened file to the schema. It closes the file when there is an error.
func (s *Source) attach(ctx context.Context, r *reader) error {
	in := r.in
	stop := context.AfterFunc(ctx, in.interrupt)
	defer stop()
	columns, err := in.dec.Columns(ctx)
	switch {
	case err != nil:
		err = in.fail(ctx, err)
	case columns == nil:
		r.empty = true
	default:
		err = s.bind(r, columns)
	}
	if err != nil {
		in.Close()
	}
	return err
}

// begin notes that something is read of a file.
func (s *Source) begin(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun[name] = true
}

// files is how many files are worth having open at once.
const files = 4

// Parallel is how many files may be open at once: one where there is a stream, which
// is read as it comes.
func (s *Source) Parallel() int {
	if slices.ContainsFunc(s.planned, func(o connector.Object) bool { return o.Size < 0 }) {
		return 1
	}
	return files
}

func (s *Source) wasBegun(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun[name]
}

// unchanged compares a file with its split.
func (s *Source) unchanged(ctx context.Context, f split) error {
	if f.Size < 0 {
		return nil
	}
	now, err := s.cfg.Store.List(ctx, literal(f.Name))
	if err != nil {
		return err
	}
	if len(now) != 1 {
		return fmt.Errorf("read %s: it is not there any more", s.label(f.Name))
	}
	if now[0].Size != f.Size || !now[0].Modified.Equal(f.Modified) {
		return fmt.Errorf("read %s: the file has changed since the run was planned (%d bytes then, %d now)", s.label(f.Name), f.Size, now[0].Size)
	}
	return nil
}

// literal is the pattern that matches only name.
func literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `{`, `\{`).Replace(name)
}

// label is how messages call a file.
func (s *Source) label(name string) string { return label(s.cfg.StoreName, name) }

func label(store, name string) string {
	switch {
	case name == "-":
		return "standard input"
	case store == "":
		return name
	}
	return store + ":" + name
}

// Narrow passes the ranges on to the formats, which do not know the columns that
// describe the file.
func (s *Source) Narrow(ranges []connector.Range) {
	s.narrow = slices.DeleteFunc(ranges, func(r connector.Range) bool {
		return fieldIndex(s.cfg.FileColumns, r.Column) >= 0 && s.schema.Index(r.Column) < 0
	})
}

// Close closes the streams and the store.
func (s *Source) Close() error {
	var errs []error
	for name, st := range s.streams {
		errs = append(errs, st.Close())
		delete(s.streams, name)
	}
	return errors.Join(append(errs, s.cfg.Store.Close())...)
}
