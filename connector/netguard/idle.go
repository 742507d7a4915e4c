package netguard

import (
	"net"
	"time"
)

// Idle ends c's reads and writes with a timeout when not one byte moved in either direction for two
// minutes. It is for streams of bytes; a database may think for longer.
func Idle(c net.Conn) net.Conn { return &idle{c, idleTimeout} }

type idle struct {
	net.Conn
	limit time.Duration
}

// Read and Write move the deadline of both directions: while an upload is under way its
// answer is not late.
func (c *idle) Read(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *idle) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// CloseWrite tells the other side that nothing more comes, where c can.
func (c *idle) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
