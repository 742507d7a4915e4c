package runcmd

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/flow/engine"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
)

const orders = `version: 1
flow: orders
params:
  least: {type: int, default: "1"}
source: {files: in.csv, columns: {id: int, name: string}}
steps:
  - filter: id >= params.least
sink: {file: out.csv}
`

func shop(t *testing.T) *clitest.Place {
	return clitest.New(t, "flows/orders.yaml", orders, "in.csv", "id,name\n1,Ada\n2,Ken\n")
}

func TestRunTakesFlowsAndFlags(t *testing.T) {
	p := shop(t)
	var got RunOptions
	runF := func(_ context.Context, o *RunOptions) error { got = *o; return nil }
	err := clitest.Parse(NewRun(p.Env, runF), "a", "b", "--param", "x=1", "--param", "y=2", "--env", "dev", "--full-refresh", "--fail-if-empty", "--with-upstream", "--receipt", "r.json")
	if err != nil || len(got.Flows) != 2 || len(got.Params) != 2 || got.Profile != "dev" || !got.FullRefresh || !got.FailIfEmpty || !got.WithUpstream || got.Receipt != "r.json" {
		t.Errorf("%+v %v", got, err)
	}
	for _, args := range [][]string{{}, {"a", "b", "--plan", "p"}, {"--plan", "p", "--full-refresh"}, {"--plan", "p", "--with-upstream"}} {
		var usage *cli.UsageError
		if err := clitest.Parse(NewRun(p.Env, runF), args...); !errors.As(err, &usage) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestRun(t *testing.T) {
	p := shop(t)
	done, err := Run(context.Background(), &RunOptions{Env: p.Env, Flows: []string{"orders"}, Params: []string{"least=2"}, Receipt: p.Path("receipt.json")})
	if err != nil {
		t.Fatal(err)
	}
	if r := done[0]; r.Status != engine.Succeeded || r.RowsRead != 2 || r.RowsWritten != 1 || r.RowsFiltered != 1 || !r.Committed {
		t.Errorf("%+v", r)
	}
	if got := p.Read(t, "out.csv"); got != "id,name\n2,Ken\n" {
		t.Error(got)
	}
	var receipt Finished
	if err := json.Unmarshal([]byte(p.Read(t, "receipt.json")), &receipt); err != nil || receipt.RowsWritten != 1 || receipt.Event != "run.finished" {
		t.Errorf("%+v %v", receipt, err)
	}
	if p.Out.Len() > 0 || !strings.Contains(p.Err.String(), "orders: succeeded") {
		t.Errorf("%s %s", p.Out, p.Err)
	}
}

func TestRunWithoutEvents(t *testing.T) {
	p := shop(t)
	p.UI.JSON = true
	if _, err := Run(context.Background(), &RunOptions{Env: p.Env, Flows: []string{"orders"}, NoEvents: true}); err != nil || p.Out.Len() > 0 {
		t.Error(err, p.Out)
	}
}

func TestPlanTakesAFlow(t *testing.T) {
	p := shop(t)
	var got PlanOptions
	runF := func(_ context.Context, o *PlanOptions) error { got = *o; return nil }
	if err := clitest.Parse(NewPlan(p.Env, runF), "orders", "--out", "p.json", "--param", "a=b"); err != nil || got.Flow != "orders" || got.Out != "p.json" || len(got.Params) != 1 {
		t.Errorf("%+v %v", got, err)
	}
	if err := clitest.Parse(NewPlan(p.Env, runF)); err == nil {
		t.Error("took nothing")
	}
}

func TestPlan(t *testing.T) {
	p := shop(t)
	if err := runPlan(context.Background(), &PlanOptions{Env: p.Env, Flow: "orders", Out: p.Path("plan.json")}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Out.String(), "flow orders") || !strings.Contains(p.Read(t, "plan.json"), `"flow": "orders"`) {
		t.Error(p.Out)
	}
	if _, err := os.Stat(p.Path("out.csv")); err == nil {
		t.Error("a plan wrote the output")
	}
}

func TestPreviewTakesAFlow(t *testing.T) {
	p := shop(t)
	var got PreviewOptions
	runF := func(_ context.Context, o *PreviewOptions) error { got = *o; return nil }
	if err := clitest.Parse(NewPreview(p.Env, runF), "orders", "-n", "5", "--after", "filter"); err != nil || got.Rows != 5 || got.After != "filter" {
		t.Errorf("%+v %v", got, err)
	}
	if err := clitest.Parse(NewPreview(p.Env, runF), "orders", "-n", "0"); err == nil {
		t.Error("took no rows")
	}
}

func TestPreview(t *testing.T) {
	p := shop(t)
	if err := runPreview(context.Background(), &PreviewOptions{Env: p.Env, Flow: "orders", Rows: 1}); err != nil || p.Out.String() != "id  name\n 1  Ada\n" {
		t.Errorf("%v\n%s", err, p.Out)
	}
}

func TestStepNumber(t *testing.T) {
	steps := []plan.StepInfo{{Name: "filter"}, {Name: "set"}, {Name: "filter"}}
	for after, want := range map[string]int{"": -1, "source": 0, "set": 2, "3": 3, "0": 0} {
		if got, err := stepNumber(steps, after); err != nil || got != want {
			t.Errorf("%s: %d %v, want %d", after, got, err, want)
		}
	}
	for _, after := range []string{"filter", "sett", "4", "-1"} {
		if n, err := stepNumber(steps, after); err == nil {
			t.Errorf("%s: %d", after, n)
		}
	}
}

func TestParams(t *testing.T) {
	if got, err := parseParams([]string{"a=1", "b=x=y", "c="}); err != nil || got["a"] != "1" || got["b"] != "x=y" || got["c"] != "" {
		t.Error(got, err)
	}
	for _, bad := range [][]string{{"a"}, {"=1"}, {"a=1", "a=2"}} {
		if _, err := parseParams(bad); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}

// busy is a store whose flow is free at the third look.
type busy struct {
	state.Store
	looks int
}

func (b *busy) Lock(string) (func(), error) {
	if b.looks++; b.looks < 3 {
		return nil, state.ErrBusy
	}
	return func() {}, nil
}

func TestWaiting(t *testing.T) {
	if _, err := (waiting{Store: &busy{}}).Lock("f"); !errors.Is(err, state.ErrBusy) {
		t.Error("waited without patience:", err)
	}
	if _, err := (waiting{Store: &busy{}, patience: 1 << 40}).Lock("f"); err != nil {
		t.Error(err)
	}
	stop := make(chan struct{})
	close(stop)
	if _, err := (waiting{Store: &busy{}, patience: 1 << 40, stop: stop}).Lock("f"); !errors.Is(err, engine.ErrInterrupted) {
		t.Error("did not hear the signal:", err)
	}
}
