package s3

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/pace"
	"github.com/headgate/headgate/connector/tree"
)

// maxAnswer is how many bytes an answer may have that is no object: a page of a listing has a
// thousand keys of a kilobyte, three times that where they are escaped.
const maxAnswer = 8 << 20

// wire sends the requests of a store, and those without a body again when they failed for a
// reason that may pass. It is below the library, which does not try again.
type wire struct {
	web   *pace.Web
	host  string // for messages
	rule  connector.Retry
	pause func(ctx context.Context, rule connector.Retry, n int, asked string) error
	last  atomic.Pointer[http.Response] // its connection and server, for the probe
}

// RoundTrip implements http.RoundTripper. Answers that are no objects are read to their end.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := turn(r); err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		res, err := w.once(r)
		asked := ""
		switch {
		case err != nil && !connector.IsTransient(err), err == nil && !pace.Transient(res.StatusCode):
			return res, err
		case err == nil:
			asked = res.Header.Get("Retry-After")
		}
		if n >= w.rule.Attempts {
			return res, err
		}
		rule, again := w.rule, r.Body == nil || r.Body == http.NoBody
		if !again { // whoever has the body sends it again, after the rule's wait
			rule = connector.Retry{}
		}
		if stop := w.pause(r.Context(), rule, n+1, asked); stop != nil {
			if r.Context().Err() == nil {
				stop = w.rule.GivenUp(connector.Mark(fmt.Errorf("%s: %w", w.host, stop), connector.ErrUnreachable))
			}
			return nil, stop
		}
		if !again {
			return res, err
		}
	}
}

// once sends a request once. Its errors say what to make of them.
func (w *wire) once(r *http.Request) (*http.Response, error) {
	res, err := w.web.RoundTrip(r)
	if err != nil {
		return nil, w.explain(r.Context(), err)
	}
	w.last.Store(&http.Response{TLS: res.TLS, Header: http.Header{"Server": res.Header["Server"]}})
	if r.Method == http.MethodGet && r.URL.RawQuery == "" && res.StatusCode < http.StatusMultipleChoices {
		return res, nil
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, w.explain(r.Context(), err)
	}
	if len(answer) > maxAnswer {
		return nil, tree.Refuse("%s answers with more than %d MiB to a question: refused", w.host, maxAnswer>>20)
	}
	if want := rootOf(r); want != "" && res.StatusCode == http.StatusOK {
		if err := begins(answer, want); err != nil {
			return nil, errAnswer(err)
		}
	}
	res.Body = io.NopCloser(bytes.NewReader(answer))
	return res, nil
}

// rootOf is the element that an answer must be, "" if it does not matter here. The library takes
// any other for an answer that says nothing: a web page for an empty folder, an error for a
// copy that was made.
func rootOf(r *http.Request) string {
	switch q := r.URL.Query(); {
	case q.Has("list-type"):
		return "ListBucketResult"
	case q.Has("uploads") && r.Method == http.MethodPost:
		return "InitiateMultipartUploadResult"
	case r.Header.Get("X-Amz-Copy-Source") != "" && q.Has("partNumber"):
		return "CopyPartResult"
	case r.Header.Get("X-Amz-Copy-Source") != "":
		return "CopyObjectResult"
	}
	return ""
}

// begins checks the name of an answer's outermost element.
func begins(answer []byte, want string) error {
	d := xml.NewDecoder(bytes.NewReader(answer))
	for {
		t, err := d.Token()
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if e.Name.Local != want {
				return fmt.Errorf("it is %q", e.Name.Local)
			}
			return nil
		}
	}
}

func (w *wire) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return netguard.Explain(err, w.host)
}

// listing is one walk through names. Its pages are counted: a server could hand out pages
// without names for ever.
type listing struct {
	most         int // names
	names, pages int
	token        string // of the last page asked for
}

type listingKey struct{}

// with marks the requests of a walk.
func (l *listing) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, listingKey{}, l)
}

// Pages beyond fewPages must have namesPerPage names on average. Servers do hand out pages with
// fewer, such as of keys that were deleted.
const (
	fewPages     = 1000
	namesPerPage = 10
)

// turn is called before a page is asked for.
func turn(r *http.Request) error {
	l, ok := r.Context().Value(listingKey{}).(*listing)
	if !ok {
		return nil
	}
	token := r.URL.Query().Get("continuation-token")
	if token != "" && token == l.token {
		return tree.Refuse("the server's listing goes round in a circle: refused")
	}
	if l.pages++; l.pages > fewPages && l.names < l.pages*namesPerPage {
		return tree.Refuse("the server's listing has %d pages for %d names: refused", l.pages, l.names)
	}
	l.token = token
	return nil
}

// add takes a name that was listed.
func (l *listing) add() error {
	if l.names++; l.names > l.most {
		return tree.Refuse("more than %d names: refused", l.most)
	}
	return nil
}

// errAnswer is an answer that no S3 server gives.
func errAnswer(err error) error {
	why := tree.Show(clip(err.Error()))
	if strings.Contains(why, io.EOF.Error()) { // the library has a meaning of its own for the word
		why = "it ends too early"
	}
	return tree.Refuse("the server's answer is not one of S3 (%s): refused", why)
}

// clip shortens what a server says.
func clip(text string) string {
	const most = 300
	if len(text) > most {
		text = fmt.Sprintf("%s...", text[:most])
	}
	return text
}
