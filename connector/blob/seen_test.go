package blob_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/file"
	"github.com/headgate/headgate/connector/record"
)

// inbox is a folder of files and the ledger of a flow that reads them.
type inbox struct {
	t      *testing.T
	dir    string
	cursor json.RawMessage
}

func newInbox(t *testing.T) *inbox { return &inbox{t: t, dir: t.TempDir()} }

// put writes a file that was last changed hour hours ago.
func (b *inbox) put(name, text string, hour int) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	when := time.Now().Add(-time.Duration(hour) * time.Hour).Truncate(time.Second)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644), os.Chtimes(path, when, when))
	if err != nil {
		b.t.Fatal(err)
	}
}

// files lists what is there, with folders.
func (b *inbox) files() string {
	var list []string
	filepath.WalkDir(b.dir, func(p string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(b.dir, p)
			list = append(list, filepath.ToSlash(rel))
		}
		return err
	})
	return strings.Join(list, " ")
}

// run reads what is new and commits it, unless commit is false. It gives the rows in one line.
func (b *inbox) run(cfg blob.SourceConfig, commit bool) (string, error) {
	b.t.Helper()
	if cfg.Glob == "" {
		cfg.Glob = "in/*.csv"
	}
	src := newSource(connector.Env{Project: b.dir}, cfg)
	defer src.Close()
	if _, err := src.Discover(b.t.Context()); err != nil {
		return "", err
	}
	plan, err := src.Plan(b.t.Context(), b.cursor)
	if err != nil {
		return "", err
	}
	var rows []string
	for _, sp := range plan.Splits {
		part, err := conntest.ReadSplit(b.t.Context(), src, sp)
		if err != nil {
			return "", err
		}
		for _, r := range part {
			rows = append(rows, strings.Join(r, ","))
		}
	}
	if err := src.Conclude(b.t.Context(), plan); err != nil {
		return "", err
	}
	if commit {
		if plan.Cursor != nil {
			b.cursor = plan.Cursor
		}
		err = src.Ack(b.t.Context(), plan)
	}
	return strings.Join(rows, " "), err
}

func (b *inbox) want(what string, cfg blob.SourceConfig, want string) {
	b.t.Helper()
	got, err := b.run(cfg, true)
	if err != nil || got != want {
		b.t.Errorf("%s: read %q, %v; want %q", what, got, err, want)
	}
}

func TestSeen(t *testing.T) {
	skip := blob.SourceConfig{Seen: blob.SeenSkip}
	b := newInbox(t)
	b.put("in/a.csv", "id\n1\n", 9)
	if got, err := b.run(skip, false); got != "1" || err != nil {
		t.Fatal(got, err)
	}
	b.want("a run that was not committed does not count", skip, "1")
	b.want("once is enough", skip, "")
	b.put("in/b.csv", "id\n1\n", 9)
	b.want("another name, the same contents", skip, "1")
	b.put("in/a.csv", "id\n2\n", 8)
	b.want("changed", skip, "2")
	b.put("in/a.csv", "id\n2\n", 7)
	b.want("touched", skip, "2")
	b.put("in/a.csv", "id\n3\n", 7)
	b.want("changed with the same size and time, which nothing tells", skip, "")
	if got, err := b.run(blob.SourceConfig{Seen: blob.SeenFail}, true); err == nil || !strings.Contains(err.Error(), "read in/a.csv: an earlier run has read this file") {
		t.Errorf("fail: %q, %v", got, err)
	}
	b.want("reload", blob.SourceConfig{Seen: blob.SeenReload}, "3 1")
	b.want("the ledger outlives a reload", skip, "")
	b.cursor = nil
	b.want("a full refresh", skip, "3 1")
}

// TestOldFilesAreLeftAlone: what is in the ledger is not looked into to find the columns, unless
// there is nothing else.
func TestOldFilesAreLeftAlone(t *testing.T) {
	b := newInbox(t)
	b.put("in/a.csv", "id\n1\n", 9)
	b.want("the first", blob.SourceConfig{Seen: blob.SeenSkip}, "1")
	src := newSource(connector.Env{Project: b.dir}, blob.SourceConfig{Glob: "in/*.csv", Seen: blob.SeenSkip, Cursor: b.cursor})
	defer src.Close()
	if st, err := src.Discover(t.Context()); err != nil || st.Schema.Index("id") != 0 {
		t.Errorf("with nothing new: %v", err)
	}
	b.put("in/b.csv", "id,other\n2,x\n", 8)
	b.put("in/c.csv", "", 8)
	got, err := b.run(blob.SourceConfig{Seen: blob.SeenSkip, Cursor: b.cursor, NewColumn: "fail"}, true)
	if err != nil || got != "2,x" {
		t.Errorf("columns of the new file: %q, %v", got, err)
	}
}

