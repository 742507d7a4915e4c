package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/pace"
	"github.com/headgate/headgate/connector/tree"
)

// Store is the files at an address.
type Store struct {
	env    connector.Env
	cfg    Config
	base   *url.URL
	single string          // the name of the only file; "" = base is a folder
	rule   connector.Retry // of a request
	pause  func(ctx context.Context, rule connector.Retry, attempt int, asked string) error

	requests, bytes *pace.Limiter

	mu     sync.Mutex
	client *client // nil = not used yet
}

// Close ends the connections. The store connects again when it is used again.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		s.client.close()
		s.client = nil
	}
	return nil
}

func (s *Store) open(ctx context.Context) (*client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		c, err := s.connect(ctx)
		if err != nil {
			return nil, err
		}
		s.client = c
	}
	return s.client, nil
}

// label is how messages call a file.
func (s *Store) label(name string) string { return s.env.Connection + ":" + tree.Show(name) }

// fail is err with the operation and the file in front.
func (s *Store) fail(operation, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", operation, s.label(name), err)
}

// target is where a file is.
func (s *Store) target(name string) (*url.URL, error) {
	clean, err := name, error(nil)
	if name != "." {
		clean, err = glob.Clean(name)
	}
	if err != nil {
		return nil, err
	}
	if s.single != "" {
		if clean != s.single && clean != "." {
			return nil, glob.NotExist(clean, []string{s.single})
		}
		return s.base, nil
	}
	if clean == "." {
		return s.base, nil
	}
	u := *s.base
	u.Path, u.RawPath = s.base.Path+clean, ""
	// JoinPath would clean names that a server may well have, such as "a//b".
	u.RawPath = s.base.EscapedPath() + escape(clean)
	return &u, nil
}

// escape is a path as a URL has it, also where url.URL leaves characters alone that
// servers read differently.
func escape(name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// request is one request to the server.
type request struct {
	method string
	to     *url.URL
	header http.Header
	body   io.Reader // nil = none; one that is no io.ReadSeeker is sent once
	size   int64     // of body; -1 unknown
}

// do sends a request, again after a while when that may help; a body that cannot be sent again is
// for others to have made anew. Whoever gets an answer closes its body.
func (s *Store) do(ctx context.Context, r request) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		res, err := s.once(ctx, r)
		asked := ""
		if err == nil {
			if err = status(res, s.host()); err == nil {
				return res, nil
			}
			asked = res.Header.Get("Retry-After")
			discard(res)
		}
		if !connector.IsTransient(err) || !rewind(r.body) {
			return nil, err
		}
		if attempt >= s.rule.Attempts {
			return nil, s.rule.GivenUp(err)
		}
		if stop := s.pause(ctx, s.rule, attempt+1, asked); stop != nil {
			return nil, errors.Join(stop, err)
		}
	}
}

// rewind prepares a body to be sent again.
func rewind(body io.Reader) bool {
	if body == nil {
		return true
	}
	seeker, ok := body.(io.Seeker)
	if !ok {
		return false
	}
	_, err := seeker.Seek(0, io.SeekStart)
	return err == nil
}

// once sends a request once.
func (s *Store) once(ctx context.Context, r request) (*http.Response, error) {
	c, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	body := r.body
	if body != nil {
		body = io.NopCloser(body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.to.String(), body)
	if err != nil {
		return nil, errors.New("the address makes no request")
	}
	if r.body != nil {
		req.ContentLength = r.size
		if r.size == 0 {
			req.Body = http.NoBody
		}
	}
	req.URL = r.to // its spelling counts
	for name, value := range s.cfg.Headers {
		req.Header.Set(name, value)
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", "headgate")
	token := strings.TrimSpace(c.token.Text())
	if strings.ContainsFunc(token, unicode.IsControl) {
		return nil, errors.New("the token has characters that no request can carry: is the secret a file of another kind?")
	}
	switch {
	case token != "" && s.cfg.TokenHeader != "":
		req.Header.Set(s.cfg.TokenHeader, token)
	case token != "":
		req.Header.Set("Authorization", "Bearer "+token)
	case !c.password.Empty():
		req.SetBasicAuth(s.cfg.User, strings.TrimRight(c.password.Text(), "\r\n"))
	}
	res, err := c.web.Do(req)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	if res.Request.Method != r.method { // a redirect makes GET of anything
		res.Body.Close()
		return nil, connector.Mark(fmt.Errorf("%s answers %s with a redirect, which is not followed", s.host(), r.method), connector.ErrUnreachable)
	}
	return res, nil
}

// explain is an error of the client without the address, which may hold a token in its
// query.
func (s *Store) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return netguard.Explain(err, s.host())
}

// refusal is an answer that is not the one wanted.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

// Is makes a file that is not there fs.ErrNotExist.
func (r *refusal) Is(target error) bool {
	return target == fs.ErrNotExist && (r.code == http.StatusNotFound || r.code == http.StatusGone)
}

// codeOf is the status that an error came from, 0 if none.
func codeOf(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.code
	}
	return 0
}

// status is the error of an answer that says no.
func status(res *http.Response, host string) error {
	code := res.StatusCode
	if code >= 200 && code < 300 || code == http.StatusRequestedRangeNotSatisfiable {
		return nil
	}
	r := &refusal{code, fmt.Sprintf("%s answers %d %s", host, code, http.StatusText(code))}
	switch code {
	case http.StatusNotFound, http.StatusGone:
		r.text = "no such file or folder"
		return r
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		r.text += ": it does not accept our login, or this login may not do that"
	case http.StatusBadRequest:
		if res.TLS != nil {
			r.text += " (some servers say that to whoever has no client certificate)"
		}
	case http.StatusPreconditionFailed:
		return r
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return r
	}
	err := connector.Mark(r, connector.ErrUnreachable)
	if pace.Transient(code) {
		err = connector.Transient(err)
	}
	return err
}

// drainLimit is how much of an answer that nobody wants is read to keep its connection.
const drainLimit = 64 << 10

func discard(res *http.Response) {
	io.CopyN(io.Discard, res.Body, drainLimit)
	res.Body.Close()
}
