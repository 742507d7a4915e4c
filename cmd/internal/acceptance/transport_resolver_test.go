//go:build unix

package acceptance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/headgate/headgate/connector/conntest/servers"
)

func copyAll(to io.Writer, from io.Reader) { io.Copy(to, from) }

// rebinder answers for every name: this machine at first, then a metadata service.
type rebinder struct {
	ip    string
	asked atomic.Int64 // for IPv4 addresses
}

func newRebinder(t *testing.T) *rebinder {
	t.Helper()
	r := &rebinder{ip: "127.0.0.77"}
	c, err := net.ListenPacket("udp", r.ip+":53")
	if err != nil {
		servers.Lack(t, "the right to be a resolver")
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := r.answer(buf[:n]); answer != nil {
				c.WriteTo(answer, from)
			}
		}
	}()
	return r
}

func (r *rebinder) answer(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) == 0 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	if q.Type == dnsmessage.TypeA {
		address := [4]byte{169, 254, 169, 254}
		if r.asked.Add(1) == 1 {
			address = [4]byte{127, 0, 0, 1}
		}
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: address}}}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}

// leafFor is a certificate for a name.
func leafFor(t *testing.T, ca *servers.Authority, name string) servers.Leaf {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return ca.Leaf(name, key, &x509.Certificate{SerialNumber: big.NewInt(8), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, DNSNames: []string{name}})
}
