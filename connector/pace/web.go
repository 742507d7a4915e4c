package pace

import (
	"io"
	"net/http"
)

// Web is a transport that limits how many requests are sent, and the bytes of their bodies
// and of the answers' together. A limit that is nil is none.
type Web struct {
	http.RoundTripper
	Requests, Bytes *Limiter
}

// RoundTrip implements http.RoundTripper.
func (w *Web) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if err := w.Requests.Wait(ctx, 1); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	if w.Bytes != nil && r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(ctx)
		r.Body = body{w.Bytes.Reader(ctx, r.Body), r.Body}
	}
	res, err := w.RoundTripper.RoundTrip(r)
	if err == nil && w.Bytes != nil {
		res.Body = body{w.Bytes.Reader(ctx, res.Body), res.Body}
	}
	return res, err
}

// CloseIdleConnections is for http.Client.CloseIdleConnections.
func (w *Web) CloseIdleConnections() {
	if c, ok := w.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// body is a body that is read through a limit.
type body struct {
	io.Reader
	io.Closer
}
