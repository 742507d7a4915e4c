package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/headgate/headgate/connector"
)

// smallUpload is up to what size an upload waits in memory, so that its length can be told
// beforehand and it can be sent again.
const smallUpload = 4 << 20

// Create starts an upload. A server shows the file when the upload is complete, so that
// is where the run can no longer hold it back: Seal.
func (s *Store) Create(ctx context.Context, name, _ string) (connector.Upload, error) {
	to, err := s.target(name)
	if err == nil && strings.HasSuffix(to.Path, "/") {
		err = errFolder
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, s.fail("write", name, err)
	}
	u := &upload{store: s, name: name, to: to}
	u.ctx, u.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return u, nil
}

// Publish has nothing left to do.
func (s *Store) Publish(_ context.Context, staged, name string) error {
	if staged != "" {
		return s.fail("write", name, connector.ErrNothingStaged)
	}
	return nil
}

// upload is a file on its way.
type upload struct {
	store  *Store
	name   string
	to     *url.URL
	ctx    context.Context // of the request
	cancel context.CancelFunc

	first  bytes.Buffer // what came before the request began
	pipe   *io.PipeWriter
	done   chan struct{} // closed when the request ended
	err    error         // of the request, when done
	sealed bool
	once   sync.Once
}

func (u *upload) Write(p []byte) (int, error) {
	if u.pipe == nil && u.first.Len()+len(p) <= smallUpload {
		return u.first.Write(p)
	}
	if u.pipe == nil {
		u.begin()
	}
	n, err := u.pipe.Write(p)
	return n, u.store.fail("write", u.name, err)
}

// begin sends what came so far and what follows in one request.
func (u *upload) begin() {
	r, w := io.Pipe()
	u.pipe, u.done = w, make(chan struct{})
	body := io.MultiReader(bytes.NewReader(u.first.Bytes()), r)
	go func() {
		defer close(u.done)
		counted := &toEnd{Reader: body}
		if u.err = u.send(u.ctx, counted, -1); u.err == nil && !counted.end.Load() {
			u.err = errors.New("the server answered before it had all of it")
		}
		r.CloseWithError(u.err) // whoever still writes learns why nobody reads
	}()
}

// toEnd is a body that is sent once and knows whether it was read to its end.
type toEnd struct {
	io.Reader
	end atomic.Bool
}

func (b *toEnd) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.end.Store(true)
	}
	return n, err
}

func (u *upload) send(ctx context.Context, body io.Reader, size int64) error {
	method := http.MethodPut
	if u.store.cfg.Upload == "post" {
		method = http.MethodPost
	}
	header := http.Header{"Content-Type": {"application/octet-stream"}}
	if size < 0 {
		header.Set("Expect", "100-continue") // who refuses it shall say so before it comes
	}
	res, err := u.store.do(ctx, request{method: method, to: u.to, body: body, size: size, header: header})
	if err == nil {
		discard(res)
	}
	switch code := codeOf(err); code {
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		err = fmt.Errorf("the server takes no files by %s: %w", method, errors.Join(err, errors.ErrUnsupported))
	case http.StatusLengthRequired:
		err = fmt.Errorf("the server takes no files whose length it does not know beforehand (%w)", err)
	}
	return err
}

// Seal ends the upload and waits for the server's word that it has the file. The staged name is
// empty: the file is there.
func (u *upload) Seal(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", u.store.fail("write", u.name, err)
	}
	var err error
	if u.pipe == nil {
		err = u.send(ctx, bytes.NewReader(u.first.Bytes()), int64(u.first.Len()))
	} else {
		u.pipe.Close()
		stop := context.AfterFunc(ctx, u.cancel)
		<-u.done
		stop()
		err = u.err
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	if err != nil {
		return "", u.store.fail("write", u.name, err)
	}
	u.sealed = true
	return "", nil
}

// Close breaks an upload off; a server drops what it has of it.
func (u *upload) Close() error {
	u.once.Do(func() {
		if u.pipe != nil && !u.sealed {
			u.pipe.CloseWithError(errBrokenOff)
			u.cancel()
			<-u.done
		}
		u.cancel()
	})
	return nil
}

var errBrokenOff = errors.New("the upload was broken off")
