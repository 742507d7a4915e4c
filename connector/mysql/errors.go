package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
)

// Numbers of the server's errors.
const (
	errTooManyConnections = 1040
	errNoDatabase         = 1049
	errTableExists        = 1050
	errShutdown           = 1053
	errTableDenied        = 1142
	errColumnDenied       = 1143
	errNoTable            = 1146
	errChanged            = 1020
	errLockTimeout        = 1205
	errDeadlock           = 1213
	errTruncated          = 1265
	errNoSavepoint        = 1305
	errInterrupted        = 1317
	errKilledMaria        = 1927
	errLocalForbidden     = 3948
	errLocalForbiddenOld  = 1148
	errLocalRejected      = 4166
)

// rowErrors say that the server does not take a row, besides those whose SQLSTATE says
// so. A warning has none.
var rowErrors = []uint16{
	1048, 1062, 1153, 1169, 1216, 1217, 1261, 1262, 1263, 1264, errTruncated, 1292, 1300, 1301, 1364, 1366, 1367, 1406, 1411, 1416, 1441, 1451, 1452, 1524, 1526, 1557, 1586, 1591, 1644, 1690, 1748, 1761, 1762,
	3140, 3141, 3143, 3156, 3819, 3903, 4025, 4078,
}

// Error is an error of the server, or a warning where that means that a row is not taken.
type Error struct {
	Number  uint16
	State   string // the SQLSTATE, where the server says it
	Message string // without the values that the server quotes
	row     int    // of a statement, from 0; -1 = not said
}

// Error is the server's message and its numbers.
func (e *Error) Error() string {
	if e.State == "" {
		return fmt.Sprintf("%s (error %d)", e.Message, e.Number)
	}
	return fmt.Sprintf("%s (error %d, SQLSTATE %s)", e.Message, e.Number, e.State)
}

// newError takes an error of the driver's apart.
func newError(me *mysql.MySQLError) *Error {
	e := &Error{Number: me.Number, Message: discreet(me.Message)}
	e.row = rowOf(e.Message)
	if me.SQLState[0] != 0 {
		e.State = string(me.SQLState[:])
	}
	return e
}

// quotes are what a value in a message stands behind.
var quotes = []string{"entry '", "value: '", "string: '", "argument '", "value '", "row '"}

// discreet is a message of the server without the values it quotes: they may be anybody's.
func discreet(message string) string {
	for _, q := range quotes {
		at := strings.Index(message, q)
		if at < 0 {
			continue
		}
		end := len(message)
		for _, after := range []string{"' for ", "' from "} {
			if i := strings.LastIndex(message, after); i >= at+len(q) {
				end = i + 1
			}
		}
		head := strings.TrimRight(message[:at+len(q)-1], ": ")
		return head + message[end:]
	}
	return message
}

// rowOf finds the row in "... at row 3", from 0; -1 when it is not there.
func rowOf(message string) int {
	const before = " at row "
	i := strings.LastIndex(message, before)
	if i < 0 {
		return -1
	}
	digits := message[i+len(before):]
	end := 0
	for end < len(digits) && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(digits[:end])
	if err != nil || n < 1 {
		return -1
	}
	return n - 1
}

func serverError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// isError reports whether err is an error of the server with one of these numbers.
func isError(err error, numbers ...uint16) bool {
	e := serverError(err)
	return e != nil && slices.Contains(numbers, e.Number)
}

// aboutRow reports whether e means that a row is not taken.
func (e *Error) aboutRow() bool {
	return strings.HasPrefix(e.State, "22") || strings.HasPrefix(e.State, "23") || e.State == "45000" || slices.Contains(rowErrors, e.Number)
}

// refusedRow reports whether err says that the server does not take a row, and which one
// of the statement if it says so, from 0; else -1.
func refusedRow(err error) (at int, ok bool) {
	e := serverError(err)
	if e == nil || !e.aboutRow() {
		return -1, false
	}
	return e.row, true
}

// columnOf is the column that an error is about, "" when it does not say.
func columnOf(e *Error) string {
	for _, before := range []string{"for column '", "Column '", "Field '"} {
		if _, rest, ok := strings.Cut(e.Message, before); ok {
			name, _, _ := strings.Cut(rest, "'")
			return name
		}
	}
	if _, rest, ok := strings.Cut(e.Message, "for column `"); ok { // `db`.`table`.`column`
		full, _, _ := strings.Cut(rest, "` at row")
		return full[strings.LastIndexByte(full, '`')+1:]
	}
	return ""
}

// explain says why connecting failed.
func (s *server) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, context.DeadlineExceeded) {
		err = ctx.Err()
	}
	var me *mysql.MySQLError
	switch {
	case errors.As(err, &me):
		err := connector.Mark(fmt.Errorf("%s refuses the connection: %w", s.cfg.Host, newError(me)), connector.ErrUnreachable)
		if me.Number == errTooManyConnections || me.Number == errShutdown {
			return connector.Transient(err)
		}
		return err
	case errors.Is(err, mysql.ErrNoTLS):
		return connector.Mark(fmt.Errorf("%s offers no TLS", s.cfg.Host), connector.ErrRefused)
	case errors.Is(err, mysql.ErrCleartextPassword), errors.Is(err, mysql.ErrOldPassword):
		return connector.Mark(fmt.Errorf("%s asks for the password in a form that gives it away", s.cfg.Host), connector.ErrRefused)
	case errors.Is(err, mysql.ErrInvalidConn):
		return connector.Transient(connector.Mark(fmt.Errorf("%s closed the connection while we logged in", s.cfg.Host), connector.ErrUnreachable))
	}
	return netguard.Explain(err, s.cfg.Host)
}
