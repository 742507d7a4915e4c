package zip

import (
	"encoding/binary"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// The signatures, as little-endian numbers.
const (
	localSignature     = 0x04034b50
	centralSignature   = 0x02014b50
	describeSignature  = 0x08074b50
	endSignature       = 0x06054b50
	end64Signature     = 0x06064b50
	locator64Signature = 0x07064b50
)

// The lengths of headers without what varies.
const (
	localSize     = 30
	centralSize   = 46
	endSize       = 22
	end64Size     = 56
	locator64Size = 20
)

// Flags and methods of members.
const (
	flagEncrypted = 1 << 0
	flagDescribed = 1 << 3 // checksum and sizes follow the data
	flagUTF8      = 1 << 11

	stored   = 0
	deflated = 8
)

// In a header of 32 bits, this says that the number is in an extra field of 64.
const in64 = 0xffffffff

// member is what is known of a member.
type member struct {
	name     string
	flags    uint16
	method   uint16
	crc      uint32
	packed   int64 // sizes
	unpacked int64
	offset   int64 // of its local header
	mode     uint32
}

func (m *member) folder() bool { return strings.HasSuffix(m.name, "/") }

// setName takes the name as it is stored. Old programs write it in the character set of
// DOS.
func (m *member) setName(raw []byte) {
	m.name = string(raw)
	if m.flags&flagUTF8 == 0 && !utf8.Valid(raw) {
		if text, err := charmap.CodePage437.NewDecoder().Bytes(raw); err == nil {
			m.name = string(text)
		}
	}
}

// checkName refuses a name that is not a place below the archive, or that prints as something
// else than it is.
func (m *member) checkName() error {
	name := strings.TrimSuffix(m.name, "/")
	bad := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\\' || r == utf8.RuneError
	}
	if name == "" || name == "." || !fs.ValidPath(name) || path.IsAbs(name) || strings.ContainsFunc(name, bad) || len(name) > 1 && name[1] == ':' {
		return hostile("it holds a member with the name %q", m.name)
	}
	return nil
}

// readable refuses a member whose data cannot be read.
func (m *member) readable() error {
	const kind, regular = 0o170000, 0o100000
	switch {
	case m.flags&flagEncrypted != 0:
		return hostile("%q is encrypted, which for ZIP is not safe: use pgp", m.name)
	case m.mode&kind != 0 && m.mode&kind != regular:
		return hostile("%q is not a file but a link or the like", m.name)
	case m.method == stored && m.packed != m.unpacked:
		return hostile("%q lies about its size", m.name)
	case m.method != stored && m.method != deflated:
		return hostile("%q is packed in a way that is not supported (%d)", m.name, m.method)
	}
	return nil
}

// extend takes what an extra field of 64 bits says of the numbers that have no room in
// the header: those that are in64, in this order.
func (m *member) extend(extra []byte, numbers ...*int64) error {
	for len(extra) >= 4 {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			return errDamaged
		}
		field := extra[:size]
		extra = extra[size:]
		if id != 1 {
			continue
		}
		for _, n := range numbers {
			if *n != in64 {
				continue
			}
			if len(field) < 8 {
				return errDamaged
			}
			*n = int64(binary.LittleEndian.Uint64(field))
			field = field[8:]
		}
		break
	}
	for _, n := range numbers {
		if *n < 0 {
			return errDamaged
		}
	}
	return nil
}
