package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
	"github.com/headgate/headgate/connector/tree"
)

// errFolder is what reading a folder as a file comes to.
var errFolder = tree.ErrFolder

// maxListing is how large a page that lists a folder may be.
const maxListing = 48 << 20

// List returns the files that match pattern, sorted by name. In a folder it reads the
// server's listings; a store of one file has that file.
func (s *Store) List(ctx context.Context, pattern string) ([]connector.Object, error) {
	var objects []connector.Object
	var err error
	if s.single != "" {
		objects, err = s.only(ctx, pattern)
	} else {
		objects, err = tree.List(ctx, (*folders)(s), s.label, pattern)
	}
	return objects, s.fail("list", pattern, err)
}

// only is List of a store of one file.
func (s *Store) only(ctx context.Context, pattern string) ([]connector.Object, error) {
	clean, err := glob.Clean(pattern)
	if err != nil {
		return nil, err
	}
	if err := glob.Valid(clean); err != nil {
		return nil, err
	}
	if !glob.HasWildcard(clean) {
		if name := glob.Unescape(clean); name != s.single {
			return nil, glob.NotExist(name, []string{s.single})
		}
	} else if !glob.Match(clean, s.single) {
		return nil, ctx.Err()
	}
	e, err := (*folders)(s).Stat(ctx, s.single)
	if err != nil {
		return nil, err
	}
	return []connector.Object{{Name: s.single, Size: e.Size, Modified: e.Modified}}, nil
}

// folders is the server as package tree lists it.
type folders Store

// Stat asks for a file's size and time without its contents.
func (f *folders) Stat(ctx context.Context, name string) (tree.Entry, error) {
	s := (*Store)(f)
	to, err := s.target(name)
	if err != nil {
		return tree.Entry{}, err
	}
	res, err := s.do(ctx, request{method: http.MethodHead, to: to, header: http.Header{"Accept-Encoding": {"identity"}}})
	if code := codeOf(err); code == http.StatusMethodNotAllowed || code == http.StatusNotImplemented {
		// No HEAD here: the first byte tells the same.
		res, err = s.do(ctx, request{method: http.MethodGet, to: to, header: http.Header{"Accept-Encoding": {"identity"}, "Range": {"bytes=0-0"}}})
	}
	if err != nil {
		return tree.Entry{}, err
	}
	res.Body.Close()
	e := tree.Entry{Name: name, Size: versionOf(res).size, Kind: tree.File}
	if at, err := http.ParseTime(res.Header.Get("Last-Modified")); err == nil {
		e.Modified = at
	}
	if s.single == "" && strings.HasSuffix(res.Request.URL.Path, "/") {
		e.Kind = tree.Folder
	}
	return e, nil
}

// ReadDir reads the page that lists a folder.
func (f *folders) ReadDir(ctx context.Context, dir string) ([]tree.Entry, error) {
	s := (*Store)(f)
	to, err := s.target(dir)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(to.Path, "/") {
		folder := *to
		folder.Path += "/"
		folder.RawPath = to.EscapedPath() + "/"
		to = &folder
	}
	res, err := s.do(ctx, request{method: http.MethodGet, to: to, header: http.Header{"Accept": {"application/json, text/html;q=0.5"}}})
	if code := codeOf(err); code == http.StatusForbidden {
		return nil, fmt.Errorf("%w; a server may also say that when it shows no listing of the folder: then name the files", err)
	}
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(io.LimitReader(res.Body, maxListing+1))
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	if len(page) > maxListing {
		return nil, tree.Refuse("the listing of %s is larger than %d MiB: refused", tree.Show(dir), maxListing>>20)
	}
	entries, err := readIndex(page, res.Header.Get("Content-Type"), res.Request.URL)
	if err == nil && len(entries) > tree.MaxEntries {
		err = tree.TooMany(dir)
	}
	return entries, err
}

// Remove deletes a file. One that is not there is fine.
func (s *Store) Remove(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	to, err := s.target(name)
	if err == nil {
		var res *http.Response
		if res, err = s.do(ctx, request{method: http.MethodDelete, to: to}); err == nil {
			discard(res)
		}
	}
	switch code := codeOf(err); code {
	case http.StatusNotFound, http.StatusGone:
		return nil
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		err = fmt.Errorf("the server deletes no files: %w", errors.Join(err, errors.ErrUnsupported))
	}
	return s.fail("remove", name, err)
}

// Rename is not possible.
func (s *Store) Rename(_ context.Context, from, _ string) error {
	return s.fail("move", from, fmt.Errorf("a web server moves no files: %w", errors.ErrUnsupported))
}

// child is the name of an entry that a link in a listing at base leads to, and whether it is
// a folder; "" when it leads elsewhere.
func child(base *url.URL, link string) (name string, folder bool) {
	ref, err := url.Parse(strings.TrimSpace(link))
	if err != nil || ref.RawQuery != "" || ref.ForceQuery || ref.Fragment != "" || ref.Opaque != "" {
		return "", false
	}
	to := base.ResolveReference(ref)
	rest, below := strings.CutPrefix(to.EscapedPath(), base.EscapedPath())
	if to.Scheme != base.Scheme || to.Host != base.Host || !below {
		return "", false
	}
	rest, folder = strings.CutSuffix(rest, "/")
	if rest == "" || strings.Contains(rest, "/") {
		return "", false
	}
	if name, err = url.PathUnescape(rest); err != nil {
		return "", false
	}
	return name, folder
}

// listed is when nginx says that a file changed.
func listed(text string) time.Time {
	at, err := http.ParseTime(text)
	if err != nil {
		return time.Time{}
	}
	return at
}
