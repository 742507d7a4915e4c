package http_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/http"
	"github.com/headgate/headgate/connector/tree"
)

func base(t testing.TB) *url.URL {
	t.Helper()
	u, err := url.Parse("https://web.example/in/")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestReadIndex(t *testing.T) {
	for _, c := range []struct{ page, want string }{
		{`<h1>Index of /in/</h1><pre><a href="../">../</a>
<a href="sub/">sub/</a>   22-Nov-2026 11:00   -
<a href="a.csv">a.csv</a>   22-Nov-2026 11:00   12`, "sub/ a.csv"},
		{`<table><tr><th><a href="?C=N;O=D">Name</a></th></tr><tr><td><A class=x HREF='/in/b%20c.csv'>b</A></td></tr><a href=/>up</a></table>`, "b c.csv"},
		{`<a href="https://web.example/in/x.csv">x</a><a href="https://other.example/in/y.csv">y</a><a href="//web.example/in/z.csv">z</a>`, "x.csv z.csv"},
		{`<!-- <a href="hidden.csv"> --><a href="a&amp;b.csv"/><a href="a&amp;b.csv">twice</a><a name="x"><abbr href="no.csv"><a href="deep/er.csv">`, "a&b.csv"},
		{`<a href="#top"><a href="javascript:alert(1)"><a href="mailto:x@y"><a href="../out.csv"><a href=""><a href="%zz"><a href="..%2f..%2fetc"><a href="x.csv?v=1">`, "../../etc"},
		{`<a href="unclosed`, ""}, {`<a `, ""}, {`<a`, ""}, {``, ""}, {`<a = href = q.csv >`, "q.csv"},
	} {
		entries, err := http.ReadIndex([]byte(c.page), "text/html; charset=utf-8", base(t))
		var got []string
		for _, e := range entries {
			name := e.Name
			if e.Kind == tree.Folder {
				name += "/"
			}
			got = append(got, name)
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s:\n%q, %v, want %q", c.page, got, err, c.want)
		}
	}
	for page, media := range map[string]string{"x": "text/plain", "{}": "application/json", `[{"a":1}]`: "application/json", "": ""} {
		if _, err := http.ReadIndex([]byte(page), media, base(t)); err == nil {
			t.Errorf("%s as %s passes", page, media)
		}
	}
}

// FuzzReadIndex checks that a page never makes the parser panic or hang, and that a name is never
// empty.
func FuzzReadIndex(f *testing.F) {
	f.Add(`<a href="a.csv">a</a>`, true)
	f.Add(`[{"name":"a","type":"file","mtime":"Sun, 22 Nov 2026 12:00:10 GMT","size":3}]`, false)
	f.Add(`<!--<a href='x' href=y/><a`, true)
	f.Fuzz(func(t *testing.T, page string, html bool) {
		media := "application/json"
		if html {
			media = "text/html"
		}
		entries, _ := http.ReadIndex([]byte(page), media, base(t))
		for _, e := range entries {
			if html && (e.Name == "" || e.Name == "." || e.Name == "..") {
				t.Errorf("%q lists %q", page, e.Name)
			}
		}
	})
}
