package pgp

import (
	"crypto"
	"fmt"
	"hash"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// signed writes contents between the two packets of a signature.
type signed struct {
	w       io.Writer
	literal io.WriteCloser
	key     *packet.PrivateKey
	sig     *packet.Signature
	hash    hash.Hash
	config  *packet.Config
}

// newSigned writes the first. The signature names those whom the message is meant for, so
// that none of them can pass it on as if it had been meant for others.
func newSigned(w io.Writer, by *openpgp.Entity, to []named, c *packet.Config) (*signed, error) {
	k, ok := by.SigningKey(c.Now(), c)
	if !ok {
		return nil, errNoKey
	}
	s := &signed{w: w, key: k.PrivateKey, config: c}
	s.sig = &packet.Signature{Version: s.key.Version, SigType: packet.SigTypeBinary, PubKeyAlgo: s.key.PubKeyAlgo, Hash: hashFor(s.key.PubKeyAlgo),
		CreationTime: c.Now(), IssuerKeyId: &s.key.KeyId, IssuerFingerprint: s.key.Fingerprint}
	for _, k := range to {
		s.sig.IntendedRecipients = append(s.sig.IntendedRecipients, &packet.Recipient{KeyVersion: k.PrimaryKey.Version, Fingerprint: k.PrimaryKey.Fingerprint})
	}
	var err error
	if s.hash, err = s.sig.PrepareSign(c); err != nil {
		return nil, err
	}
	first := &packet.OnePassSignature{Version: 3, SigType: s.sig.SigType, Hash: s.sig.Hash, PubKeyAlgo: s.sig.PubKeyAlgo, KeyId: s.key.KeyId, IsLast: true}
	if s.key.Version == 6 {
		first.Version, first.KeyFingerprint, first.Salt = 6, s.key.Fingerprint, s.sig.Salt()
	}
	if err := first.Serialize(w); err != nil {
		return nil, err
	}
	s.literal, err = packet.SerializeLiteral(open{w}, true, "", 0)
	return s, err
}

// hashFor is a hash as long as the algorithm wants it.
func hashFor(a packet.PublicKeyAlgorithm) crypto.Hash {
	switch a {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoEdDSA, packet.PubKeyAlgoEd25519:
		return crypto.SHA256
	}
	return crypto.SHA512
}

func (s *signed) Write(p []byte) (int, error) {
	s.hash.Write(p)
	return s.literal.Write(p)
}

// Close writes the second packet.
func (s *signed) Close() error {
	if err := s.literal.Close(); err != nil {
		return err
	}
	if err := s.sig.Sign(s.hash, s.key, s.config); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	return s.sig.Serialize(s.w)
}
