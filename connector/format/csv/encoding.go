package csv

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// lookupEncoding finds an encoding by name; nil is UTF-8. Case, spaces, dashes and
// underscores do not count. iso-8859-1 means what it says, not windows-1252.
func lookupEncoding(name string) (encoding.Encoding, error) {
	key := plainName(name)
	switch {
	case key == "" || key == "utf8" || key == "ascii" || key == "usascii":
		return nil, nil
	case key == "macroman":
		key = "macintosh"
	case strings.HasPrefix(key, "latin"):
		key = "iso8859" + key[len("latin"):]
	case strings.HasPrefix(key, "cp125"):
		key = "windows" + key[len("cp"):]
	case strings.HasPrefix(key, "cp"):
		key = "ibmcodepage" + key[len("cp"):]
	}
	for _, e := range encodings() {
		if n, ok := e.(fmt.Stringer); ok && plainName(n.String()) == key {
			return e, nil
		}
	}
	switch key {
	case "utf16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	}
	return nil, fmt.Errorf("encoding %q: unknown (utf-8, utf-16, windows-1250 to 1258, iso-8859-1 to 16, macintosh, cp437, koi8-r, shift-jis, euc-jp, euc-kr, gbk, gb18030, big5)", name)
}

func encodings() []encoding.Encoding {
	return append([]encoding.Encoding{
		japanese.ShiftJIS, japanese.EUCJP, korean.EUCKR, simplifiedchinese.GBK,
		simplifiedchinese.GB18030, traditionalchinese.Big5,
	}, charmap.All...)
}

func plainName(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(s))
}

// converter is r as UTF-8 without a byte order mark; converted tells whether it was
// anything else. It reads the first bytes of r.
func converter(r io.Reader, enc encoding.Encoding) (utf8 io.Reader, converted bool, err error) {
	head := make([]byte, 3)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, false, err
	}
	head = head[:n]
	if enc == nil && (bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff})) {
		enc = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	}
	if enc == nil {
		head = bytes.TrimPrefix(head, []byte("\ufeff"))
	}
	all := io.MultiReader(bytes.NewReader(head), r)
	if enc == nil {
		return all, false, nil
	}
	return transform.NewReader(all, enc.NewDecoder()), true, nil
}
