package blob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
)

// SinkConfig is what a file sink needs.
type SinkConfig struct {
	Store     connector.Store
	StoreName string // the connection's name, for messages; "" = the project's own files
	Registry  *connector.Registry
	Keys      connector.Keys // of codecs that encrypt; nil = none
	// Name is the name of the file that a split is written to. When PerSplit is
	// false it is asked once, for the zero Split.
	Name     func(connector.Split) (string, error)
	PerSplit bool
	Pattern  string  // the name as the flow has it, for messages
	Layers   *Layers // nil = by the name's extension
	// PartitionBy are columns for whose values there is a file each, in folders named
	// column=value below the folder of Name, as Hive has them. The files lack these columns.
	PartitionBy []string
	// RollSize is after how many bytes a file ends and the next one begins; 0 = never. The
	// names then have a number before their extensions, from 00001 on.
	RollSize int64
	Sums     bool // checksums of the files are wanted
	// Hold holds back what goes to standard output until everything was read, since only
	// then it is known to be right.
	Hold    bool
	InOrder bool // Name depends on the order in which it is asked
}

// Sink writes files.
type Sink struct {
	cfg    SinkConfig
	schema *record.Schema
	mu     sync.Mutex
	names  map[string]connector.SplitID // of the files opened so far
	sums   []connector.FileSum          // of those that were committed
}

// NewSink makes a sink. It owns the store.
func NewSink(cfg SinkConfig) *Sink {
	return &Sink{cfg: cfg, names: map[string]connector.SplitID{}}
}

// Sweeper is a Store that finds what a crash left of uploads that were not sealed.
type Sweeper interface {
	// Sweep removes the staged uploads in dir and below whose tag starts with tag.
	Sweep(ctx context.Context, dir, tag string) error
}

// session is the Spec of a session.
type session struct {
	Dir string `json:"dir"` // where all files lie, or below it
}

// staged is the Spec of a receipt.
type staged struct {
	Staged string `json:"staged"`
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes,omitempty"` // with SHA256
	SHA256 string `json:"sha256,omitempty"`
}

// Parallel is how many files may be written at once.
func (s *Sink) Parallel() int {
	if s.cfg.InOrder {
		return 1
	}
	return files
}

// PerSplit reports whether the name depends on the split.
func (s *Sink) PerSplit() bool { return s.cfg.PerSplit }

// Prepare checks the name and the format, and says what will be written.
func (s *Sink) Prepare(ctx context.Context, in *record.Schema, run connector.Run, _ bool) (*connector.Session, error) {
	s.schema = in
	ses := &connector.Session{ID: run.ID}
	if s.cfg.PerSplit {
		ses.Changes = []string{"write one file per split: " + s.label(s.cfg.Pattern)}
		return ses, s.spec(ses, fixedFolder(s.cfg.Pattern))
	}
	name, err := s.cfg.Name(connector.Split{})
	if err != nil {
		return nil, err
	}
	layers, err := s.cfg.Layers.resolve(s.cfg.Registry, name)
	if err == nil && name == "-" && s.cfg.RollSize > 0 {
		err = errors.New("roll: standard output is one stream")
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", s.label(name), err)
	}
	if layers.Format.NewEncoder == nil {
		return nil, fmt.Errorf("write %s: %s cannot be written", s.label(name), layers.Format.Name)
	}
	by, rest, err := s.partition()
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", s.label(name), err)
	}
	if _, err := layers.Format.NewEncoder(layers.Config, rest); err != nil {
		return nil, fmt.Errorf("write %s: %w", s.label(name), err)
	}
	if len(by) > 0 {
		ses.Changes = []string{"write one file per " + strings.Join(s.cfg.PartitionBy, ", ") + ": " + s.label(s.first(folderOf(name, s.cfg.PartitionBy)))}
		return ses, s.spec(ses, path.Dir(name))
	}
	if s.cfg.RollSize > 0 {
		ses.Changes = []string{"write files of about " + spec.Size(s.cfg.RollSize).String() + ": " + s.label(s.first(name)) + ", ..."}
		return ses, s.spec(ses, path.Dir(name))
	}
	change, err := s.change(ctx, name)
	if err != nil {
		return nil, err
	}
	ses.Changes = []string{change}
	return ses, s.spec(ses, path.Dir(name))
}

func (s *Sink) spec(ses *connector.Session, dir string) (err error) {
	ses.Spec, err = json.Marshal(session{dir})
	return err
}

// change says what writing name does to what is there.
func (s *Sink) change(ctx context.Context, name string) (string, error) {
	if name == "-" {
		return "write to standard output", nil
	}
	switch _, err := s.cfg.Store.List(ctx, literal(name)); {
	case err == nil:
		return "replace " + s.label(name), nil
	case errors.Is(err, fs.ErrNotExist):
		return "create " + s.label(name), nil
	default:
		return "", err
	}
}

// fixedFolder is the part of a name pattern that is a folder in every name.
func fixedFolder(pattern string) string {
	for i := 0; i+1 < len(pattern); i++ {
		if pattern[i] == '$' && pattern[i+1] == '{' {
			pattern = pattern[:i]
			break
		}
	}
	dir, _ := path.Split(pattern)
	return path.Clean(dir)
}

func (s *Sink) label(name string) string {
	if name == "-" {
		return "standard output"
	}
	return label(s.cfg.StoreName, name)
}

// tagOf begins the tag of every upload of a session.
func tagOf(ses *connector.Session) string { return ses.ID + "." }

// Commit publishes the files in the order of the receipts.
func (s *Sink) Commit(ctx context.Context, _ *connector.Session, rs []connector.Receipt, _ connector.State) (*connector.Result, error) {
	res := &connector.Result{Inserted: -1, Updated: -1, Deleted: -1}
	for _, r := range rs {
		files, err := receiptSpec(r)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if err := s.cfg.Store.Publish(ctx, f.Staged, f.Name); err != nil {
				return nil, err
			}
			res.Outputs = append(res.Outputs, s.label(f.Name))
			if s.cfg.Sums && f.SHA256 != "" {
				s.sums = append(s.sums, connector.FileSum{Name: s.label(f.Name), Bytes: f.Bytes, SHA256: f.SHA256})
			}
		}
	}
	return res, nil
}

// Sums lists the files that Commit published, when SinkConfig.Sums asks for it.
func (s *Sink) Sums() []connector.FileSum { return s.sums }

// receiptSpec lists the files of a receipt.
func receiptSpec(r connector.Receipt) (files []staged, err error) {
	if err := json.Unmarshal(r.Spec, &files); err != nil {
		return nil, fmt.Errorf("receipt of split %s: %w", r.Split, err)
	}
	return files, nil
}

// Abort removes what the session's writers left, sealed or not.
func (s *Sink) Abort(ctx context.Context, ses *connector.Session, rs []connector.Receipt) error {
	var errs []error
	for _, r := range rs {
		files, err := receiptSpec(r)
		errs = append(errs, err)
		for _, f := range files {
			if f.Staged != "" {
				errs = append(errs, s.cfg.Store.Remove(ctx, f.Staged))
			}
		}
	}
	var at session
	if sweeper, ok := s.cfg.Store.(Sweeper); ok && json.Unmarshal(ses.Spec, &at) == nil {
		errs = append(errs, sweeper.Sweep(ctx, at.Dir, tagOf(ses)))
	}
	return errors.Join(errs...)
}

// Close closes the store.
func (s *Sink) Close() error { return s.cfg.Store.Close() }