func TestSeenByContent(t *testing.T) {
	skip := blob.SourceConfig{Seen: blob.SeenSkip, SeenBy: blob.SeenByContent}
	b := newInbox(t)
	b.put("in/a.csv", "id\n1\n", 9)
	b.put("in/b.csv", "id\n1\n", 9)
	b.put("in/c.csv", "id\n2\n", 9)
	b.want("twins are read once", skip, "1 2")
	b.want("once is enough", skip, "")
	b.put("in/d.csv", "id\n2\n", 9)
	b.put("in/e.csv", "id\n3\n", 9)
	b.want("another name, the same contents", skip, "3")
	b.put("in/a.csv", "id\n1\n", 8)
	b.want("touched", skip, "")
	b.put("in/a.csv", "id\n44\n", 8)
	b.want("changed", skip, "44")
	if !strings.Contains(string(b.cursor), `"contents":["5-`) || strings.Contains(string(b.cursor), "a.csv") {
		t.Errorf("ledger %s", b.cursor)
	}
}

// TestKnownContentsAreReadOnce: a copy is read once to be recognised, and then known by its name.
func TestKnownContentsAreReadOnce(t *testing.T) {
	cfg := blob.SourceConfig{Seen: blob.SeenSkip, SeenBy: blob.SeenByContent}
	b := newInbox(t)
	b.put("in/a.csv", "id\n1\n", 9)
	b.want("the first", cfg, "1")
	b.put("in/copy.csv", "id\n1\n", 9)
	b.put("in/new.csv", "id\n1234\n", 9)
	b.want("another", cfg, "1234")
	if n := strings.Count(string(b.cursor), `"`); n != 2*(1+3+1+2) { // names: 3 files, contents: 2
		t.Errorf("ledger %s", b.cursor)
	}
}

func TestSeenByContentOfOtherFormats(t *testing.T) {
	rows := conntest.Numbered(t, 10)
	for _, kind := range kinds {
		b := newInbox(t)
		split(t, b.dir, kind, rows)
		cfg := blob.SourceConfig{Glob: "in/*" + kind, Seen: blob.SeenSkip, SeenBy: blob.SeenByContent}
		first, err := b.run(cfg, true)
		if err != nil || strings.Count(first, " ") < 10 {
			t.Fatalf("%s: %q, %v", kind, first, err)
		}
		if err := os.Rename(filepath.Join(b.dir, "in/a"+kind), filepath.Join(b.dir, "in/c"+kind)); err != nil {
			t.Fatal(err)
		}
		b.want(kind+" renamed", cfg, "")
	}
}

func TestSettleAndDelete(t *testing.T) {
	b := newInbox(t)
	b.put("in/a.csv", "id\n1\n", 2)
	b.put("in/b.csv", "id\n2\n", 0)
	b.want("too new", blob.SourceConfig{Settle: time.Hour, OnSuccess: blob.OnSuccess{Delete: true}}, "1")
	if got := b.files(); got != "in/b.csv" {
		t.Errorf("left: %s", got)
	}
}

func TestOnSuccess(t *testing.T) {
	move := blob.SourceConfig{Glob: "in/**/*.csv", OnSuccess: blob.OnSuccess{Move: "in/done/"}}
	b := newInbox(t)
	b.put("in/a.csv", "id\n1\n", 9)
	b.put("in/x/a.csv", "id\n2\n", 9)
	if got, err := b.run(move, false); got != "1 2" || err != nil || b.files() != "in/a.csv in/x/a.csv" {
		t.Fatal(got, err, b.files())
	}
	b.want("committed", move, "1 2")
	if got := b.files(); got != "in/done/a.csv in/done/x/a.csv" {
		t.Errorf("moved to %s", got)
	}
	b.put("in/a.csv", "id\n3\n", 9)
	b.want("what was moved is not read again, though the pattern covers it", move, "3")
	if got := b.files(); got != "in/done/a.2.csv in/done/a.csv in/done/x/a.csv" {
		t.Errorf("moved to %s", got)
	}
	if got, _ := os.ReadFile(filepath.Join(b.dir, "in/done/a.csv")); string(got) != "id\n1\n" {
		t.Errorf("an older file was overwritten: %q", got)
	}
}

