// Package pgp is the codec of OpenPGP messages (RFC 9580 and, before it, 4880): files
// that are encrypted to keys, signed by keys, or both.
//
// # Reading
//
// What a message says is only known to be right at its end, where its integrity check
// and its signatures are. The reader hands out the bytes before and returns io.EOF only when
// everything held; otherwise an error of the kind connector.ErrIntegrity. Whoever uses the bytes
// commits nothing before.
//
// Refused are messages without integrity protection, with data before or after them, signed by nobody
// who was asked for when somebody was, signed with MD5 or SHA-1, or with keys that were not valid then; and what
// unpacks to much more than itself. Decryption, unpacking and hashing run beside each other.
//
// # Writing
//
// AES-256 with the integrity protection that GnuPG knows since 2000 (version 1; the newer one, AEAD, cannot be read by
// GnuPG 2.2). Nothing is packed unless it was asked for: a gzip or zstd layer packs better.
package pgp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/codec/internal/bound"
	"github.com/headgate/headgate/connector/spec"
)

// Options are the keys of `pgp:` under decode and encode.
type Options struct {
	DecryptWith Names     `key:"decrypt_with" names:"key" help:"reading: the private keys, one of which the message is for"`
	RequireBy   Names     `key:"require_signature_by" names:"key" help:"reading: refuse a message that none of these public keys signed"`
	MaxSize     spec.Size `key:"max_size" help:"reading: refuse to unpack to more than this"`
	MaxRatio    int       `key:"max_ratio" default:"200" help:"reading: refuse to unpack to more than this many times the size, beyond 64 MiB"`
	EncryptTo   Names     `key:"encrypt_to" names:"key" help:"writing: the public keys that can read the message"`
	SignWith    string    `key:"sign_with" names:"key" help:"writing: the private key that signs the message"`
	Armor       bool      `key:"armor" help:"writing: as text (on for .asc)"`
	Compression string    `key:"compression" enum:"none,zip,zlib" default:"none" help:"writing: pack before encrypting"`
}

// Codec is the registry entry.
func Codec() *connector.Codec {
	return &connector.Codec{
		Name:       "pgp",
		Summary:    "OpenPGP encryption and signatures",
		Extensions: []string{".pgp", ".gpg", ".asc"},
		Config:     func() any { return &Options{MaxRatio: bound.Ratio, Compression: "none"} },
		Check:      func(cfg any, writing bool) error { return cfg.(*Options).check(writing) },
		NewReader:  newReader,
		NewWriter:  newWriter,
		Verifies:   true,
	}
}

// check looks for keys, and for those of the other direction, of which nothing would come.
func (o *Options) check(writing bool) error {
	read, write := len(o.DecryptWith)+len(o.RequireBy) > 0, len(o.EncryptTo) > 0 || o.SignWith != ""
	switch {
	case !writing && !read:
		return errors.New("pgp: neither decrypt_with nor require_signature_by names a key: say `pgp: {decrypt_with: KEY}` under decode")
	case writing && !write:
		return errors.New("pgp: neither encrypt_to nor sign_with names a key: say `pgp: {encrypt_to: [KEY]}` under encode")
	case !writing && write:
		return errors.New("pgp: encrypt_to and sign_with are for writing, under encode")
	case writing && read:
		return errors.New("pgp: decrypt_with and require_signature_by are for reading, under decode")
	}
	if err := (bound.Limits{Ratio: o.MaxRatio}).Check(); err != nil {
		return fmt.Errorf("pgp: %w", err)
	}
	return nil
}

func newReader(cfg any, r io.Reader, opt connector.CodecOptions) (io.ReadCloser, error) {
	o := cfg.(*Options)
	if err := o.check(false); err != nil {
		return nil, err
	}
	m := &message{raw: tap{r: r}, limits: bound.Limits{Ratio: o.MaxRatio, Size: o.MaxSize}, config: config()}
	k := lookup{opt, m.config}
	var err error
	if m.own, err = k.private(o.DecryptWith); err == nil {
		m.signers, err = k.public(o.RequireBy)
	}
	if err != nil {
		return nil, fmt.Errorf("pgp: %w", err)
	}
	return m, nil
}

func newWriter(cfg any, w io.Writer, opt connector.CodecOptions) (io.WriteCloser, error) {
	o := *cfg.(*Options)
	if err := o.check(true); err != nil {
		return nil, err
	}
	o.Armor = o.Armor || strings.EqualFold(path.Ext(opt.File), ".asc")
	p, err := newPacker(&o, w, opt)
	if err != nil {
		return nil, fmt.Errorf("pgp: %w", err)
	}
	return p, nil
}

// Names are the names of keys, written as one or as a list.
type Names []string

// DecodeNode takes a string or a list of strings.
func (l *Names) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	items := []*yaml.Node{n}
	if s := spec.ShapeOf(n); s == spec.List || s == spec.Null {
		items = d.Items(n)
	}
	*l = make(Names, 0, len(items))
	for _, item := range items {
		if s, ok := d.Text(item); ok {
			*l = append(*l, s)
		}
	}
}

// NodeSchema is a string or a list of strings.
func (l *Names) NodeSchema() map[string]any {
	one := map[string]any{"type": "string"}
	return map[string]any{"oneOf": []any{one, map[string]any{"type": "array", "items": one}}}
}

// background is the context of a codec that was given none.
func background(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
