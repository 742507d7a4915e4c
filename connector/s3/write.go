package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/pace"
)

// S3 takes 10,000 parts: the first of partSize bytes, those after manyParts of bigPart.
const (
	partSize  = 8 << 20
	bigPart   = 64 << 20
	manyParts = 4000
	// atOnce parts are sent at a time.
	atOnce = 3
)

// abandoned is the age at which an upload that nobody completed is taken for the leftover
// of a crash.
const abandoned = 24 * time.Hour

// mark is the metadata by which a completed upload is recognised.
const mark = "Headgate-Upload"

// stagedPrefix begins the name of a sealed upload; no object's name does.
const stagedPrefix = "//upload/"

// stagedUpload is what Publish needs to know.
type stagedUpload struct {
	Key   string   `json:"key"`
	ID    string   `json:"id"`
	Mark  string   `json:"mark"`
	Parts []string `json:"parts"` // their ETags, in order
}

func (u stagedUpload) String() string {
	raw, _ := json.Marshal(u)
	return stagedPrefix + base64.RawURLEncoding.EncodeToString(raw)
}

func parseStaged(name string) (u stagedUpload, ok bool) {
	text, ok := strings.CutPrefix(name, stagedPrefix)
	if !ok {
		return u, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return u, err == nil && json.Unmarshal(raw, &u) == nil
}

// Create starts an upload.
func (s *Store) Create(ctx context.Context, name, _ string) (connector.Upload, error) {
	key, err := s.key(name)
	if err != nil {
		return nil, s.explain("write", name, err)
	}
	core, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.tidy(ctx, core, key); err != nil {
		return nil, s.explain("write", name, err)
	}
	u := &upload{store: s, core: core, ctx: ctx, name: name, staged: stagedUpload{Key: key, Mark: rand.Text()}, slots: make(chan []byte, atOnce)}
	for range atOnce {
		u.slots <- nil
	}
	u.staged.ID, err = core.NewMultipartUpload(ctx, s.cfg.Bucket, key, minio.PutObjectOptions{UserMetadata: map[string]string{mark: u.staged.Mark}})
	if err != nil {
		return nil, s.explain("write", name, err)
	}
	return u, nil
}

// tidy removes what crashes left of uploads to key.
func (s *Store) tidy(ctx context.Context, core *minio.Core, key string) error {
	list, err := core.ListMultipartUploads(ctx, s.cfg.Bucket, key, "", "", "", 100)
	if err != nil {
		return nil // not every server lists them, and not everybody may
	}
	for _, u := range list.Uploads {
		if u.Key == key && time.Since(u.Initiated) > abandoned {
			if err := core.AbortMultipartUpload(ctx, s.cfg.Bucket, key, u.UploadID); err != nil {
				return err
			}
		}
	}
	return nil
}

// upload is a multipart upload under way.
type upload struct {
	store  *Store
	core   *minio.Core
	ctx    context.Context
	name   string
	staged stagedUpload

	buf   []byte
	slots chan []byte // buffers to use again; one is taken for each part under way
	sent  sync.WaitGroup

	mu     sync.Mutex
	failed error

	over bool // sealed or closed
}

// part is how many bytes the part being filled may have.
func (u *upload) part() int {
	if len(u.staged.Parts) >= manyParts {
		return bigPart
	}
	return partSize
}

// Write keeps bytes until a part is full.
func (u *upload) Write(p []byte) (int, error) {
	if u.over {
		return 0, errors.New("write " + u.store.label(u.name) + ": it is closed")
	}
	n := len(p)
	for len(p) > 0 {
		if u.buf == nil {
			if u.buf = <-u.slots; u.buf == nil {
				u.buf = make([]byte, 0, partSize)
			}
		}
		k := min(len(p), u.part()-len(u.buf))
		u.buf = append(u.buf, p[:k]...)
		p = p[k:]
		if len(u.buf) == u.part() {
			u.send(u.ctx)
		}
	}
	return n, u.broken()
}

// broken is the first error of a part.
func (u *upload) broken() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.failed
}

// send sends the part that is filled.
func (u *upload) send(ctx context.Context) {
	buf, number := u.buf, len(u.staged.Parts)+1
	u.buf = nil
	u.mu.Lock()
	u.staged.Parts = append(u.staged.Parts, "")
	u.mu.Unlock()
	u.sent.Go(func() {
		// The body is hashed for the signature where nothing else protects it.
		var part minio.ObjectPart
		err := pace.Rule(u.store.env.Retry).Do(ctx, func() (err error) {
			part, err = u.core.PutObjectPart(ctx, u.store.cfg.Bucket, u.staged.Key, u.staged.ID, number, bytes.NewReader(buf), int64(len(buf)),
				minio.PutObjectPartOptions{DisableContentSha256: u.core.EndpointURL().Scheme == "https"})
			return u.store.judge("write", u.name, err)
		})
		u.mu.Lock()
		u.staged.Parts[number-1] = part.ETag
		if u.failed == nil {
			u.failed = err
		}
		u.mu.Unlock()
		u.slots <- buf[:0]
	})
}

// Seal waits until every part is stored.
func (u *upload) Seal(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if len(u.buf) > 0 || len(u.staged.Parts) == 0 {
		if u.buf == nil {
			u.buf = (<-u.slots)[:0]
		}
		u.send(ctx)
	}
	u.sent.Wait()
	if err := u.broken(); err != nil {
		return "", err
	}
	u.over = true
	return u.staged.String(), nil
}

// Close gives up an upload that is not sealed.
func (u *upload) Close() error {
	if u.over {
		return nil
	}
	u.over = true
	u.sent.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), time.Minute)
	defer cancel()
	return u.store.Remove(ctx, u.staged.String())
}

// Publish completes a sealed upload. One that was completed already is recognised by its
// mark.
func (s *Store) Publish(ctx context.Context, staged, name string) error {
	u, ok := parseStaged(staged)
	if !ok {
		return fmt.Errorf("publish %s: %w", s.label(name), connector.ErrNothingStaged)
	}
	key, err := s.key(name)
	if err != nil || key != u.Key {
		return fmt.Errorf("publish %s: it was staged for %s", s.label(name), u.Key)
	}
	core, err := s.open(ctx)
	if err != nil {
		return err
	}
	parts := make([]minio.CompletePart, len(u.Parts))
	for i, etag := range u.Parts {
		parts[i] = minio.CompletePart{PartNumber: i + 1, ETag: etag}
	}
	var opt minio.PutObjectOptions
	if s.cfg.Overwrite == "never" {
		opt.SetMatchETagExcept("*")
	}
	var answer error
	err = pace.Rule(s.env.Retry).Do(ctx, func() error {
		_, answer = core.CompleteMultipartUpload(ctx, s.cfg.Bucket, key, u.ID, parts, opt)
		return s.judge("publish", name, answer)
	})
	if err == nil {
		return nil
	}
	// Whatever the answer, it may have been lost on the way of an earlier request.
	info, e := core.StatObject(ctx, s.cfg.Bucket, key, minio.StatObjectOptions{})
	if e == nil && info.UserMetadata[http.CanonicalHeaderKey(mark)] == u.Mark {
		return nil
	}
	switch r := minio.ToErrorResponse(answer); {
	case r.Code == "NoSuchUpload":
		return fmt.Errorf("publish %s: %w", s.label(name), connector.ErrNothingStaged)
	case r.StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("publish %s: the object exists, and the connection never overwrites", s.label(name))
	}
	return err
}

var _ io.ReaderAt = (*reader)(nil)
