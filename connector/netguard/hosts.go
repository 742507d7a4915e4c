package netguard

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// MatchHost reports whether address, host:port, matches one of patterns. A malformed pattern
// matches nothing.
func MatchHost(patterns []string, address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	host = canonical(host)
	return slices.ContainsFunc(patterns, func(p string) bool {
		h, wanted, err := splitPattern(p)
		return err == nil && (wanted == "*" || wanted == port) && matchName(h, host)
	})
}

// splitPattern reads HOST or HOST:PORT, where HOST is a name, an address, *.DOMAIN for all names
// below it, or *, and PORT a number or *.
func splitPattern(p string) (host, port string, err error) {
	host, port = strings.TrimSpace(p), "*"
	if bare := strings.Trim(host, "[]"); strings.Count(bare, ":") > 1 && !strings.Contains(host, "]:") {
		host = bare // an IPv6 address alone
	} else if strings.Contains(host, ":") {
		if host, port, err = net.SplitHostPort(host); err != nil {
			return "", "", fmt.Errorf("%q: want HOST:PORT", p)
		}
	}
	if port != "*" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", "", fmt.Errorf("%q: the port is a number from 1 to 65535, or *", p)
		}
	}
	rest := strings.TrimPrefix(host, "*.")
	if host != "*" && (rest == "" || strings.ContainsAny(rest, "*/ \t,@")) {
		return "", "", fmt.Errorf("%q: the host is a name, an address, *.DOMAIN or *", p)
	}
	return canonical(host), port, nil
}

func matchName(pattern, host string) bool {
	if pattern == "*" {
		return true
	}
	if domain, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(host, "."+domain)
	}
	return pattern == host
}

// canonical is how hosts are compared: lower case, without a final point, addresses in
// their one spelling.
func canonical(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().String()
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
