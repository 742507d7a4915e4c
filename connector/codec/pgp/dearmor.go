package pgp

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
)

// maxPreamble is how much text may stand before an armored message.
const maxPreamble = 64 << 10

var (
	armorBegin = []byte("-----BEGIN PGP MESSAGE-----")
	armorLine  = []byte("-----BEGIN ")
	armorEnd   = []byte("-----END PGP MESSAGE-----")
)

// dearmor decodes the armored message in a text. Its checksum, which protects against
// accidents only, is not looked at: the message has a better one.
type dearmor struct {
	in    *bufio.Reader
	begun bool
	text  []byte // not decoded yet
	out   []byte // decoded, of which rest was not handed out
	rest  []byte
	err   error
}

func newDearmor(in *bufio.Reader) *dearmor { return &dearmor{in: in} }

func (d *dearmor) Read(p []byte) (int, error) {
	for len(d.rest) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		if !d.begun {
			d.begun = true
			if d.err = d.begin(); d.err != nil {
				continue
			}
		}
		d.decode()
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// line reads a line without the white space around it.
func (d *dearmor) line() ([]byte, error) {
	line, err := d.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return nil, errMalformed
	}
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	return bytes.TrimSpace(line), noEOF(err)
}

// begin skips what comes before the message, and its headers.
func (d *dearmor) begin() error {
	for seen := 0; ; {
		line, err := d.line()
		switch {
		case err == io.ErrUnexpectedEOF:
			return errMalformed
		case err != nil:
			return err
		case bytes.Equal(line, armorBegin):
			return d.headers()
		case bytes.HasPrefix(line, armorLine):
			return fault("this is not an OpenPGP message but a %q", bytes.Trim(bytes.TrimPrefix(line, armorLine), "-"))
		}
		if seen += len(line) + 1; seen > maxPreamble {
			return errMalformed
		}
	}
}

func (d *dearmor) headers() error {
	for {
		line, err := d.line()
		if err != nil || len(line) == 0 {
			return err
		}
		if !bytes.Contains(line, []byte(":")) { // there are none, nor the line that ends them
			d.text = append(d.text, line...)
			return nil
		}
	}
}

// decode decodes the next lines.
func (d *dearmor) decode() {
	const enough = 16 << 10
	ended := false
	for len(d.text) < enough && !ended && d.err == nil {
		line, err := d.line()
		switch {
		case err != nil:
			d.err = err
		case bytes.Equal(line, armorEnd):
			ended = true
		case len(line) == 5 && line[0] == '=': // the checksum
		default:
			d.text = append(d.text, line...)
		}
	}
	whole := len(d.text) / 4 * 4
	if cap(d.out) < whole {
		d.out = make([]byte, whole+enough)
	}
	n, err := base64.StdEncoding.Decode(d.out[:cap(d.out)], d.text[:whole])
	d.rest = d.out[:n]
	d.text = append(d.text[:0], d.text[whole:]...)
	switch {
	case d.err != nil:
	case err != nil || ended && len(d.text) > 0:
		d.err = errMalformed
	case ended:
		d.err = io.EOF
	}
}
