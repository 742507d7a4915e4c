//go:build unix

package acceptance
import ("testing";"time";"fmt";"strings")
func TestZZ(t *testing.T) {
	b := postgresBase(t)
	c := newClerk(t, b, nil)
	var sb strings.Builder
	sb.WriteString("id,name,amount\n")
	for i:=range 20000 { fmt.Fprintf(&sb, "%d,name %d,%d.50\n", i,i,i) }
	c.write("in.csv", sb.String())
	c.flow("f", "{files: in.csv, columns: {id: int, name: string, amount: decimal(12,2)}}", "{connection: db, table: t, load: {mode: upsert, key: [id]}}")
	for range 3 {
	a:=time.Now()
	o := c.job("f")
	t.Log(time.Since(a), o.exit, o.stdout, o.stderr)
	}
}
