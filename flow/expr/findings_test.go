package expr

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files")

// TestFindings shows what people read for each mistake, with a caret where it is.
func TestFindings(t *testing.T) {
	schema := schemaOf(t, "order_id:int", "status:string", "country:string", "amount:decimal(12,2)", "price:float", "quantity:int",
		"created_at:timestamp", "day:date", "payload:json", "id:uuid", "paid:bool", "Cost Total $:decimal(12,2)", "in:string", "raw:bytes",
		"wide:decimal(38,30)")
	scope := Scope{Schema: schema, Vars: Vars{"params.day": Declare(schema.Fields[7].Type), "run.started": Declare(schema.Fields[6].Type)}}
	source, err := os.ReadFile(filepath.Join("testdata", "findings.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, line := range strings.Split(string(source), "\n") {
		if line == "" || strings.HasPrefix(line, "  ") {
			continue
		}
		fmt.Fprintf(&out, "%s\n", line)
		p, findings := Compile(line, scope)
		if len(findings) == 0 {
			fmt.Fprintf(&out, "  compiles to %s\n", p.Type())
		}
		for _, f := range findings {
			fmt.Fprintf(&out, "  %s^ %s: %s", strings.Repeat(" ", len([]rune(line[:f.Offset]))), f.Code, f.Message)
			if f.Suggestion != "" {
				fmt.Fprintf(&out, " (%s)", f.Suggestion)
			}
			out.WriteString("\n")
		}
		out.WriteString("\n")
	}
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", "findings.txt"), []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, want := strings.Split(out.String(), "\n\n"), strings.Split(string(source), "\n\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("findings differ from testdata/findings.txt (-update writes it)\ngot:\n%s\nwant:\n%s", got[min(i, len(got)-1)], want[min(i, len(want)-1)])
		}
	}
}

// Offsets count bytes, over several lines and characters of more than one byte.
func TestOffsets(t *testing.T) {
	schema := schemaOf(t, "status:string")
	for _, tt := range []struct{ src, at string }{
		{"status == \"ö\" &&\n  statu == \"x\"", "statu =="},
		{"status == \"ö\" &&\n  status = \"x\"", "= \"x\""},
		{"status == \"ö\" && // ä\n\n matches(status, \"(\")", "\"(\""},
	} {
		_, findings := Compile(tt.src, Scope{Schema: schema})
		if len(findings) != 1 || findings[0].Offset != strings.LastIndex(tt.src, tt.at) {
			t.Errorf("%q: %+v, want offset %d", tt.src, findings, strings.LastIndex(tt.src, tt.at))
		}
	}
}
