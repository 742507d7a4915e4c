package all

import (
	"reflect"
	"strings"
	"testing"
)

// entry is what types, formats and codecs have in common.
type entry struct {
	name, summary string
	config        func() any
}

func entries() []entry {
	var all []entry
	r := Registry()
	for _, t := range r.Types {
		all = append(all, entry{t.Name, t.Summary, t.Config})
	}
	for _, f := range r.Formats {
		all = append(all, entry{f.Name, f.Summary, f.Config})
	}
	for _, c := range r.Codecs {
		all = append(all, entry{c.Name, c.Summary, c.Config})
	}
	return all
}

func TestEntries(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range entries() {
		if e.name == "" || e.summary == "" || strings.HasSuffix(e.summary, ".") {
			t.Errorf("%q: summary %q", e.name, e.summary)
		}
		if seen[e.name] {
			t.Errorf("%q is there twice", e.name)
		}
		seen[e.name] = true
		a, b := e.config(), e.config()
		if v := reflect.ValueOf(a); v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct || v.Elem().NumField() > 0 && a == b {
			t.Errorf("%s: Config gives %T, or the same one twice", e.name, a)
		}
	}
}

func TestTypes(t *testing.T) {
	for _, c := range Registry().Types {
		if c.Store != nil && c.Table != nil || c.Store == nil && c.Table == nil && c.Tunnel == nil {
			t.Errorf("%s: exactly one of Store and Table must be set, or Tunnel alone", c.Name)
		}
		if c.Table != nil && c.Table.NewSink != nil && len(c.Table.Modes) == 0 {
			t.Errorf("%s: no load modes", c.Name)
		}
	}
}

func TestExtensions(t *testing.T) {
	owner := map[string]string{}
	add := func(name string, extensions []string) {
		for _, x := range extensions {
			if !strings.HasPrefix(x, ".") || x != strings.ToLower(x) {
				t.Errorf("%s: extension %q", name, x)
			}
			if owner[x] != "" {
				t.Errorf("%s and %s: extension %q", owner[x], name, x)
			}
			owner[x] = name
		}
	}
	r := Registry()
	for _, f := range r.Formats {
		add(f.Name, f.Extensions)
		if f.NewDecoder == nil && f.NewEncoder == nil {
			t.Errorf("%s: neither read nor written", f.Name)
		}
	}
	for _, c := range r.Codecs {
		add(c.Name, c.Extensions)
		if c.NewReader == nil && c.NewWriter == nil {
			t.Errorf("%s: neither read nor written", c.Name)
		}
	}
	codecs, format := r.Layers("dir.zst/Orders.CSV.gz")
	if len(codecs) != 1 || codecs[0].Name != "gzip" || format == nil || format.Name != "csv" {
		t.Errorf("layers: %v, %v", codecs, format)
	}
}
