package expr

import (
	"fmt"
	"slices"
	"testing"
)

func TestBounds(t *testing.T) {
	schema, _ := everything(t)
	for _, tt := range []struct {
		src  string
		want []string
	}{
		{`i > 5`, []string{"i int [5, )"}},
		{`5 >= i`, []string{"i int (, 5]"}},
		{`i == 7 && s != "x"`, []string{"i int [7, 7]", "s string (, )"}},
		{`i > 1 && (i < 9 && d >= 1.50)`, []string{"i int [1, )", "i int (, 9]", "d decimal(3,2) [1.50, )"}},
		{`i in [3, 1, 2] && s in ["b", "a"]`, []string{"i int [1, 3]", `s string [a, b] of ["b" "a"]`}},
		{`d in [2, 1.5]`, []string{"d decimal(12,2) [1.50, 2.00]"}},
		{`i in [1.5]`, nil},
		{`day < date("2024-01-01")`, []string{"day date (, 2024-01-01]"}},
		{`f <= 2.5`, []string{"f float (, 2.5]"}},
		{`i > 5 || j > 5`, nil},
		{`!(i > 5)`, nil},
		{`i + 1 > 5`, nil},
		{`i > j`, nil},
		{`b`, nil},
	} {
		p, findings := Compile(tt.src, Scope{Schema: schema})
		if len(findings) > 0 {
			t.Fatalf("%s: %v", tt.src, findings)
		}
		var got []string
		for _, b := range p.Bounds() {
			low, high := "(", ")"
			if b.Low != nil {
				low = "[" + *b.Low
			}
			if b.High != nil {
				high = *b.High + "]"
			}
			in := ""
			if b.In != nil {
				in = fmt.Sprintf(" of %q", b.In)
			}
			got = append(got, fmt.Sprintf("%s %s %s, %s%s", b.Column, b.Type, low, high, in))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: bounds %q, want %q", tt.src, got, tt.want)
		}
	}
}
