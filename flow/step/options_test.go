package step

import (
	"testing"

	"github.com/headgate/headgate/connector/spec"
)

func TestOptionsAreWellTagged(t *testing.T) {
	for _, v := range []any{&dedupeStep{}, &expectStep{}} {
		if err := spec.Lint(v); err != nil {
			t.Error(err)
		}
	}
}
