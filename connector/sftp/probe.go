package sftp

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/tree"
)

// probeBastion logs in.
func probeBastion(ctx context.Context, env connector.Env, cfg BastionConfig) (*connector.Probe, error) {
	start := time.Now()
	a := newAccount(env, cfg)
	client, err := a.login(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	p := &connector.Probe{Latency: time.Since(start)}
	return p, a.describe(ctx, p, client)
}

// probeStore logs in, lists the folder, and makes a file of no bytes that it removes again.
func probeStore(ctx context.Context, env connector.Env, cfg Config) (*connector.Probe, error) {
	start := time.Now()
	s := Open(env, cfg)
	defer s.Close()
	l, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	p := &connector.Probe{Latency: time.Since(start)}
	if err := s.describe(ctx, p, l.ssh); err != nil {
		return nil, err
	}
	if _, err := (*folders)(s).ReadDir(ctx, "."); err != nil {
		p.Notes = append(p.Notes, "cannot list: "+err.Error())
	} else {
		p.Read = true
	}
	f, err := s.createNew(ctx, l, tree.Staged("headgate-test", rand.Text()))
	if err != nil {
		p.Notes = append(p.Notes, "cannot write: "+err.Error())
	} else {
		p.Write = true
		f.Close()
		if err := s.remove(ctx, strings.TrimPrefix(f.Name(), s.remote(""))); err != nil {
			p.Notes = append(p.Notes, "cannot remove what was written: "+err.Error())
		}
	}
	if !l.posixRename {
		p.Notes = append(p.Notes, "the server cannot replace a file in one step (posix-rename): while one is replaced there is a moment without it")
	}
	if !l.fsync {
		p.Notes = append(p.Notes, "the server cannot be asked to write to its disk (fsync): what is written may be lost when it crashes")
	}
	return p, nil
}

// describe says who answered, and how it is spoken to.
func (a *account) describe(ctx context.Context, p *connector.Probe, client *ssh.Client) error {
	p.Protocol = "SSH 2.0"
	p.Peer = tree.Show(strings.TrimPrefix(string(client.ServerVersion()), "SSH-2.0-"))
	c, ok := client.Conn.(ssh.AlgorithmsConnMetadata)
	if !ok {
		return nil
	}
	by := c.Algorithms()
	p.Cipher = strings.TrimSpace(fmt.Sprintf("%s %s %s %s", by.KeyExchange, by.HostKey, by.Read.Cipher, by.Read.MAC))
	kind := by.HostKey
	if strings.HasPrefix(kind, "rsa-sha2-") {
		kind = ssh.KeyAlgoRSA
	}
	keys, err := a.hostKeys(ctx)
	for _, k := range keys {
		if k.Type == kind {
			p.HostKey = k.Fingerprint
		}
	}
	return err
}
