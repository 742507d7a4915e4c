package s3

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/tree"
)

// test reaches the bucket, lists it, and starts an upload that it gives up.
func test(ctx context.Context, env connector.Env, cfg any) (*connector.Probe, error) {
	c := cfg.(*Config)
	env.Retry = connector.Retry{Attempts: 1} // to know is what it is for
	s := newStore(env, c)
	defer s.Close()
	core, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := s.walk(ctx, core, folder(s.prefix), false, func(minio.ObjectInfo) bool { return false }); err != nil {
		return nil, s.explain("list", "", err)
	}
	p := &connector.Probe{Latency: time.Since(start), Protocol: "S3 in clear", Read: true}
	if res := s.wire.last.Load(); res != nil {
		p.Peer = tree.Show(res.Header.Get("Server"))
		if t := res.TLS; t != nil {
			p.Protocol, p.Cipher = "S3 over "+tls.VersionName(t.Version), tls.CipherSuiteName(t.CipherSuite)
			p.Expires = t.PeerCertificates[0].NotAfter
		}
	}
	p.Notes = append(p.Notes, s.leftovers(ctx, core)...)
	key := s.under(".headgate-test")
	id, err := core.NewMultipartUpload(ctx, c.Bucket, key, minio.PutObjectOptions{})
	if err != nil {
		p.Notes = append(p.Notes, "cannot write: "+s.explain("write", ".headgate-test", err).Error())
		return p, nil
	}
	p.Write = true
	return p, s.explain("remove", ".headgate-test", core.AbortMultipartUpload(context.WithoutCancel(ctx), c.Bucket, key, id))
}

// leftovers tells of uploads that nobody completed: they are invisible, and paid for.
func (s *Store) leftovers(ctx context.Context, core *minio.Core) []string {
	list, err := core.ListMultipartUploads(ctx, s.cfg.Bucket, folder(s.prefix), "", "", "", maxUploads)
	if err != nil {
		return nil // not every server lists them, and not everybody may
	}
	n, oldest := 0, time.Now()
	for _, u := range list.Uploads {
		if time.Since(u.Initiated) > abandoned {
			n++
		}
		if u.Initiated.Before(oldest) {
			oldest = u.Initiated
		}
	}
	if n == 0 {
		return nil
	}
	more := ""
	if list.IsTruncated {
		more = "at least "
	}
	return []string{fmt.Sprintf("%s%d uploads were begun more than a day ago and never completed, the first on %s: one ends when the same object is written again, "+
		"and a rule of the bucket (AbortIncompleteMultipartUpload) ends them all", more, n, oldest.UTC().Format(time.DateOnly))}
}

// maxUploads is how many uploads under way are looked at.
const maxUploads = 1000
