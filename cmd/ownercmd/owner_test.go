package ownercmd

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/rbac"
)

var ctx = context.Background()

func TestParse(t *testing.T) {
	p := clitest.New(t)
	var got *TransferOptions
	runF := func(_ context.Context, o *TransferOptions) error { got = o; return nil }
	if err := clitest.Parse(NewTransfer(p.Env, runF), "bob@example.com", "--accepted", "f", "--yes"); err != nil || got.Who != "bob@example.com" || got.Accepted != "f" || !got.Yes {
		t.Error(got, err)
	}
	if err := clitest.Parse(NewTransfer(p.Env, runF)); err == nil {
		t.Error("transfer to nobody")
	}
	ran := false
	if err := clitest.Parse(NewAccept(p.Env, func(context.Context, *AcceptOptions) error { ran = true; return nil })); err != nil || !ran {
		t.Error(err)
	}
}

func TestTransfer(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	bob := p.Invite(t, owner, "bob@example.com", rbac.Superadmin)

	in := p.In(p.Dir)
	in.Become(bob)
	if err := runAccept(ctx, &AcceptOptions{in}); err != nil {
		t.Fatal(err)
	}
	agreed := p.Out.String()
	p.Write(t, "agreed.txt", agreed)
	o := &TransferOptions{Env: p.Env, Who: "bob@example.com", Accepted: p.Path("agreed.txt")}
	var usage *cli.UsageError
	if err := runTransfer(ctx, o); !errors.As(err, &usage) || !strings.Contains(usage.Hint, "--yes") {
		t.Errorf("nobody confirmed it: %v", err)
	}
	o.Yes = true
	if err := runTransfer(ctx, o); err != nil {
		t.Fatal(err)
	}
	if me, _, err := bob.Myself(ctx); err != nil || !me.Owner {
		t.Error(me, err)
	}
	if err := runTransfer(ctx, o); err == nil {
		t.Error("transferred twice")
	}
}

func TestTransferNeedsTheAgreement(t *testing.T) {
	p := clitest.New(t)
	owner := p.Found(t)
	p.Invite(t, owner, "bob@example.com", rbac.Viewer)
	var input *cli.InputError
	if err := runTransfer(ctx, &TransferOptions{Env: p.Env, Who: "bob@example.com", Yes: true}); !errors.As(err, &input) {
		t.Error(err)
	}
	p.UI.In = strings.NewReader(strings.Repeat("00", 64) + "\n")
	var denied *rbac.DeniedError
	if err := runTransfer(ctx, &TransferOptions{Env: p.Env, Who: "bob@example.com", Accepted: "-", Yes: true}); !errors.As(err, &denied) || !strings.Contains(err.Error(), "did not accept") {
		t.Error(err)
	}
}
