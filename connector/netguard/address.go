package netguard

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Reach says who may be told to dial an address.
type Reach int

// The reaches, from the freest to the strictest.
const (
	Public  Reach = iota // anybody
	Private              // hosts that a connection names
	Never                // nobody
)

// span is a range of addresses of one kind.
type span struct {
	prefix netip.Prefix
	reach  Reach
	what   string
}

// spans lists what is not public; the first match counts.
var spans = []span{
	{netip.MustParsePrefix("0.0.0.0/8"), Never, "an address of this network (0/8)"},
	{netip.MustParsePrefix("169.254.0.0/16"), Never, "link-local: cloud machines keep their credentials there"},
	{netip.MustParsePrefix("100.100.100.200/32"), Never, "a cloud's metadata service"},
	{netip.MustParsePrefix("192.0.0.192/32"), Never, "a cloud's metadata service"},
	{netip.MustParsePrefix("168.63.129.16/32"), Never, "a cloud's metadata service"},
	{netip.MustParsePrefix("224.0.0.0/4"), Never, "multicast"},
	{netip.MustParsePrefix("255.255.255.255/32"), Never, "broadcast"},
	{netip.MustParsePrefix("240.0.0.0/4"), Never, "reserved"},
	{netip.MustParsePrefix("::/128"), Never, "no address"},
	{netip.MustParsePrefix("fe80::/10"), Never, "link-local"},
	{netip.MustParsePrefix("ff00::/8"), Never, "multicast"},
	{netip.MustParsePrefix("fd00:ec2::/32"), Never, "a cloud's metadata service"},
	{netip.MustParsePrefix("fd20:ce::/32"), Never, "a cloud's metadata service"},

	{netip.MustParsePrefix("127.0.0.0/8"), Private, "this machine"},
	{netip.MustParsePrefix("::1/128"), Private, "this machine"},
	{netip.MustParsePrefix("10.0.0.0/8"), Private, "a private address"},
	{netip.MustParsePrefix("172.16.0.0/12"), Private, "a private address"},
	{netip.MustParsePrefix("192.168.0.0/16"), Private, "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), Private, "a provider's private address"},
	{netip.MustParsePrefix("192.0.0.0/24"), Private, "reserved"},
	{netip.MustParsePrefix("192.0.2.0/24"), Private, "reserved for documentation"},
	{netip.MustParsePrefix("198.18.0.0/15"), Private, "reserved for benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), Private, "reserved for documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), Private, "reserved for documentation"},
	{netip.MustParsePrefix("fc00::/7"), Private, "a private address"},
	{netip.MustParsePrefix("fec0::/10"), Private, "a private address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), Private, "a private translation to IPv4"},
	{netip.MustParsePrefix("100::/64"), Private, "discarded"},
	{netip.MustParsePrefix("2001:db8::/32"), Private, "reserved for documentation"},
}

// Classify says what reach an address has and, unless it is public, what it is. An IPv6
// address that carries an IPv4 address has the stricter of both.
func Classify(a netip.Addr) (Reach, string) {
	a = a.Unmap().WithZone("")
	reach, what := classify(a)
	for _, inner := range carried(a) {
		if r, w := classify(inner); r > reach {
			reach, what = r, inner.String()+" in another form, "+w
		}
	}
	return reach, what
}

func classify(a netip.Addr) (Reach, string) {
	if !a.IsValid() {
		return Never, "no address"
	}
	for _, s := range spans {
		if s.prefix.Contains(a) {
			return s.reach, s.what
		}
	}
	return Public, ""
}

// metadataNames are what clouds call the service that a machine gets its credentials from. They
// resolve to addresses that are never dialled; behind a tunnel only the name shows.
var metadataNames = []string{"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal", "metadata.tencentyun.com"}

// forbiddenName says why a host, which is no address, is never to be looked up; "" if it may be.
func forbiddenName(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	switch host = canonical(host); {
	case slices.Contains(metadataNames, host):
		return "a cloud's metadata service"
	case isNumber(host):
		return "no name, but a number that some programs take for an IPv4 address, which is four decimal numbers"
	}
	return ""
}

// isNumber reports whether the last part of a host is a number, decimal or as C writes the others.
func isNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	_, decimal := strconv.ParseUint(last, 10, 64)
	return err == nil || decimal == nil
}

// carried lists the IPv4 addresses that an IPv6 address stands for on networks that
// translate or tunnel: NAT64, 6to4, Teredo, ISATAP, and the deprecated notations.
func carried(a netip.Addr) []netip.Addr {
	if !a.Is6() {
		return nil
	}
	b := a.As16()
	at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte(b[i : i+4])) }
	var list []netip.Addr
	switch {
	case a == netip.IPv6Loopback() || a == netip.IPv6Unspecified():
	case within(a, "::/96"), within(a, "::ffff:0:0:0/96"), within(a, "64:ff9b::/96"):
		list = append(list, at(12))
	case within(a, "64:ff9b:1::/48"): // a prefix of 96 bits, or of 48 with a gap in the middle
		list = append(list, at(12))
		if gap := netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]}); gap != netip.IPv4Unspecified() {
			list = append(list, gap)
		}
	case within(a, "2002::/16"):
		list = append(list, at(2))
	case within(a, "2001::/32"): // the client's is stored inverted
		var client [4]byte
		binary.BigEndian.PutUint32(client[:], ^binary.BigEndian.Uint32(b[12:]))
		list = append(list, at(4), netip.AddrFrom4(client))
	}
	if isatap := binary.BigEndian.Uint32(b[8:]); isatap == 0x00005efe || isatap == 0x02005efe {
		list = append(list, at(12))
	}
	return list
}

func within(a netip.Addr, prefix string) bool { return netip.MustParsePrefix(prefix).Contains(a) }
