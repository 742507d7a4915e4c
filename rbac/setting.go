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

// The settings.
const (
	PasswordProfile = "password.profile"
	KeyringRoles    = "keyring.roles"
	TwoStepFrom     = "invite.two_step_from"
	InviteHours     = "invite.max_hours"
	EmailDomains    = "email.domains"
)

// Settings lists the settings.
func Settings() []Setting {
	return []Setting{
		{PasswordProfile, "standard", "standard: length and kinds of characters; nist: length only", oneOf("standard", "nist")},
		{KeyringRoles, "below-administrator", "whose keys the operating system's keyring alone may hold: below-administrator, any, none", oneOf("below-administrator", "any", "none")},
		{TwoStepFrom, string(Administrator), "from this role on an invitation waits for user confirm", func(v string) error { _, err := ParseRole(v); return err }},
		{InviteHours, "168", "an invitation lasts at most so many hours", hours},
		{EmailDomains, "", "domains that people's addresses may have, with commas between; empty: any", domains},
	}
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

func domains(v string) error {
	for d := range strings.SplitSeq(v, ",") {
		if _, err := Email("a@" + strings.TrimSpace(d)); v != "" && err != nil {
			return fmt.Errorf("%q: not a domain name", d)
		}
	}
	return nil
}
