package sftp

import (
	"encoding/binary"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// maxNames is how many bytes of names one listing may have: half a million of usual ones.
const maxNames = 96 << 20

// errTooManyNames ends a listing that has no end.
var errTooManyNames = errors.New("the server's listing has no end: refused")

// fxpName is the type of the packets that listings come in.
const fxpName = 104

// meter is the SFTP stream of a link. It knows when the server last said anything, and
// keeps a listing from filling the memory, which the library collects as a whole.
type meter struct {
	r io.Reader
	w io.WriteCloser

	busy  atomic.Int64 // exchanges under way
	slow  atomic.Int64 // those among them that may take long
	last  atomic.Int64 // when something moved, or the first exchange began
	heard atomic.Int64 // when the server last answered a greeting, which is below SFTP

	budget atomic.Int64 // bytes of names left
	blown  atomic.Bool  // there were more

	head [5]byte // of the packet under way
	have int     // bytes of head
	rest int     // bytes of the packet after head
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
		n := copy(m.head[m.have:], p)
		m.have += n
		p = p[n:]
		if m.have < len(m.head) {
			return true
		}
		size := int(binary.BigEndian.Uint32(m.head[:4]))
		m.have, m.rest = 0, max(size-1, 0)
		if m.head[4] == fxpName && m.budget.Add(-int64(size)) < 0 {
			m.blown.Store(true)
			return false
		}
	}
	return true
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.w.Write(p)
	if n > 0 {
		m.sign()
	}
	return n, err
}

func (m *meter) Close() error { return m.w.Close() }
