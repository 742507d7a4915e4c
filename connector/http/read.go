package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector"
)

// version tells the contents of an address apart over time.
type version struct {
	etag     string // strong ones only: a weak one does not promise the same bytes
	modified string
	size     int64 // -1 unknown
}

// known reports whether a change would be noticed.
func (v version) known() bool { return v.etag != "" || v.modified != "" }

// same reports whether two answers are about the same bytes, as far as one can tell.
func (v version) same(w version) bool {
	return v.etag == w.etag && v.modified == w.modified && (v.size < 0 || w.size < 0 || v.size == w.size)
}

func versionOf(res *http.Response) version {
	v := version{etag: res.Header.Get("Etag"), modified: res.Header.Get("Last-Modified"), size: res.ContentLength}
	if strings.HasPrefix(v.etag, "W/") {
		v.etag = ""
	}
	if res.StatusCode == http.StatusPartialContent || res.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		_, v.size = contentRange(res.Header.Get("Content-Range"))
	}
	return v
}

// contentRange reads "bytes FROM-TO/SIZE" and "bytes */SIZE"; -1 for what it does not say.
func contentRange(text string) (from, size int64) {
	from, size = -1, -1
	text, ok := strings.CutPrefix(text, "bytes ")
	span, total, cut := strings.Cut(text, "/")
	if !ok || !cut {
		return from, size
	}
	if n, err := strconv.ParseInt(total, 10, 64); err == nil && n >= 0 {
		size = n
	}
	start, _, _ := strings.Cut(span, "-")
	if n, err := strconv.ParseInt(start, 10, 64); err == nil && n >= 0 {
		from = n
	}
	return from, size
}

// errChanged is a file that became another while it was read.
var errChanged = errors.New("it changed while it was being read")

// Open reads a file from offset on. When the connection breaks, reading goes on where it
// stopped, if the server says that the file is still the same. The result is an
// io.ReaderAt too.
func (s *Store) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, error) {
	to, err := s.target(name)
	if err != nil {
		return nil, s.fail("read", name, err)
	}
	r := &reader{store: s, ctx: ctx, to: to, at: offset, last: -1}
	if err := r.begin(); err != nil {
		return nil, s.fail("read", name, err)
	}
	if strings.HasSuffix(r.body.Request.URL.Path, "/") {
		r.Close()
		return nil, s.fail("read", name, errFolder)
	}
	return r, nil
}

// reader is the bytes of a file in order, over as many connections as it takes.
type reader struct {
	store  *Store
	ctx    context.Context
	to     *url.URL
	at     int64 // of the next byte
	last   int64 // byte wanted; -1 = to the end
	first  version
	asked  bool // first is set
	failed int  // attempts since the last byte

	body *http.Response
	done bool // at the end
}

// begin asks for the bytes from r.at on.
func (r *reader) begin() error {
	header := http.Header{"Accept-Encoding": {"identity"}}
	if r.at > 0 || r.last >= 0 {
		span := "bytes=" + strconv.FormatInt(r.at, 10) + "-"
		if r.last >= 0 {
			span += strconv.FormatInt(r.last, 10)
		}
		header.Set("Range", span)
		if r.asked && r.first.etag != "" {
			header.Set("If-Range", r.first.etag)
		}
	}
	res, err := r.store.do(r.ctx, request{method: http.MethodGet, to: r.to, header: header})
	if err != nil {
		return err
	}
	v, err := r.check(res)
	if err != nil {
		res.Body.Close()
		return err
	}
	if !r.asked {
		r.first, r.asked = v, true
	}
	r.body = res
	return nil
}

// check looks whether an answer has the bytes that were asked for.
func (r *reader) check(res *http.Response) (version, error) {
	v := versionOf(res)
	if r.asked && !r.first.same(v) {
		return v, errChanged
	}
	if e := res.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return v, fmt.Errorf("%s sends it as %q, although it was asked not to", r.store.host(), e)
	}
	switch res.StatusCode {
	case http.StatusRequestedRangeNotSatisfiable:
		if v.size != r.at {
			return v, fmt.Errorf("it has no byte %d", r.at)
		}
		r.done = true
	case http.StatusPartialContent:
		if from, _ := contentRange(res.Header.Get("Content-Range")); from != r.at {
			return v, fmt.Errorf("%s sends bytes from %d on instead of those from %d on", r.store.host(), from, r.at)
		}
	default: // the whole: the server serves no ranges
		if n, err := io.CopyN(io.Discard, res.Body, r.at); err != nil {
			if err == io.EOF {
				return v, fmt.Errorf("it has no byte %d, it ends at %d", r.at, n)
			}
			return v, r.store.explain(r.ctx, err)
		}
	}
	return v, nil
}

func (r *reader) Read(p []byte) (int, error) {
	for {
		if r.done {
			return 0, io.EOF
		}
		if r.body == nil {
			return 0, io.ErrClosedPipe
		}
		n, err := r.body.Body.Read(p)
		r.at += int64(n)
		if n > 0 {
			r.failed = 0
		}
		if err == io.EOF {
			r.done = true
			if end := r.end(); end >= 0 && r.at < end {
				return n, fmt.Errorf("it ends at byte %d and has %d, as the server said: %w", r.at, end, io.ErrUnexpectedEOF)
			}
			return n, io.EOF
		}
		if err == nil || n > 0 {
			return n, nil // the error comes again
		}
		if err := r.resume(err); err != nil {
			return 0, err
		}
	}
}

// end is where reading ends, -1 unknown.
func (r *reader) end() int64 {
	if r.last >= 0 && (r.first.size < 0 || r.last < r.first.size) {
		return r.last + 1
	}
	return r.first.size
}

// resume goes on at the byte that was not read.
func (r *reader) resume(cause error) error {
	cause = r.store.explain(r.ctx, cause)
	r.body.Body.Close()
	if !connector.IsTransient(cause) {
		return cause
	}
	if !r.first.known() {
		return fmt.Errorf("at byte %d: %w (the server does not say what would tell that the file is still the same)", r.at, cause)
	}
	if r.failed++; r.failed >= r.store.rule.Attempts {
		return fmt.Errorf("at byte %d: %w", r.at, r.store.rule.GivenUp(cause))
	}
	if err := r.store.pause(r.ctx, r.store.rule, r.failed+1, ""); err != nil {
		return errors.Join(err, cause)
	}
	if err := r.begin(); err != nil {
		return fmt.Errorf("at byte %d: %w", r.at, err)
	}
	return nil
}

// ReadAt reads at any place of the same version of the file. It may be called from several
// goroutines.
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	first := r.first // set by Open, and not changed since
	if len(p) == 0 {
		return 0, nil
	}
	if first.size >= 0 && off >= first.size {
		return 0, io.EOF
	}
	part := &reader{store: r.store, ctx: r.ctx, to: r.to, at: off, last: off + int64(len(p)) - 1, first: first, asked: true}
	if err := part.begin(); err != nil {
		return 0, err
	}
	defer part.Close()
	n, err := io.ReadFull(part, p)
	if err == io.ErrUnexpectedEOF { // and nothing else: an error of ours wraps it
		err = io.EOF
	}
	return n, err
}

func (r *reader) Close() error {
	if r.body != nil {
		r.body.Body.Close()
		r.body = nil
	}
	return nil
}
