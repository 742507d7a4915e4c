package rbac

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

var (
	flowPattern   = lazily(`^[a-z0-9*-]{1,128}$`)
	flowName      = lazily(`^[a-z0-9-]{1,128}$`)
	secretID      = lazily(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}@(connection|key):[A-Za-z0-9][A-Za-z0-9_-]{0,127}(#[A-Za-z0-9][A-Za-z0-9_-]{0,63})?$`)
	profileName   = lazily(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	serviceName   = lazily(`^[a-z0-9][a-z0-9-]{0,62}$`)
	emailLocal    = lazily("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
	hostLabel     = lazily(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	topLevelLabel = lazily(`^([a-z]{2,63}|xn--[a-z0-9-]{1,59})$`)
)

// lazily compiles a pattern when it is first used: most commands use none.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

func validPattern(s string) bool { return flowPattern().MatchString(s) }

// ValidSecretID reports whether s names a secret as the chain does:
// NAME@connection:CONNECTION or NAME@key:KEY, with #ENV for a profile.
func ValidSecretID(s string) bool { return secretID().MatchString(s) }

// ValidUserID reports whether s is a person's random id.
func ValidUserID(s string) bool { return isHex(s, 32) }

func validInvitationID(s string) bool { return strings.HasPrefix(s, "i") && isHex(s[1:], 32) }

// isHex reports whether s is n lower-case hexadecimal digits.
func isHex(s string, n int) bool { return len(s) == n && strings.Trim(s, "0123456789abcdef") == "" }

// validProfile reports whether s names a profile; "" is none.
func validProfile(s string) bool { return s == "" || profileName().MatchString(s) }

// Service is a service account's name as names are compared, or an error. A name has
// no @, so that it is never taken for an e-mail address.
func Service(s string) (string, error) {
	if !serviceName().MatchString(s) {
		return "", fmt.Errorf("service account %q: want a-z, 0-9 and -, at most 63 characters", s)
	}
	return s, nil
}

// Email is s as e-mail addresses are compared and stored, in lower case, or an error
// that says what is wrong with it. It accepts what mail servers on the internet
// accept in practice: a plain local part and a domain name with a top-level domain;
// neither quoted local parts, nor comments, nor addresses of hosts.
func Email(s string) (string, error) {
	bad := func(why string) (string, error) { return "", fmt.Errorf("e-mail address %q: %s", s, why) }
	switch {
	case s == "":
		return "", errors.New("e-mail address: empty")
	case len(s) > 254:
		return bad("longer than 254 characters")
	case strings.TrimSpace(s) != s:
		return bad("has spaces around it")
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return bad("has no @")
	}
	local, domain := s[:at], strings.ToLower(s[at+1:])
	if len(local) > 64 || !emailLocal().MatchString(local) {
		return bad("what stands before the @ is not a mailbox name")
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return bad("what stands after the @ is not a domain name")
	}
	for i, l := range labels {
		if !hostLabel().MatchString(l) || i == len(labels)-1 && !topLevelLabel().MatchString(l) {
			return bad("what stands after the @ is not a domain name")
		}
	}
	return strings.ToLower(local) + "@" + domain, nil
}
