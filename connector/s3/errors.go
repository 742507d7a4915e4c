package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/pace"
	"github.com/headgate/headgate/connector/tree"
)

// explain says what an error of a request that was tried as often as the rule says means for the
// exit code.
func (s *Store) explain(did, name string, err error) error {
	return pace.Rule(s.env.Retry).GivenUp(s.judge(did, name, err))
}

// judge says what an error of a request means for the exit code and for another try.
func (s *Store) judge(did, name string, err error) error {
	if err == nil {
		return nil
	}
	what := did + " " + s.label(name)
	var request *url.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, connector.ErrRefused), errors.Is(err, connector.ErrUnreachable),
		errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", what, bare(err))
	case malformed(err):
		return fmt.Errorf("%s: %w", what, errAnswer(err))
	case errors.As(err, &request): // the library has put words of its own in the place of the cause
		return connector.Transient(connector.Mark(fmt.Errorf("%s: %s", what, tree.Show(clip(request.Err.Error()))), connector.ErrUnreachable))
	}
	r := minio.ToErrorResponse(err)
	said := tree.Show(clip(r.Message))
	switch {
	case r.Code == "NoSuchKey":
		return fmt.Errorf("%s: %w", what, fs.ErrNotExist)
	case r.Code == "NoSuchBucket":
		return fmt.Errorf("%s: the bucket %s does not exist", what, s.cfg.Bucket)
	case r.Code == "PreconditionFailed" || r.StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("%s: %w", what, errChanged)
	case r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden:
		return connector.Mark(fmt.Errorf("%s: the server refuses access key %s (%s)", what, s.cfg.AccessKey, tree.Show(clip(r.Code))), connector.ErrUnreachable)
	case r.StatusCode >= 400 && r.StatusCode < 500 && !pace.Transient(r.StatusCode):
		return fmt.Errorf("%s: %s: %s", what, tree.Show(clip(r.Code)), said)
	case r.StatusCode == 0:
		return fmt.Errorf("%s: %w", what, err)
	}
	return connector.Transient(connector.Mark(fmt.Errorf("%s: the server answers %d: %s", what, r.StatusCode, said), connector.ErrUnreachable))
}

// bare is err without the address, which the label says better.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// malformed reports whether an answer could not be read.
func malformed(err error) bool {
	var syntax *xml.SyntaxError
	var shape xml.UnmarshalError
	var number *strconv.NumError
	var date *time.ParseError
	return errors.As(err, &syntax) || errors.As(err, &shape) || errors.As(err, &number) || errors.As(err, &date) || errors.Is(err, io.EOF)
}

// errChanged is a condition of a request that does not hold.
var errChanged = errors.New("the object is not the one it was")

func missing(err error) bool {
	r := minio.ToErrorResponse(err)
	return r.Code == "NoSuchKey" || r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket" && r.Code != "NoSuchUpload"
}
