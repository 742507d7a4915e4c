package pgp

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/headgate/headgate/connector"
)

// The tags of the packets that a message may start with.
const (
	tagSignature  = 2
	tagOnePass    = 4
	tagCompressed = 8
	tagLiteral    = 11
)

// tagOf is the tag in the first byte of a packet.
func tagOf(b byte) byte {
	if b&0x40 != 0 {
		return b & 0x3f
	}
	return b >> 2 & 0x0f
}

// maxRecipients bounds what a message may ask to be tried.
const maxRecipients = 1000

// recipients is what a message says of who can read it.
type recipients struct {
	keys      []*packet.EncryptedKey
	passwords int
}

// decrypted reads an encrypted message up to its contents, which it decrypts. The error at their
// end tells whether they are what was encrypted.
func (m *message) decrypted(in io.Reader) (io.Reader, error) {
	packets := packet.NewReader(in)
	var to recipients
	for {
		p, err := packets.Next()
		if err != nil {
			return nil, err
		}
		switch p := p.(type) {
		case *packet.SymmetricKeyEncrypted:
			to.passwords++
		case *packet.EncryptedKey:
			to.keys = append(to.keys, p)
		case *packet.SymmetricallyEncrypted:
			if !p.IntegrityProtected {
				return nil, errUnprotected
			}
			contents, err := m.unlock(to, func(k *packet.EncryptedKey) (io.Reader, error) { return unseal(p, k.CipherFunc, k.Key) })
			return &last{contents, packets, &m.raw}, err
		case *packet.AEADEncrypted:
			contents, err := m.unlock(to, func(k *packet.EncryptedKey) (io.Reader, error) {
				rc, err := p.Decrypt(k.CipherFunc, k.Key)
				return &closing{rc: rc}, err
			})
			return &last{contents, packets, &m.raw}, err
		default:
			return nil, errMalformed
		}
		if len(to.keys)+to.passwords > maxRecipients {
			return nil, fault("the message is for more than %d keys", maxRecipients)
		}
	}
}

// unlock finds the session key with one of our keys and opens the contents with it.
func (m *message) unlock(to recipients, open func(*packet.EncryptedKey) (io.Reader, error)) (io.Reader, error) {
	for _, k := range to.keys {
		for i := range m.own {
			for _, own := range m.own[i].DecryptionKeys(k.KeyId, time.Time{}, m.config) {
				if own.PrivateKey == nil || own.PrivateKey.Dummy() || own.PrivateKey.Encrypted {
					continue
				}
				if err := allowed(own.PublicKey); err != nil {
					return nil, keyError{fmt.Errorf("key %s: %w", m.own[i].name, err)}
				}
				if k.Decrypt(own.PrivateKey, m.config) != nil {
					continue
				}
				contents, err := open(k)
				if errors.Is(err, pgperrors.ErrKeyIncorrect) {
					continue
				}
				m.by = &own
				return contents, err
			}
		}
	}
	return nil, keyError{m.notForUs(to)}
}

// allowed refuses keys that are too short.
func allowed(k *packet.PublicKey) error {
	switch k.PubKeyAlgo {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSAEncryptOnly:
		if n, err := k.BitLength(); err != nil || n < minRSA {
			return fmt.Errorf("RSA with %d bits: at least %d are needed", n, minRSA)
		}
	case packet.PubKeyAlgoElGamal:
		return errors.New("ElGamal is not used any more")
	}
	return nil
}

// notForUs says who could read the message.
func (m *message) notForUs(to recipients) error {
	var ids []string
	for _, k := range to.keys {
		ids = append(ids, keyID(k.KeyId))
	}
	switch {
	case len(ids) == 0:
		return errors.New("the message is encrypted with a passphrase, and not to keys")
	case len(m.own) == 0:
		return fmt.Errorf("the message is encrypted to the keys %s: name yours as decrypt_with", strings.Join(ids, ", "))
	}
	return fmt.Errorf("the message is not for us: it is encrypted to the keys %s, and decrypt_with has %s", strings.Join(ids, ", "), describe(m.own))
}

// last makes sure that nothing follows the contents, and that they do not end early.
type last struct {
	r       io.Reader
	packets *packet.Reader
	raw     *tap
}

func (l *last) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	switch {
	case err == nil, l.raw.err != nil, errors.Is(err, connector.ErrIntegrity):
	case err == io.EOF:
		if _, e := l.packets.Next(); e != io.EOF {
			err = fault("something follows the end of the message")
		}
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errCut
	default: // of the library, which tells no more than that it cannot decrypt
		err = errChanged
	}
	return n, err
}
