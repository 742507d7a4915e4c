package record

import "testing"

// TestScanPlain puts every byte at every place of texts of every length, with a point
// at every place or none, and compares the word with the bytes.
func TestScanPlain(t *testing.T) {
	for n := 1; n <= plainDigits; n++ {
		for point := -1; point < n; point++ {
			text := []byte("1029384756019283746")[:n]
			if point >= 0 {
				text[point] = '.'
			}
			compareScans(t, text)
			for at := range n {
				was := text[at]
				for c := range 256 {
					text[at] = byte(c)
					compareScans(t, text)
				}
				text[at] = was
			}
		}
	}
}

func compareScans(t *testing.T, text []byte) {
	t.Helper()
	x, digits, places, ok := scanPlain(text)
	wx, wdigits, wplaces, wok := scanBytes(text)
	if ok != wok || ok && (x != wx || digits != wdigits || places != wplaces) {
		t.Fatalf("%q = %d, %d digits, %d places, %v; want %d, %d, %d, %v", text, x, digits, places, ok, wx, wdigits, wplaces, wok)
	}
}
