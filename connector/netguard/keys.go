package netguard

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/connector"
)

// The functions below are for connector.Type.Check: they look at the values of keys that many types
// of connections have, each under the name that all of them give it.

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$`)

// CheckHost looks at `host`: a name or an address, alone.
func CheckHost(host string) error { return checkHost("host", host) }

// checkHost is CheckHost for a host that is part of another key.
func checkHost(key, host string) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		if reach, what := Classify(ip); reach == Never {
			return connector.Mark(fmt.Errorf("%s: %s is %s: no connection may go there", key, host, what), connector.ErrRefused)
		}
		return nil
	}
	switch {
	case host == "":
		return fmt.Errorf("%s: is empty", key)
	case strings.Contains(host, "://"):
		return fmt.Errorf("%s: %q is a URL: write the name of the server only", key, host)
	case strings.Contains(host, ":"):
		return fmt.Errorf("%s: %q has a port: that goes into `port`", key, host)
	case forbiddenName(host) != "":
		return connector.Mark(fmt.Errorf("%s: %s is %s: no connection may go there", key, host, forbiddenName(host)), connector.ErrRefused)
	case !hostName.MatchString(host):
		return fmt.Errorf("%s: %q is neither a name nor an address; write letters other than a-z in their xn-- form", key, host)
	}
	return nil
}

// CheckPort looks at `port`; 0 is what the type takes when it is left out.
func CheckPort(port int) error {
	if port < 0 || port > 65535 {
		return fmt.Errorf("port: %d is not from 1 to 65535", port)
	}
	return nil
}

// CheckURLHost looks at the host, with or without its port, of a URL that stands under key.
func CheckURLHost(key, host, port string) error {
	if err := checkHost(key, host); err != nil || port == "" {
		return err
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%s: the port %q is not from 1 to 65535", key, port)
	}
	return nil
}

// CheckHostKeys looks at `host_keys`.
func CheckHostKeys(pins []string) error {
	if len(pins) == 0 {
		return connector.Mark(errors.New("host_keys: there are none, and so nobody is trusted to be this server"), connector.ErrRefused)
	}
	for _, p := range pins {
		if err := CheckHostKey(p); err != nil {
			return connector.Mark(fmt.Errorf("host_keys: %w", err), connector.ErrRefused)
		}
	}
	return nil
}

// CheckTLS looks at `tls_pins`, and at `client_cert` and `client_key`, which go together.
func CheckTLS(pins []string, clientCert, clientKey string) []error {
	var list []error
	for _, p := range pins {
		if err := checkPin(p); err != nil {
			list = append(list, fmt.Errorf("tls_pins: %w", err))
		}
	}
	switch {
	case clientCert != "" && clientKey == "":
		list = append(list, errors.New("client_cert: goes with client_key: secret:NAME, the certificate's key"))
	case clientCert == "" && clientKey != "":
		list = append(list, errors.New("client_key: goes with client_cert: FILE, the certificate"))
	}
	return list
}

// CheckPlaintext looks at `plaintext`, which a connection needs that would speak in clear as its key
// `asks` says; "" = it does not.
func CheckPlaintext(p *Plaintext, asks string) error {
	switch {
	case p == nil && asks != "":
		return connector.Mark(fmt.Errorf("%s: without encryption only for a reason and until a day, which the policy agrees to: plaintext: {reason: ..., until: YYYY-MM-DD}", asks), connector.ErrRefused)
	case p == nil:
		return nil
	}
	if strings.TrimSpace(p.Reason) == "" {
		return errors.New("plaintext: the reason is empty")
	}
	if _, err := time.Parse(time.DateOnly, p.Until); err != nil {
		return fmt.Errorf("plaintext: until: %q is not a date, YYYY-MM-DD", p.Until)
	}
	return nil
}
