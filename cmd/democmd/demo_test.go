package democmd

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
)

func TestDemoTakesAFolder(t *testing.T) {
	p := clitest.New(t)
	var got DemoOptions
	runF := func(_ context.Context, o *DemoOptions) error { got = *o; return nil }
	if err := clitest.Parse(NewDemo(p.Env, runF), "--dir", "x"); err != nil || got.Dir != "x" || got.Rows != orderRows {
		t.Errorf("%+v %v", got, err)
	}
	if err := clitest.Parse(NewDemo(p.Env, runF), "x"); err == nil {
		t.Error("took an argument")
	}
}

func TestDemo(t *testing.T) {
	p := clitest.New(t)
	p.UI.JSON = true
	if err := runDemo(context.Background(), &DemoOptions{Env: p.Env, Dir: p.Path("shop"), Rows: 2000}); err != nil {
		t.Fatal(err)
	}
	p.UI.Finish("demo", nil)
	var got struct{ Result shown }
	if err := json.Unmarshal(p.Out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	r := got.Result
	if r.Rows < 1000 || r.Rejected != 3 || strings.Count(p.Read(t, "shop/out/large-orders.csv"), "\n") != int(r.FileRows)+1 {
		t.Errorf("%+v", r)
	}
	if len(r.People) != 3 || !strings.Contains(r.Refused, "role operator does not allow it") || r.MaskedRows != r.Rows {
		t.Errorf("%+v", r)
	}
	if masked := p.Read(t, "shop/out/for-analysts.csv"); strings.Contains(masked, "@") {
		t.Error("an address is not masked")
	}
	var events []string
	for _, e := range r.Audit {
		events = append(events, e.Event+" "+e.Actor)
	}
	for _, want := range []string{"user.enroll ann@shop.example", "secret.set ann@shop.example", "run.end bob@shop.example", "denied bob@shop.example"} {
		if !slices.Contains(events, want) {
			t.Errorf("the log lacks %s: %v", want, events)
		}
	}
	var usage *cli.UsageError
	if err := runDemo(context.Background(), &DemoOptions{Env: p.Env, Dir: p.Path("shop"), Rows: 1}); !errors.As(err, &usage) {
		t.Error("wrote over a folder:", err)
	}
}

func TestOrdersAreTheSameEachTime(t *testing.T) {
	var a, b bytes.Buffer
	if err := errors.Join(writeOrders(&a, 500), writeOrders(&b, 500)); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("differ", err)
	}
	rows, err := csv.NewReader(&a).ReadAll()
	if err != nil || len(rows) != 501 {
		t.Error(len(rows), err)
	}
	if !strings.Contains(b.String(), "leave it at\nthe back door") || !strings.Contains(b.String(), `""thanks""`) {
		t.Error("no difficult notes")
	}
}
