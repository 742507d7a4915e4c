package plan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/flow"
)

func TestFileRules(t *testing.T) {
	for _, c := range []struct{ name, source, rest, want string }{
		{"nothing wrong", `{files: {glob: "in/*.csv", settle: 2m, seen: skip, seen_by: content, on_success: delete}}`, "sink: {file: x.csv}", ""},
		{"seen_by without seen", "{files: {glob: a.csv, seen_by: content}}", "sink: {file: x.csv}", "`seen_by` has no effect"},
		{"nowhere to move to", `{files: {glob: a.csv, on_success: {move: ""}}}`, "sink: {file: x.csv}", "a folder is needed"},
		{"a web server", "{connection: web, files: {glob: a.csv, on_success: {move: done}}}", "sink: {file: x.csv}", "a http connection cannot move files"},
		{"a web server deletes", "{connection: web, files: {glob: a.csv, on_success: delete}}", "sink: {file: x.csv}", ""},
		{"columns about the file", "{files: a.csv, columns: {id: int}}", "steps: [{filter: file.size > 0 && file.name == 'a'}, {set: {at: file.modified}}, {select: [id, at, file.row]}]\nsink: {file: x.csv}", ""},
		{"of a type", "{files: a.csv, columns: {id: int}}", "steps: [{filter: file.size == 'a'}]\nsink: {file: x.csv}", "int cannot be compared with string"},
		{"not written unless selected", "{files: a.csv, columns: {id: int}}", "steps: [{filter: file.size > 0}]\nsink: {file: x.csv, partition_by: [id]}", "names every column"},
		{"partitioned by one", "{files: a.csv, columns: {id: int}}", "sink: {file: x.csv, partition_by: [file.name]}", ""},
		{"an own column of that name", "{files: a.csv, columns: {file: json}}", "steps: [{filter: string(file.name) == 'a'}]\nsink: {file: x.csv}", ""},
		{"not of a table", "{connection: db, table: t, select: [id]}", "steps: [{filter: file.size > 0}]\nsink: {file: x.csv}", "unknown column file"},
		{"in the sink's name", `{files: "*.csv"}`, `sink: {file: "out/${{ file.name }}.csv"}`, ""},
		{"not in the source's", `{files: "${{ file.name }}"}`, "sink: {file: x.csv}", "unknown name file"},

		{"out of the project", "{files: ../a.csv}", "sink: {file: x.csv}", "leads out of the project"},
		{"out of the project, in parts", `{files: "in/../../${{ run.id }}.csv"}`, "sink: {file: x.csv}", "leads out of the project"},
		{"up and down again", "{files: in/../a.csv}", "sink: {file: x.csv}", ""},
		{"elsewhere", "{files: /etc/a.csv}", "sink: {file: x.csv}", "outside the project"},
		{"a slash of a connection", "{connection: web, files: /etc/a.csv}", "sink: {file: x.csv}", ""},
		{"out of a connection", "{connection: web, files: ../a.csv}", "sink: {file: x.csv}", "leads out of the connection's folder"},
		{"to write out of the project", "{files: a.csv}", "sink: {file: ../x.csv}", "leads out of the project"},
		{"to move out", "{files: {glob: a.csv, on_success: {move: ../done}}}", "sink: {file: x.csv}", "leads out of the project"},
		{"no pattern", `{files: "[a.csv"}`, "sink: {file: x.csv}", "a bracket is not closed"},
		{"no name", "{files: a.csv}", `sink: {file: "x\x1b.csv"}`, "control character"},
		{"from standard input", "{files: \"-\", decode: [csv]}", "sink: {file: \"-\", encode: [csv]}", ""},
		{"written with bzip2", "{files: a.csv.bz2}", "sink: {file: x.csv.bz2}", "bzip2 cannot be written"},
		{"a level", "{files: a.csv}", "sink: {file: x.csv.gz, encode: [csv, {gzip: {level: 10}}]}", "must be 1 to 9"},
		{"a ratio", "{files: a.csv, decode: [{zstd: {max_ratio: -1}}, csv]}", "sink: {file: x.csv}", "cannot be negative"},
		{"records too long", "{files: a.csv, decode: [{csv: {max_record_bytes: 4GiB}}]}", "sink: {file: x.csv}", "max_record_bytes 4294967296: must be 1 to"},
		{"lines too long", "{files: a.jsonl, decode: [{jsonl: {max_record_bytes: 4GiB}}]}", "sink: {file: x.csv}", "max_record_bytes 4294967296: must be 1 to"},
		{"too long to be read, but written", "{files: a.csv}", "sink: {file: x.jsonl, encode: [{jsonl: {max_record_bytes: 4GiB}}]}", ""},
		{"no dialect", `{files: a.csv, decode: [{csv: {quote: "''"}}]}`, "sink: {file: x.csv}", "must be one ASCII character"},
		{"an encoding that is only read", "{files: a.csv, decode: [{csv: {encoding: latin1}}]}", "sink: {file: x.csv, encode: [{csv: {encoding: latin1}}]}", "only utf-8 can be written"},
		{"no such level", "{files: a.csv}", "sink: {file: x.parquet, encode: [{parquet: {compression: zstd, level: 23}}]}", "must be 1 to 22"},
		{"no key", "{files: a.csv.pgp}", "sink: {file: x.csv}", "decrypt_with"},
		{"no key to write with", "{files: a.csv}", "sink: {file: x.csv, encode: [csv, pgp]}", "encrypt_to"},

		{"moved unparsed", `{files: "*.bin", decode: [raw]}`, `sink: {file: "out/${{ file.path }}"}`, ""},
		{"one file under a fixed name", "{files: a.bin, decode: [raw]}", "sink: {file: b.bin, encode: [raw, gzip]}", ""},
		{"many files under one name", `{files: "*.bin", decode: [raw]}`, "sink: {file: b.bin}", "several files would become one"},
		{"with steps", "{files: a.bin, decode: [raw]}", "steps: [{limit: 1}]\nsink: {file: b.bin}", "has no steps"},
		{"with columns", "{files: a.bin, decode: [raw], columns: {a: int}}", "sink: {file: b.bin}", "has no columns"},
		{"in partitions", "{files: a.bin, decode: [raw]}", "sink: {file: b.bin, partition_by: [a]}", "need rows"},
		{"into a table", "{files: a.bin, decode: [raw]}", "sink: {connection: db, table: t}", "its sink must be a file"},
		{"parsed at the other end", "{files: a.bin, decode: [raw]}", "sink: {file: b.csv, encode: [csv]}", "its sink must be a file"},
		{"unparsed at the other end only", "{files: a.csv}", "sink: {file: b.csv, encode: [raw]}", "its source must be files"},
	} {
		p := project(t, map[string]string{
			"connections.yaml": "version: 1\nconnections:\n  web: {type: http, url: \"https://files.example/\"}\n  db: {type: sqlite, path: x.db}\n",
			"flows/f.yaml":     "version: 1\nflow: f\nsource: " + c.source + "\n" + c.rest + "\n",
		})
		l := p.Flows()[0]
		var text bytes.Buffer
		flow.WriteText(&text, append(l.Diags, Check(l.Flow, p, all.Registry())...))
		if got := text.String(); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: want %q, got\n%s", c.name, c.want, got)
		}
	}
}
