package rbac

import (
	"fmt"
	"strconv"
	"strings"
)

// Setting is a rule of the store that superadmins sign.
type Setting struct {
	Key     string
	Default string
	Help    string
	check   func(string) error
}

// Check says what is wrong with a value.
func (s Setting) Check(value string) error { return s.check(value) }

// The settings.
const (
	PasswordProfile = "password.profile"
	KeyringRoles    = "keyring.roles"
	TwoStepFrom     = "invite.two_step_from"
	InviteHours     = "invite.max_hours"
	EmailDomains    = "email.domains"

	NetworkHosts     = "network.hosts"
	NetworkTLSFloor  = "network.tls_floor"
	NetworkPlaintext = "network.plaintext"
	NetworkRSA2048   = "network.rsa_2048"
)

// Settings lists the settings.
func Settings() []Setting {
	return []Setting{
		{PasswordProfile, "standard", "standard: length and kinds of characters; nist: length only", oneOf("standard", "nist")},
		{KeyringRoles, "below-administrator", "whose keys the operating system's keyring alone may hold: below-administrator, any, none", oneOf("below-administrator", "any", "none")},
		{TwoStepFrom, string(Administrator), "from this role on an invitation waits for user confirm", func(v string) error { _, err := ParseRole(v); return err }},
		{InviteHours, "168", "an invitation lasts at most so many hours", hours},
		{EmailDomains, "", "domains that people's addresses may have, with commas between; empty: any", domains},
		{NetworkHosts, "", "hosts that connections may reach, such as *.corp.example:5432, with commas between; empty: any that a connection names", hosts},
		{NetworkTLSFloor, "1.2", "the oldest version of TLS: 1.2 or 1.3", oneOf("1.2", "1.3")},
		{NetworkPlaintext, "", "hosts that may be spoken to without encryption, when the connection says why and until when; empty: none", hosts},
		{NetworkRSA2048, "false", "whether RSA host keys of 2048 bits pass, beside those of 3072 and more", oneOf("false", "true")},
	}
}

// List is the value of a setting that is a list.
func (s *State) List(key string) []string {
	var list []string
	for part := range strings.SplitSeq(s.Setting(key), ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

func setting(key string) (Setting, bool) {
	for _, s := range Settings() {
		if s.Key == key {
			return s, true
		}
	}
	return Setting{}, false
}

// Setting is the value of a setting, its own if nobody signed another.
func (s *State) Setting(key string) string {
	if v, ok := s.Policy[key]; ok {
		return v
	}
	d, _ := setting(key)
	return d.Default
}

func oneOf(values ...string) func(string) error {
	return func(v string) error {
		for _, x := range values {
			if v == x {
				return nil
			}
		}
		return fmt.Errorf("%q: want %s", v, strings.Join(values, " or "))
	}
}

func hours(v string) error {
	if n, err := strconv.Atoi(v); err != nil || n < 1 || n > 24*30 {
		return fmt.Errorf("%q: want hours, 1 to 720", v)
	}
	return nil
}

var hostPattern = lazily(`^(\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?|\[[0-9A-Fa-f:.]+\])(:(\*|[0-9]{1,5}))?$`)

func hosts(v string) error {
	for p := range strings.SplitSeq(v, ",") {
		p = strings.TrimSpace(p)
		m := hostPattern().FindStringSubmatch(p)
		if v == "" {
			return nil
		}
		if m == nil {
			return fmt.Errorf("%q: want HOST or HOST:PORT; the host is a name, an address, *.DOMAIN or *", p)
		}
		if port := m[5]; port != "" && port != "*" {
			if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
				return fmt.Errorf("%q: want a port from 1 to 65535, or *", p)
			}
		}
	}
	return nil
}

func domains(v string) error {
	for d := range strings.SplitSeq(v, ",") {
		if _, err := Email("a@" + strings.TrimSpace(d)); v != "" && err != nil {
			return fmt.Errorf("%q: not a domain name", d)
		}
	}
	return nil
}
