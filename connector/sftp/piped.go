package sftp

import (
	"io"
	"net"
	"net/netip"
)

// piped is a connection through an SSH channel, which knows no deadlines: those who
// speak through it need them.
type piped struct {
	net.Conn // our end of a pipe
	channel  net.Conn
	remote   *net.TCPAddr
}

func newPiped(channel net.Conn, address string) *piped {
	ours, theirs := net.Pipe()
	p := &piped{Conn: ours, channel: channel, remote: &net.TCPAddr{}}
	if ap, err := netip.ParseAddrPort(address); err == nil {
		p.remote = net.TCPAddrFromAddrPort(ap)
	}
	pump := func(to, from net.Conn) {
		io.Copy(to, from)
		ours.Close()
		theirs.Close()
		channel.Close()
	}
	go pump(theirs, channel)
	go pump(channel, theirs)
	return p
}

func (p *piped) Close() error {
	p.channel.Close()
	return p.Conn.Close()
}

// RemoteAddr is the address that was dialled, 0.0.0.0 for a name.
func (p *piped) RemoteAddr() net.Addr { return p.remote }
