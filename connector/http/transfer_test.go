package http_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/http"
)

// noise is bytes in which no two places look alike.
func noise(n int) string {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	r.Read(b)
	return string(b)
}

func TestRanges(t *testing.T) {
	ca := servers.CA(t)
	tls := ca.Localhost().TLS("")
	s := start(t, ca, map[string]string{"web": tls, "whole": tls + "max_ranges 0;", "packed": tls + "add_header Content-Encoding gzip;"})
	content := noise(300_000)
	s.write(t, "a", content)
	for _, at := range []string{"web", "whole"} {
		store := s.open(t, at, "/")
		for _, offset := range []int{0, 1, 100_000, len(content) - 1, len(content)} {
			r, err := store.Open(t.Context(), "a", int64(offset))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if string(got) != content[offset:] || err != nil {
				t.Errorf("%s from %d: %d bytes, %v", at, offset, len(got), err)
			}
			r.Close()
		}
		if _, err := store.Open(t.Context(), "a", int64(len(content)+1)); err == nil || !strings.Contains(err.Error(), "no byte") {
			t.Errorf("%s behind the end: %v", at, err)
		}
		r, err := store.Open(t.Context(), "a", 0)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for _, c := range []struct{ at, n, want int }{{0, 10, 10}, {299_990, 10, 10}, {299_990, 20, 10}, {300_000, 5, 0}, {400_000, 5, 0}, {1234, 100_000, 100_000}} {
			p := make([]byte, c.n)
			n, err := r.(io.ReaderAt).ReadAt(p, int64(c.at))
			if n != c.want || n > 0 && string(p[:n]) != content[c.at:c.at+n] || (err == io.EOF) != (n < c.n) || err != nil && err != io.EOF {
				t.Errorf("%s: %d bytes at %d: %d, %v", at, c.n, c.at, n, err)
			}
		}
	}
	if _, err := s.open(t, "packed", "/").Open(t.Context(), "a", 0); err == nil || !strings.Contains(err.Error(), `as "gzip"`) {
		t.Errorf("packed: %v", err)
	}
}

// TestResume cuts connections after some bytes, again and again.
func TestResume(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"web": ca.Localhost().TLS(""), "blind": ca.Localhost().TLS("") + "etag off; add_header Last-Modified '';"})
	content := noise(2 << 20)
	s.write(t, "a", content)
	toxi := servers.Toxi(t)
	for _, at := range []string{"web", "blind"} {
		proxy := toxi.Before(s.at[at])
		proxy.Toxic("limit_data", "downstream", map[string]any{"bytes": 700_000})
		s.at[at] = proxy.Address
		r, err := s.open(t, at, "/").Open(t.Context(), "a", 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if at == "blind" {
			if !errors.Is(err, connector.ErrUnreachable) || !strings.Contains(err.Error(), "still the same") || !strings.HasPrefix(content, string(got)) {
				t.Errorf("without a version: %d bytes, %v", len(got), err)
			}
			continue
		}
		if string(got) != content || err != nil {
			t.Errorf("%d bytes of %d, %v", len(got), len(content), err)
		}
		if n := strings.Count(s.Log(t), " 206 "); n < 2 {
			t.Errorf("resumed %d times", n)
		}
	}
}

// TestChanged replaces a file between two connections: an error, and never a mix.
func TestChanged(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"web": ca.Localhost().TLS("")})
	proxy := servers.Toxi(t).Before(s.at["web"])
	s.at["web"] = proxy.Address
	for name, change := range map[string]func(path string) error{
		"other size": func(path string) error { return os.WriteFile(path, []byte(noise(1<<20)), 0o644) },
		"same size":  func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("y"), 2<<20), 0o644) },
		"gone":       os.Remove,
	} {
		s.write(t, "a", strings.Repeat("x", 2<<20))
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(filepath.Join(s.files, "a"), old, old); err != nil {
			t.Fatal(err)
		}
		remove := proxy.Toxic("limit_data", "downstream", map[string]any{"bytes": 500_000})
		store := s.open(t, "web", "/").Pausing(func(context.Context, int, string) error { return change(filepath.Join(s.files, "a")) })
		r, err := store.Open(t.Context(), "a", 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err == nil || strings.Trim(string(got), "x") != "" {
			t.Errorf("%s: %d bytes, a mix: %v, error %v", name, len(got), strings.Contains(string(got), "y"), err)
		}
		if name != "gone" && !strings.Contains(err.Error(), "changed") {
			t.Errorf("%s: %v", name, err)
		}
		if at := r.(io.ReaderAt); name == "same size" {
			if _, err := at.ReadAt(make([]byte, 10), 1<<20); err == nil || !strings.Contains(err.Error(), "changed") {
				t.Errorf("read at a place of another version: %v", err)
			}
		}
		r.Close()
		remove()
	}
}

