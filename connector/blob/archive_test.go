package blob_test

import (
	stdzip "archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/codec/zip"
	"github.com/headgate/headgate/connector/file"
	"github.com/headgate/headgate/connector/record"
)

// zipped is an archive of "name", "text" pairs.
func zipped(t *testing.T, members ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := stdzip.NewWriter(&out)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, members[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// onlyForward is a store whose files can only be read on from where they were opened, as
// those of servers.
type onlyForward struct{ connector.Store }

func (o onlyForward) Open(ctx context.Context, name string, off int64) (io.ReadCloser, error) {
	rc, err := o.Store.Open(ctx, name, off)
	return struct{ io.ReadCloser }{rc}, err
}

// rowsOf are the rows of a source as text, with where each comes from.
func rowsOf(t *testing.T, src *blob.Source) (rows []string, err error) {
	t.Helper()
	defer src.Close()
	ctx := context.Background()
	if _, err := src.Discover(ctx); err != nil {
		return nil, err
	}
	p, err := src.Plan(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, sp := range p.Splits {
		r, err := src.Open(ctx, sp)
		if err != nil {
			return rows, err
		}
		defer r.Close()
		// Two morsels under way at once, as the engine has them.
		var m [2]connector.Morsel
		for n := 0; ; n = 1 - n {
			if err := r.Next(ctx, &m[n]); err == io.EOF {
				break
			} else if err != nil {
				return rows, err
			}
			if err := r.Decode(&m[n]); err != nil {
				return rows, err
			}
			b := &m[n].Batch
			for _, row := range b.Sel {
				at := b.Origin.Position(b, row)
				text := fmt.Sprintf("%s:%d:", at.File, at.Line)
				for _, c := range b.Cols {
					v := c.Values(b, []int32{row})
					text += " " + string(v.AppendText(nil, b, row))
				}
				rows = append(rows, text)
			}
		}
		if r.BytesRead() > sp.Bytes {
			t.Errorf("%s: %d bytes of %d were read", sp.Name, r.BytesRead(), sp.Bytes)
		}
	}
	return rows, nil
}

// TestArchive: each member is a file of its own, with a header and columns of its own, and
// its rows say where they come from.
func TestArchive(t *testing.T) {
	csv := all.Registry().Format("csv")
	text := record.Type{Kind: record.String}
	columns := []record.Field{{Name: "id", Type: text}, {Name: "name", Type: text}}
	for _, c := range []struct {
		name     string
		glob     string
		members  string // of the codec
		archives map[string][]string
		want     []string
		fault    string
	}{
		{"two members", "a.zip", "**", map[string][]string{"a.zip": {"x.csv", "id,name\n1,a\n2,b\n", "sub/y.csv", "name,id\nc,3\n"}},
			[]string{"a.zip/x.csv:2: 1 a", "a.zip/x.csv:3: 2 b", "a.zip/sub/y.csv:2: 3 c"}, ""},
		{"some of them", "a.zip", "*.csv", map[string][]string{"a.zip": {"readme", "hello", "x.csv", "id,name\n1,a\n", "sub/y.csv", "id,name\n2,b\n"}},
			[]string{"a.zip/x.csv:2: 1 a"}, ""},
		{"two archives", "*.zip", "**", map[string][]string{"a.zip": {"x.csv", "id,name\n1,a\n"}, "b.zip": {"x.csv", "id,name\n2,b\n"}},
			[]string{"a.zip/x.csv:2: 1 a", "b.zip/x.csv:2: 2 b"}, ""},
		{"empty members", "a.zip", "**", map[string][]string{"a.zip": {"x.csv", "", "y.csv", "id,name\n2,b\n", "z.csv", ""}},
			[]string{"a.zip/y.csv:2: 2 b"}, ""},
		{"another has other columns", "a.zip", "**", map[string][]string{"a.zip": {"x.csv", "id,name\n1,a\n", "y.csv", "id\n2\n"}}, nil, "read a.zip/y.csv: it has no column `name`"},
		{"none of them", "a.zip", "*.xml", map[string][]string{"a.zip": {"x.csv", "id,name\n1,a\n"}}, nil, "read a.zip: unzip: none of its 1 members matches"},
		{"not an archive", "a.zip", "**", map[string][]string{"a.zip": nil}, nil, "read a.zip: unzip: this is not a ZIP archive"},
	} {
		for _, forward := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, forward), func(t *testing.T) {
				dir := t.TempDir()
				for name, members := range c.archives {
					data := []byte("id,name\n1,a\n")
					if members != nil {
						data = zipped(t, members...)
					}
					if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				codec := zip.Codec()
				o := codec.Config().(*zip.Options)
				o.Members = c.members
				var store connector.Store = file.Open(connector.Env{Project: dir}, file.Config{})
				if forward {
					store = onlyForward{store}
				}
				rows, err := rowsOf(t, blob.NewSource(blob.SourceConfig{Store: store, Registry: all.Registry(), Glob: c.glob, Columns: columns,
					Layers: &blob.Layers{Codecs: []blob.Codec{{Codec: codec, Config: o}}, Format: csv}}))
				if c.fault != "" {
					if err == nil || !strings.HasPrefix(err.Error(), c.fault) {
						t.Errorf("error %v", err)
					}
					return
				}
				if err != nil || !slices.Equal(rows, c.want) {
					t.Errorf("got %q, error %v", rows, err)
				}
			})
		}
	}
}

// TestDamagedMember: the members before it are read, and the error says which it is.
func TestDamagedMember(t *testing.T) {
	dir := t.TempDir()
	rows := "id\n" + strings.Repeat("1\n", 3000)
	data := zipped(t, "a.csv", rows, "b.csv", rows)
	data[bytes.Index(data, []byte("b.csv"))+12] ^= 0xff
	if err := os.WriteFile(filepath.Join(dir, "a.csv.zip"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := rowsOf(t, newSource(connector.Env{Project: dir}, blob.SourceConfig{Glob: "a.csv.zip"}))
	if err == nil || !strings.HasPrefix(err.Error(), "read a.csv.zip/b.csv: unzip: ") || len(got) < 3000 {
		t.Errorf("%d rows, error %v", len(got), err)
	}
}
