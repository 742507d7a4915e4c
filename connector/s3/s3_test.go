package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
)

// where tells the children that a test starts about its server.
const (
	whereServer = "HEADGATE_TEST_S3"
	whereCA     = "HEADGATE_TEST_S3_CA"
)

// server starts a server, or finds that of the parent.
func server(t *testing.T) *servers.S3 {
	if address := os.Getenv(whereServer); address != "" {
		return &servers.S3{Address: address, AccessKey: "headgate-test", SecretKey: "a-key-for-tests-only"}
	}
	ca := servers.CA(t)
	s := servers.VersityGW(t, ca.Localhost(), "test")
	t.Setenv(whereServer, s.Address)
	t.Setenv(whereCA, ca.File)
	return s
}

func config(address, prefix string) *Config {
	return &Config{Endpoint: "https://" + address, Region: "us-east-1", Bucket: "test", Prefix: prefix, Style: "auto", AccessKey: "headgate-test",
		SecretKey: "secret:s3", CA: os.Getenv(whereCA)}
}

func env() connector.Env {
	return connector.Env{Connection: "lake", Retry: connector.Retry{Attempts: 5, Backoff: 5 * time.Millisecond}, Secrets: func(_ context.Context, ref string) (connector.Secret, error) {
		if ref != "secret:s3" {
			return connector.Secret{}, errors.New("unknown " + ref)
		}
		return connector.NewSecret([]byte("a-key-for-tests-only")), nil
	}}
}

