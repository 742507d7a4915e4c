package csv

import (
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// TestDefaults checks that the tags and Config say the same.
func TestDefaults(t *testing.T) {
	if err := spec.Lint(&Options{}); err != nil {
		t.Error(err)
	}
	for _, want := range []*Options{defaults(","), defaults("\t")} {
		got := defaults(want.Delimiter)
		var d spec.Decoder
		d.Decode(mapping(t, "{}"), got)
		if len(d.Findings) > 0 {
			t.Error(d.Findings)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestDecodeOptions(t *testing.T) {
	got := CSV().Config().(*Options)
	var d spec.Decoder
	d.Decode(mapping(t, `{header: false, delimiter: ";", nulls: ["NULL", ""], max_record_bytes: 1MiB, ragged: pad}`), got)
	if len(d.Findings) > 0 {
		t.Error(d.Findings)
	}
	want := defaults(";")
	want.Header, want.Nulls, want.MaxRecordBytes, want.Ragged = false, []string{"NULL", ""}, 1<<20, "pad"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func mapping(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Content[0]
}
