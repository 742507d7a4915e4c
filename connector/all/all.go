// Package all lists what the program can read and write. It is the only place that
// names a connector, a format or a codec.
package all

import (
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/codec/bzip2"
	"github.com/headgate/headgate/connector/codec/gzip"
	"github.com/headgate/headgate/connector/codec/pgp"
	"github.com/headgate/headgate/connector/codec/zip"
	"github.com/headgate/headgate/connector/codec/zstd"
	"github.com/headgate/headgate/connector/file"
	"github.com/headgate/headgate/connector/format/csv"
	"github.com/headgate/headgate/connector/format/jsonl"
	"github.com/headgate/headgate/connector/format/parquet"
	"github.com/headgate/headgate/connector/format/raw"
	"github.com/headgate/headgate/connector/ftp"
	"github.com/headgate/headgate/connector/http"
	"github.com/headgate/headgate/connector/mysql"
	"github.com/headgate/headgate/connector/postgres"
	"github.com/headgate/headgate/connector/s3"
	"github.com/headgate/headgate/connector/sftp"
	"github.com/headgate/headgate/connector/sqlite"
)

// Registry lists everything. Making it costs nothing: entries open nothing.
func Registry() *connector.Registry {
	return &connector.Registry{
		Types: []*connector.Type{
			file.Type(),
			http.Type(),
			ftp.Type(),
			s3.Type(),
			sftp.Type(),
			sftp.Bastion(),
			postgres.Type(),
			mysql.Type(),
			sqlite.Type(),
		},
		Formats: []*connector.Format{
			csv.CSV(),
			csv.TSV(),
			jsonl.Format(),
			parquet.Format(),
			raw.Format(),
		},
		Codecs: []*connector.Codec{
			gzip.Codec(),
			zstd.Codec(),
			bzip2.Codec(),
			pgp.Codec(),
			zip.Codec(),
		},
	}
}
