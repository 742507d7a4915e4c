package slot

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const maxPassword = 1024

// normal is the form in which a password is stretched, so that it is the same from
// every keyboard.
func normal(password []byte) []byte { return norm.NFC.Bytes(password) }

// Rules are what a new password must be like.
type Rules struct {
	Profile string   // "standard": also lower and upper case and a digit; "nist": length and guesses only
	Second  bool     // a second factor goes with it, so it may be shorter
	Avoid   []string // the person's name and e-mail address
}

// WeakError says what is wrong with a new password.
type WeakError struct{ Why string }

func (e *WeakError) Error() string { return "password: " + e.Why }

// Check says whether a new password keeps the rules; the error is a *WeakError.
func (r Rules) Check(password []byte) error {
	if !utf8.Valid(password) {
		return &WeakError{"not valid text"}
	}
	text := string(normal(password))
	least := 15
	if r.Second {
		least = 10
	}
	n := utf8.RuneCountInString(text)
	switch {
	case len(password) > maxPassword:
		return &WeakError{fmt.Sprintf("longer than %d bytes", maxPassword)}
	case n < least:
		return &WeakError{fmt.Sprintf("%d characters, at least %d", n, least)}
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return &WeakError{"has control characters"}
	}
	if r.Profile != "nist" {
		if !strings.ContainsFunc(text, unicode.IsLower) || !strings.ContainsFunc(text, unicode.IsUpper) || !strings.ContainsFunc(text, unicode.IsDigit) {
			return &WeakError{"needs a lower-case letter, an upper-case letter and a digit"}
		}
	}
	return r.guesses(strings.ToLower(text))
}

// guesses refuses what is tried first: names, and common words or a few characters
// repeated to get to the length.
func (r Rules) guesses(text string) error {
	rest := text
	for _, word := range append(r.words(), common...) {
		if len(word) >= 4 {
			rest = strings.ReplaceAll(rest, word, "")
		}
	}
	distinct := map[rune]bool{}
	for _, c := range rest {
		distinct[c] = true
	}
	if len(distinct) < 6 {
		return &WeakError{"too easy to guess: names, common words or repeated characters"}
	}
	return nil
}

func (r Rules) words() []string {
	list := []string{"headgate"}
	for _, a := range r.Avoid {
		list = append(list, strings.FieldsFunc(strings.ToLower(a), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })...)
	}
	return list
}

// common are the words that guesses begin with, longer ones first where one contains
// another.
var common = []string{
	"passwords", "password", "passwort", "passw0rd", "p@ssw0rd", "contraseña", "motdepasse", "qwertyuiop", "qwerty", "qwertz", "azerty",
	"asdfghjkl", "asdfgh", "asdf", "zxcvbnm", "zxcvbn", "1q2w3e4r5t", "1q2w3e4r", "1qaz2wsx", "q1w2e3r4", "1234567890", "123456789",
	"12345678", "1234567", "123456", "12345", "1234", "9876543210", "987654321", "0987", "4321", "abcdefghij", "abcdefgh", "abcdef", "abcd",
	"abc123", "iloveyou", "welcome", "letmein", "admin", "administrator", "superuser", "changeme", "default", "secret", "dragon",
	"monkey", "football", "baseball", "basketball", "sunshine", "princess", "superman", "batman", "master", "shadow", "michael",
	"jennifer", "jordan", "hunter", "trustno1", "starwars", "whatever", "computer", "internet", "summer", "winter", "spring", "autumn",
	"january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december", "monday", "friday",
	"sunday", "company", "login", "access", "server", "database", "test", "guest", "root", "user", "2020", "2021", "2022", "2023", "2024",
	"2025", "2026", "2027", "1111", "0000", "aaaa",
}

// Generate makes a password of about 88 bits that keeps every rule and can be typed:
// five made-up words, one with a capital, and a digit.
func Generate() (string, error) {
	const consonants, vowels = "bdfghjklmnprstvwxzkt", "aeiou"
	pick := func(from string) (byte, error) {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(from))))
		if err != nil {
			return 0, err
		}
		return from[n.Int64()], nil
	}
	var words []string
	for range 5 {
		var w []byte
		for i := range 5 {
			from := consonants
			if i%2 == 1 {
				from = vowels
			}
			c, err := pick(from)
			if err != nil {
				return "", err
			}
			w = append(w, c)
		}
		words = append(words, string(w))
	}
	d, err := pick("0123456789")
	if err != nil {
		return "", err
	}
	words[0] = strings.ToUpper(words[0][:1]) + words[0][1:]
	return strings.Join(append(words, string(d)), "-"), nil
}
