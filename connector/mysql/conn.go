package mysql

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// wire is what we use of the driver's connections.
type wire interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Validator
}

// conn is one connection, used from one goroutine at a time.
type conn struct {
	flavour
	server  *server
	raw     wire
	tls     *tls.ConnectionState // nil = plaintext
	version string
	id      string // of the connection
	packet  int    // max_allowed_packet
	local   bool   // LOAD DATA LOCAL is allowed
	byText  bool   // the server replicates statements
	fold    bool   // names of tables that differ only in case are the same
	broken  bool   // the server has given up the transaction
}

// greet learns who the server is and makes our settings.
func (c *conn) greet(ctx context.Context, readOnly bool) error {
	rows, err := c.query(ctx, "SELECT VERSION(), CONNECTION_ID(), @@max_allowed_packet, @@local_infile, @@binlog_format, @@log_bin, @@lower_case_table_names")
	if err != nil {
		return err
	}
	r := rows[0]
	c.version, c.id = r[0].S, r[1].S
	c.flavour = flavourOf(c.version)
	c.packet, _ = strconv.Atoi(r[2].S)
	c.local, c.byText, c.fold = r[3].S == "1", r[4].S == "STATEMENT" && r[5].S == "1", r[6].S != "0"
	return c.exec(ctx, c.server.settings(c, readOnly))
}

// farewell is how long taking leave of a server may take.
const farewell = 5 * time.Second

// close takes leave of the server, which then undoes an open transaction. It may be called twice.
func (c *conn) close() { c.raw.Close() }

// closed reports whether the connection is of no use any more.
func (c *conn) closed() bool { return !c.raw.IsValid() }

// fail gives an error of a statement its kind.
func (c *conn) fail(ctx context.Context, err error) error {
	var me *mysql.MySQLError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &me):
		ours := newError(me)
		switch me.Number {
		case errLockTimeout, errDeadlock, errChanged, errShutdown, errInterrupted, errKilledMaria, errTooManyConnections:
			c.broken = c.broken || me.Number != errLockTimeout
			return connector.Transient(connector.Mark(ours, connector.ErrUnreachable))
		}
		return ours
	case errors.Is(err, mysql.ErrPktTooLarge):
		return &Error{Number: 1153, State: "08S01", Message: fmt.Sprintf("more than the server's max_allowed_packet of %d bytes", c.packet), row: -1}
	}
	if c.closed() || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) {
		c.broken = true
		c.close()
		return connector.Transient(connector.Mark(fmt.Errorf("the connection broke: %w", err), connector.ErrUnreachable))
	}
	return netguard.Explain(err, c.server.cfg.Host)
}

// exec runs a statement.
func (c *conn) exec(ctx context.Context, sql string) error {
	_, err := c.execCount(ctx, sql)
	return err
}

// execCount is exec, and how many rows the statement changed.
func (c *conn) execCount(ctx context.Context, sql string) (int64, error) {
	res, err := c.raw.ExecContext(ctx, sql, nil)
	if err != nil {
		return 0, c.fail(ctx, err)
	}
	return res.RowsAffected()
}

// query yields rows of texts. A parameter that is nil is NULL.
func (c *conn) query(ctx context.Context, sql string, args ...*string) ([][]sqldb.Text, error) {
	rows, err := c.open(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][]sqldb.Text
	dest := make([]driver.Value, len(rows.Columns()))
	for {
		err := rows.Next(dest)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, c.fail(ctx, err)
		}
		row := make([]sqldb.Text, len(dest))
		for i, v := range dest {
			row[i] = sqldb.Text{S: string(appendValue(nil, v)), Null: v == nil}
		}
		all = append(all, row)
	}
}

// statement is rows with the prepared statement they come from.
type statement struct {
	driver.Rows
	stmt driver.Stmt
}

func (s statement) Close() error { return errors.Join(s.Rows.Close(), s.stmt.Close()) }

// open starts a query: by a prepared statement when it has parameters, which are never
// written into its text.
func (c *conn) open(ctx context.Context, sql string, args []*string) (driver.Rows, error) {
	if len(args) == 0 {
		rows, err := c.raw.QueryContext(ctx, sql, nil)
		return rows, c.fail(ctx, err)
	}
	return c.prepared(ctx, sql, args)
}

// prepared is open by a prepared statement: values come in their binary form.
func (c *conn) prepared(ctx context.Context, sql string, args []*string) (driver.Rows, error) {
	stmt, err := c.raw.PrepareContext(ctx, sql)
	if err != nil {
		return nil, c.fail(ctx, err)
	}
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		values[i].Ordinal = i + 1
		if a != nil {
			values[i].Value = *a
		}
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, values)
	if err != nil {
		stmt.Close()
		return nil, c.fail(ctx, err)
	}
	return statement{rows, stmt}, nil
}

// appendValue is a value of the driver's as text; NULL is nothing.
func appendValue(dst []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case []byte:
		return append(dst, v...)
	case string:
		return append(dst, v...)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case float32:
		return strconv.AppendFloat(dst, float64(v), 'g', -1, 32)
	case float64:
		return record.AppendFloat(dst, v)
	}
	return dst
}

// one is the first cell of a query; ok is false when there is no row, or it is NULL.
func (c *conn) one(ctx context.Context, sql string, args ...*string) (s string, ok bool, err error) {
	return sqldb.Ask(c.query).One(ctx, sql, args...)
}

// readerName is where a LOAD DATA LOCAL of ours finds its data.
const readerName = "Reader::"

// load runs a LOAD DATA LOCAL INFILE of which tail is what follows the file's name, with
// data for its file, and is how many rows it took. The driver keeps one list of such
// readers for the whole process: a name that nobody can guess is in it for as long as
// the statement runs, so that no other server can ask for it.
func (c *conn) load(ctx context.Context, tail string, data []byte) (int64, error) {
	name := rand.Text()
	mysql.RegisterReaderHandler(name, func() io.Reader { return upload{bytes.NewReader(data)} })
	defer mysql.DeregisterReaderHandler(name)
	return c.execCount(ctx, "LOAD DATA LOCAL INFILE '"+readerName+name+"' "+tail)
}

// upload hands out pieces that are, with the head that the driver gives them, one record of TLS each: a
// byte more would be a record of its own.
type upload struct{ data io.Reader }

func (u upload) Read(p []byte) (int, error) {
	const record, head = 16 << 10, 4
	return u.data.Read(p[:min(len(p), record-head)])
}

// strictly is query, which fails when the server has made a value another.
func (c *conn) strictly(ctx context.Context, sql string, args ...*string) ([][]sqldb.Text, error) {
	rows, err := c.query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	warned, err := c.warning(ctx)
	if err == nil && warned != nil {
		err = warned
	}
	return rows, err
}

// maxWarnings is how many warnings of a statement the server lists.
const maxWarnings = 64

// warning is the first warning of the last statement that means that a row was not
// taken as it is; nil when there is none.
func (c *conn) warning(ctx context.Context) (*Error, error) {
	n, _, err := c.one(ctx, "SELECT @@warning_count")
	if err != nil || n == "0" {
		return nil, err
	}
	rows, err := c.query(ctx, "SHOW WARNINGS")
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		number, _ := strconv.ParseUint(r[1].S, 10, 16)
		e := &Error{Number: uint16(number), Message: discreet(r[2].S)}
		if e.row = rowOf(e.Message); e.aboutRow() {
			return e, nil
		}
	}
	if len(rows) < maxWarnings {
		return nil, nil
	}
	return &Error{Number: errTruncated, Message: "more warnings than the server lists", row: -1}, nil
}
