package connectioncmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/cmd/internal/target"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/vault"
)

// warehouse is a project whose flows use a login of a real server that may do little there, and the
// statements of the server's own client.
func warehouse(t *testing.T) (*clitest.Place, func(sql string) string) {
	t.Helper()
	d := servers.Postgres(t)
	database := d.Database(t, t.Name())
	sql := func(sql string) string { t.Helper(); return d.SQL(t, database, sql) }
	sql("CREATE ROLE etl LOGIN PASSWORD 'pw'; REVOKE ALL ON DATABASE " + database + " FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT CONNECT ON DATABASE " + database + ` TO etl;
		CREATE SCHEMA shop; CREATE SCHEMA dwh; CREATE TABLE shop.orders (id int PRIMARY KEY); CREATE TABLE shop.items (id int PRIMARY KEY); CREATE TABLE shop.salaries (id int);
		GRANT USAGE ON SCHEMA shop TO etl; GRANT SELECT, DELETE ON shop.items TO etl; GRANT SELECT ON shop.salaries TO etl`)
	p := clitest.New(t, "headgate.yaml", "version: 1\n", "connections.yaml", fmt.Sprintf(`version: 1
connections:
  dwh:
    type: postgres
    host: localhost
    port: %d
    database: %s
    user: etl
    password: secret:dwh
    tls_ca: %s
  files: {type: file, path: .}
`, d.Port, database, d.CA.File),
		"flows/out.yaml", "version: 1\nflow: out\nsource: {connection: dwh, table: shop.orders}\nsink: {file: out.csv}\n",
		"flows/in.yaml", "version: 1\nflow: in\nsource: {files: in.csv}\nsink: {connection: dwh, table: dwh.orders, load: {mode: upsert, key: [id]}}\n",
		"flows/copy.yaml", "version: 1\nflow: copy\nsource: {connection: dwh}\nstreams: {\"shop.i*\": {}}\nsink: {file: \"${{ stream.table }}.csv\"}\n",
		"flows/day.yaml", "version: 1\nflow: day\nparams: {day: string}\nsource: {files: in.csv}\nsink: {connection: dwh, table: \"dwh.orders_${{ params.day }}\"}\n",
		"flows/other.yaml", "version: 1\nflow: other\nsource: {files: in.csv}\nsink: {file: out2.csv}\n")
	p.Env.Now, p.Env.Failure = time.Now, marks
	m, ref := p.Found(t), vault.Ref{Name: "dwh", Connection: "dwh"}
	at, err := target.Of(p.Env, ref)
	if err == nil {
		_, err = m.SetSecret(context.Background(), ref, at.Binding, []byte("pw"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return p, sql
}

func TestPrivileges(t *testing.T) {
	p, sql := warehouse(t)
	test := func(failOn ...string) error {
		p.Out.Reset()
		return runTest(context.Background(), &TestOptions{Env: p.Env, Names: []string{"dwh"}, Privileges: true, FailOn: failOn, Timeout: time.Minute})
	}
	var o *cli.Outcome
	if err := test(); !errors.As(err, &o) || o.Exit != 1 || o.Message != "connection dwh: 4 rights missing that flows need" {
		t.Fatalf("%v\n%s", err, p.Out)
	}
	for _, want := range []string{"the login etl\n", "GRANT SELECT ON TABLE shop.orders TO etl;", "GRANT USAGE ON SCHEMA dwh TO etl;", "GRANT CREATE ON SCHEMA dwh TO etl;", "GRANT TEMPORARY ON DATABASE",
		"REVOKE DELETE ON TABLE shop.items FROM etl;", "REVOKE SELECT ON TABLE shop.salaries FROM etl;", "copy/shop.items", "flow day: not compared"} {
		if !strings.Contains(p.Out.String(), want) {
			t.Errorf("no %q in\n%s", want, p.Out)
		}
	}
	if strings.Contains(p.Out.String(), "other") {
		t.Errorf("a flow that does not use the connection:\n%s", p.Out)
	}
	p.UI.JSON = true
	if err := test(); err == nil {
		t.Error("no failure")
	}
	if err := p.UI.Finish("connection test", nil); err != nil {
		t.Fatal(err)
	}
	var out struct {
		Result []struct {
			OK         bool
			Privileges connector.Privileges
		}
	}
	if err := json.Unmarshal(p.Out.Bytes(), &out); err != nil || len(out.Result) != 1 {
		t.Fatalf("%v\n%s", err, p.Out)
	}
	found := out.Result[0]
	if found.OK || found.Privileges.Missing() != 4 || found.Privileges.Excess() != 2 {
		t.Errorf("%+v", found)
	}
	p.UI.JSON = false
	for _, r := range found.Privileges.Rights {
		if r.Missing() {
			sql(r.Fix)
		}
	}
	if err := test(); err != nil {
		t.Errorf("%v\n%s", err, p.Out)
	}
	if err := test(onExcess); !errors.As(err, &o) || o.Exit != 1 || !strings.Contains(o.Message, "2 rights that no flow needs") {
		t.Errorf("%v\n%s", err, p.Out)
	}
	for _, r := range found.Privileges.Rights {
		if r.Excess() {
			sql(r.Fix)
		}
	}
	if err := test(onExcess); err != nil {
		t.Errorf("%v\n%s", err, p.Out)
	}
}

func TestPrivilegesOfFiles(t *testing.T) {
	p := clitest.New(t, "headgate.yaml", "version: 1\n", "connections.yaml", "version: 1\nconnections:\n  here: {type: file, path: .}\n")
	if err := runTest(context.Background(), &TestOptions{Env: p.Env, Names: []string{"here"}, Privileges: true, Timeout: time.Minute}); err != nil {
		t.Error(err)
	}
	var usage *cli.UsageError
	if err := runTest(context.Background(), &TestOptions{Env: p.Env, Names: []string{"here"}, FailOn: []string{onExcess}, Timeout: time.Minute}); !errors.As(err, &usage) {
		t.Error(err)
	}
}
