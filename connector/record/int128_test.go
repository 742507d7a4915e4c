package record

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// Big-number twins of Int128.

func (x Int128) big() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(x.Hi), 64)
	return n.Add(n, new(big.Int).SetUint64(x.Lo))
}

func bigFits(n *big.Int) bool {
	return n.Cmp(Int128{-1 << 63, 0}.big()) >= 0 && n.Cmp(Int128{1<<63 - 1, ^uint64(0)}.big()) <= 0
}

func bigPow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// bigHalfEven is n / d rounded half to even.
func bigHalfEven(n, d *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	twice := new(big.Int).Abs(r)
	c := twice.Lsh(twice, 1).CmpAbs(d)
	if c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(n.Sign()*d.Sign())))
	}
	return q
}

func checkInt128(t *testing.T, op string, got Int128, ok bool, want *big.Int, args ...any) {
	t.Helper()
	if ok != bigFits(want) {
		t.Fatalf("%s %v: ok = %v, want result %v", op, args, ok, want)
	}
	if ok && got.big().Cmp(want) != 0 {
		t.Fatalf("%s %v = %v, want %v", op, args, got.big(), want)
	}
}

// checkAll compares every operation on x and y with math/big.
func checkAll(t *testing.T, x, y Int128, n int) {
	t.Helper()
	bx, by := x.big(), y.big()
	z := func() *big.Int { return new(big.Int) }
	neg, ok := x.Neg()
	checkInt128(t, "neg", neg, ok, z().Neg(bx), x)
	sum, ok := x.Add(y)
	checkInt128(t, "add", sum, ok, z().Add(bx, by), x, y)
	diff, ok := x.Sub(y)
	checkInt128(t, "sub", diff, ok, z().Sub(bx, by), x, y)
	prod, ok := x.Mul(y)
	checkInt128(t, "mul", prod, ok, z().Mul(bx, by), x, y)
	up, ok := x.MulPow10(n)
	checkInt128(t, "mulPow10", up, ok, z().Mul(bx, bigPow10(n)), x, n)
	checkInt128(t, "divPow10", x.DivPow10(n), true, bigHalfEven(bx, bigPow10(n)), x, n)
	if got, want := x.Cmp(y), bx.Cmp(by); got != want {
		t.Fatalf("cmp %v %v = %d, want %d", x, y, got, want)
	}
	if got, want := x.Sign(), bx.Sign(); got != want {
		t.Fatalf("sign %v = %d, want %d", x, got, want)
	}
	if got, want := x.FitsPrecision(n), bx.CmpAbs(bigPow10(n)) < 0; got != want {
		t.Fatalf("fitsPrecision %v %d = %v, want %v", x, n, got, want)
	}
	q, r := z().QuoRem(bx, bigPow10(n), z())
	exact, ok := x.DivPow10Exact(n)
	if ok != (r.Sign() == 0) || ok && exact.big().Cmp(q) != 0 {
		t.Fatalf("divPow10Exact %v %d = %v %v", x, n, exact, ok)
	}
	checkDivision(t, x, y, n)
}

func checkDivision(t *testing.T, x, y Int128, n int) {
	t.Helper()
	if y == (Int128{}) {
		_, _, ok := x.QuoRem(y)
		_, ok2 := x.DivHalfEven(y)
		_, ok3 := DivDecimal(x, 0, y, 0, 0)
		if ok || ok2 || ok3 {
			t.Fatal("division by zero was accepted")
		}
		return
	}
	bx, by := x.big(), y.big()
	wantQ, wantR := new(big.Int).QuoRem(bx, by, new(big.Int))
	q, r, ok := x.QuoRem(y)
	checkInt128(t, "quo", q, ok, wantQ, x, y)
	if ok && r.big().Cmp(wantR) != 0 {
		t.Fatalf("rem %v %v = %v, want %v", x, y, r.big(), wantR)
	}
	d, ok := x.DivHalfEven(y)
	checkInt128(t, "divHalfEven", d, ok, bigHalfEven(bx, by), x, y)
	for _, s := range [][3]int{{0, 0, min(n, 38)}, {min(n, 38), 2, 6}, {2, min(n, 38), 38}, {38, 0, 0}, {0, 38, 38}} {
		num := new(big.Int).Mul(bx, bigPow10(s[2]+s[1]))
		den := new(big.Int).Mul(by, bigPow10(s[0]))
		got, ok := DivDecimal(x, s[0], y, s[1], s[2])
		checkInt128(t, "divDecimal", got, ok, bigHalfEven(num, den), x, y, s)
	}
}

// edges are the values where carries, signs and widths change.
func edges() []Int128 {
	var all []Int128
	add := func(x Int128) {
		all = append(all, x)
		if n, ok := x.Neg(); ok {
			all = append(all, n)
		}
	}
	for _, x := range []Int128{{}, {0, 1}, {0, 2}, {0, 5}, {0, 1<<63 - 1}, {0, 1 << 63}, {0, 1<<64 - 1}, {1, 0}, {1, 1},
		{1<<62 - 1, 7}, {1 << 62, 0}, {1<<63 - 1, 0}, {1<<63 - 1, 1<<64 - 1}, {-1 << 63, 0}, {-1 << 63, 1}} {
		add(x)
	}
	for n := range MaxPrecision + 1 {
		p := pow128(n)
		add(Int128{int64(p.hi), p.lo})
		less, _ := Int128{int64(p.hi), p.lo}.Sub(Int128Of(1))
		add(less)
		half, _ := Int128{int64(p.hi), p.lo}.MulPow10(0)
		half, _, _ = half.QuoRem(Int128Of(2))
		add(half)
	}
	return all
}

func TestInt128Edges(t *testing.T) {
	all := edges()
	for i, x := range all {
		for j, y := range all {
			checkAll(t, x, y, (i+j)%41)
		}
	}
}

func TestInt128Random(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() Int128 {
		x := Int128{int64(rng.Uint64()), rng.Uint64()}
		for range rng.IntN(4) { // shorter ones too
			x, _, _ = x.QuoRem(Int128{0, rng.Uint64()>>rng.IntN(63) | 1})
		}
		return x
	}
	for range 5000 {
		checkAll(t, random(), random(), rng.IntN(42))
	}
}

func TestInt128Int64(t *testing.T) {
	for _, x := range edges() {
		n, ok := x.Int64()
		if ok != x.big().IsInt64() || ok && (n != x.big().Int64() || Int128Of(n) != x) {
			t.Errorf("%v: %d %v", x, n, ok)
		}
	}
}

func TestDecimalFloat(t *testing.T) {
	for _, x := range edges() {
		for scale := range MaxPrecision + 1 {
			r := new(big.Rat).SetFrac(x.big(), bigPow10(scale))
			want, _ := r.Float64()
			if got := DecimalFloat(x, scale); got != want {
				t.Errorf("DecimalFloat(%v, %d) = %v, want %v", x.big(), scale, got, want)
			}
		}
	}
}

func FuzzInt128(f *testing.F) {
	f.Add(int64(0), uint64(1), int64(-1), uint64(0), 3)
	f.Add(int64(-1<<63), uint64(0), int64(-1), ^uint64(0), 38)
	f.Add(int64(1), uint64(0), int64(0), ^uint64(0), 19)
	f.Fuzz(func(t *testing.T, xh int64, xl uint64, yh int64, yl uint64, n int) {
		if n < 0 || n > 45 {
			return
		}
		checkAll(t, Int128{xh, xl}, Int128{yh, yl}, n)
	})
}
