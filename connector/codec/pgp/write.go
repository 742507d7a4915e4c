package pgp

import (
	"fmt"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/headgate/headgate/connector"
)

// packer writes one message.
type packer struct {
	top    io.WriteCloser // takes what the message is about
	armor  io.WriteCloser // nil without
	closed bool
}

func newPacker(o *Options, w io.Writer, opt connector.CodecOptions) (*packer, error) {
	c := config()
	switch o.Compression {
	case "zip":
		c.DefaultCompressionAlgo = packet.CompressionZIP
	case "zlib":
		c.DefaultCompressionAlgo = packet.CompressionZLIB
	}
	k := lookup{opt, c}
	to, err := k.public(o.EncryptTo)
	if err != nil {
		return nil, err
	}
	var signers []named
	if o.SignWith != "" {
		if signers, err = k.private([]string{o.SignWith}); err != nil {
			return nil, err
		}
	}
	if err := usable(to, signers, c); err != nil {
		return nil, err
	}
	p := &packer{}
	if o.Armor {
		if p.armor, err = armor.EncodeWithChecksumOption(w, "PGP MESSAGE", nil, true); err != nil {
			return nil, err
		}
		w = p.armor
	}
	if len(to) > 0 {
		p.top, err = openpgp.Encrypt(w, ring(to), nil, ring(signers), nil, c)
	} else {
		p.top, err = openpgp.Sign(w, ring(signers), nil, c)
	}
	return p, err
}

// usable checks that the keys can be used for this, now.
func usable(to, signers []named, c *packet.Config) error {
	for _, k := range to {
		if _, err := k.EncryptionKeyWithError(c.Now(), c); err != nil {
			return fmt.Errorf("key %s: it cannot be encrypted to: %s", k.name, plain(err))
		}
	}
	for _, k := range signers {
		if _, ok := k.SigningKey(c.Now(), c); !ok {
			return fmt.Errorf("key %s: it cannot sign: it has expired, was revoked, is too short, or is not for signing", k.name)
		}
	}
	return nil
}

func (p *packer) Write(b []byte) (int, error) { return p.top.Write(b) }

// Close ends the message. It may be called twice.
func (p *packer) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	err := p.top.Close()
	if p.armor != nil && err == nil {
		err = p.armor.Close()
	}
	if err != nil {
		return fmt.Errorf("pgp: %w", err)
	}
	return nil
}
