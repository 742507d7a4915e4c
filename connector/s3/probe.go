package s3

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/headgate/headgate/connector"
)

// watch remembers the last answer's connection and server.
type watch struct {
	http.RoundTripper
	last atomic.Pointer[http.Response]
}

func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		w.last.Store(&http.Response{TLS: res.TLS, Header: http.Header{"Server": res.Header["Server"]}})
	}
	return res, err
}

// test reaches the bucket, lists it, and starts an upload that it gives up.
func test(ctx context.Context, env connector.Env, cfg any) (*connector.Probe, error) {
	c := cfg.(*Config)
	s := &Store{env: env, cfg: c, prefix: strings.Trim(c.Prefix, "/")}
	core, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := s.walk(ctx, core, folder(s.prefix), false, func(minio.ObjectInfo) bool { return false }); err != nil {
		return nil, s.explain("list", "", err)
	}
	p := &connector.Probe{Latency: time.Since(start), Protocol: "S3 in clear", Read: true}
	if res := s.seen.last.Load(); res != nil {
		p.Peer = res.Header.Get("Server")
		if t := res.TLS; t != nil {
			p.Protocol, p.Cipher = "S3 over "+tls.VersionName(t.Version), tls.CipherSuiteName(t.CipherSuite)
			p.Expires = t.PeerCertificates[0].NotAfter
		}
	}
	key := s.under(".headgate-test")
	id, err := core.NewMultipartUpload(ctx, c.Bucket, key, minio.PutObjectOptions{})
	if err != nil {
		p.Notes = append(p.Notes, "cannot write: "+s.explain("write", ".headgate-test", err).Error())
		return p, nil
	}
	p.Write = true
	return p, s.explain("remove", ".headgate-test", core.AbortMultipartUpload(context.WithoutCancel(ctx), c.Bucket, key, id))
}
