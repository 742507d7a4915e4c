package s3

import (
	"crypto/tls"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
)

// hostile is a server of our own, for answers that no honest one gives, and how often it was
// asked.
func hostile(t *testing.T, h http.HandlerFunc) (*Store, *atomic.Int64) {
	t.Helper()
	ca := servers.CA(t)
	leaf := ca.Localhost()
	pair, err := tls.LoadX509KeyPair(leaf.Cert, leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
	asked := &atomic.Int64{}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		h(w, r)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.StartTLS()
	t.Cleanup(s.Close)
	c := config(strings.TrimPrefix(s.URL, "https://"), "in")
	c.CA = ca.File
	st := open(t, c)
	t.Cleanup(func() { st.Close() })
	return st, asked
}

// page is a page of a listing.
type page struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	IsTruncated           bool
	NextContinuationToken string
	Contents              []entry
}

type entry struct {
	Key          string
	Size         string
	LastModified string
	ETag         string
}

func file(key string) entry {
	return entry{Key: key, Size: "5", LastModified: "2026-11-22T12:00:00.000Z", ETag: `"e"`}
}

// lists answers every question with the same page.
func lists(p page) http.HandlerFunc {
	body, _ := xml.Marshal(p)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.Write(body)
	}
}

// says answers with a text.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}

// forever answers with a page for each token it is asked for, and another token.
func forever(names int) http.HandlerFunc {
	p := page{IsTruncated: true, NextContinuationToken: "TOKEN"}
	for i := range names {
		p.Contents = append(p.Contents, file("in/"+strconv.Itoa(i)))
	}
	body, _ := xml.Marshal(p)
	return func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("continuation-token"))
		io.WriteString(w, strings.Replace(string(body), "TOKEN", strconv.Itoa(n+1), 1))
	}
}

