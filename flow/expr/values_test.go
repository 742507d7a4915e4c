package expr

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

// Rounding agrees with big rationals in every mode.
func TestRoundingAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20000 {
		x := record.Int128{Hi: r.Int64N(1<<40) - 1<<39, Lo: r.Uint64()}
		if r.IntN(2) == 0 {
			x = record.Int128Of(r.Int64N(4001) - 2000)
		}
		places := r.IntN(6)
		for mode := halfEven; mode <= floor; mode++ {
			got := roundScaled(x, places, mode)
			if want := bigRound(bigOf(x), places, mode); bigOf(got).Cmp(want) != 0 {
				t.Fatalf("round(%v, %d, %s) = %v, want %v", bigOf(x), places, roundingNames()[mode], bigOf(got), want)
			}
		}
	}
}

func bigRound(x *big.Int, places int, mode rounding) *big.Int {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	low, rest := new(big.Int).DivMod(x, unit, new(big.Int)) // towards minus infinity
	high := new(big.Int).Add(low, big.NewInt(1))
	if rest.Sign() == 0 {
		return low
	}
	toZero, fromZero := low, high
	if x.Sign() < 0 {
		toZero, fromZero = high, low
	}
	switch half := new(big.Int).Lsh(rest, 1).Cmp(unit); {
	case mode == floor:
		return low
	case mode == ceiling:
		return high
	case mode == down:
		return toZero
	case mode == up:
		return fromZero
	case half < 0:
		return low
	case half > 0:
		return high
	case mode == halfUp:
		return fromZero
	case mode == halfDown:
		return toZero
	case low.Bit(0) == 0:
		return low
	}
	return high
}

func TestRoundFloat(t *testing.T) {
	for _, tt := range []struct {
		x      float64
		places int
		mode   rounding
		want   float64
	}{
		{2.675, 2, halfEven, 2.68}, {2.665, 2, halfEven, 2.66}, {-2.5, 0, halfEven, -2}, {-2.5, 0, halfUp, -3},
		{1e-9, 3, halfEven, 0}, {1e-30, 3, up, 0.001}, {-1e-30, 3, floor, -0.001}, {-1e-30, 3, up, -0.001}, {1e-30, 3, ceiling, 0.001},
		{1e-300, 38, down, 0}, {1e300, 2, halfEven, 1e300}, {math.Inf(1), 2, up, math.Inf(1)}, {123456.789, 0, floor, 123456},
		{-0.4, 0, halfEven, math.Copysign(0, -1)}, {0.1 + 0.2, 2, halfEven, 0.3},
	} {
		if got := roundFloat(tt.x, tt.places, tt.mode); got != tt.want || math.Signbit(got) != math.Signbit(tt.want) {
			t.Errorf("round(%v, %d, %s) = %v, want %v", tt.x, tt.places, roundingNames()[tt.mode], got, tt.want)
		}
	}
	if !math.IsNaN(roundFloat(math.NaN(), 2, up)) {
		t.Error("NaN was rounded")
	}
}

// Numbers of different types compare by their value, not by a conversion that
// loses digits.
func TestOrderIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	floats := []float64{0, math.Copysign(0, -1), 0.1, -0.1, 1e300, -1e300, 1 << 53, 1<<53 + 2, 9007199254740992, 9.223372036854775807e18, -9.223372036854775808e18, 5e-324}
	for range 20000 {
		x := record.Int128Of(int64(r.Uint64()) >> r.IntN(64))
		scale := r.IntN(5)
		f := floats[r.IntN(len(floats))]
		if r.IntN(2) == 0 { // near x
			f = record.DecimalFloat(x, scale)
			f = math.Nextafter(f, f+float64(r.IntN(3)-1))
		}
		want := ratOf(x, scale).Cmp(new(big.Rat).SetFloat64(f))
		if got := orderExactFloat(x, scale, f); got != want {
			t.Fatalf("%v with scale %d against %v: %d, want %d", bigOf(x), scale, f, got, want)
		}
		y, ys := record.Int128Of(int64(r.Uint64())>>r.IntN(64)), r.IntN(39)
		if got, want := orderScaled(x, scale, y, ys), ratOf(x, scale).Cmp(ratOf(y, ys)); got != want {
			t.Fatalf("%v/10^%d against %v/10^%d: %d, want %d", bigOf(x), scale, bigOf(y), ys, got, want)
		}
	}
	for _, k := range []comparison{cmpEQ, cmpLT, cmpLE, cmpGT, cmpGE} {
		if k.holds(orderFloat(math.NaN(), 1)) {
			t.Errorf("NaN %s 1", k)
		}
	}
}

