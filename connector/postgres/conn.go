package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/sqldb"
)

// conn is one connection, used from one goroutine at a time.
type conn struct {
	server *server
	pg     *pgconn.PgConn
	tap    *tap
}

// close takes leave of the server, which then undoes an open transaction. It may be called twice.
func (c *conn) close() {
	if c.pg.IsClosed() {
		<-c.pg.CleanupDone()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	c.pg.Close(ctx)
	<-c.pg.CleanupDone()
}

// fail gives an error of a statement its kind.
func (c *conn) fail(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	if pe := serverError(err); pe != nil {
		ours := &Error{pe}
		switch pe.Code {
		case "55P03", "40001", "40P01", "57P01", "57P02", "57P03", "53300": // locks, deadlocks, shutting down
			return connector.Transient(connector.Mark(ours, connector.ErrUnreachable))
		}
		return ours
	}
	if c.pg.IsClosed() {
		return broke(err)
	}
	return netguard.Explain(err, c.server.cfg.Host)
}

// exec runs statements and discards their rows.
func (c *conn) exec(ctx context.Context, sql string) error {
	_, err := c.execCount(ctx, sql)
	return err
}

// execCount is exec, and how many rows the last statement changed.
func (c *conn) execCount(ctx context.Context, sql string) (int64, error) {
	results, err := c.pg.Exec(ctx, sql).ReadAll()
	if err != nil {
		return 0, c.fail(ctx, err)
	}
	if len(results) == 0 {
		return 0, nil
	}
	return results[len(results)-1].CommandTag.RowsAffected(), nil
}

// query yields rows of texts. A parameter that is nil is NULL.
func (c *conn) query(ctx context.Context, sql string, args ...*string) ([][]sqldb.Text, error) {
	values := make([][]byte, len(args))
	for i, a := range args {
		if a != nil {
			values[i] = []byte(*a)
		}
	}
	res := c.pg.ExecParams(ctx, sql, values, nil, nil, nil).Read()
	if res.Err != nil {
		return nil, c.fail(ctx, res.Err)
	}
	rows := make([][]sqldb.Text, len(res.Rows))
	for i, r := range res.Rows {
		rows[i] = make([]sqldb.Text, len(r))
		for j, v := range r {
			rows[i][j] = sqldb.Text{S: string(v), Null: v == nil}
		}
	}
	return rows, nil
}

// one is the first cell of a query; ok is false when there is no row, or it is NULL.
func (c *conn) one(ctx context.Context, sql string, args ...*string) (s string, ok bool, err error) {
	return sqldb.Ask(c.query).One(ctx, sql, args...)
}

// describe is the columns of a statement.
func (c *conn) describe(ctx context.Context, sql string) ([]pgconn.FieldDescription, error) {
	d, err := c.pg.Prepare(ctx, "", sql, nil)
	if err != nil {
		return nil, c.fail(ctx, err)
	}
	return d.Fields, nil
}

// watch ends what the connection does when ctx ends, until the result is called. The
// connection is of no use then.
func (c *conn) watch(ctx context.Context) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	finished := make(chan struct{})
	end := context.AfterFunc(ctx, func() {
		defer close(finished)
		c.pg.Conn().SetDeadline(time.Unix(1, 0))
	})
	return func() {
		if !end() {
			<-finished
		}
	}
}

// breakOff gives up a connection in the middle of something.
func (c *conn) breakOff() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c.pg.Close(ctx)
	<-c.pg.CleanupDone()
}

// copyHeader starts a binary COPY, copyTrailer ends it.
var (
	copyHeader  = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTrailer = []byte{0xff, 0xff}
)

// messageHead is the room that a CopyData message needs before its data.
const messageHead = 5

// putHead makes msg, whose data starts at messageHead, a CopyData message.
func putHead(msg []byte) {
	msg[0] = 'd'
	binary.BigEndian.PutUint32(msg[1:], uint32(len(msg)-1))
}

// copyIn runs statements of which one is a COPY FROM STDIN, with its data.
func (c *conn) copyIn(ctx context.Context, sql string, message []byte) error {
	if err := c.sendCopy(ctx, sql, message); err != nil {
		c.breakOff()
		return err
	}
	return c.answer(ctx)
}

// answer is what became of the first copy that was sent and not answered yet.
func (c *conn) answer(ctx context.Context) error {
	stop := c.watch(ctx)
	err := c.drain()
	stop()
	return c.fail(ctx, err)
}

// sendCopy sends statements of which one is a COPY FROM STDIN, and its data, a whole CopyData
// message. It does not wait for the server to get there: of what comes after an error the
// server takes no notice. It may run beside answer.
func (c *conn) sendCopy(ctx context.Context, sql string, message []byte) error {
	stop := c.watch(ctx)
	err := c.sendMessages(sql, message)
	stop()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return broke(err)
}

// broke is the error of a connection that cannot be used any more.
func broke(err error) error {
	return connector.Transient(connector.Mark(fmt.Errorf("the connection broke: %w", err), connector.ErrUnreachable))
}

func (c *conn) sendMessages(sql string, message []byte) error {
	f := c.pg.Frontend()
	f.SendQuery(&pgproto3.Query{String: sql})
	f.Send(&pgproto3.CopyData{Data: copyHeader})
	if err := f.SendUnbufferedEncodedCopyData(message); err != nil {
		return err
	}
	f.Send(&pgproto3.CopyData{Data: copyTrailer})
	f.Send(&pgproto3.CopyDone{})
	return f.Flush()
}

// drain reads what a query answers up to its end. The first error of the server is the result.
func (c *conn) drain() error {
	var first error
	for {
		msg, err := c.pg.ReceiveMessage(context.Background())
		if err != nil {
			var pe *pgconn.PgError
			if errors.As(err, &pe) && !c.pg.IsClosed() {
				first = err
				continue
			}
			if first != nil {
				return first
			}
			return err
		}
		switch m := msg.(type) {
		case *pgproto3.ErrorResponse:
			if first == nil {
				first = serverMessage(m)
			}
		case *pgproto3.ReadyForQuery:
			return first
		}
	}
}

// inTransaction reports whether the connection is in a transaction that has not failed.
func (c *conn) inTransaction() bool { return !c.pg.IsClosed() && c.pg.TxStatus() == 'T' }

// serverMessage is an error response as an error.
func serverMessage(m *pgproto3.ErrorResponse) error { return pgconn.ErrorResponseToPgError(m) }
