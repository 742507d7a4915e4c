package servers

import "testing"

func TestMaria(t *testing.T) {
	m := Maria(t)
	db := m.Database(t, "x")
	m.SQL(t, db, "CREATE TABLE t (a INT, b VARCHAR(10)); INSERT INTO t VALUES (1, 'ü'), (2, NULL)")
	if got := m.SQL(t, db, "SELECT * FROM t ORDER BY a"); got != "1\tü\n2\tNULL" {
		t.Errorf("got %q", got)
	}
	m.Kill()
	m.Restart(t)
	if got := m.SQL(t, db, "SELECT count(*) FROM t"); got != "2" {
		t.Errorf("after a crash: %q", got)
	}
}
