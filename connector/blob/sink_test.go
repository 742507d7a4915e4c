package blob_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/file"
)

var run = connector.Run{ID: "run", Flow: "flow"}

func TestSinkRefuses(t *testing.T) {
	env := folder(t, "out/folder/x", "")
	for name, want := range map[string]string{
		"out/x":        "write out/x: its name does not tell the format: name one of csv, tsv, jsonl",
		"out/x.dat.gz": "write out/x.dat.gz: its name does not tell the format",
		"-":            "write standard output: its name does not tell the format",
		"../x.csv":     "../x.csv leads out of the project",
		"out/folder":   "its name does not tell the format",
	} {
		s := newSink(env, name)
		_, err := s.Prepare(t.Context(), conntest.Numbered(t, 1).Schema, run, true)
		wantError(t, err, want)
		s.Close()
	}
}

func TestSinkChanges(t *testing.T) {
	env := folder(t, "out/there[1].csv", "id\n")
	for name, want := range map[string]string{
		"out/new.csv": "create out/new.csv", "out/there[1].csv": "replace out/there[1].csv",
		"out/${{ split.id }}.csv": "write one file per split: out/${{ split.id }}.csv",
	} {
		s := newSink(env, name)
		ses, err := s.Prepare(t.Context(), conntest.Numbered(t, 1).Schema, run, true)
		if err != nil || len(ses.Changes) != 1 || ses.Changes[0] != want {
			t.Errorf("%s: %q, %v, want %q", name, ses.Changes, err, want)
		}
		s.Close()
	}
}

func TestSameNameTwice(t *testing.T) {
	s := blob.NewSink(blob.SinkConfig{
		Store: file.Open(folder(t), file.Config{}), Registry: all.Registry(), PerSplit: true,
		Name: func(connector.Split) (string, error) { return "same.csv", nil },
	})
	defer s.Close()
	ses, err := s.Prepare(t.Context(), conntest.Numbered(t, 1).Schema, run, false)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // another attempt of the same split
		w, err := s.Open(t.Context(), ses, connector.Split{ID: "one"})
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	_, err = s.Open(t.Context(), ses, connector.Split{ID: "two"})
	wantError(t, err, "write same.csv: two splits", "${{ split.id }}")
}

// TestFullDisk writes to a device that takes nothing.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Log("no /dev/full here")
		return
	}
	reg := all.Registry()
	for _, codecs := range [][]blob.Codec{nil, {{Codec: reg.Codec("gzip")}}, {{Codec: reg.Codec("zstd")}}} {
		s := blob.NewSink(blob.SinkConfig{
			Store: file.Open(connector.Env{Connection: "dev"}, file.Config{Path: "/dev"}), StoreName: "dev", Registry: reg,
			Name:   func(connector.Split) (string, error) { return "full", nil },
			Layers: &blob.Layers{Format: reg.Format("csv"), Codecs: codecs},
		})
		rows := conntest.Numbered(t, 1000)
		ses, err := s.Prepare(t.Context(), rows.Schema, run, false)
		if err != nil {
			t.Fatal(err)
		}
		w, err := s.Open(t.Context(), ses, connector.Split{})
		if err != nil {
			t.Fatal(err)
		}
		var m connector.Morsel
		rows.Fill(t, &m, 0, 1000)
		if err := w.Encode(&m); err != nil {
			t.Fatal(err)
		}
		err = w.Append(t.Context(), &m)
		if err == nil {
			_, err = w.Seal(t.Context())
		}
		wantError(t, err, "write dev:full: no space left on device")
		w.Close()
		s.Close()
	}
}

func TestStandardOutput(t *testing.T) {
	var out strings.Builder
	reg := all.Registry()
	s := blob.NewSink(blob.SinkConfig{
		Store: file.Open(connector.Env{Project: t.TempDir(), Stdout: &out}, file.Config{}), Registry: reg,
		Name:   func(connector.Split) (string, error) { return "-", nil },
		Layers: &blob.Layers{Format: reg.Format("csv")},
	})
	defer s.Close()
	loaded := conntest.Load{Rows: conntest.Numbered(t, 2), Run: run}.Write(t, s)
	if out.String() != "id,name\n0,name 0\n1,name 1\n" || loaded.Result.Outputs[0] != "standard output" {
		t.Errorf("%q, %+v", out.String(), loaded.Result)
	}
}

// TestSweptAfterCrash kills a process in the middle of several files.
func TestSweptAfterCrash(t *testing.T) {
	env := folder(t, "data/keep.csv", "id\n", "data/.other.csv.run2.a.partial", "of another run")
	const pattern = "data/${{ split.id }}.csv"
	open := func() (*blob.Sink, *connector.Session) {
		s := newSink(env, pattern)
		ses, err := s.Prepare(t.Context(), conntest.Numbered(t, 1).Schema, run, false)
		if err != nil {
			t.Fatal(err)
		}
		return s, ses
	}
	conntest.Crash(t, env.Project, func(dir string) {
		env.Project = dir
		s, ses := open()
		for _, id := range []connector.SplitID{"a", "b"} {
			if _, err := s.Open(t.Context(), ses, connector.Split{ID: id}); err != nil {
				t.Fatal(err)
			}
		}
	})
	left := func() int { return len(files(t, filepath.Join(env.Project, "data"))) }
	if left() != 4 {
		t.Errorf("after the crash: %q", files(t, env.Project))
	}
	s, ses := open()
	defer s.Close()
	if err := s.Abort(t.Context(), ses, nil); err != nil {
		t.Fatal(err)
	}
	if left() != 2 {
		t.Errorf("after the abort: %q", files(t, env.Project))
	}
}