func TestBusy(t *testing.T) {
	ca := servers.CA(t)
	tls := ca.Localhost().TLS("")
	s := start(t, ca, map[string]string{
		"limited": tls + "location / { limit_req zone=slow; }", "busy": tls + "add_header Retry-After 7 always; return 503;", "long": tls + "add_header Retry-After 86400 always; return 503;",
		"no": tls + "return 400;", "loop": tls + "return 302 /a;",
	})
	s.write(t, "a", "rows")
	store, err := http.Open(connector.Env{Connection: "web"}, http.Config{URL: "https://" + s.at["limited"] + "/", CA: ca.File})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for range 4 { // more than the server lets through at once
		if got := read(t, store, "a"); got != "rows" {
			t.Errorf("%q", got)
		}
	}
	if !strings.Contains(s.Log(t), " 429 ") {
		t.Error("the server never limited")
	}
	var asked []string
	busy := s.open(t, "busy", "/").Pausing(func(_ context.Context, _ int, a string) error { asked = append(asked, a); return nil })
	_, err = busy.Open(t.Context(), "a", 0)
	if !errors.Is(err, connector.ErrUnreachable) || connector.IsTransient(err) || strings.Join(asked, " ") != "7 7 7 7" {
		t.Errorf("busy: %v, asked %q", err, asked)
	}
	real, err := http.Open(connector.Env{Connection: "web"}, http.Config{URL: "https://" + s.at["long"] + "/", CA: ca.File})
	if err != nil {
		t.Fatal(err)
	}
	defer real.Close()
	_, err = real.Open(t.Context(), "a", 0)
	if !errors.Is(err, connector.ErrUnreachable) || !strings.Contains(err.Error(), "come back in 24h") {
		t.Errorf("long: %v", err)
	}
	before := strings.Count(s.Log(t), "\n")
	if _, err := s.open(t, "no", "/").Open(t.Context(), "a", 0); !errors.Is(err, connector.ErrUnreachable) || connector.IsTransient(err) {
		t.Errorf("no: %v", err)
	}
	if n := strings.Count(s.Log(t), "\n") - before; n != 1 {
		t.Errorf("asked %d times where no means no", n)
	}
	if _, err := s.open(t, "loop", "/").Open(t.Context(), "a", 0); !errors.Is(err, connector.ErrRefused) {
		t.Errorf("loop: %v", err)
	}
}

// TestAttemptsDoNotMultiply: the flow's rule counts the requests, also when those above the store
// have the same rule.
func TestAttemptsDoNotMultiply(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"busy": ca.Localhost().TLS("") + "return 503;"})
	rule := connector.Retry{Attempts: 3, Backoff: time.Millisecond}
	store, err := http.Open(connector.Env{Connection: "web", Retry: rule}, http.Config{URL: "https://" + s.at["busy"] + "/", CA: ca.File})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = rule.Do(t.Context(), func() error {
		_, err := store.Open(t.Context(), "a", 0)
		return err
	})
	if n := strings.Count(s.Log(t), " 503 "); n != 3 || connector.IsTransient(err) || !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("%d requests, %v", n, err)
	}
}

// TestRateLimit: a server that turns away whoever asks too often has nothing to turn away.
func TestRateLimit(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"strict": ca.Localhost().TLS("") + "location / { limit_req zone=slow burst=8 nodelay; }"}) // 10 a second
	s.write(t, "a", "rows")
	store := s.open(t, "strict", "/", func(c *http.Config) { c.RateLimit = "8/s" })
	begin := time.Now()
	for range 16 {
		if got := read(t, store, "a"); got != "rows" {
			t.Errorf("%q", got)
		}
	}
	if log := s.Log(t); strings.Contains(log, " 429 ") || strings.Count(log, " 200 ") != 16 {
		t.Errorf("the server says:\n%s", log)
	}
	if d := time.Since(begin); d < 15*time.Second/8 {
		t.Errorf("16 requests in %s", d)
	}
}

func TestBandwidthLimit(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"dav": ca.Localhost().TLS("") + dav})
	conntest.RunBandwidth(t, s.open(t, "dav", "/", func(c *http.Config) { c.Bandwidth = conntest.Bandwidth }))
}

