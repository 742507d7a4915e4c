package facts

import (
	"strings"
	"testing"
)

const asCSV = "order_id,email,country,amount,quantity,total\n" +
	"1,a@b.test,US,12.50,2,25.00\n" +
	"2,,DE,0.10,3,0.30\n"

func read(t *testing.T, text string) Facts {
	t.Helper()
	f, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSpellingDoesNotMatter(t *testing.T) {
	want := read(t, asCSV)
	if want.Rows != 2 || want.IDs != "3" || want.Total != "25.30" {
		t.Errorf("facts are %v", want)
	}
	for name, text := range map[string]string{
		"other column order": "total,quantity,amount,country,email,order_id\n25,2,12.5,US,a@b.test,1\n0.3,3,0.1,DE,\"\",2\n",
		"JSONL": `{"order_id":1,"email":"a@b.test","country":"US","amount":12.50,"quantity":2,"total":25}` + "\n" +
			`{"order_id":2,"email":null,"country":"DE","amount":"0.10","quantity":3,"total":0.30}` + "\n",
	} {
		if got := read(t, text); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestContentMatters(t *testing.T) {
	want := read(t, asCSV)
	for _, change := range [][2]string{{"a@b", "A@b"}, {"US", "DE"}, {"12.50", "12.51"}, {",3,", ",4,"}} {
		if got := read(t, strings.Replace(asCSV, change[0], change[1], 1)); got.Digest == want.Digest {
			t.Errorf("%s instead of %s goes unseen", change[1], change[0])
		}
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		"", "a,b\n1,2\n",
		strings.Replace(asCSV, "25.00", "25.001", 1),
		strings.Replace(asCSV, "25.00", "x", 1),
		strings.Replace(asCSV, "\n1,", "\n1.5,", 1),
		`{"order_id":1,`,
	} {
		if f, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%q gives %v", text, f)
		}
	}
}
