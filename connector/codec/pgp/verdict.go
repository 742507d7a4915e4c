package pgp

import (
	"errors"
	"strings"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// verdict judges a message that was read to its end and is undamaged. The library has
// checked the signatures of the keys it was given: those of m.signers.
func (m *message) verdict() error {
	md := m.details
	if len(m.signers) == 0 {
		return nil
	}
	if sig := m.older(); sig != nil {
		return m.intended(sig)
	}
	wanted := describe(m.signers)
	switch {
	case !md.IsSigned:
		return fault("the message is not signed; require_signature_by wants a signature by %s", wanted)
	case !md.IsVerified:
		return fault("the signature of the message was not reached")
	case errors.Is(md.SignatureError, pgperrors.ErrUnknownIssuer):
		return fault("the message is signed by %s; require_signature_by wants %s", m.issuers(), wanted)
	case md.SignatureError != nil:
		return fault("the signature of the message does not hold: %s", signatureFault(md.SignatureError))
	case md.Signature == nil || md.SignedBy == nil:
		return fault("the message has no signature by %s", wanted)
	}
	return m.intended(md.Signature)
}

// issuers lists who claims to have signed.
func (m *message) issuers() string {
	var ids []string
	for _, c := range m.details.SignatureCandidates {
		ids = append(ids, keyID(c.IssuerKeyId))
	}
	return strings.Join(ids, ", ")
}

// intended refuses a message that was signed for others and then encrypted to us.
func (m *message) intended(sig *packet.Signature) error {
	if len(sig.IntendedRecipients) == 0 {
		return nil
	}
	if m.by == nil {
		return fault("the signature of the message was made for an encrypted one")
	}
	for _, r := range sig.IntendedRecipients {
		if string(r.Fingerprint) == string(m.by.Entity.PrimaryKey.Fingerprint) {
			return nil
		}
	}
	return fault("the signature of the message was made for somebody else")
}

// older looks for a good signature that is older than what its key says of itself. The
// library does not take those, but GnuPG leaves no other of a key whose time was extended;
// what counts is then that the key is good now.
func (m *message) older() *packet.Signature {
	for _, c := range m.details.SignatureCandidates {
		if c.SignedBy != nil || c.SignedByEntity == nil || c.CorrespondingSig == nil || c.Hash == nil {
			continue
		}
		sig, now := c.CorrespondingSig, m.config.Now()
		key, ok := c.SignedByEntity.SigningKeyById(now, c.IssuerKeyId, m.config)
		same := c.SigType == sig.SigType && c.HashAlgorithm == sig.Hash && c.PubKeyAlgo == sig.PubKeyAlgo
		if ok && same && m.acceptable(&key, sig) && key.PublicKey.VerifySignature(c.Hash, sig) == nil {
			return sig
		}
	}
	return nil
}

// acceptable checks what the library checks of a signature besides the mathematics.
func (m *message) acceptable(key *openpgp.Key, sig *packet.Signature) bool {
	for _, n := range sig.Notations {
		if n.IsCritical {
			return false
		}
	}
	made := sig.CreationTime
	return key.PrimarySelfSignature.CreationTime.After(made) &&
		!made.Before(key.PublicKey.CreationTime) && !sig.SigExpired(m.config.Now()) &&
		!m.config.RejectHashAlgorithm(sig.Hash) && !m.config.RejectMessageHashAlgorithm(sig.Hash)
}
