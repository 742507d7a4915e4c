//go:build unix

package acceptance

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// faultRuns is how many runs are spoiled for each kind of server; HEADGATE_FAULT_RUNS asks for
// more.
func faultRuns(t *testing.T) int {
	t.Helper()
	if text := os.Getenv("HEADGATE_FAULT_RUNS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 20
}

// proxied puts proxies before every port of the depot, and is where the depot is reached then.
func (d *depot) proxied(t *testing.T) (address string, control, data []*servers.Proxy) {
	t.Helper()
	x := servers.Toxi(t)
	if d.ports == nil {
		p := x.Before(d.address)
		return p.Address, []*servers.Proxy{p}, []*servers.Proxy{p}
	}
	_, port, _ := net.SplitHostPort(d.address)
	address = net.JoinHostPort(away, port)
	control = []*servers.Proxy{x.At(address, d.address)}
	for _, n := range d.ports {
		data = append(data, x.At(net.JoinHostPort(away, strconv.Itoa(n)), net.JoinHostPort("127.0.0.1", strconv.Itoa(n))))
	}
	return address, control, data
}

// fault is one thing that goes wrong on the way of size bytes.
func fault(r *rand.Rand, size int) (kind, stream string, attributes map[string]any) {
	stream = []string{"upstream", "downstream"}[r.IntN(2)]
	switch r.IntN(8) {
	case 0, 1, 2:
		return "limit_data", stream, map[string]any{"bytes": r.IntN(size * 5 / 4)}
	case 3, 4, 5:
		return "reset_peer", stream, map[string]any{"timeout": r.IntN(200)}
	case 6:
		return "latency", stream, map[string]any{"latency": r.IntN(10), "jitter": 5}
	default:
		return "bandwidth", stream, map[string]any{"rate": 5000 + r.IntN(40000)}
	}
}

const faultGet = `version: 1
flow: get
source: {connection: shop, files: in/data.csv, columns: {id: int, text: string}}
sink: {file: out.csv}
run: {retry: {attempts: %[1]d, backoff: 10ms}}
`

const faultPut = `version: 1
flow: put
source: {files: data.csv, columns: {id: int, text: string}}
sink: {connection: shop, file: out/data.csv}
run: {retry: {attempts: %[1]d, backoff: 10ms}}
`

// spoiled is a client whose depot is behind proxies, and what may stand where.
type spoiled struct {
	*client
	random        *rand.Rand
	control, data []*servers.Proxy
	content       []byte              // that is moved now
	may           map[string][][]byte // by flow: contents that may be under the final name
	good, bad     int
	killed        int
}

// TestFaults spoils runs at random moments, by the network or by killing them: each ends right or
// with an error, and never with part of a file under its final name. The next run repairs.
func TestFaults(t *testing.T) {
	for _, kind := range depots {
		t.Run(kind.name, func(t *testing.T) {
			d := kind.start(t)
			if d.key == "private_key" || d.key == "password" {
				d.lines = append(d.lines, "timeout: 2s")
			}
			address, control, data := d.proxied(t)
			for _, folder := range []string{"in", "out"} {
				d.put(t, folder+"/.keep", nil)
			}
			c := newClient(t, d, nil, "flows/get.yaml", fmt.Sprintf(faultGet, 1), "flows/put.yaml", fmt.Sprintf(faultPut, 2))
			c.connect(address)
			seed := rand.Uint64()
			s := &spoiled{client: c, random: rand.New(rand.NewPCG(seed, 0)), control: control, data: data, may: map[string][][]byte{"get": {nil}, "put": {nil}}}
			for i := range faultRuns(t) {
				s.prepare(i)
				flow := []string{"get", "put"}[s.random.IntN(2)]
				what := fmt.Sprintf("seed %d, run %d, %s of %d bytes", seed, i, flow, len(s.content))
				if i%4 == 3 {
					s.kill(flow, what)
				} else {
					s.spoil(flow, what)
				}
			}
			// Not through the proxies: they can lose the end of an upload also when nothing is wrong.
			c.connect(d.address)
			s.prepare(-1)
			for _, flow := range []string{"get", "put"} {
				s.check(flow, s.job(flow).exits(0), "at the end, "+flow)
			}
			if left := d.names(t, "out"); !slices.Equal(left, []string{".keep", "data.csv"}) {
				t.Errorf("left behind: %q", left)
			}
			t.Logf("seed %d: %d runs were right, %d failed, %d were killed", seed, s.good, s.bad, s.killed)
			if s.good == 0 || s.bad == 0 {
				t.Error("nothing was spoiled, or everything")
			}
		})
	}
}

// prepare makes new contents for both flows.
func (s *spoiled) prepare(i int) {
	s.t.Helper()
	var b bytes.Buffer
	b.WriteString("id,text\n")
	for row := range 1 + s.random.IntN(60_000) {
		fmt.Fprintf(&b, "%d,row %d of run %d and no other\n", row, row, i)
	}
	s.content = b.Bytes()
	s.d.put(s.t, "in/data.csv", s.content)
	s.write("data.csv", string(s.content))
}

// spoil runs a flow while something is wrong with the network.
func (s *spoiled) spoil(flow, what string) {
	s.t.Helper()
	proxies, size := s.data, len(s.content)
	if len(s.data) > 1 && s.random.IntN(3) == 0 {
		proxies, size = s.control, 8000
	}
	kind, stream, attributes := fault(s.random, size)
	what += fmt.Sprintf(", %d proxies, %s %s %v", len(proxies), kind, stream, attributes)
	var heal []func()
	for _, p := range proxies {
		heal = append(heal, p.Toxic(kind, stream, attributes))
	}
	o := s.job(flow)
	for _, h := range heal {
		h()
	}
	if o.exit != 0 && o.exit != 3 {
		s.t.Errorf("%s: exit %d\n%s", what, o.exit, clip(o.stdout))
	}
	s.check(flow, o, what)
}

// kill runs a flow and kills it at some moment.
func (s *spoiled) kill(flow, what string) {
	s.t.Helper()
	p := s.start(keyed("owner", "run", flow, "--json")...)
	p.stdin.Close()
	time.AfterFunc(time.Duration(s.random.IntN(400))*time.Millisecond, func() { p.c.Process.Kill() })
	o := p.wait()
	if o.exit == -1 {
		s.killed++
	} else if o.exit != 3 {
		o.exits(0)
	}
	s.check(flow, o, what+", killed")
}

// check looks at what stands under the final name.
func (s *spoiled) check(flow string, o outcome, what string) {
	s.t.Helper()
	path := s.path("out.csv")
	if flow == "put" {
		path = filepath.Join(s.d.folder, "out", "data.csv")
	}
	got, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	if o.exit == 0 {
		s.good++
		if !bytes.Equal(got, s.content) {
			s.t.Errorf("%s: no error, and %d bytes arrived\n%s", what, len(got), clip(o.stdout))
		}
		s.may[flow] = [][]byte{s.content}
		return
	}
	if o.exit > 0 {
		s.bad++
	}
	s.may[flow] = append(s.may[flow], s.content)
	if !slices.ContainsFunc(s.may[flow], func(b []byte) bool { return bytes.Equal(b, got) }) {
		s.t.Errorf("%s: %d bytes stand there that nobody wrote so\n%s", what, len(got), clip(o.stdout))
	}
}
