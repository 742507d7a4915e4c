//go:build !amd64 || purego

package csv

// grid lists the structural bytes of data as index and dense do. quotes is about how many
// there are.
func grid(pos []uint32, data []byte, delim, quote byte, quotes int) (found []uint32, feeds int, counted bool) {
	return portable(pos, data, delim, quote, quotes)
}
