package connector

import (
	"context"
	"io"
	"net"
	"time"
)

// NetworkPolicy is what the store's policy says about the network, as data. The zero
// value is what counts without any: TLS 1.2 at least, no plaintext, every host that a
// connection names. Package netguard enforces it, for every connector.
type NetworkPolicy struct {
	Hosts     []string // patterns such as *.corp:5432 that may be dialled; empty = any
	TLSFloor  string   // "1.2" or "1.3"; "" = 1.2
	Plaintext []string // patterns of hosts that may be spoken to in clear, if the connection says why and until when
	RSA2048   bool     // host keys of RSA may have 2048 bits instead of 3072
	// Spoke13 is where TLS 1.3 was spoken when somebody looked, each as connection and host with a
	// space between. They are not spoken to with less.
	Spoke13 []string
}

// Notice is something that a connector did and the audit log must know.
type Notice struct {
	Kind       NoticeKind
	Connection string
	Text       string // for people: host, fingerprint, reason; never a secret
}

// NoticeKind says what a Notice is about.
type NoticeKind string

// The kinds of notices.
const (
	PlaintextUsed  NoticeKind = "plaintext.used"
	HostKeyChanged NoticeKind = "hostkey.changed"
	TLSLowered     NoticeKind = "tls.lowered"
	PolicyRefused  NoticeKind = "denied" // by NetworkPolicy; the error says it too
)

// Dial opens a TCP connection, which keeps deadlines. address is host:port.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Tunnel is another machine through which connections are made. Dial may be called
// from several goroutines.
type Tunnel interface {
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	io.Closer
}

// Probe is what `connection test` learned.
type Probe struct {
	Peer     string        `json:"peer,omitempty"`     // what answered: "OpenSSH_9.2", "PostgreSQL 15.18"
	Protocol string        `json:"protocol,omitempty"` // "TLS 1.3", "SSH 2.0"
	Cipher   string        `json:"cipher,omitempty"`
	HostKey  string        `json:"host_key,omitempty"` // SHA256:..., of an SSH server
	Expires  time.Time     `json:"expires,omitzero"`   // of the certificate
	Read     bool          `json:"read"`
	Write    bool          `json:"write"`
	Latency  time.Duration `json:"latency_ns"`
	Notes    []string      `json:"notes,omitempty"` // what an administrator should know
}

// HostKey is what an SSH server proves who it is with.
type HostKey struct {
	Type        string `json:"type"`           // ssh-ed25519
	Bits        int    `json:"bits,omitempty"` // of RSA
	Fingerprint string `json:"fingerprint"`    // SHA256:...
}

// String is the type and the fingerprint.
func (k HostKey) String() string { return k.Type + " " + k.Fingerprint }
