package ftp

import "github.com/headgate/headgate/connector/netguard"

// check looks at the keys of a connection; see connector.Type.
func check(c *Config) []error {
	clear := ""
	if c.TLS == "off" {
		clear = "tls"
	}
	return append(netguard.CheckTLS(c.Pins, c.ClientCert, c.ClientKey),
		netguard.CheckHost(c.Host), netguard.CheckPort(c.Port), netguard.CheckPlaintext(c.Plaintext, clear))
}