func open(t testing.TB, c *Config) *Store {
	t.Helper()
	s, err := Type().Store(context.Background(), env(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*Store)
}

// prefixOf makes a folder of the bucket from one of this machine.
func prefixOf(dir string) string {
	return strings.ReplaceAll(strings.Trim(filepath.ToSlash(dir), "/"), "/", "-")
}

func TestStore(t *testing.T) {
	s := server(t)
	conntest.RunStore(t, conntest.StoreHarness{
		Open: func(t testing.TB, dir string) connector.Store { return open(t, config(s.Address, prefixOf(dir))) },
		All: func(t testing.TB, dir string) []string {
			st := open(t, config(s.Address, prefixOf(dir)))
			defer st.Close()
			return everything(t, st)
		},
	})
}

// everything is the objects of a store and, marked, its uploads under way.
func everything(t testing.TB, s *Store) []string {
	t.Helper()
	core, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := s.walk(t.Context(), core, folder(s.prefix), true, func(o minio.ObjectInfo) bool {
		all = append(all, strings.TrimPrefix(o.Key, folder(s.prefix)))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	list, err := core.ListMultipartUploads(t.Context(), s.cfg.Bucket, folder(s.prefix), "", "", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range list.Uploads {
		all = append(all, "upload of "+u.Key)
	}
	slices.Sort(all)
	return all
}

func TestLargeObjects(t *testing.T) {
	st := open(t, config(server(t).Address, "large"))
	for _, size := range []int{partSize - 1, partSize, partSize + 1, 3*partSize + 12345} {
		data := make([]byte, size)
		rand.NewChaCha8([32]byte{byte(size)}).Read(data)
		u, err := st.Create(t.Context(), "a/big", "t")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(u, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		staged, err := u.Seal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Publish(t.Context(), staged, "a/big"); err != nil {
			t.Fatal(err)
		}
		for _, from := range []int{0, 1, partSize - 1, size - 1, size} {
			r, err := st.Open(t.Context(), "a/big", int64(from))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, data[from:]) {
				t.Errorf("%d bytes from %d: got %d, %v", size, from, len(got), err)
			}
			at := make([]byte, 1000)
			n, err := r.(io.ReaderAt).ReadAt(at, int64(max(0, size-600)))
			if n != 600 || err != io.EOF || !bytes.Equal(at[:n], data[size-600:]) {
				t.Errorf("ReadAt: %d, %v", n, err)
			}
			r.Close()
		}
	}
}

func TestChangedWhileRead(t *testing.T) {
	st := open(t, config(server(t).Address, "changed"))
	put(t, st, "a", bytes.Repeat([]byte("x"), 40<<20))
	r, err := st.Open(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, 100); err != nil {
		t.Fatal(err)
	}
	put(t, st, "a", bytes.Repeat([]byte("y"), 40<<20))
	rest, err := io.ReadAll(r)
	if !errors.Is(err, errChanged) || bytes.ContainsRune(rest, 'y') {
		t.Errorf("%d bytes of an object that was replaced, %v", len(rest), err)
	}
}

// TestResume cuts every connection after some bytes: reading goes on where it stopped.
func TestResume(t *testing.T) {
	s := server(t)
	data := make([]byte, 20<<20)
	rand.NewChaCha8([32]byte{3}).Read(data)
	put(t, open(t, config(s.Address, "resume")), "a", data)
	proxy := servers.Toxi(t).Before(s.Address)
	proxy.Toxic("limit_data", "downstream", map[string]any{"bytes": 3 << 20})
	st := open(t, config(proxy.Address, "resume"))
	defer st.Close()
	r, err := st.Open(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes of %d, %v", len(got), len(data), err)
	}
	at := make([]byte, 4<<20)
	if n, err := r.(io.ReaderAt).ReadAt(at, 1<<20); err != nil || !bytes.Equal(at, data[1<<20:5<<20]) {
		t.Errorf("ReadAt: %d, %v", n, err)
	}
}

func put(t *testing.T, st *Store, name string, data []byte) {
	t.Helper()
	u, err := st.Create(t.Context(), name, "t")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Write(data); err != nil {
		t.Fatal(err)
	}
	staged, err := u.Seal(t.Context())
	if err == nil {
		err = st.Publish(t.Context(), staged, name)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestNeverOverwrites(t *testing.T) {
	c := config(server(t).Address, "never")
	c.Overwrite = "never"
	st := open(t, c)
	put(t, st, "a", []byte("first"))
	u, err := st.Create(t.Context(), "a", "t")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(u, "second")
	staged, err := u.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Publish(t.Context(), staged, "a"); err == nil || !strings.Contains(err.Error(), "never overwrites") {
		t.Errorf("publish over an object: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	s := server(t)
	wrong := func(change func(*Config)) *Store {
		c := config(s.Address, "p")
		change(c)
		return open(t, c)
	}
	denied := wrong(func(c *Config) {})
	denied.env.Secrets = func(context.Context, string) (connector.Secret, error) {
		return connector.NewSecret([]byte("not the key of the test")), nil
	}
	for name, tt := range map[string]struct {
		st   *Store
		kind error
		says string
	}{
		"wrong key":     {denied, connector.ErrUnreachable, "refuses access key"},
		"http":          {wrong(func(c *Config) { c.Endpoint = "http://" + s.Address }), connector.ErrRefused, ""},
		"unknown CA":    {wrong(func(c *Config) { c.CA = "" }), connector.ErrRefused, ""},
		"metadata":      {wrong(func(c *Config) { c.Endpoint = "https://169.254.169.254" }), connector.ErrRefused, ""},
		"nobody there":  {wrong(func(c *Config) { c.Endpoint = "https://" + servers.Address(t) }), connector.ErrUnreachable, ""},
		"no bucket":     {wrong(func(c *Config) { c.Bucket = "missing" }), nil, "does not exist"},
		"odd endpoint":  {wrong(func(c *Config) { c.Endpoint = "ftp://x" }), nil, "endpoint"},
		"path in there": {wrong(func(c *Config) { c.Endpoint = "https://x/y" }), nil, "endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.st.List(t.Context(), "*")
			if err == nil || tt.kind != nil && !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
			if err != nil && strings.Contains(err.Error(), "not the key of the test") {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []*Config{{Bucket: "b"}, {Bucket: "b", Ambient: true, AccessKey: "x"}} {
		if _, err := Type().Store(t.Context(), env(), c); err == nil || !strings.Contains(err.Error(), "ambient") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestProbe(t *testing.T) {
	p, err := Type().Test(t.Context(), env(), config(server(t).Address, "probe"))
	if err != nil || !p.Read || !p.Write || p.Protocol != "S3 over TLS 1.3" || p.Expires.IsZero() {
		t.Errorf("%+v, %v", p, err)
	}
}
