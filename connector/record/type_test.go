package record

import (
	"slices"
	"testing"
)

func TestParseType(t *testing.T) {
	for s, want := range map[string]string{"int": "int", " uuid ": "uuid", "decimal(12,2)": "decimal(12,2)", "decimal( 12 , 2 )": "decimal(12,2)",
		"decimal(5)": "decimal(5,0)", "decimal (38,38)": "decimal(38,38)"} {
		got, err := ParseType(s)
		if err != nil || got.String() != want {
			t.Errorf("ParseType(%q) = %v, %v", s, got, err)
		}
		if again, err := ParseType(got.String()); err != nil || again != got {
			t.Errorf("%v does not read back: %v, %v", got, again, err)
		}
	}
	for _, s := range []string{"", "integer", "invalid", "decimal", "decimal()", "decimal(0,0)", "decimal(39,2)", "decimal(5,6)", "decimal(5,-1)", "decimal(5,2", "decimal(5,2,1)", "INT"} {
		if got, err := ParseType(s); err == nil {
			t.Errorf("ParseType(%q) = %v, want an error", s, got)
		}
	}
}

func TestTypeFamilies(t *testing.T) {
	for k := Bool; k <= UUID; k++ {
		typ := Type{Kind: k}
		if got, want := typ.Numeric(), slices.Contains([]Kind{Int, Float, Decimal}, k); got != want {
			t.Errorf("%v.Numeric() = %v", typ, got)
		}
		if got, want := typ.Textual(), slices.Contains([]Kind{String, Bytes, JSON, UUID}, k); got != want {
			t.Errorf("%v.Textual() = %v", typ, got)
		}
	}
}

func TestSchema(t *testing.T) {
	s := Schema{Fields: []Field{{Name: "a"}, {Name: "b"}}}
	if s.Index("b") != 1 || s.Index("B") != -1 || !slices.Equal(s.Names(), []string{"a", "b"}) {
		t.Errorf("index %d, names %v", s.Index("b"), s.Names())
	}
}
