package pace

import (
	"context"
	"io"
	"net"
)

// gulp is how many bytes are taken at a time where their number is limited: few enough for
// the flow to be even.
const gulp = 32 << 10

// Reader reads r no faster than l allows. ctx ends the waiting.
func (l *Limiter) Reader(ctx context.Context, r io.Reader) io.Reader {
	if l == nil {
		return r
	}
	return &reader{ctx, l, r}
}

type reader struct {
	ctx context.Context
	l   *Limiter
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p[:min(len(p), gulp)])
	if e := r.l.Wait(r.ctx, n); e != nil {
		return n, e
	}
	return n, err
}

// Writer writes to w no faster than l allows. ctx ends the waiting.
func (l *Limiter) Writer(ctx context.Context, w io.Writer) io.Writer {
	if l == nil {
		return w
	}
	return &writer{ctx, l, w}
}

type writer struct {
	ctx context.Context
	l   *Limiter
	w   io.Writer
}

func (w *writer) Write(p []byte) (done int, err error) {
	for len(p) > 0 && err == nil {
		k := min(len(p), gulp)
		if err = w.l.Wait(w.ctx, k); err != nil {
			return done, err
		}
		k, err = w.w.Write(p[:k])
		done, p = done+k, p[k:]
	}
	return done, err
}

// Conn is c with the bytes of both directions limited together. Its Close ends the waiting.
func (l *Limiter) Conn(c net.Conn) net.Conn {
	if l == nil {
		return c
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &conn{Conn: c, r: l.Reader(ctx, c), w: l.Writer(ctx, c), cancel: cancel}
}

type conn struct {
	net.Conn
	r      io.Reader
	w      io.Writer
	cancel context.CancelFunc
}

func (c *conn) Read(p []byte) (int, error)  { return c.r.Read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.w.Write(p) }

func (c *conn) Close() error {
	c.cancel()
	return c.Conn.Close()
}

// CloseWrite tells the other side that nothing more comes, where the connection can.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
