package pgp

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"

	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/codec/internal/beside"
)

// packer writes one message. Its layers are, from the inside out: the contents with their
// signature, compression, encryption, armor; each of the last three works in a
// goroutine of its own.
type packer struct {
	to      []named
	signers []named
	config  *packet.Config

	top    io.WriteCloser // takes the contents
	layers []io.Closer    // from the outside in
	err    error          // of the first Write or Close that failed
	closed bool
}

func newPacker(o *Options, w io.Writer, opt connector.CodecOptions) (*packer, error) {
	p := &packer{config: config()}
	if err := p.keys(o, opt); err != nil {
		return nil, err
	}
	if err := p.open(o, w); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// keys finds the keys and checks that they can be used for this, now.
func (p *packer) keys(o *Options, opt connector.CodecOptions) (err error) {
	k := lookup{opt, p.config}
	if p.to, err = k.public(o.EncryptTo); err != nil {
		return err
	}
	if o.SignWith != "" {
		if p.signers, err = k.private([]string{o.SignWith}); err != nil {
			return err
		}
	}
	for _, k := range p.signers {
		if key, ok := k.SigningKey(p.config.Now(), p.config); !ok || key.PrivateKey == nil || key.PrivateKey.Dummy() {
			return fmt.Errorf("key %s: it cannot sign: it has expired, was revoked, is too short, or is not for signing", k.name)
		}
	}
	return nil
}

// open stacks the layers on w.
func (p *packer) open(o *Options, w io.Writer) error {
	if o.Armor {
		a := newArmor(w)
		p.layers, w = append(p.layers, a), a
	}
	if len(p.to) > 0 {
		key, err := p.sessionKey(w)
		if err != nil {
			return err
		}
		s, err := newSealer(w, key)
		if err != nil {
			return err
		}
		w = p.beside(s, s)
	}
	w, err := p.compress(o.Compression, w)
	if err != nil {
		return err
	}
	if len(p.signers) > 0 {
		p.top, err = newSigned(w, p.signers[0].Entity, p.to, p.config)
	} else {
		p.top, err = packet.SerializeLiteral(open{w}, true, "", 0)
	}
	return err
}

// beside makes a layer work in a goroutine of its own.
func (p *packer) beside(w io.Writer, c io.Closer) io.Writer {
	a := beside.NewWriter(w, pieceBuffer, pieceSize)
	p.layers = append(p.layers, c, a)
	return a
}

// The header of a packet of compressed data that goes on to the end of its stream, and the
// algorithms.
const (
	compressedHeader = 0x80 | tagCompressed<<2 | 3
	algorithmZip     = 1
	algorithmZlib    = 2
)

func (p *packer) compress(how string, w io.Writer) (io.Writer, error) {
	var z io.WriteCloser
	var err error
	head := []byte{compressedHeader, algorithmZip}
	switch how {
	case "zip":
		z, err = flate.NewWriter(w, flate.DefaultCompression)
	case "zlib":
		head[1] = algorithmZlib
		z, err = zlib.NewWriterLevel(w, zlib.DefaultCompression)
	default:
		return w, nil
	}
	if err == nil {
		_, err = w.Write(head)
	}
	if err != nil {
		return nil, err
	}
	return p.beside(z, z), nil
}

// sessionKey makes a key for this message and writes it, encrypted to each recipient.
func (p *packer) sessionKey(w io.Writer) ([]byte, error) {
	key := make([]byte, packet.CipherAES256.KeySize())
	if _, err := io.ReadFull(p.config.Random(), key); err != nil {
		return nil, err
	}
	for _, k := range p.to {
		to, err := k.EncryptionKeyWithError(p.config.Now(), p.config)
		if err == nil {
			err = packet.SerializeEncryptedKeyAEADwithHiddenOption(w, to.PublicKey, packet.CipherAES256, false, key, false, p.config)
		}
		if err != nil {
			return nil, fmt.Errorf("key %s: it cannot be encrypted to: %s", k.name, plain(err))
		}
	}
	return key, nil
}

// open is a writer that has nothing to close.
type open struct{ io.Writer }

func (open) Close() error { return nil }

func (p *packer) Write(b []byte) (int, error) {
	n, err := p.top.Write(b)
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("pgp: %w", err)
	}
	return n, p.err
}

// Close ends the message. It may be called twice.
func (p *packer) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	err := p.err
	if p.top != nil && err == nil {
		if err = p.top.Close(); err != nil {
			err = fmt.Errorf("pgp: %w", err)
		}
	}
	for i := len(p.layers) - 1; i >= 0; i-- { // all of them, as they have goroutines
		if e := p.layers[i].Close(); e != nil && err == nil {
			err = fmt.Errorf("pgp: %w", e)
		}
	}
	if p.err == nil {
		p.err = fmt.Errorf("pgp: %w", beside.ErrClosed)
	}
	return err
}
