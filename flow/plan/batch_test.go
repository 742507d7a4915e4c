package plan

import (
	"testing"

	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/flow"
)

// TestBatchBytes makes batches as large as the sink's format wants them.
func TestBatchBytes(t *testing.T) {
	reg := all.Registry()
	parquet := reg.Format("parquet").BatchBytes
	if parquet == 0 {
		t.Fatal("parquet takes batches of any size")
	}
	for _, c := range []struct {
		file   string
		layers *blob.Layers
		want   int
	}{
		{"out/x.parquet", nil, parquet},
		{"out/${{ split.id }}.parquet", nil, parquet},
		{"out/x.dat", &blob.Layers{Format: reg.Format("parquet")}, parquet},
		{"out/x.parquet", &blob.Layers{Format: reg.Format("csv")}, 0},
		{"out/x.csv.gz", nil, 0},
		{"", nil, 0},
	} {
		b := &builder{checker: &checker{flow: &flow.Flow{Sink: flow.Sink{File: flow.Text{Value: c.file}}}, registry: reg, encode: c.layers}}
		if got := b.batchBytes(); got != c.want {
			t.Errorf("%s: %d, want %d", c.file, got, c.want)
		}
	}
}
