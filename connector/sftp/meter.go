package sftp

import (
	"encoding/binary"
	"io"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/connector/tree"
)

// maxBytes is how many bytes one listing may have: it is usually used up after the names.
const maxBytes = 96 << 20

// errTooManyNames ends a listing that has no end.
var errTooManyNames = tree.Refuse("the server's listing has no end: refused")

// fxpName is the type of the packets that listings come in.
const fxpName = 104

// meter is the SFTP stream of a link. It knows when the server last said anything, and
// keeps a listing from filling the memory, which the library collects as a whole.
type meter struct {
	r io.Reader
	w io.Writer
	c io.Closer // of w

	busy  atomic.Int64 // exchanges under way
	slow  atomic.Int64 // those among them that may take long
	last  atomic.Int64 // when something moved, or the first exchange began
	heard atomic.Int64 // when the server last answered a greeting, which is below SFTP

	names atomic.Int64 // that a listing may still have
	bytes atomic.Int64
	blown atomic.Bool // there were more

	head [13]byte // of the packet under way: length, type, number, and how many names it has
	have int      // bytes of head
	rest int      // bytes of the packet after head
}

// allow begins a listing.
func (m *meter) allow(names int) {
	m.names.Store(int64(names))
	m.bytes.Store(maxBytes)
}

func (m *meter) begin() {
	if m.busy.Add(1) == 1 {
		m.sign()
	}
}

func (m *meter) end() { m.busy.Add(-1) }

// sign notes a sign of life.
func (m *meter) sign() { m.last.Store(time.Now().UnixNano()) }

// idle is how long nothing was heard, greetings included.
func (m *meter) idle(now time.Time) time.Duration {
	return now.Sub(time.Unix(0, max(m.last.Load(), m.heard.Load())))
}

// silent is how long the server has owed an answer.
func (m *meter) silent(now time.Time) time.Duration {
	switch {
	case m.busy.Load() == 0:
		return 0
	case m.slow.Load() > 0:
		return m.idle(now)
	}
	return now.Sub(time.Unix(0, m.last.Load()))
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if n > 0 {
		m.sign()
		if !m.count(p[:n]) {
			return 0, errTooManyNames
		}
	}
	return n, err
}

// count follows the packets and takes those of listings from the budget.
func (m *meter) count(p []byte) bool {
	for len(p) > 0 {
		if m.rest > 0 {
			n := min(m.rest, len(p))
			m.rest -= n
			p = p[n:]
			continue
		}
		n := copy(m.head[m.have:m.want()], p)
		m.have += n
		p = p[n:]
		if m.have < m.want() {
			continue
		}
		m.rest = max(m.size()-(m.have-4), 0)
		names := m.have == len(m.head)
		m.have = 0
		if names && !m.spend() {
			m.blown.Store(true)
			return false
		}
	}
	return true
}

// size is the length of the packet under way, without the length itself.
func (m *meter) size() int { return int(binary.BigEndian.Uint32(m.head[:4])) }

// want is how much of the packet has to be seen: of one with names how many there are.
func (m *meter) want() int {
	if m.have >= 5 && m.head[4] == fxpName && m.size() >= len(m.head)-4 {
		return len(m.head)
	}
	return 5
}

// spend takes a packet of names from what is allowed.
func (m *meter) spend() bool {
	names := min(int64(binary.BigEndian.Uint32(m.head[9:])), int64(m.size()))
	return m.bytes.Add(-int64(m.size())) >= 0 && m.names.Add(-names) >= 0
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.w.Write(p)
	if n > 0 {
		m.sign()
	}
	return n, err
}

func (m *meter) Close() error { return m.c.Close() }