func TestHostileListings(t *testing.T) {
	endless := func(begin, part string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, begin)
			for {
				if _, err := io.WriteString(w, strings.Repeat(part, 1000)); err != nil {
					return
				}
			}
		}
	}
	with := func(change func(*entry)) http.HandlerFunc {
		e := file("in/a.csv")
		change(&e)
		return lists(page{Contents: []entry{e}})
	}
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		want string
	}{
		"leads out":          {lists(page{Contents: []entry{file("in/../../etc/passwd")}}), "leads elsewhere"},
		"another folder":     {lists(page{Contents: []entry{file("elsewhere/a.csv")}}), "not in the folder"},
		"the folder itself":  {lists(page{Contents: []entry{file("in/./a.csv")}}), "leads elsewhere"},
		"no name":            {lists(page{Contents: []entry{file("in/a//b.csv")}}), `""`},
		"control characters": {says(`<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>in/a%1B%5B2J.csv</Key><Size>1</Size></Contents></ListBucketResult>`), "control characters"},
		"not UTF-8":          {says(`<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>in/a%FF.csv</Key><Size>1</Size></Contents></ListBucketResult>`), "UTF-8"},
		"twice":              {lists(page{Contents: []entry{file("in/a.csv"), file("in/a.csv")}}), "twice"},
		"negative size":      {with(func(e *entry) { e.Size = "-5" }), "-5 bytes"},
		"no size":            {with(func(e *entry) { e.Size = "many" }), "not one of S3"},
		"no date":            {with(func(e *entry) { e.LastModified = "yesterday" }), "not one of S3"},
		"one token for ever": {lists(page{IsTruncated: true, NextContinuationToken: "x", Contents: nil}), "circle"},
		"tokens for ever":    {forever(0), "pages for 0 names"},
		"names for ever":     {forever(1000), "more than 20000 names"},
		"entity bomb": {says(`<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` +
			`<ListBucketResult><Contents><Key>in/&b;</Key></Contents></ListBucketResult>`), "not one of S3"},
		"endless page":     {endless("<ListBucketResult>", "<Contents><Key>in/a</Key></Contents>"), "more than 8 MiB"},
		"endless name":     {endless("<ListBucketResult><Contents><Key>in/", "a"), "more than 8 MiB"},
		"deeper and ...":   {endless("<ListBucketResult>", "<a>"), "more than 8 MiB"},
		"deep":             {says("<ListBucketResult>" + strings.Repeat("<a>", 100_000)), "not one of S3"},
		"half of one":      {says("<ListBucketResult><Contents><Key>in/a"), "not one of S3"},
		"nothing":          {says(""), "not one of S3"},
		"something else":   {says("hello"), "not one of S3"},
		"a web page":       {says("<html><body>hello</body></html>"), `"html"`},
		"an endless no":    {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(403); endless("<Error>", "x")(w, r) }, "more than 8 MiB"},
		"escape in a code": {says("<Error><Code>\u009b2J</Code></Error>"), "not one of S3"},
	} {
		t.Run(name, func(t *testing.T) {
			st, asked := hostile(t, c.h)
			st.most = 20_000
			objects, err := st.List(t.Context(), "**")
			if !errors.Is(err, connector.ErrRefused) || connector.IsTransient(err) || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\x1b\u009b") {
				t.Errorf("%d objects, %v", len(objects), err)
			}
			if n := asked.Load(); n > fewPages {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// TestOddKeys: keys that differ in case are two objects, those that end with a slash are none, and what does
// not match is nobody's business.
func TestOddKeys(t *testing.T) {
	st, _ := hostile(t, lists(page{Contents: []entry{file("in/b.csv"), file("in/A.csv"), file("in/a.csv"), file("in/d/"), file("in/d.csv/"), file("in/x//y.txt"), file("in/")}}))
	objects, err := st.List(t.Context(), "*.csv")
	names := ""
	for _, o := range objects {
		names += o.Name + " "
	}
	if names != "A.csv a.csv b.csv " || err != nil {
		t.Errorf("%s, %v", names, err)
	}
}

// TestHostileObjects: what a server says of an object and what it sends are compared.
func TestHostileObjects(t *testing.T) {
	head := func(w http.ResponseWriter, size, etag string) {
		w.Header().Set("Content-Length", size)
		w.Header().Set("ETag", `"`+etag+`"`)
		w.Header().Set("Last-Modified", "Sun, 22 Nov 2026 12:00:00 GMT")
	}
	get := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				head(w, "10", "e")
				return
			}
			h(w, r)
		}
	}
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		want string
	}{
		"shorter": {get(func(w http.ResponseWriter, _ *http.Request) {
			head(w, "3", "e")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "abc")
		}), "does not read from the middle"},
		"other bytes": {get(func(w http.ResponseWriter, _ *http.Request) {
			head(w, "10", "e")
			w.Header().Set("Content-Range", "bytes 90-99/100")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "0123456789")
		}), "instead of"},
		"another version": {get(func(w http.ResponseWriter, _ *http.Request) {
			head(w, "10", "f")
			w.Header().Set("Content-Range", "bytes 0-9/10")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "0123456789")
		}), "not the one it was"},
		"no size":      {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("ETag", `"e"`) }, ""},
		"says and cut": {get(func(w http.ResponseWriter, _ *http.Request) { head(w, "10", "e"); io.WriteString(w, "abc") }), "does not read from the middle"},
	} {
		t.Run(name, func(t *testing.T) {
			st, _ := hostile(t, c.h)
			r, err := st.Open(t.Context(), "a", 0)
			var got []byte
			if err == nil {
				defer r.Close()
				got, err = io.ReadAll(r)
			}
			if name == "no size" && len(got) == 0 {
				return // it is empty, if it is anything
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix("abc", string(got)) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// TestRetries: what may pass is asked for again as often as the rule says, and nobody above does
// so once more; Retry-After is honoured, and what will not pass is asked for once.
func TestRetries(t *testing.T) {
	for name, c := range map[string]struct {
		status, asked int
		refused       bool
	}{"busy": {503, 5, false}, "too many": {429, 5, false}, "no": {400, 1, false}, "forbidden": {403, 1, false}} {
		t.Run(name, func(t *testing.T) {
			st, asked := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(c.status)
				io.WriteString(w, "<Error><Code>SlowDown</Code><Message>please\x1b[2J</Message></Error>")
			})
			rule := st.env.Retry
			err := rule.Do(t.Context(), func() error {
				_, err := st.List(t.Context(), "*")
				return err
			})
			if n := asked.Load(); err == nil || n != int64(c.asked) || connector.IsTransient(err) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("asked %d times, %v", n, err)
			}
		})
	}
	st, asked := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "86400")
		w.WriteHeader(503)
	})
	if _, err := st.List(t.Context(), "*"); err == nil || !strings.Contains(err.Error(), "come back in 24h") || asked.Load() != 1 {
		t.Errorf("asked %d times, %v", asked.Load(), err)
	}
}

