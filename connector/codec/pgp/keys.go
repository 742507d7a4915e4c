package pgp

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/headgate/headgate/connector"
)

// minRSA is the size of the smallest RSA key that is used for anything.
const minRSA = 3072

// config is what counts for everything this package does. Nothing that its library calls
// insecure is allowed; nested compression, which nobody needs, has no room at all.
func config() *packet.Config {
	none, off := int64(0), false
	return &packet.Config{
		DefaultCipher:              packet.CipherAES256,
		DefaultHash:                crypto.SHA256,
		MinRSABits:                 minRSA,
		MaxDecompressedMessageSize: &none,
		CheckIntendedRecipients:    &off, // message.intended does, since it knows who decrypted
	}
}

// named is a key with the name that the flow knows it by.
type named struct {
	name string
	*openpgp.Entity
}

// lookup finds keys by their names.
type lookup struct {
	opt    connector.CodecOptions
	config *packet.Config
}

func (l lookup) key(name string) (connector.Key, error) {
	if l.opt.Keys == nil {
		return connector.Key{}, fmt.Errorf("key %s: there are no keys here", name)
	}
	k, err := l.opt.Keys(background(l.opt.Context), name)
	if err != nil {
		return k, fmt.Errorf("key %s: %w", name, err)
	}
	return k, nil
}

// private finds private keys, unlocked.
func (l lookup) private(names []string) ([]named, error) {
	var list []named
	for _, name := range names {
		e, err := l.unlocked(name)
		if err != nil {
			return nil, err
		}
		list = append(list, named{name, e})
	}
	return list, nil
}

func (l lookup) unlocked(name string) (*openpgp.Entity, error) {
	k, err := l.key(name)
	if err != nil {
		return nil, err
	}
	defer k.Passphrase.Clear()
	if k.Private.Empty() {
		return nil, fmt.Errorf("key %s: a private key is needed here, and it has none", name)
	}
	e, err := parse(k.Private.Bytes())
	k.Private.Clear()
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", name, err)
	}
	if e.PrivateKey == nil {
		return nil, fmt.Errorf("key %s: a private key is needed here, and this one is public", name)
	}
	if !locked(e) {
		return e, nil
	}
	if k.Passphrase.Empty() {
		return nil, fmt.Errorf("key %s: it is protected by a passphrase, and none was stored with it", name)
	}
	if err := e.DecryptPrivateKeys(k.Passphrase.Bytes()); err != nil {
		return nil, fmt.Errorf("key %s: its passphrase is not the one that was stored", name)
	}
	return e, nil
}

// locked reports whether a part of e needs a passphrase. A primary key that is kept
// elsewhere, as GnuPG can, is not there to be unlocked.
func locked(e *openpgp.Entity) bool {
	if !e.PrivateKey.Dummy() && e.PrivateKey.Encrypted {
		return true
	}
	for _, s := range e.Subkeys {
		if s.PrivateKey != nil && !s.PrivateKey.Dummy() && s.PrivateKey.Encrypted {
			return true
		}
	}
	return false
}

// public finds public keys. A private key has one.
func (l lookup) public(names []string) ([]named, error) {
	var list []named
	for _, name := range names {
		k, err := l.key(name)
		if err != nil {
			return nil, err
		}
		data := k.Public
		if len(data) == 0 {
			data = k.Private.Bytes()
		}
		e, err := parse(data)
		k.Private.Clear()
		k.Passphrase.Clear()
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", name, err)
		}
		list = append(list, named{name, e})
	}
	return list, nil
}

var errNoKey = errors.New("there is no OpenPGP key in it")

// parse reads the one key in data, armored or not.
func parse(data []byte) (*openpgp.Entity, error) {
	read := openpgp.ReadKeyRing
	if len(data) > 0 && data[0]&0x80 == 0 {
		read = openpgp.ReadArmoredKeyRing
	}
	ring, err := read(bytes.NewReader(data))
	switch {
	case errors.Is(err, io.EOF) || err == nil && len(ring) == 0:
		return nil, errNoKey
	case err != nil:
		return nil, fmt.Errorf("%w: %s", errNoKey, plain(err))
	case len(ring) > 1:
		return nil, fmt.Errorf("it holds %d keys: a key is one", len(ring))
	}
	return ring[0], nil
}

// plain is the message of a library's error without the library's name.
func plain(err error) string {
	text := strings.TrimPrefix(err.Error(), "openpgp: ")
	for _, kind := range []string{"invalid argument: ", "invalid data: ", "unsupported feature: ", "invalid signature: "} {
		text = strings.TrimPrefix(text, kind)
	}
	return text
}

// ring is keys as the library takes them.
func ring(keys []named) openpgp.EntityList {
	list := make(openpgp.EntityList, len(keys))
	for i, k := range keys {
		list[i] = k.Entity
	}
	return list
}

// describe lists keys with the ids that messages know them by.
func describe(keys []named) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		ids := []string{k.PrimaryKey.KeyIdString()}
		for _, s := range k.Subkeys {
			ids = append(ids, s.PublicKey.KeyIdString())
		}
		parts[i] = k.name + " (" + strings.Join(ids, ", ") + ")"
	}
	return strings.Join(parts, ", ")
}

// keyID is an id as GnuPG prints it.
func keyID(id uint64) string {
	if id == 0 {
		return "a hidden one"
	}
	return fmt.Sprintf("%016X", id)
}
