// Package parquet reads and writes Apache Parquet files.
//
// Writing: Encode makes the pages of a morsel, many morsels at once, and Append gathers
// them to row groups. What is held in memory is the encoded pages of one row group.
//
// Reading: a column is a stream of pages that is decompressed a little at a time, in the
// order of the rows, and only when somebody asks for its cells. Memory does not depend
// on the size of pages or row groups. Columns of a file that nest are read as json.
//
// The encodings are written here instead of taken from a library because the libraries'
// way over rows of boxed values costs several times as much.
package parquet