// TestPartsAreSentAgain: a part of an upload that is turned away is sent again, whole.
func TestPartsAreSentAgain(t *testing.T) {
	tries, got := 0, ""
	st, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>x</UploadId></InitiateMultipartUploadResult>")
		case r.Method == http.MethodPut:
			body, _ := io.ReadAll(r.Body)
			if tries++; tries < 4 {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			got = string(body)
			w.Header().Set("ETag", `"e"`)
		}
	})
	u, err := st.Create(t.Context(), "a", "t")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	io.WriteString(u, "content")
	if _, err := u.Seal(t.Context()); err != nil || got != "content" || tries != 4 {
		t.Errorf("%q after %d tries, %v", got, tries, err)
	}
}

// TestCutAnswers: a listing that breaks off is asked for again.
func TestCutAnswers(t *testing.T) {
	body, _ := xml.Marshal(page{Contents: []entry{file("in/a.csv")}})
	n := 0
	st, _ := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if n++; n < 3 {
			w.Write(body[:n*10])
			return
		}
		w.Write(body)
	})
	if objects, err := st.List(t.Context(), "*"); len(objects) != 1 || err != nil || n != 3 {
		t.Errorf("%v, %v, asked %d times", objects, err, n)
	}
}

// TestMoveThatIsNone: a server that says 200 to a copy that it did not make, as S3 may, keeps the
// original.
func TestMoveThatIsNone(t *testing.T) {
	for name, answer := range map[string]string{
		"an error":   "<Error><Code>InternalError</Code></Error>",
		"a web page": "<html></html>",
		"a lie":      `<CopyObjectResult><ETag>"e"</ETag><LastModified>2026-11-22T12:00:00.000Z</LastModified></CopyObjectResult>`,
	} {
		deleted := false
		st, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, "/a"):
				w.Header().Set("Content-Length", "10")
				w.Header().Set("ETag", `"e"`)
				w.Header().Set("Last-Modified", "Sun, 22 Nov 2026 12:00:00 GMT")
			case r.Method == http.MethodHead:
				w.WriteHeader(http.StatusNotFound)
			case r.Method == http.MethodDelete:
				deleted = true
			default:
				io.WriteString(w, answer)
			}
		})
		if err := st.Rename(t.Context(), "a", "b"); err == nil || deleted {
			t.Errorf("%s: %v, the original is deleted: %v", name, err, deleted)
		}
	}
}

// TestLeftovers: the connection test tells of uploads that crashes left.
func TestLeftovers(t *testing.T) {
	uploads := ""
	for i, begun := range []string{"2020-01-02T03:04:05.000Z", "2021-01-01T00:00:00.000Z", time.Now().UTC().Format(time.RFC3339)} {
		uploads += "<Upload><Key>in/a</Key><UploadId>" + strconv.Itoa(i) + "</UploadId><Initiated>" + begun + "</Initiated></Upload>"
	}
	st, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query(); {
		case q.Has("list-type"):
			lists(page{})(w, r)
		case r.Method == http.MethodGet:
			io.WriteString(w, "<ListMultipartUploadsResult>"+uploads+"</ListMultipartUploadsResult>")
		case r.Method == http.MethodPost:
			io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>x</UploadId></InitiateMultipartUploadResult>")
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
	p, err := Type().Test(t.Context(), st.env, st.cfg)
	if err != nil || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "2 uploads") || !strings.Contains(p.Notes[0], "2020-01-02") {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestBandwidthLimit(t *testing.T) {
	c := config(server(t).Address, "limited")
	c.Bandwidth = conntest.Bandwidth
	st := open(t, c)
	defer st.Close()
	conntest.RunBandwidth(t, st)
}
