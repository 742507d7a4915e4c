package http

import "github.com/headgate/headgate/connector/netguard"

// check looks at the keys of a connection; see connector.Type.
func check(c *Config) []error {
	s := &Store{cfg: *c}
	if err := s.address(); err != nil {
		return []error{err}
	}
	clear := ""
	if s.base.Scheme == "http" {
		clear = "url"
	}
	return append(netguard.CheckTLS(c.Pins, c.ClientCert, c.ClientKey),
		netguard.CheckURLHost("url", s.base.Hostname(), s.base.Port()), netguard.CheckPlaintext(c.Plaintext, clear))
}
