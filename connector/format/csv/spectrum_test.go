package csv

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/format/formattest"
)

func TestSpectrum(t *testing.T) {
	f, err := os.Open("testdata/csv-spectrum.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := 0
	for lines := bufio.NewScanner(f); lines.Scan(); cases++ {
		var c struct {
			Name, CSV string
			Rows      []map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.Name, func(t *testing.T) {
			tab, err := formattest.Input{Format: CSV()}.Read(context.Background(), strings.NewReader(c.CSV))
			if err != nil {
				t.Fatal(err)
			}
			if len(tab.Rows) != len(c.Rows) || len(tab.Rejects) > 0 {
				t.Fatalf("%d rows, want %d; rejects %v", len(tab.Rows), len(c.Rows), tab.Rejects)
			}
			for i, want := range c.Rows {
				if len(want) != len(tab.Columns) {
					t.Errorf("columns %q, want those of %v", tab.Columns, want)
				}
				for k, name := range tab.Columns {
					if got := tab.Rows[i][k].Text; got != want[name] {
						t.Errorf("row %d: %s is %q, want %q", i, name, got, want[name])
					}
				}
			}
		})
	}
	if cases != 11 {
		t.Errorf("%d cases, want 11", cases)
	}
}
