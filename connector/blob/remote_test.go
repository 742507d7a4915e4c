package blob_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/s3"
	"github.com/headgate/headgate/connector/sftp"
)

// TestResumeOverSFTP reads files through a line that is cut after every few hundred kilobytes.
func TestResumeOverSFTP(t *testing.T) {
	d, x := servers.OpenSSH(t, servers.SSHOptions{}), servers.Toxi(t)
	dir := t.TempDir()
	var plain strings.Builder
	plain.WriteString("id,name\n")
	for i := range 60_000 {
		fmt.Fprintf(&plain, "%d,name of customer %d\n", i, i)
	}
	for name, content := range map[string]string{"a.csv": plain.String(), "b.csv.gz": compressed(plain.String())} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := x.Before(d.Address)
	host, port, err := net.SplitHostPort(p.Address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	env := connector.Env{Connection: "remote", Secrets: func(context.Context, string) (connector.Secret, error) {
		return connector.NewSecret(append([]byte(nil), d.Key...)), nil
	}}
	cfg := sftp.Config{Host: host, Port: n, User: d.User, PrivateKey: "secret:key", HostKeys: d.HostKeys[:1], Timeout: 5 * time.Second, Path: dir}
	for _, glob := range []string{"a.csv", "b.csv.gz"} {
		src := blob.NewSource(blob.SourceConfig{Store: sftp.Open(env, cfg), StoreName: "remote", Registry: all.Registry(), Glob: glob,
			Columns: conntest.Schema(t, "id int", "name string").Fields, Retry: connector.Retry{Attempts: 20, Backoff: time.Millisecond}, Sums: true})
		if _, err := src.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		plan, err := src.Plan(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		remove := p.Toxic("limit_data", "downstream", map[string]any{"bytes": 700_000})
		p.Cut()
		p.Mend()
		rows, err := conntest.ReadSplit(t.Context(), src, plan.Splits[0])
		if err != nil || len(rows) != 60_000 || rows[59_999][0] != "59999" {
			t.Errorf("%s: %d rows, %v", glob, len(rows), err)
		}
		if sums := src.Sums(); len(sums) != 1 {
			t.Errorf("%s: sums %v", glob, sums)
		}
		remove()
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestMoveInTwoSteps: a move on S3 is a copy and a removal. A crash between them, or after them
// and before it is recorded, loses no file and has none read twice.
func TestMoveInTwoSteps(t *testing.T) {
	ca := servers.CA(t)
	srv := servers.VersityGW(t, ca.Localhost(), "depot")
	env := connector.Env{Connection: "lake", Secrets: func(context.Context, string) (connector.Secret, error) {
		return connector.NewSecret([]byte(srv.SecretKey)), nil
	}}
	lake := func() connector.Store {
		s, err := s3.Type().Store(t.Context(), env, &s3.Config{Endpoint: "https://" + srv.Address, Region: "us-east-1", Bucket: "depot",
			Style: "path", AccessKey: srv.AccessKey, SecretKey: "secret:key", CA: ca.File})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	plan := func() (*blob.Source, *connector.SplitPlan) {
		src := blob.NewSource(blob.SourceConfig{Store: lake(), StoreName: "lake", Registry: all.Registry(), Glob: "in/*.csv", OnSuccess: blob.OnSuccess{Move: "done/"}})
		if _, err := src.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		p, err := src.Plan(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return src, p
	}
	files := func(pattern string) (names []string) {
		list, err := lake().List(t.Context(), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			names = append(names, o.Name)
		}
		return names
	}
	servers.Write(t, srv.Root, "depot/in/a.csv", "id\n1\n")
	_, committed := plan()
	if len(committed.Splits) != 1 {
		t.Fatalf("%d files", len(committed.Splits))
	}
	servers.Write(t, srv.Root, "depot/done/a.csv", "id\n1\n") // copied, and not removed
	for range 2 {
		src, _ := plan()
		if err := src.Ack(t.Context(), committed); err != nil {
			t.Fatal(err)
		}
		if again, err := src.Plan(t.Context(), nil); err != nil || len(again.Splits) != 0 {
			t.Errorf("%d files are read again, %v", len(again.Splits), err)
		}
		if in, done := files("in/*"), files("done/*"); len(in) != 0 || len(done) == 0 || done[0] != "done/a.csv" && done[0] != "done/a.2.csv" {
			t.Errorf("left %q, moved %q", in, done)
		}
	}
}
