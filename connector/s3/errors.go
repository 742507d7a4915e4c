package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/headgate/headgate/connector"
)

// explain says what an error of a request means for the exit code and for another try.
func (s *Store) explain(did, name string, err error) error {
	if err == nil {
		return nil
	}
	what := did + " " + s.label(name)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, connector.ErrRefused) {
		return fmt.Errorf("%s: %w", what, err)
	}
	r := minio.ToErrorResponse(err)
	switch {
	case r.Code == "NoSuchKey":
		return fmt.Errorf("%s: %w", what, fs.ErrNotExist)
	case r.Code == "NoSuchBucket":
		return fmt.Errorf("%s: the bucket %s does not exist", what, s.cfg.Bucket)
	case r.Code == "PreconditionFailed" || r.StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("%s: %w", what, errChanged)
	case r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden:
		return connector.Mark(fmt.Errorf("%s: the server refuses access key %s (%s)", what, s.cfg.AccessKey, r.Code), connector.ErrUnreachable)
	case r.StatusCode >= 400 && r.StatusCode < 500 && r.StatusCode != http.StatusRequestTimeout && r.StatusCode != http.StatusTooManyRequests:
		return fmt.Errorf("%s: %s: %s", what, r.Code, r.Message)
	}
	return connector.Transient(connector.Mark(fmt.Errorf("%s: %w", what, err), connector.ErrUnreachable))
}

// errChanged is a condition of a request that does not hold.
var errChanged = errors.New("the object is not the one it was")

func missing(err error) bool {
	r := minio.ToErrorResponse(err)
	return r.Code == "NoSuchKey" || r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket" && r.Code != "NoSuchUpload"
}
