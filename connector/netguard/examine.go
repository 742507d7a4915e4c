package netguard

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/headgate/headgate/connector"
)

// Examination is what the guard would decide about an address, and why.
type Examination struct {
	Address   string    `json:"address"`
	Allowed   bool      `json:"allowed"`   // for a host that a connection names
	Refused   string    `json:"refused"`   // why not; "" when it is
	Pattern   string    `json:"pattern"`   // of the policy's list that has the host; "" without a list
	Resolved  []Address `json:"resolved"`  // nil when the name was not looked up
	TLSFloor  string    `json:"tls_floor"` // the oldest version of TLS
	Plaintext bool      `json:"plaintext"` // the policy lets it be spoken to in clear
}

// Address is one address that a name resolves to.
type Address struct {
	IP       string `json:"ip"`
	Is       string `json:"is"`        // "public", or what it is instead
	Allowed  bool   `json:"allowed"`   // for a host that a connection names
	FromData bool   `json:"from_data"` // for an address that comes from data or from a redirect
}

// Examine says what the policy means for address, HOST or HOST:PORT, without dialling it.
// The name is looked up.
func Examine(ctx context.Context, policy connector.NetworkPolicy, address string) (*Examination, error) {
	host, port, err := splitPattern(address)
	if err != nil || strings.HasPrefix(host, "*") || strings.TrimSpace(address) != address {
		return nil, fmt.Errorf("%q: want HOST or HOST:PORT", address)
	}
	if port == "*" {
		port = "0" // matches patterns for any port only
	}
	e := &Examination{Address: net.JoinHostPort(host, port), TLSFloor: "1.2"}
	if policy.TLSFloor != "" {
		e.TLSFloor = policy.TLSFloor
	}
	e.Plaintext = MatchHost(policy.Plaintext, e.Address)
	for _, p := range policy.Hosts {
		if MatchHost([]string{p}, e.Address) {
			e.Pattern = p
			break
		}
	}
	if port == "0" {
		e.Address = host
	}
	if len(policy.Hosts) > 0 && e.Pattern == "" {
		e.Refused = "network.hosts does not list it"
	}
	if what := forbiddenName(host); what != "" {
		e.Refused = host + " is " + what
	} else if err := e.resolve(ctx, host); err != nil {
		return nil, err
	}
	e.Allowed = e.Refused == ""
	return e, nil
}

func (e *Examination) resolve(ctx context.Context, host string) error {
	ips := []netip.Addr{}
	if ip, err := netip.ParseAddr(host); err == nil {
		ips = append(ips, ip)
	} else if ips, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host); err != nil {
		return Explain(err, host)
	}
	never := 0
	for _, ip := range ips {
		reach, is := Classify(ip)
		if reach == Public {
			is = "public"
		}
		if reach == Never {
			never++
		}
		e.Resolved = append(e.Resolved, Address{IP: ip.Unmap().String(), Is: is, Allowed: reach < Never, FromData: reach == Public})
	}
	if e.Refused == "" && never == len(ips) {
		e.Refused = fmt.Sprintf("%s is %s", e.Resolved[0].IP, e.Resolved[0].Is)
	}
	return nil
}
