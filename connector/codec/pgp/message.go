package pgp

import (
	"bufio"
	"fmt"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/headgate/headgate/connector/codec/internal/beside"
	"github.com/headgate/headgate/connector/codec/internal/bound"
)

// inputBuffer is how much of the stored message is read at once.
const inputBuffer = 128 << 10

// message reads one message. There are up to three layers, each of them in a goroutine of
// its own: plain decrypts, unpacked unpacks, and body, which runs where Read is called,
// checks the signature.
type message struct {
	raw     tap
	own     []named // private keys
	signers []named // one of whom must have signed; none = nobody is asked for
	limits  bound.Limits
	config  *packet.Config

	sealed   bool           // it is encrypted
	by       *openpgp.Key   // decrypted it
	plain    *beside.Reader // nil when nothing is encrypted
	unpacked *beside.Reader // nil when nothing is packed
	bounded  *bound.Reader
	details  *openpgp.MessageDetails
	err      error // of Read, ever after
}

// tap tells errors of what is below from those of the message.
type tap struct {
	r     io.Reader
	n     int64
	err   error
	ended bool
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += int64(n)
	if err == io.EOF {
		t.ended = true
	} else if err != nil {
		t.err = err
	}
	return n, err
}

func (m *message) Read(p []byte) (int, error) {
	if m.err == nil && m.details == nil {
		m.fail(m.begin())
	}
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.details.UnverifiedBody.Read(p)
	if err == io.EOF {
		if err = m.verdict(); err == nil {
			m.err = io.EOF
			return n, m.err
		}
	}
	m.fail(err)
	return n, m.err
}

func (m *message) fail(err error) {
	if err != nil {
		m.err = m.explain(err)
	}
}

// begin reads up to the contents.
func (m *message) begin() error {
	in := bufio.NewReaderSize(&m.raw, inputBuffer)
	first, err := in.Peek(1)
	if err == nil && first[0]&0x80 == 0 {
		in = bufio.NewReaderSize(newDearmor(in), inputBuffer)
		first, err = in.Peek(1)
	}
	if err != nil {
		return err
	}
	var contents io.Reader = in
	switch tagOf(first[0]) {
	case tagSignature, tagOnePass, tagCompressed, tagLiteral:
		if len(m.own) > 0 {
			return errNotEncrypted
		}
	default:
		m.sealed = true
		if contents, err = m.decrypted(in); err != nil {
			return err
		}
		m.plain = beside.NewReader(contents, pieceBuffer, pieceSize)
		contents = m.plain
	}
	return m.open(contents)
}

// open reads the packets in contents up to what they are about.
func (m *message) open(contents io.Reader) error {
	count := &bound.Counter{R: contents}
	in := bufio.NewReaderSize(count, 64<<10)
	first, err := in.Peek(1)
	if err != nil {
		return err
	}
	m.bounded = bound.NewReader(in, count, m.limits)
	contents = m.bounded
	if tagOf(first[0]) == tagCompressed {
		u, err := newUnpacker(in)
		if err != nil {
			return err
		}
		m.bounded = bound.NewReader(u, count, m.limits)
		m.unpacked = beside.NewReader(m.bounded, pieceBuffer, pieceSize)
		contents = m.unpacked
	}
	md, err := openpgp.ReadMessage(contents, ring(m.signers), nil, m.config)
	if err == nil && md.IsEncrypted {
		err = errNested
	}
	if err != nil {
		return err
	}
	m.details = md
	return nil
}

// Close ends the work beside. It may be called twice.
func (m *message) Close() error {
	for _, r := range []*beside.Reader{m.unpacked, m.plain} {
		if r != nil {
			r.Stop()
		}
	}
	for _, r := range []*beside.Reader{m.unpacked, m.plain} {
		if r != nil {
			r.Close()
		}
	}
	if m.err == nil {
		m.err = fmt.Errorf("pgp: %w", beside.ErrClosed)
	}
	return nil
}
