//go:build !amd64 || purego

package csv

// grid lists the structural bytes of data as index and dense do. quotes is about how many
// there are.
func (x *indexer) grid(data []byte, delim, quote byte, quotes int) (feeds int, counted bool) {
	return x.portable(data, delim, quote, quotes)
}
