package mysql

import (
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// flavour is which server it is. The zero value is MySQL 8.
type flavour struct {
	maria        bool
	major, minor int
}

// flavourOf reads what a server calls its version, such as 8.0.36 or 10.11.6-MariaDB-log.
func flavourOf(version string) flavour {
	f := flavour{maria: strings.Contains(strings.ToLower(version), "mariadb")}
	parts := strings.SplitN(strings.TrimPrefix(version, "5.5.5-"), ".", 3) // MariaDB was shy of its own numbers
	if len(parts) > 1 {
		f.major, _ = strconv.Atoi(parts[0])
		f.minor, _ = strconv.Atoi(parts[1])
	}
	return f
}

func (f flavour) name() string {
	if f.maria {
		return mariaName
	}
	return mysqlName
}

// Names of the dialects.
const (
	mysqlName = "MySQL"
	mariaName = "MariaDB"
)

// atLeast reports whether the server is not older. Of MySQL and MariaDB the numbers differ.
func (f flavour) atLeast(major, minor int) bool {
	return f.major > major || f.major == major && f.minor >= minor
}

// hasUUID reports whether there is a type uuid.
func (f flavour) hasUUID() bool { return f.maria && f.atLeast(10, 7) }

// bytewise is the collation in which texts are equal only when their bytes are.
func (f flavour) bytewise() string {
	if f.maria {
		return "utf8mb4_nopad_bin"
	}
	return "utf8mb4_0900_bin"
}

// tableOptions end a CREATE TABLE of ours.
const tableOptions = " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4"

// dialect is what package sqldb needs to know. The name of a flow, a key of type KeyTextType, is told
// from others by its bytes.
func dialect(f flavour) *sqldb.Dialect {
	return &sqldb.Dialect{
		Name: f.name(), Quote: '`', FoldCase: true, MaxIdent: 64, IdentChars: true, MaxColumns: 1017, Schemas: true, EscapedStrings: true, HashComments: true,
		Upsert: sqldb.UpdateInsert, Join: sqldb.JoinInner, Distinct: "NOT (%s <=> %s)", Earlier: "CAST(%s AS DATETIME(6)) - INTERVAL CAST(%s AS SIGNED) MICROSECOND",
		TextType: "longtext", KeyTextType: "varchar(190) COLLATE utf8mb4_bin", TableOptions: tableOptions,
		ColumnType: func(field record.Field) (string, string) { return columnType(f, field) },
		KeyType:    func(field record.Field) (string, string) { return keyType(f, field) },
		AlterType:  "ALTER TABLE %s MODIFY COLUMN %s %s",
	}
}
