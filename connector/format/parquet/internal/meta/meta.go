// Package meta is the metadata of Parquet files: the footer and the heads of pages.
package meta

// Physical is how a column's values are stored.
type Physical int32

// The physical types. None belongs to a group of columns.
const (
	None    Physical = -1
	Boolean Physical = iota - 1
	Int32
	Int64
	Int96
	Float
	Double
	ByteArray
	FixedBytes
)

var physicalNames = [...]string{"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}

func (p Physical) String() string {
	if p < 0 || int(p) >= len(physicalNames) {
		return "no type"
	}
	return physicalNames[p]
}

// Repetition is how often a value may stand in its parent.
type Repetition int32

// The repetitions.
const (
	Required Repetition = iota
	Optional
	Repeated
)

// Encoding is how the values of a page are encoded.
type Encoding int32

// The encodings.
const (
	Plain           Encoding = 0
	PlainDictionary Encoding = 2
	RLE             Encoding = 3
	BitPacked       Encoding = 4
	DeltaBinary     Encoding = 5
	DeltaLength     Encoding = 6
	DeltaBytes      Encoding = 7
	RLEDictionary   Encoding = 8
	ByteStreamSplit Encoding = 9
)

// Codec is how pages are compressed.
type Codec int32

// The codecs.
const (
	Uncompressed Codec = iota
	Snappy
	Gzip
	LZO
	Brotli
	LZ4
	Zstd
	LZ4Raw
)

var codecNames = [...]string{"no compression", "snappy", "gzip", "lzo", "brotli", "lz4 (the one of Hadoop)", "zstd", "lz4_raw"}

func (c Codec) String() string {
	if c < 0 || int(c) >= len(codecNames) {
		return "unknown compression"
	}
	return codecNames[c]
}

// Converted is the older way to say what values mean.
type Converted int32

// The converted types.
const (
	NoConverted     Converted = -1
	UTF8            Converted = 0
	MapType         Converted = 1
	MapKeyValue     Converted = 2
	ListType        Converted = 3
	Enum            Converted = 4
	DecimalType     Converted = 5
	Date            Converted = 6
	TimeMillis      Converted = 7
	TimeMicros      Converted = 8
	TimestampMillis Converted = 9
	TimestampMicros Converted = 10
	Uint8           Converted = 11
	Uint64          Converted = 14
	Int8            Converted = 15
	Int64Type       Converted = 18
	JSON            Converted = 19
	BSON            Converted = 20
	Interval        Converted = 21
)

// Logical is the newer way to say what values mean: the field of the union.
type Logical int16

// The logical types.
const (
	NoLogical        Logical = 0
	LogicalString    Logical = 1
	LogicalMap       Logical = 2
	LogicalList      Logical = 3
	LogicalEnum      Logical = 4
	LogicalDecimal   Logical = 5
	LogicalDate      Logical = 6
	LogicalTime      Logical = 7
	LogicalTimestamp Logical = 8
	LogicalInteger   Logical = 10
	LogicalNull      Logical = 11
	LogicalJSON      Logical = 12
	LogicalBSON      Logical = 13
	LogicalUUID      Logical = 14
	LogicalFloat16   Logical = 15
)

// Unit is the unit of a time: the field of the union.
type Unit int16

// The units.
const (
	Millis Unit = 1
	Micros Unit = 2
	Nanos  Unit = 3
)

// Element is a node of the schema tree, which is listed depth first.
type Element struct {
	Name       string
	Type       Physical // None in a group
	Width      int32    // of FixedBytes
	Repetition Repetition
	Children   int32

	Converted        Converted
	Logical          Logical
	Scale, Precision int32 // of a decimal
	Unit             Unit  // of a time or timestamp
	UTC              bool  // of a time or timestamp: an instant
	Bits             int8  // of an integer
	Signed           bool  // of an integer
}

// Stats is what is known of the values of a column chunk. The bytes are plain-encoded
// values without a length; nil = unknown.
type Stats struct {
	Min, Max           []byte
	MinExact, MaxExact bool
	Nulls              int64 // -1 = unknown
}

// Chunk is a column of a row group.
type Chunk struct {
	Path                     []string // written only
	Type                     Physical
	Codec                    Codec
	Values                   int64 // with NULLs
	Compressed, Uncompressed int64
	DataPage                 int64 // offset of the first data page
	Dictionary               int64 // offset of the dictionary page; 0 = none
	Encodings                []Encoding
	Stats                    Stats
	elsewhere                bool // in another file, or encrypted
}

// Group is a row group. On reading its columns stay in the footer until they are
// asked for, so that memory does not grow with the number of row groups.
type Group struct {
	Rows, Bytes int64
	columns     int32 // where in the footer the list of columns starts
}

// File is the footer of a file.
type File struct {
	Schema    []Element
	Rows      int64
	Groups    []Group
	CreatedBy string
	Ordered   bool // statistics are in the order of the types
	footer    []byte
}

// PageType tells what a page holds.
type PageType int32

// The types of pages.
const (
	DataPage       PageType = 0
	IndexPage      PageType = 1
	DictionaryPage PageType = 2
	DataPageV2     PageType = 3
)

// Page is the head of a page.
type Page struct {
	Type                     PageType
	Uncompressed, Compressed int32
	CRC                      uint32
	HasCRC                   bool

	Values             int32 // with NULLs; entries of a dictionary
	Encoding           Encoding
	DefLevels          Encoding // of a data page
	RepLevels          Encoding
	Rows               int32 // of a v2 page
	DefBytes, RepBytes int32 // of a v2 page
	Packed             bool  // false: a v2 page whose values are not compressed
	hasHead            bool
}
