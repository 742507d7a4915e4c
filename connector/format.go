package connector

import (
	"context"
	"io"

	"github.com/headgate/headgate/connector/record"
)

// Format turns bytes into batches and back. It is a registry entry: data and
// constructors.
type Format struct {
	Name       string   // as `decode` and `encode` spell it
	Summary    string   // one line of help
	Extensions []string // with the dot: ".csv"
	// Config returns a pointer to a new options struct with the defaults set;
	// package spec says which tags it carries.
	Config func() any
	// Check says what is wrong with the options for writing, or for reading, as far as that shows
	// without data; nil = the format takes none.
	Check func(cfg any, writing bool) error
	// Opaque formats do not look into the bytes: both ends of a flow have one, and there
	// are neither columns nor steps.
	Opaque bool
	// BatchBytes is how much of its source a batch should be made of for the format to be
	// written well; 0 = any batch will do.
	BatchBytes int
	// RandomAccess formats are read by DecodeOptions.At in any order; they ignore r.
	RandomAccess bool
	// NewDecoder reads r as cfg (from Config) says; nil when the format cannot be read.
	NewDecoder func(cfg any, r io.Reader, opt DecodeOptions) (Decoder, error)
	// NewEncoder writes rows of schema; nil when the format cannot be written.
	NewEncoder func(cfg any, schema *record.Schema) (Encoder, error)
}

// DecodeOptions is what a decoder is told besides its own options.
type DecodeOptions struct {
	File string // for positions
	// ChunkSize is how many bytes a morsel aims at; 0 = the format's default.
	ChunkSize int
	// Strict checks every cell and record, also those nobody reads.
	Strict bool
	// At is the input, and Size its length, for a format with RandomAccess. It may be
	// read from several goroutines.
	At   io.ReaderAt
	Size int64
	// Ranges are conditions on the rows to come, see Range. A decoder may ignore them.
	Ranges []Range
}

// Range is what a filter demands of a column: rows whose cell lies outside it, or is
// NULL, are filtered whatever else they hold. A decoder that knows that a whole
// piece of the input lies outside may leave it unread: it hands out a batch whose rows
// are filtered, since they count as read.
type Range struct {
	Column string
	Type   record.Type // of Low and High, which are canonical text; not always the column's
	// Low and High belong to the range. nil = no limit; without both, the range is
	// everything but NULL.
	Low, High *string
	// In are the only texts in the range that count; nil = all.
	In []string
}

// Narrower is a Source that can make use of ranges. Narrow is called between Discover
// and Open, at most once.
type Narrower interface {
	Narrow(ranges []Range)
}

// Decoder reads one byte stream. The order of calls is Columns, Bind, then Next and
// Decode as Reader has them.
type Decoder interface {
	// Columns reads as much of the input as it takes to name its columns, in order. An
	// input without records has nil; records without columns have an empty list.
	Columns(ctx context.Context) ([]string, error)
	// Bind fixes the schema of the batches: field i is the input column of that name, NULL in
	// every row where there is none.
	Bind(schema *record.Schema) error
	Next(ctx context.Context, m *Morsel) error
	Decode(m *Morsel) error
}

// Hinter is a Decoder that knows the type of some columns before any cell is
// looked at, as self-describing formats do. The zero Type means unknown.
type Hinter interface {
	Hints() []record.Type
}

// Progress is the Decoder of a format with RandomAccess: it tells how much of the input
// Next has passed, whether it was read or not. Safe from any goroutine.
type Progress interface {
	Passed() int64
}

// Encoder writes rows to one byte stream. What Encode makes depends on the options and the schema
// alone: another encoder of the same may append it.
type Encoder interface {
	// Encode appends the rows of b.Sel to dst, or, when dst is empty, may return bytes of the batch
	// itself. Safe for concurrent use on different batches.
	Encode(dst []byte, b *record.Batch) ([]byte, error)
	// Append writes what Encode made, in order, with what must stand before it.
	Append(w io.Writer, enc []byte) error
	// Close writes what must stand at the end, also when nothing was appended (a header).
	Close(w io.Writer) error
}

// Codec is a layer over bytes: compression, later encryption.
type Codec struct {
	Name       string
	Summary    string
	Extensions []string
	Config     func() any
	// Check says what is wrong with the options for writing, or for reading, as far as that shows
	// without keys; nil = the codec takes none.
	Check func(cfg any, writing bool) error
	// Verifies says that the bytes of NewReader's reader are only known to be right at its
	// end: it hands them out before, and whoever uses them commits nothing before it has
	// read io.EOF.
	Verifies bool
	// NewReader decodes r; nil = the codec cannot decode.
	NewReader func(cfg any, r io.Reader, opt CodecOptions) (io.ReadCloser, error)
	// NewWriter encodes into w; nil = the codec cannot encode. Close flushes and does not
	// close w.
	NewWriter func(cfg any, w io.Writer, opt CodecOptions) (io.WriteCloser, error)
	// Archive opens a file of several members, each of which is read as a file; nil = the
	// codec is none. NewReader then reads archives that come as a stream, as far as that goes.
	Archive func(cfg any, at io.ReaderAt, size int64, opt CodecOptions) (Archive, error)
}

// Archive is an opened file of several members.
type Archive interface {
	// Members lists those that are wanted, in order. There is one at least.
	Members() []Member
	// Open reads one of them. One is read at a time.
	Open(i int) (io.ReadCloser, error)
}

// Member is a file in an archive.
type Member struct {
	Name string // slash-separated; it leads nowhere else
	Size int64  // unpacked
}

// Verifier is a Reader of which it may only be known at its end whether what it handed out
// was right, see Codec.Verifies. At io.EOF it is.
type Verifier interface {
	// Verify reads the rest of the input for what it says of the rows handed out so far, and
	// nothing can be read after it. Called like Next.
	Verify(ctx context.Context) error
}

// CodecOptions is what a codec is told besides its own options.
type CodecOptions struct {
	Context context.Context // ends the looking up of keys; nil = context.Background()
	File    string          // for messages
	Keys    Keys            // nil = there are none
}
