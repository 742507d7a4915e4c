package jsonl

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/format/formattest"
)

// TestSuite reads each file of JSONTestSuite as the value of a key. Files starting with
// y_ must be accepted and those with n_ refused; the others may be either.
func TestSuite(t *testing.T) {
	f, err := os.Open("testdata/JSONTestSuite.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := 0
	for lines := bufio.NewScanner(f); lines.Scan(); cases++ {
		var c struct {
			Name string
			Data []byte
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		checkSuite(t, c.Name, string(c.Data))
	}
	if cases != 316 {
		t.Errorf("%d cases, want 316", cases)
	}
	checkSuite(t, "n_structure_100000_opening_arrays", strings.Repeat("[", 100000))
	checkSuite(t, "n_structure_open_array_object", strings.Repeat(`[{"":`, 50000)+"\n")
}

func checkSuite(t *testing.T, name, value string) {
	if strings.HasPrefix(name, "y_") {
		value = strings.ReplaceAll(value, "\n", " ") // between tokens it means the same
	}
	input := "{\"a\":0}\n{\"a\":" + value + "}\n"
	tab, err := formattest.Input{Format: Format()}.Read(context.Background(), strings.NewReader(input))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	accepted := len(tab.Rows) == 2 && len(tab.Rejects) == 0
	if !accepted && len(tab.Rows) > 1 {
		t.Errorf("%s: rows %v, rejects %v", name, tab.Rows, tab.Rejects)
	}
	want := strings.HasPrefix(name, "y_")
	if accepted != want && !strings.HasPrefix(name, "i_") {
		t.Errorf("%s: accepted %v: %.100q", name, accepted, value)
	}
	if accepted && !utf8.ValidString(tab.Rows[1][0].Text) {
		t.Errorf("%s: %q is not UTF-8", name, tab.Rows[1][0].Text)
	}
}
