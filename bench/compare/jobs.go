package main

import (
	"fmt"
	"slices"
	"strings"
)

// job is one task every tool is given.
type job struct {
	name, title string
	section     string                          // of the page; "" = the first
	format      string                          // of the input: csv, jsonl, noise, or "" = none
	sizes       []string                        // when the job has its own
	begin       func(b *bench, in string) error // before the first turn; nil = nothing
	entries     func(b *bench, in string) []entry
}

// entry is one tool's way of doing a job.
type entry struct {
	tool   string
	args   []string                                      // of the tool
	output string                                        // the file it writes; "" = none
	stdout bool                                          // output is its standard output
	ready  func(b *bench) error                          // before each turn, not timed; nil = nothing
	check  func(b *bench, output string) (string, error) // nil = nothing to compare
}

func (j job) sizesOf(asked options) []string {
	switch {
	case j.sizes != nil:
		return j.sizes
	case j.format == noise:
		return asked.files
	}
	return asked.sizes
}

func jobNames() []string {
	var names []string
	for _, j := range allJobs() {
		names = append(names, j.name)
	}
	return names
}

// allJobs are the tasks, in the order of the page.
func allJobs() []job { return slices.Concat(jobs, databaseJobs, moving) }

// noInput is the size of a job that reads no orders.
var noInput = []string{""}

// jobs are the tasks with files.
var jobs = []job{
	{name: "csv-csv", title: "CSV to CSV: paid orders of two countries, six columns, total = amount * quantity, e-mail in lower case",
		format: "csv", entries: transform("csv", "csv")},
	{name: "csv-jsonl", title: "CSV to JSONL, the same transformation",
		format: "csv", entries: transform("csv", "jsonl")},
	{name: "jsonl-csv", title: "JSONL to CSV, the same transformation",
		format: "jsonl", entries: transform("jsonl", "csv")},
	{name: "csv-copy", title: "CSV to CSV: all ten columns typed and written again",
		format: "csv", entries: copied("csv-copy", "csv", "HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ'", copyFacts)},
	{name: "csv-snappy", title: "CSV to Parquet, snappy: all ten columns",
		format: "csv", entries: copied("csv-snappy", "parquet", "FORMAT parquet, COMPRESSION snappy", parquetFacts)},
	{name: "csv-zstd", title: "CSV to Parquet, zstd: all ten columns",
		format: "csv", entries: copied("csv-zstd", "parquet", "FORMAT parquet, COMPRESSION zstd", parquetFacts)},
	{name: "parquet-csv", title: "Parquet (DuckDB's, snappy) to CSV, the same transformation",
		format: "parquet", entries: transform("parquet", "csv")},
	{name: "csv-sqlite", title: "CSV into a new SQLite table, every row and column, typed",
		format: "csv", sizes: []string{"1m"}, entries: load},
	{name: "start", title: "Start-up: print the version",
		sizes: noInput, entries: version},
	{name: "ten", title: "Start-up: the CSV to CSV job over ten rows",
		format: "csv", sizes: []string{"10"}, entries: transform("csv", "csv")},
	{name: "validate", title: "Validate a project of 1,000 flows",
		sizes: noInput, entries: validate},
	{name: "memory", title: "Memory does not grow: the CSV to CSV job of headgate alone",
		format: "csv", sizes: []string{"100k", "1m"}, entries: alone(transform("csv", "csv"))},
}

// alone leaves only headgate.
func alone(entries func(*bench, string) []entry) func(*bench, string) []entry {
	return func(b *bench, in string) []entry { return entries(b, in)[:1] }
}

// headgate runs a flow of bench/flows.
func headgate(flow string, params ...string) []string {
	args := []string{"run", flow}
	for _, p := range params {
		args = append(args, "--param", p)
	}
	return append(args, "--quiet")
}

const duckTypes = "{order_id: 'BIGINT', customer_id: 'BIGINT', email: 'VARCHAR', country: 'VARCHAR', status: 'VARCHAR', " +
	"amount: 'DECIMAL(12,2)', quantity: 'BIGINT', created_at: 'TIMESTAMPTZ', sku: 'VARCHAR', note: 'VARCHAR'}"

const millerPut = `$email = is_null($email) ? "" : tolower($email); $total = fmtnum($amount * $quantity, "%.2f")`