// TestAckTwice: a crash between commit and acknowledgement makes the next run acknowledge, and then
// list what to read.
func TestAckTwice(t *testing.T) {
	cfg := blob.SourceConfig{Glob: "in/*.csv", OnSuccess: blob.OnSuccess{Delete: true}}
	b := newInbox(t)
	b.put("in/a.csv", "id\n1\n", 9)
	b.put("in/b.csv", "id\n2\n", 9)
	b.put("in/c.csv", "id\n3\n", 9)
	first := newSource(connector.Env{Project: b.dir}, cfg)
	defer first.Close()
	_, _, plan := conntest.Read(t, first, nil)
	plan.Splits = plan.Splits[:2]
	if err := first.Conclude(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	b.put("in/b.csv", "id\n22\n", 8) // replaced before the crash was noticed
	b.put("in/d.csv", "id\n4\n", 9)
	next := newSource(connector.Env{Project: b.dir}, cfg)
	defer next.Close()
	if _, err := next.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := next.Ack(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.files(); got != "in/b.csv in/c.csv in/d.csv" {
		t.Errorf("left: %s", got)
	}
	now, err := next.Plan(t.Context(), nil)
	var names []string
	for _, sp := range now.Splits {
		names = append(names, sp.Name)
	}
	if err != nil || !slices.Equal(names, []string{"in/b.csv", "in/c.csv", "in/d.csv"}) {
		t.Errorf("to read: %q, %v", names, err)
	}
}

// TestUnreadFilesStay: files whose turn never came are neither deleted nor remembered.
func TestUnreadFilesStay(t *testing.T) {
	b := newInbox(t)
	b.put("in/a.csv", "id\n1\n", 9)
	b.put("in/b.csv", "id\n2\n", 9)
	src := newSource(connector.Env{Project: b.dir}, blob.SourceConfig{Glob: "in/*.csv", Seen: blob.SeenSkip, OnSuccess: blob.OnSuccess{Delete: true}})
	defer src.Close()
	if _, err := src.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan, err := src.Plan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conntest.ReadSplit(t.Context(), src, plan.Splits[0]); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(src.Conclude(t.Context(), plan), src.Ack(t.Context(), plan)); err != nil {
		t.Fatal(err)
	}
	b.cursor = plan.Cursor
	if got := b.files(); got != "in/b.csv" {
		t.Errorf("left: %s", got)
	}
	b.want("the rest", blob.SourceConfig{Seen: blob.SeenSkip}, "2")
}

func TestFileColumns(t *testing.T) {
	b := newInbox(t)
	for _, kind := range []string{"csv", "jsonl"} {
		b.put("in/a."+kind, map[string]string{"csv": "id\n1\n2\n", "jsonl": "\n{\"id\":1}\n{\"id\":2}\n"}[kind], 9)
		src := newSource(connector.Env{Project: b.dir}, blob.SourceConfig{Glob: "in/*." + kind, FileColumns: blob.FileColumns()})
		st, rows, _ := conntest.Read(t, src, nil)
		info, _ := os.Stat(filepath.Join(b.dir, "in/a."+kind))
		when := info.ModTime().UTC().Format("2006-01-02T15:04:05Z")
		size := map[string]string{"csv": "7", "jsonl": "19"}[kind]
		want := "id int, file.path string, file.name string, file.size int, file.modified timestamp, file.row int" +
			" / 1 in/a." + kind + " a." + kind + " " + size + " " + when + " 2 / 2 in/a." + kind + " a." + kind + " " + size + " " + when + " 3"
		if got := show(st, rows); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		src.Close()
	}
}

// TestOwnFileColumn: a column of the file's own is not covered up.
func TestOwnFileColumn(t *testing.T) {
	b := newInbox(t)
	b.put("in/a.csv", "file.name\nmine\n", 9)
	src := newSource(connector.Env{Project: b.dir}, blob.SourceConfig{Glob: "in/*.csv", FileColumns: blob.FileColumns()[1:2]})
	defer src.Close()
	st, rows, _ := conntest.Read(t, src, nil)
	if got := show(st, rows); got != "file.name string / mine" {
		t.Error(got)
	}
}

func TestSums(t *testing.T) {
	dir := t.TempDir()
	rows := conntest.Numbered(t, 100)
	env := connector.Env{Project: dir}
	sink := blob.NewSink(blob.SinkConfig{Store: file.Open(env, file.Config{}), Registry: all.Registry(), Sums: true,
		Name: func(connector.Split) (string, error) { return "in/a.csv.gz", nil }})
	conntest.Load{Rows: rows, Run: connector.Run{ID: "r", Flow: "f"}}.Write(t, sink)
	src := newSource(env, blob.SourceConfig{Glob: "in/*", Sums: true, Columns: []record.Field{rows.Schema.Fields[0]}})
	defer src.Close()
	conntest.Read(t, src, nil)
	wrote, read := sink.Sums(), src.Sums()
	if len(wrote) != 1 || !slices.Equal(wrote, read) || wrote[0].Name != "in/a.csv.gz" || len(wrote[0].SHA256) != 64 {
		t.Errorf("wrote %v, read %v", wrote, read)
	}
}
