package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// spellings are the ways in which a secret may stand in a text: itself, escaped for
// URLs, JSON and Go, in hexadecimal, and in base64 wherever it begins in what was
// encoded.
func spellings(secret []byte) [][]byte {
	if len(secret) < Shortest {
		return nil
	}
	text := string(secret)
	list := [][]byte{
		secret,
		[]byte(url.QueryEscape(text)), []byte(url.PathEscape(text)), []byte(url.UserPassword("", text).String()[1:]),
		[]byte(inner(strconv.Quote(text))), []byte(inner(strconv.QuoteToASCII(text))),
		jsonText(text, true), jsonText(text, false),
		[]byte(hex.EncodeToString(secret)), []byte(strings.ToUpper(hex.EncodeToString(secret))),
	}
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			list = append(list, inBase64(alphabet, secret, before))
		}
	}
	return list
}

func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

func jsonText(text string, html bool) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	if err := e.Encode(text); err != nil {
		return nil
	}
	return []byte(inner(strings.TrimSuffix(b.String(), "\n")))
}

// inBase64 is what of the secret is the same whatever stands around it, when before
// bytes of a group of three stand before it.
func inBase64(alphabet *base64.Encoding, secret []byte, before int) []byte {
	encoded := alphabet.EncodeToString(append(make([]byte, before), secret...))
	from := (before*8 + 5) / 6
	to := (before + len(secret)) * 8 / 6
	return []byte(encoded[from:to])
}
