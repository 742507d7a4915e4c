package seen

import (
	"encoding/hex"
	"testing"
)

// The vectors are those of the reference implementation: key 00..0f, input 00, 00 01, ...
func TestSumIsSipHash128(t *testing.T) {
	h := Hasher{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	input := make([]byte, 64)
	for i := range input {
		input[i] = byte(i)
	}
	for _, c := range []struct {
		n    int
		want string
	}{
		{0, "a3817f04ba25a8e66df67214c7550293"},
		{1, "da87c1d86b99af44347659119b22fc45"},
		{7, "a1f1ebbed8dbc153c0b84aa61ff08239"},
		{8, "3b62a9ba6258f5610f83e264f31497b4"},
		{9, "264499060ad9baabc47f8b02bb6d71ed"},
		{63, "5150d1772f50834a503e069a973fbd7c"},
	} {
		k := h.Sum(input[:c.n])
		var got [16]byte
		for i := range 8 {
			got[i], got[8+i] = byte(k.Lo>>(8*i)), byte(k.Hi>>(8*i))
		}
		if hex.EncodeToString(got[:]) != c.want {
			t.Errorf("%d bytes: %x, want %s", c.n, got, c.want)
		}
	}
}

func TestHashersDiffer(t *testing.T) {
	one, other := NewHasher(), NewHasher()
	if one.Sum([]byte("a")) == other.Sum([]byte("a")) {
		t.Error("two hashers agree")
	}
}
