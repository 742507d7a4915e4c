package ftp

import (
	"crypto/tls"
	"io"
	"net"
	"time"
)

// dataConn is the connection of one transfer.
type dataConn struct {
	net.Conn           // tls, or the connection itself
	tls      *tls.Conn // nil = in clear
	raw      net.Conn
	wrote    bool

	limit int // bytes that a listing may still have; 0 = it is none
	lines int // of the listing
	over  bool
}

// Handshake is what the library asks for before it uploads nothing at all.
func (d *dataConn) Handshake() error {
	if d.tls == nil {
		return nil
	}
	d.wrote = true
	return d.tls.Handshake()
}

func (d *dataConn) Write(p []byte) (int, error) {
	d.wrote = true
	return d.Conn.Write(p)
}

// ReadFrom takes an upload in the pieces it was made in.
func (d *dataConn) ReadFrom(r io.Reader) (int64, error) {
	if w, ok := r.(io.WriterTo); ok {
		return w.WriteTo(struct{ io.Writer }{d})
	}
	return io.Copy(struct{ io.Writer }{d}, r)
}

// drainTime bounds the wait for the server's end after ours.
const drainTime = 5 * time.Second

// Close ends an upload so that nothing of it is lost: it says that no more comes, and waits
// for the server to say the same. A server of TLS 1.3 sends session tickets that an
// upload never reads; closing with them unread would reset the connection and take the end of
// the file with it.
func (d *dataConn) Close() error {
	if !d.wrote {
		return d.Conn.Close()
	}
	if d.tls != nil {
		if err := d.tls.CloseWrite(); err != nil {
			d.raw.Close()
			return err
		}
	}
	if half, ok := d.raw.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			d.raw.Close()
			return err
		}
	} else if d.tls == nil {
		return d.raw.Close()
	}
	// Through the layer of TLS, which may answer; what comes does not matter, and neither does
	// how it ends.
	d.raw.SetReadDeadline(time.Now().Add(drainTime))
	io.Copy(io.Discard, d.raw)
	return d.raw.Close()
}
