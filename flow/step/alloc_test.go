package step_test

import (
	"testing"

	"github.com/headgate/headgate/flow/step"
	"github.com/headgate/headgate/flow/step/steptest"
)

func TestStepsAllocateNothingPerRow(t *testing.T) {
	in := steptest.Columns(t, "id int, name string, amount decimal(12,2), at timestamp")
	const row = "12 | Ann | 10.50 | 2024-02-29T10:00:00Z"
	for _, text := range []string{
		`filter: id > 3 && name == "Ann"`,
		"filter: amount > 100.00",
		"set: {total: amount * id, name: upper(name)}",
		"select: [name, id]",
		"drop: [name]",
		"rename: {id: key}",
		"cast: {id: string, amount: float}",
		"mask: {name: last4, id: sha256, amount: first1, at: redact}",
		"mask: {name: {hmac: k}, id: {hmac: k}}",
		"dedupe: [id, name]",
		"dedupe: []",
		"limit: 10",
		"limit: 1000000000",
		"expect: {min_rows: 1, that: id > 3}",
	} {
		t.Run(text, func(t *testing.T) {
			op := steptest.Compile(t, text, in, step.Env{Key: maskKey})
			if steptest.AllocatesPerRow(t, op, in, row) {
				t.Error("allocates per row")
			}
		})
	}
}
