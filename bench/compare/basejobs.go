package main

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// databaseJobs are the tasks with database servers, against the servers' own clients.
var databaseJobs = []job{
	{name: "csv-postgres", section: databaseSection, title: "CSV into a PostgreSQL table, every row and column, typed; `\\copy` by psql",
		format: "csv", begin: postgresOnly, entries: intoPostgres},
	{name: "csv-postgres-upsert", section: databaseSection, title: "CSV upserted into a PostgreSQL table that has every second row; psql: `\\copy` into a temporary table and INSERT ... ON CONFLICT",
		format: "csv", begin: withOrders, entries: upsertPostgres},
	{name: "postgres-csv", section: databaseSection, title: "A PostgreSQL table to CSV; `\\copy` by psql",
		format: "csv", begin: withOrders, entries: fromPostgres},
	{name: "postgres-postgres", section: databaseSection, title: "A PostgreSQL table into another; a pipe of two psql, COPY TO and COPY FROM",
		format: "csv", begin: withOrders, entries: betweenPostgres},
	{name: "csv-mariadb", section: databaseSection, title: "CSV into a MariaDB table, every row and column, typed; LOAD DATA LOCAL by its client",
		format: "csv", begin: mariaOnly, entries: intoMaria},
}

const databaseSection = "Database servers on this machine: fsync on, TCP and verified TLS for both sides"

const (
	postgresOrders = "(order_id bigint%s, customer_id bigint, email text, country text, status text, " +
		"amount numeric(12,2), quantity bigint, created_at timestamptz, sku text, note text)"
	mariaOrders = "(order_id bigint, customer_id bigint, email text, country text, status text, " +
		"amount decimal(12,2), quantity bigint, created_at datetime(6), sku text, note text)"
	service = "service=bench"
)

func postgresOnly(b *bench, _ string) error { return b.startPostgres() }
func mariaOnly(b *bench, _ string) error    { return b.startMaria() }

// withOrders has the input in the table orders.
func withOrders(b *bench, in string) error {
	if err := b.startPostgres(); err != nil || b.servers.filled[in] {
		return err
	}
	path := filepath.Join(b.project, filepath.FromSlash(in))
	_, err := b.postgresSQL(fmt.Sprintf("DROP TABLE IF EXISTS orders; CREATE TABLE orders "+postgresOrders+";\n\\copy orders from '%s' csv header\nVACUUM ANALYZE orders", "", path))
	if err == nil {
		b.servers.filled = map[string]bool{in: true}
	}
	return err
}

// remake makes a table anew before a turn, and has the server write down what it still
// has in memory.
func remake(table, columns, fill string) func(*bench) error {
	return func(b *bench) error {
		_, err := b.postgresSQL("DROP TABLE IF EXISTS " + table + "; CREATE TABLE " + table + " " + columns + "; " + fill + "; CHECKPOINT")
		return err
	}
}

// postgresFacts asks the server about a table.
func postgresFacts(table string) func(*bench, string) (string, error) {
	return func(b *bench, _ string) (string, error) {
		return b.postgresSQL(fmt.Sprintf(tableQuery, table, "||", "||", "||"))
	}
}

const tableQuery = "SELECT count(*), sum(order_id), sum(customer_id), count(email), sum(amount * quantity), min(created_at), max(created_at), " +
	"sum(length(email)), sum(length(sku)), count(note), sum(length(note)), count(DISTINCT country %[2]s status) FROM %[1]s"

// intoPostgres is the job of filling a table.
func intoPostgres(_ *bench, in string) []entry {
	ready, check := remake("target", fmt.Sprintf(postgresOrders, ""), ""), postgresFacts("target")
	return []entry{
		{tool: "headgate", args: keyed("csv-postgres", "input="+in), ready: ready, check: check},
		{tool: "psql", args: []string{"-X", "-q", service, "-c", `\copy target from '` + in + `' csv header`}, ready: ready, check: check},
	}
}

