package parquet

// splitInts puts numbers together whose first bytes stand together, then the second
// ones, and so on.
func (r *leafReader) splitInts(dst []int64) error {
	width := sizes[r.leaf.elem.Type]
	n := len(r.split) / width
	if r.taken+len(dst) > n {
		return errFewValues
	}
	for i := range dst {
		var x uint64
		for k := range width {
			x |= uint64(r.split[k*n+r.taken+i]) << (8 * k)
		}
		dst[i] = int64(x)
		if width == 4 {
			dst[i] = int64(int32(x))
		}
	}
	r.taken += len(dst)
	return nil
}
