package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

const secret = `c0rrect "hörse"&<battery>/+=1`

func TestEverySpelling(t *testing.T) {
	var s Set
	s.Add([]byte(secret))
	quoted, _ := json.Marshal(secret)
	for _, said := range []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), "https://u:" + strings.TrimPrefix(url.UserPassword("u", secret).String(), "u:") + "@h/",
		string(quoted), strconv.Quote(secret), fmt.Sprintf("%+q", secret), hex.EncodeToString([]byte(secret)), fmt.Sprintf("%X", secret),
	} {
		got := s.Text("before " + said + " after")
		if !strings.Contains(got, Mark) || !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") || strings.Contains(got, "battery") {
			t.Errorf("%s: %s", said, got)
		}
	}
	for before := range 7 {
		for after := range 4 {
			plain := strings.Repeat("x", before) + secret + strings.Repeat("y", after)
			for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
				if got := s.Text(alphabet.EncodeToString([]byte(plain))); !strings.Contains(got, Mark) || len(got) > len(Mark)+before*2+after*2+8 {
					t.Errorf("%d before, %d after: %s", before, after, got)
				}
			}
		}
	}
}

func TestPartsOfASecret(t *testing.T) {
	var s Set
	s.Add([]byte(`{"user":"the-user","key":"-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIABC\nzzzzzzzzzzzzzzzzzzzz\n-----END KEY-----\n"}`))
	for _, line := range []string{"the-user", "MC4CAQAwBQYDK2VwBCIEIABC", "zzzzzzzzzzzzzzzzzzzz"} {
		if got := s.Text("a " + line + " b"); got != "a "+Mark+" b" {
			t.Error(got)
		}
	}
	if got := s.Text("-----BEGIN KEY-----"); got != "-----BEGIN KEY-----" {
		t.Error(got)
	}
}

func TestNothingToRedact(t *testing.T) {
	var s Set
	line := []byte("a line of the log")
	if got := s.Bytes(line); &got[0] != &line[0] {
		t.Error("copied")
	}
	s.Add([]byte("abc")) // too short
	s.Add([]byte("other secret"))
	if got := s.Bytes(line); &got[0] != &line[0] {
		t.Error("copied")
	}
	if got := s.Text("abc"); got != "abc" {
		t.Error(got)
	}
}

func TestSeveral(t *testing.T) {
	var s Set
	s.Add([]byte("pass"))
	s.Add([]byte("passphrase"))
	s.Add([]byte("pass"))
	if got := s.Text("passphrase, pass, passpass pas"); got != Mark+", "+Mark+", "+Mark+Mark+" pas" {
		t.Error(got)
	}
}

func TestError(t *testing.T) {
	var s Set
	s.Add([]byte("hunter22"))
	cause := errors.New("login with hunter22 refused")
	err := s.Error(fmt.Errorf("connect: %w", cause))
	if err.Error() != "connect: login with "+Mark+" refused" || !errors.Is(err, cause) {
		t.Error(err)
	}
	if other := errors.New("other"); s.Error(other) != other || s.Error(nil) != nil {
		t.Error("changed")
	}
}

func FuzzNoSpellingIsLeft(f *testing.F) {
	f.Add("hunter22", "say ", " twice")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < Shortest {
			return
		}
		var s Set
		s.Add([]byte(secret))
		for _, spelling := range spellings([]byte(secret)) {
			if len(spelling) < Shortest {
				continue
			}
			if got := s.Text(before + string(spelling) + after); !strings.Contains(got, Mark) {
				t.Fatalf("%q", got)
			}
		}
	})
}

func BenchmarkLine(b *testing.B) {
	var s Set
	for i := range 20 {
		s.Add(fmt.Appendf(nil, "secret number %d of many/%x", i, i*7919))
	}
	line := []byte(strings.Repeat("time=2024-06-01T12:00:00Z level=INFO msg=\"run of flow orders\" rows=12345 ", 3))
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		s.Bytes(line)
	}
}
