package conntest

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

// StoreHarness is what RunStore needs to know of a store.
type StoreHarness struct {
	// Open opens the store in dir, an empty folder at first.
	Open func(t testing.TB, dir string) connector.Store
	// All lists everything in dir, also what List does not show.
	All func(t testing.TB, dir string) []string
	// Unlike says which checks do not hold, by their names, and why: what the store's other
	// side cannot do.
	Unlike map[string]string
}

// RunStore checks a store.
func RunStore(t *testing.T, h StoreHarness) {
	for _, test := range []struct {
		name string
		run  func(*storeTest, *testing.T)
	}{
		{"list", (*storeTest).list}, {"missing", (*storeTest).missing}, {"offset", (*storeTest).offset},
		{"names", (*storeTest).names}, {"outside", (*storeTest).outside}, {"invisible", (*storeTest).invisible},
		{"replace", (*storeTest).replace}, {"publish twice", (*storeTest).publishTwice}, {"discard", (*storeTest).discard},
		{"cancel", (*storeTest).cancel}, {"remove and rename", (*storeTest).removeRename}, {"crash", (*storeTest).crash},
	} {
		t.Run(test.name, func(t *testing.T) {
			if why := h.Unlike[test.name]; why != "" {
				t.Logf("left out: %s", why)
				return
			}
			NoLeak(t)
			dir := t.TempDir()
			s := &storeTest{h: h, dir: dir, Store: h.Open(t, dir)}
			t.Cleanup(func() { s.Close() })
			test.run(s, t)
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Errorf("close, twice: %v", err)
			}
		})
	}
}

// storeTest is a store under test.
type storeTest struct {
	connector.Store
	h   StoreHarness
	dir string
}

// put writes a whole object.
func (s *storeTest) put(t *testing.T, name, content string) {
	t.Helper()
	if err := s.Publish(t.Context(), s.stage(t, name, content), name); err != nil {
		t.Fatal(err)
	}
}

// stage writes an object up to its seal.
func (s *storeTest) stage(t *testing.T, name, content string) string {
	t.Helper()
	u, err := s.Create(t.Context(), name, "run.split")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(u, content); err != nil {
		t.Fatal(err)
	}
	staged, err := u.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(u.Close(), u.Close()); err != nil {
		t.Fatalf("close after seal, twice: %v", err)
	}
	return staged
}

func (s *storeTest) get(t *testing.T, name string) string {
	t.Helper()
	r, err := s.Open(t.Context(), name, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// listed is the names that match, with a check of their sizes.
func (s *storeTest) listed(t *testing.T, glob string) []string {
	t.Helper()
	objects, err := s.List(t.Context(), glob)
	if err != nil {
		t.Fatalf("list %s: %v", glob, err)
	}
	names := []string{}
	for _, o := range objects {
		names = append(names, o.Name)
		if got := s.get(t, o.Name); int64(len(got)) != o.Size {
			t.Errorf("%s: listed with %d bytes, has %d", o.Name, o.Size, len(got))
		}
		if o.Modified.IsZero() {
			t.Errorf("%s: no time", o.Name)
		}
	}
	return names
}

func (s *storeTest) list(t *testing.T) {
	for _, name := range []string{"b.csv", "a.csv", "c.txt", "sub/d.csv", "sub/deep/e.csv", ".hidden.csv", "x1.csv"} {
		s.put(t, name, name)
	}
	for glob, want := range map[string]string{
		"*.csv":           "a.csv b.csv x1.csv",
		"a.csv":           "a.csv",
		"/a.csv":          "a.csv",
		"?.csv":           "a.csv b.csv",
		"**/*.csv":        "a.csv b.csv sub/d.csv sub/deep/e.csv x1.csv",
		"sub/*":           "sub/d.csv",
		"sub/**":          "sub/d.csv sub/deep/e.csv",
		"{a,b}.csv":       "a.csv b.csv",
		"{a,a,[a-b]}.csv": "a.csv b.csv",
		"[ac].*":          "a.csv c.txt",
		".h*":             ".hidden.csv",
		"*.none":          "",
		"nowhere/*":       "",
	} {
		if got := strings.Join(s.listed(t, glob), " "); got != want {
			t.Errorf("list %s: %q, want %q", glob, got, want)
		}
	}
	if _, err := s.List(t.Context(), "a[.csv"); err == nil {
		t.Error("list a[.csv: no error")
	}
}

func (s *storeTest) missing(t *testing.T) {
	s.put(t, "in/orders-2024.csv", "x")
	for name, near := range map[string]string{
		"in/orders-2023.csv": "in/orders-2024.csv",
		"in/ORDERS-2024.csv": "in/orders-2024.csv",
		"im/orders-2024.csv": "in",
		"else.csv":           "",
	} {
		_, err := s.List(t.Context(), name)
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), near) {
			t.Errorf("list %s: %v, want fs.ErrNotExist and the hint %q", name, err, near)
		}
		if _, err := s.Open(t.Context(), name, 0); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("open %s: %v", name, err)
		}
	}
	if _, err := s.List(t.Context(), "in"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("list of a folder: %v", err)
	}
}

func (s *storeTest) offset(t *testing.T) {
	s.put(t, "a", "0123456789")
	for offset, want := range []string{0: "0123456789", 3: "3456789", 9: "9", 10: ""} {
		if offset != 0 && want == "" && offset != 10 {
			continue
		}
		r, err := s.Open(t.Context(), "a", int64(offset))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != want || err != nil {
			t.Errorf("from %d: %q, %v", offset, got, err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Errorf("close, twice: %v", err)
		}
	}
}

func (s *storeTest) names(t *testing.T) {
	for _, name := range []string{"with space.csv", "ümläut-文件.csv", "a[1].csv", "b*c.csv", `back\slash`, "-dash", strings.Repeat("n", 200)} {
		s.put(t, name, name)
		if got := s.get(t, name); got != name {
			t.Errorf("%s holds %q", name, got)
		}
		escaped := strings.NewReplacer(`\`, `\\`, "[", `\[`, "*", `\*`).Replace(name)
		if got := s.listed(t, escaped); !slices.Equal(got, []string{name}) {
			t.Errorf("list %s: %q", escaped, got)
		}
	}
}

func (s *storeTest) outside(t *testing.T) {
	for _, name := range []string{"../x", "a/../../x", "..", "/../x", ""} {
		if _, err := s.Create(t.Context(), name, "t"); err == nil {
			t.Errorf("create %q: no error", name)
		}
		if _, err := s.Open(t.Context(), name, 0); err == nil {
			t.Errorf("open %q: no error", name)
		}
	}
	if _, err := s.List(t.Context(), "../*"); err == nil {
		t.Error("list ../*: no error")
	}
}
