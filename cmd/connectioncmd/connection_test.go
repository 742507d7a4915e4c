package connectioncmd

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
)

func TestTypesTakesNoArguments(t *testing.T) {
	p, ran := clitest.New(t), false
	runF := func(context.Context, *TypesOptions) error { ran = true; return nil }
	if err := clitest.Parse(NewTypes(p.Env, runF)); err != nil || !ran {
		t.Error(ran, err)
	}
	if err := clitest.Parse(NewTypes(p.Env, runF), "x"); err == nil {
		t.Error("took an argument")
	}
}

func TestTypes(t *testing.T) {
	p := clitest.New(t)
	if err := runTypes(context.Background(), &TypesOptions{p.Env}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sqlite", "tables", "append replace truncate upsert", "csv", ".jsonl", ".gz", "zstd"} {
		if !strings.Contains(p.Out.String(), want) {
			t.Errorf("no %s in\n%s", want, p.Out)
		}
	}
}

func TestDescribeTakesAType(t *testing.T) {
	p := clitest.New(t)
	var got string
	runF := func(_ context.Context, o *DescribeOptions) error { got = o.Name; return nil }
	if err := clitest.Parse(NewDescribe(p.Env, runF), "csv"); err != nil || got != "csv" {
		t.Error(got, err)
	}
	if err := clitest.Parse(NewDescribe(p.Env, runF)); err == nil {
		t.Error("took nothing")
	}
}

// TestDescribe describes everything that is registered.
func TestDescribe(t *testing.T) {
	for _, name := range known(clitest.New(t).Registry()) {
		p := clitest.New(t)
		if err := runDescribe(context.Background(), &DescribeOptions{Env: p.Env, Name: name}); err != nil || !strings.HasPrefix(p.Out.String(), name+" (") {
			t.Errorf("%s: %v\n%s", name, err, p.Out)
		}
	}
	p := clitest.New(t)
	var usage *cli.UsageError
	if err := runDescribe(context.Background(), &DescribeOptions{Env: p.Env, Name: "sqlit"}); !errors.As(err, &usage) || usage.Hint != "did you mean `sqlite`?" {
		t.Error(err)
	}
}
