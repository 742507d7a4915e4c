package http

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/tree"
)

// probe asks for the address and changes nothing, so that it does not learn whether files
// can be written.
func (s *Store) probe(ctx context.Context) (*connector.Probe, error) {
	start := time.Now()
	ask := request{method: http.MethodGet, to: s.base, header: http.Header{"Accept-Encoding": {"identity"}, "Range": {"bytes=0-0"}}}
	res, err := s.do(ctx, ask)
	if s.single == "" && errors.Is(err, fs.ErrNotExist) { // it serves files and lists none, as many do
		res, err = s.once(ctx, ask)
	}
	if err != nil {
		return nil, fmt.Errorf("test %s: %w", s.env.Connection, err)
	}
	defer res.Body.Close()
	p := &connector.Probe{Latency: time.Since(start), Peer: tree.Show(res.Header.Get("Server")), Protocol: "HTTP in clear", Read: true}
	if t := res.TLS; t != nil {
		p.Protocol = tls.VersionName(t.Version)
		p.Cipher = tls.CipherSuiteName(t.CipherSuite) + " " + t.CurveID.String()
		p.Expires = t.PeerCertificates[0].NotAfter
	}
	if s.single == "" {
		if _, err := (*folders)(s).ReadDir(ctx, "."); err != nil {
			p.Read = false
			p.Notes = append(p.Notes, "cannot list: "+err.Error())
		}
	} else if res.StatusCode != http.StatusPartialContent {
		p.Notes = append(p.Notes, "the server serves no ranges: a download that breaks off starts again")
	}
	p.Notes = append(p.Notes, "whether files can be written shows when one is: a test would leave it there")
	return p, nil
}
