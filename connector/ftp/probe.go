package ftp

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"strings"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/tree"
)

// probe logs in, lists the folder, and makes a file of no bytes that it removes again.
func probe(ctx context.Context, env connector.Env, cfg Config) (*connector.Probe, error) {
	start := time.Now()
	s := Open(env, cfg)
	defer s.Close()
	c, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	p := &connector.Probe{Latency: time.Since(start), Protocol: "FTP in clear"}
	if c.state != nil {
		p.Protocol = "FTP over " + tls.VersionName(c.state.Version)
		p.Cipher = tls.CipherSuiteName(c.state.CipherSuite)
		p.Expires = c.state.PeerCertificates[0].NotAfter
	}
	if c.listed {
		p.Notes = append(p.Notes, "the server lists without MLSD: times of files are to the minute, in UTC if it is set up so")
	}
	s.give(c)
	if _, err := (*folders)(s).ReadDir(ctx, "."); err != nil {
		p.Notes = append(p.Notes, "cannot list: "+err.Error())
	} else {
		p.Read = true
	}
	name := tree.Staged("headgate-test", rand.Text())
	err = s.with(ctx, func(c *control) error { return c.Stor(c.remote(name), strings.NewReader("")) })
	if err != nil {
		p.Notes = append(p.Notes, "cannot write: "+err.Error())
		return p, nil
	}
	p.Write = true
	if err := s.Remove(ctx, name); err != nil {
		p.Notes = append(p.Notes, "cannot remove what was written: "+err.Error())
	}
	return p, nil
}