func upsertPostgres(_ *bench, in string) []entry {
	ready, check := remake("target", fmt.Sprintf(postgresOrders, " PRIMARY KEY"), "INSERT INTO target SELECT order_id, 0, '', '', '', 0, 0, now(), '', '' FROM orders WHERE order_id % 2 = 0; VACUUM ANALYZE target"), postgresFacts("target")
	var set []string
	for _, c := range []string{"customer_id", "email", "country", "status", "amount", "quantity", "created_at", "sku", "note"} {
		set = append(set, c+" = excluded."+c)
	}
	return []entry{
		{tool: "headgate", args: keyed("csv-postgres-upsert", "input="+in), ready: ready, check: check},
		{tool: "psql", args: []string{"-X", "-q", "-v", "ON_ERROR_STOP=1", service, "-c", "CREATE TEMPORARY TABLE incoming (LIKE target)",
			"-c", `\copy incoming from '` + in + `' csv header`,
			"-c", "INSERT INTO target SELECT * FROM incoming ON CONFLICT (order_id) DO UPDATE SET " + strings.Join(set, ", ")}, ready: ready, check: check},
	}
}

func fromPostgres(*bench, string) []entry {
	const own, peer = "out/postgres-headgate.csv", "out/postgres-psql.csv"
	return []entry{
		{tool: "headgate", args: keyed("postgres-csv", "output="+own), output: own, check: exportFacts},
		{tool: "psql", args: []string{"-X", "-q", service, "-c", `\copy orders to '` + peer + `' csv header`}, output: peer, check: exportFacts},
	}
}

func betweenPostgres(*bench, string) []entry {
	ready, check := remake("target", fmt.Sprintf(postgresOrders, ""), ""), postgresFacts("target")
	return []entry{
		{tool: "headgate", args: keyed("postgres-postgres"), ready: ready, check: check},
		{tool: "psql|psql", args: []string{`psql -X -q ` + service + ` -c "COPY orders TO STDOUT" | psql -X -q ` + service + ` -c "COPY target FROM STDIN"`}, ready: ready, check: check},
	}
}

// intoMaria is the job of filling a table of MariaDB. Empty cells are NULL for both, and the
// server leaves the Z of times away only when it is told to.
func intoMaria(_ *bench, in string) []entry {
	ready := func(b *bench) error {
		_, err := b.mariaSQL("DROP TABLE IF EXISTS target; CREATE TABLE target " + mariaOrders)
		return err
	}
	check := func(b *bench, _ string) (string, error) {
		return b.mariaSQL(strings.Replace(fmt.Sprintf(tableQuery, "target", ","), "country , status", "country, status", 1))
	}
	load := "LOAD DATA LOCAL INFILE '" + in + `' INTO TABLE target CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '' LINES TERMINATED BY '\n' IGNORE 1 LINES ` +
		"(order_id, customer_id, @email, country, status, amount, quantity, @created, sku, @note) SET email = NULLIF(@email, ''), note = NULLIF(@note, ''), created_at = LEFT(@created, 19)"
	return []entry{
		{tool: "headgate", args: keyed("csv-mariadb", "input="+in), ready: ready, check: check},
		{tool: "mariadb", args: []string{"--defaults-file=maria.cnf", "bench", "-e", load}, ready: ready, check: check},
	}
}

// exportFacts reads a CSV file of orders, in which times may be written in two ways.
func exportFacts(b *bench, output string) (string, error) {
	f, err := os.Open(filepath.Join(b.project, filepath.FromSlash(output)))
	if err != nil {
		return "", err
	}
	defer f.Close()
	const created = 7
	in := csv.NewReader(f)
	in.ReuseRecord = true
	sum := sha256.New()
	for rows := -1; ; rows++ {
		record, err := in.Read()
		if err == io.EOF {
			return fmt.Sprintf("rows=%d sha256=%s", rows, hex.EncodeToString(sum.Sum(nil))[:16]), nil
		}
		if err != nil {
			return "", err
		}
		if rows >= 0 {
			record[created] = strings.TrimSuffix(strings.TrimSuffix(strings.Replace(record[created], "T", " ", 1), "Z"), "+00")
		}
		fmt.Fprintf(sum, "%q", record)
	}
}