// transform is the job of filter, project, multiply and lower.
func transform(from, to string) func(*bench, string) []entry {
	return func(b *bench, in string) []entry {
		out := func(tool string) string { return "out/" + from + "-" + tool + "." + to }
		reader := "read_csv('" + in + "', header = true, columns = " + duckTypes + ")"
		switch from {
		case "parquet":
			reader = "'" + in + "'"
		case "jsonl":
			reader = "read_json('" + in + "', format = 'newline_delimited', columns = " + duckTypes + ")"
		}
		options := "(HEADER)"
		if to == "jsonl" {
			options = "(FORMAT json)"
		}
		duck := fmt.Sprintf("SET threads = %d; COPY (SELECT order_id, lower(email) AS email, country, amount, quantity, "+
			"amount * quantity AS total FROM %s WHERE status = 'paid' AND country IN ('US', 'DE')) TO '%s' %s",
			b.threads, reader, out("duckdb"), options)
		own := headgate(from+"-"+to, "input="+in, "output="+out("headgate"))
		entries := []entry{
			{tool: "headgate", args: own, output: out("headgate"), check: resultFacts},
			{tool: "duckdb", args: []string{duck}, output: out("duckdb"), check: resultFacts},
		}
		if from == "csv" {
			entries = append(entries, entry{tool: portable, args: own, output: out("headgate"), check: resultFacts})
		}
		if from == "parquet" {
			return entries
		}
		return append(entries,
			entry{tool: "mlr", stdout: true, output: out("mlr"), check: resultFacts, args: []string{
				"--i" + from, "--o" + to,
				"filter", `$status == "paid" && ($country == "US" || $country == "DE")`, "then",
				"put", millerPut, "then",
				"cut", "-o", "-f", "order_id,email,country,amount,quantity,total", in}})
	}
}

// copied is the job of writing every column, in another way.
func copied(flow, to, options string, check func(*bench, string) (string, error)) func(*bench, string) []entry {
	return func(b *bench, in string) []entry {
		out := func(tool string) string { return "out/" + flow + "-" + tool + "." + to }
		reader := "read_csv('" + in + "', header = true, columns = " + strings.Replace(duckTypes, "TIMESTAMPTZ", "TIMESTAMP", 1) + ")"
		return []entry{
			{tool: "headgate", args: headgate(flow, "input="+in, "output="+out("headgate")), output: out("headgate"), check: check},
			{tool: "duckdb", args: []string{fmt.Sprintf("SET threads = %d; COPY (SELECT * FROM %s) TO '%s' (%s)", b.threads, reader, out("duckdb"), options)},
				output: out("duckdb"), check: check},
		}
	}
}

// load is the job of filling a database.
func load(b *bench, in string) []entry {
	const table = "CREATE TABLE orders (order_id INTEGER, customer_id INTEGER, email TEXT, country TEXT, status TEXT, " +
		"amount NUMERIC, quantity INTEGER, created_at TEXT, sku TEXT, note TEXT)"
	return []entry{
		{tool: "headgate", args: headgate("csv-sqlite", "input="+in), output: "out/headgate.db", check: tableFacts},
		{tool: "sqlite3", args: []string{"out/sqlite3.db", table, ".import --csv --skip 1 " + in + " orders"}, output: "out/sqlite3.db", check: tableFacts},
	}
}

// validate checks copies of one flow, each under a name of its own.
func validate(*bench, string) []entry {
	return []entry{{tool: "headgate", args: []string{"-C", manyFlows, "validate", "--quiet"}}}
}

// version starts every tool there is.
func version(b *bench, _ string) []entry {
	var all []entry
	for _, t := range b.tools {
		// Clients of servers are not what starting up is compared with.
		if slices.Contains([]string{"headgate", "portable", "duckdb", "mlr", "sqlite3"}, t.name) {
			all = append(all, entry{tool: t.name, args: []string{t.ask}})
		}
	}
	return all
}

// command is how the page shows an entry.
func (e entry) command(t tool) string {
	words := []string{t.shown}
	for _, a := range e.args {
		switch {
		case !strings.ContainsAny(a, " $|\"'();*&<>{}"):
		case strings.ContainsAny(a, "$\"`"):
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		default:
			a = `"` + a + `"`
		}
		words = append(words, a)
	}
	if e.stdout {
		words = append(words, ">"+e.output)
	}
	return strings.Join(words, " ")
}
