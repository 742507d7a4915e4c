package blob_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/conntest"
)

// late has more records than are looked at before the columns are fixed, then more ones that
// have keys of their own, and one that is not read.
func late(keys ...string) string {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, `{"id":%d,"odd":null}`+"\n", i)
	}
	for i, k := range keys {
		fmt.Fprintf(&b, `{"id":%d,%s:1,"odd":2,%s:3}`+"\n", i, k, k)
	}
	return b.String() + `{"id":3,"bad":1` + "\n"
}

func TestLateKeys(t *testing.T) {
	const remedy = "; declare it, or set drift.new_column to fail"
	declared := conntest.Schema(t, "id int").Fields
	many := make([]string, 150)
	for i := range many {
		many[i] = fmt.Sprintf(`"k%03d"`, i)
	}
	for name, test := range map[string]struct {
		files []string
		cfg   blob.SourceConfig
		notes []string
		err   string
	}{
		"none": {files: []string{"a.jsonl", late()}},
		"some": {files: []string{"a.jsonl", late(`"x"`, `"y"`, `"x"`, `"\u0078"`, `"id"`)}, notes: []string{
			"a.jsonl: 3 records have the key `x`, which was found too late and left out (first on line 2,001)" + remedy,
			"a.jsonl: 1 record has the key `y`, which was found too late and left out (first on line 2,002)" + remedy,
		}},
		"in every record": {files: []string{"a.jsonl", late(strings.Split(strings.Repeat(`"x" `, 50_000)+`"x"`, " ")...)}, notes: []string{
			"a.jsonl: 50,001 records have the key `x`, which was found too late and left out (first on line 2,001)" + remedy,
		}},
		"files": {files: []string{"a.jsonl", late(`"y"`), "b.jsonl", late(`"x"`, `"y"`), "c.jsonl", late(`"y"`)}, notes: []string{
			"a.jsonl and 2 other files: 3 records have the key `y`, which was found too late and left out (first on line 2,001 of a.jsonl)" + remedy,
			"b.jsonl: 1 record has the key `x`, which was found too late and left out (first on line 2,001)" + remedy,
		}},
		"many":                 {files: []string{"a.jsonl", late(many...)}, notes: manyNotes(remedy)},
		"declared":             {files: []string{"a.jsonl", late(`"x"`)}, cfg: blob.SourceConfig{Columns: declared}},
		"known to be left out": {files: []string{"a.jsonl", late(`"odd"`)}, cfg: blob.SourceConfig{Columns: declared}},
		"fail":                 {files: []string{"a.jsonl", late(`"x"`)}, cfg: blob.SourceConfig{NewColumn: "fail"}, err: "read a.jsonl: line 2001: it has a new column, `x`"},
		"fail, declared": {files: []string{"a.jsonl", `{"id":1}` + "\n" + strings.ReplaceAll(late(`"x"`), `,"odd":null`, "")},
			cfg: blob.SourceConfig{Columns: declared, NewColumn: "fail"}, err: "read a.jsonl: line 2002: it has a new column, `x`"},
		"add": {files: []string{"a.jsonl", late(`"y"`, `"x"`)}, cfg: blob.SourceConfig{NewColumn: "add"},
			err: "read a.jsonl: line 2001: it has a new column, `y`, which cannot be added while the run is under way: declare it"},
		"a header": {files: numbered("csv", "id\n1\n", "id,x\n1,2\n"), notes: []string{
			"a01.csv has the column `x`, which was found too late and left out" + remedy,
		}},
		"headers": {files: numbered("csv", "id\n1\n", "id,x\n1,2\n", "id\n", "id,x\n"), notes: []string{
			"a01.csv and 1 other file have the column `x`, which was found too late and left out" + remedy,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			conntest.NoLeak(t)
			test.cfg.Glob = "*"
			src := newSource(folder(t, test.files...), test.cfg)
			defer src.Close()
			err := readAll(t, src)
			if fmt.Sprint(err) != test.err && (err != nil || test.err != "") {
				t.Errorf("error %v", err)
			}
			if got, want := strings.Join(src.Notes(), "\n"), strings.Join(test.notes, "\n"); got != want {
				t.Errorf("notes\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// manyNotes is what is told of 150 keys.
func manyNotes(remedy string) []string {
	var notes []string
	for i := range 20 {
		notes = append(notes, fmt.Sprintf("a.jsonl: 1 record has the key `k%03d`, which was found too late and left out (first on line %s)%s", i, "2,0"+fmt.Sprintf("%02d", i+1), remedy))
	}
	return append(notes, "81 more columns were left out")
}

// numbered are 45 files of which few are looked at before the columns are fixed: the first are
// like texts, the rest like the first.
func numbered(ext string, texts ...string) []string {
	var list []string
	for i := range 45 {
		text := texts[0]
		if i < len(texts) {
			text = texts[i]
		}
		list = append(list, fmt.Sprintf("a%02d.%s", i, ext), text)
	}
	return list
}

func readAll(t *testing.T, src *blob.Source) error {
	t.Helper()
	if _, err := src.Discover(t.Context()); err != nil {
		return err
	}
	plan, err := src.Plan(t.Context(), nil)
	if err != nil {
		return err
	}
	for _, s := range plan.Splits {
		if _, err := conntest.ReadSplit(t.Context(), src, s); err != nil {
			return err
		}
	}
	return nil
}