// A member found in JSON text is what encoding/json finds.
func TestJSONAgainstLibrary(t *testing.T) {
	for _, doc := range []string{
		`{"a":1,"b":{"a":[1,2,{"c":null}]},"a":2}`, ` { "a" : "x\"}" , "\u0061b" : [ ] , "b":{}} `, `[]`, `"text"`, `{"a":"\ud83d\ude00\n"}`,
		`{"a":{"b":"]"},"c":[[1],[2,3]]}`, `{"ab":true,"c":[1 , 2 ]}`, `null`, `{"":3}`,
	} {
		if p := record.CheckJSON([]byte(doc)); p != record.NoProblem {
			t.Fatal(doc)
		}
		var tree any
		if err := json.Unmarshal([]byte(doc), &tree); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "b", "ab", "c", "", "z"} {
			got, ok := jsonMember(&arena{}, []byte(doc), []byte(name))
			object, _ := tree.(map[string]any)
			want, has := object[name]
			if ok != has || ok && !sameJSON(t, got, want) {
				t.Errorf("%s . %q: %s, want %v", doc, name, got, want)
			}
		}
		list := []byte(doc)
		for i := range int64(4) {
			v := jsonItem(&arena{}, []val{textVal(list), intVal(i)})
			items, _ := tree.([]any)
			if v.ok() != (int(i) < len(items)) || v.ok() && !sameJSON(t, v.s, items[i]) {
				t.Errorf("%s [%d]: %s", doc, i, v.s)
			}
		}
	}
	var want string
	quoted := []byte(`"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é"`)
	if err := json.Unmarshal(quoted, &want); err != nil {
		t.Fatal(err)
	}
	if got, _ := jsonText(&arena{}, quoted); string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func sameJSON(t *testing.T, text []byte, want any) bool {
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	return bytes.Equal(a, b)
}

// The word-at-a-time loops agree with the library on random text.
func TestWordLoops(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	letters := []rune("aAzZ@[`{0 ~\x7fäÄßİ€😀")
	for range 20000 {
		var b strings.Builder
		for range r.IntN(30) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		s := []byte(b.String())
		if got := runeCount(s); got != utf8.RuneCount(s) {
			t.Fatalf("%q has %d characters, not %d", s, utf8.RuneCount(s), got)
		}
		for _, c := range []struct {
			first byte
			slow  func([]byte) []byte
		}{{'A', bytes.ToLower}, {'a', bytes.ToUpper}} {
			got, change, high := swapCase(nil, s, c.first)
			ascii := utf8.RuneCount(s) == len(s)
			if (high == 0) != ascii {
				t.Fatalf("%q: high %x", s, high)
			}
			if ascii && (!bytes.Equal(got, c.slow(s)) || (change != 0) != !bytes.Equal(got, s)) {
				t.Fatalf("%q: %q, change %x", s, got, change)
			}
		}
	}
}

func TestFunctionsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Functions() {
		if seen[f.Name] || f.Doc == "" || len(f.Signatures) == 0 || !strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%+v", f)
		}
		seen[f.Name] = true
		if functionNamed(f.Name) != nil && foreign(f.Name) != "" && f.Name != "isNull" {
			t.Errorf("%s is both a function and foreign", f.Name)
		}
	}
}