func TestUpload(t *testing.T) {
	ca := servers.CA(t)
	tls := ca.Localhost().TLS("")
	s := start(t, ca, map[string]string{
		"dav": tls + dav, "none": tls, "login": tls + "location / { return 401; }", "moved": tls + "location / { return 302 /elsewhere; } location /elsewhere { return 200; }",
		"kept": tls + "location / { return 307 https://@dav@$request_uri; }",
	})
	store := s.open(t, "dav", "/")
	for name, content := range map[string]string{"empty": "", "small.csv": "rows", "deep/er/x y#%.csv": "x", "large": noise(9 << 20), "small.csv ": "y"} {
		if err := write(t, store, name, content); err != nil {
			t.Error(err)
			continue
		}
		if got, err := os.ReadFile(filepath.Join(s.files, name)); err != nil || string(got) != content {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if err := write(t, store, "small.csv", "new"); err != nil {
		t.Error(err)
	}
	if got := read(t, store, "small.csv"); got != "new" {
		t.Errorf("replaced: %q", got)
	}
	u, err := store.Create(t.Context(), "small.csv", "t")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(u, noise(6<<20)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(u.Close(), u.Close()); err != nil {
		t.Fatal(err)
	}
	if got := read(t, store, "small.csv"); got != "new" {
		t.Errorf("after an upload that was given up: %d bytes", len(got))
	}
	for range 2 {
		if err := store.Remove(t.Context(), "small.csv"); err != nil {
			t.Error(err)
		}
	}
	if err := store.Rename(t.Context(), "large", "larger"); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if err := store.Publish(t.Context(), "something", "x"); !errors.Is(err, connector.ErrNothingStaged) {
		t.Error(err)
	}
	for at, want := range map[string]error{"none": errors.ErrUnsupported, "login": connector.ErrUnreachable, "moved": connector.ErrUnreachable, "kept": connector.ErrUnreachable} {
		for _, content := range []string{"rows", noise(6 << 20)} {
			if err := write(t, s.open(t, at, "/"), "b", content); !errors.Is(err, want) {
				t.Errorf("%s, %d bytes: %v", at, len(content), err)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(s.files, "b")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("an upload followed a redirect")
	}
	post := s.open(t, "dav", "/", func(c *http.Config) { c.Upload = "post" })
	if err := write(t, post, "large", "x"); err == nil || !strings.Contains(err.Error(), "POST") {
		t.Errorf("post: %v", err)
	}
}

// TestFaults spoils connections at random places. A download ends right or with an error, an
// upload leaves the whole file, the old one, or an error.
func TestFaults(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"web": ca.Localhost().TLS("") + dav})
	toxi := servers.Toxi(t)
	content := noise(1 << 20)
	s.write(t, "a", content)
	direct := s.at["web"]
	r := rand.New(rand.NewPCG(1, 2))
	failed := 0
	for i := range 100 {
		kind := []string{"limit_data", "reset_peer", "timeout", "slicer", "slow_close"}[i%5]
		stream := []string{"downstream", "upstream"}[r.IntN(2)]
		proxy := toxi.Before(direct)
		proxy.Toxic(kind, stream, map[string]any{"bytes": r.IntN(1 << 20), "timeout": 1 + r.IntN(20), "average_size": 5000, "size_variation": 1000, "delay": 1})
		s.at["web"] = proxy.Address
		store := s.open(t, "web", "/")
		what := fmt.Sprintf("run %d: %s %s", i, kind, stream)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if rc, err := store.Open(ctx, "a", 0); err == nil {
			got, err := io.ReadAll(rc)
			rc.Close()
			if err == nil && string(got) != content {
				t.Errorf("%s: %d bytes and no error", what, len(got))
			}
			if err != nil {
				failed++
			}
		} else {
			failed++
		}
		name := fmt.Sprintf("up%d", i)
		upload := content[:1+r.IntN(len(content))]
		err := write(t, store, name, upload)
		got, e := os.ReadFile(filepath.Join(s.files, name))
		if e == nil && string(got) != upload || err == nil && e != nil {
			t.Errorf("%s: upload of %d bytes: %v, the server has %d bytes, %v", what, len(upload), err, len(got), e)
		}
		if err != nil {
			failed++
		}
		cancel()
	}
	t.Logf("%d of 200 transfers failed", failed)
	if failed == 0 || failed == 200 {
		t.Error("the faults had no effect, or nothing worked at all")
	}
}

// TestSlow reads from a server that sends little at a time.
func TestSlow(t *testing.T) {
	ca := servers.CA(t)
	s := start(t, ca, map[string]string{"web": ca.Localhost().TLS("") + "limit_rate 400k;"})
	content := noise(150_000)
	s.write(t, "a", content)
	if got := read(t, s.open(t, "web", "/"), "a"); got != content {
		t.Errorf("%d bytes", len(got))
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := s.open(t, "web", "/").Open(ctx, "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
