package flow

import (
	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Sink says what a flow writes. Exactly one of File and Table is set.
type Sink struct {
	Pos         Pos
	Connection  Text   `key:"connection" help:"a connection's name; left out = files of the project's folder"`
	File        Text   `key:"file" help:"the file's name; - = standard output; may hold ${{ }}"`
	Encode      Layers `key:"encode" help:"format, then compression; left out = by the file's extension"`
	PartitionBy []Text `key:"partition_by" help:"columns: a file for each of their values"`
	Roll        *Roll  `key:"roll" help:"begin a new file from time to time; the names get a number before the extension: orders-00001.csv"`
	Table       Text   `key:"table" help:"which table"`
	Loading     `key:"load" help:"how rows go into the table"`
	Create      string `key:"create" enum:"never,if_missing" default:"if_missing" help:"whether to create the table"`
	Evolve      string `key:"evolve" enum:"fail,add_columns,widen" default:"fail" help:"what to do when the table's columns do not fit"`
	Before      []Text `key:"before" help:"statements to run first, in the same transaction"`
	After       []Text `key:"after" help:"statements to run last, in the same transaction"`

	keyless *yaml.Node // the section that lacks a key; nil = none does
}

// Roll says when a file ends and the next one begins.
type Roll struct {
	Size spec.Size `key:"size" required:"true" help:"after so many bytes as stored, such as 512MiB; a file ends with the batch, or the row group, that passes it"`
}

// Loading says how rows go into a table.
type Loading struct {
	Mode Text   `key:"mode" enum:"append,replace,truncate,upsert,update,delete,mirror" default:"append" help:"what becomes of the rows that are there"`
	Key  []Text `key:"key" help:"the columns that identify a row"`
	// MaxShrink is -1 without a limit.
	MaxShrink Rate `key:"max_shrink" default:"-1" help:"a replace or mirror fails when the table would lose more of its rows, such as 10%; left out = no limit"`
}

// RollSize is after how many bytes a file ends; 0 = never.
func (s *Sink) RollSize() int64 {
	if s.Roll == nil {
		return 0
	}
	return int64(s.Roll.Size)
}

// DecodeNode takes a map.
func (s *Sink) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	type plain Sink
	d.Decode(n, (*plain)(s))
	s.Pos = posOf(n)
	checkSink(n, s, d)
}

// NodeSchema is a map.
func (s *Sink) NodeSchema() map[string]any {
	type plain Sink
	return spec.JSONSchema((*plain)(s))
}
