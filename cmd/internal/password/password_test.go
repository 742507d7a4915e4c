package password

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/vault/slot"
)

func TestRead(t *testing.T) {
	for in, want := range map[string]string{"pw": "pw", "pw\n": "pw", "p w\r\n": "p w", "a\nb\n": "a\nb"} {
		if got, err := Read(strings.NewReader(in)); err != nil || string(got) != want {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "\n", strings.Repeat("x", longest+1)} {
		if got, err := Read(strings.NewReader(bad)); err == nil {
			t.Errorf("took %q", got)
		}
	}
}

func TestNew(t *testing.T) {
	p := clitest.New(t)
	ctx := context.Background()
	var missing *cli.InputError
	if _, _, err := New(ctx, p.Env, Source{}, "--generate"); !errors.As(err, &missing) || missing.Hint != "--generate" {
		t.Error(err)
	}
	pw, made, err := New(ctx, p.Env, Source{Generate: true}, "")
	if err != nil || string(pw) != made {
		t.Error(made, err)
	}
	if err := (slot.Rules{Profile: "standard"}).Check(pw); err != nil {
		t.Error(err)
	}
	p.UI.In = strings.NewReader("from stdin\n")
	if pw, made, err := New(ctx, p.Env, Source{Stdin: true}, ""); err != nil || string(pw) != "from stdin" || made != "" {
		t.Error(string(pw), made, err)
	}
	if _, _, err := New(ctx, p.Env, Source{Stdin: true, Generate: true}, ""); err == nil {
		t.Error("took both")
	}
}
