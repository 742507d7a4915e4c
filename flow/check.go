package flow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones do not depend on the machine

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// belongs says which keys of a section make sense only beside certain others.
type belongs struct {
	key  string
	with []string // any of these
}

var sourceKeys = []belongs{
	{"decode", []string{"files", "request"}},
	{"select", []string{"table"}},
	{"args", []string{"query"}},
	{"incremental", []string{"table", "query", "request"}},
	{"split", []string{"table", "query"}},
	{"pagination", []string{"request"}},
	{"records", []string{"request", "files"}},
}

var sinkKeys = []belongs{
	{"encode", []string{"file"}},
	{"partition_by", []string{"file"}},
	{"roll", []string{"file"}},
	{"load", []string{"table"}},
	{"create", []string{"table"}},
	{"evolve", []string{"table"}},
	{"before", []string{"table"}},
	{"after", []string{"table"}},
}

// keyOf finds a key of a map; nil when n is no map or lacks it.
func keyOf(n *yaml.Node, key string) (k, value *yaml.Node) {
	if spec.ShapeOf(n) != spec.Map {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// checkSection checks that exactly one of kinds is there, and the keys that go with it.
func checkSection(n *yaml.Node, d *spec.Decoder, name string, kinds []string, rules []belongs) {
	if s := spec.ShapeOf(n); s != spec.Map && s != spec.Null {
		return
	}
	var found []string
	for _, kind := range kinds {
		k, value := keyOf(n, kind)
		switch {
		case k == nil:
			continue
		case len(found) > 0:
			d.Report(k, "flow."+name, fmt.Sprintf("a %s has `%s` or `%s`, not both", name, found[0], kind), "")
		case spec.ShapeOf(value) == spec.String && value.Value == "":
			d.Report(value, "yaml.value", kind+": is empty", "")
		}
		found = append(found, kind)
	}
	if len(found) == 0 {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if contains(kinds, spec.Nearest(n.Content[i].Value, kinds)) {
				return // a misspelt kind is a finding already
			}
		}
		now := slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return isLater(name + "." + kind) })
		d.Report(n, "flow."+name, "a "+name+" needs one of `"+strings.Join(now, "`, `")+"`", "")
		return
	}
	for _, r := range rules {
		if k, _ := keyOf(n, r.key); k != nil && !overlap(found, r.with) {
			d.Report(k, "flow."+name, fmt.Sprintf("`%s` goes with `%s`; this %s has `%s`", r.key, strings.Join(r.with, "` or `"), name, found[0]), "")
		}
	}
}

func overlap(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

func checkSource(n *yaml.Node, s *Source, d *spec.Decoder) {
	checkSection(n, d, "source", []string{"files", "table", "query", "request"}, sourceKeys)
	if k, _ := keyOf(n, "connection"); k == nil && s.Files == nil && (s.Table.Value != "" || s.Query.Value != "") {
		d.Report(n, "flow.source", "a source with `table` or `query` needs a `connection`", "")
	}
}

func checkSink(n *yaml.Node, s *Sink, d *spec.Decoder) {
	checkSection(n, d, "sink", []string{"file", "table"}, sinkKeys)
	if k, _ := keyOf(n, "connection"); k == nil && s.Table.Value != "" {
		d.Report(n, "flow.sink", "a sink with `table` needs a `connection`", "")
	}
	_, load := keyOf(n, "load")
	key, _ := keyOf(load, "key")
	if k, _ := keyOf(load, "max_shrink"); k != nil && s.Mode.Value != "replace" && s.Mode.Value != "mirror" {
		d.Report(k, "flow.sink", "`max_shrink` goes with modes replace and mirror; load mode "+s.Mode.Value+" does not use it", "")
	}
	switch mode := s.Mode.Value; mode {
	case "upsert", "update", "delete", "mirror":
		if len(s.Key) == 0 && spec.ShapeOf(load) == spec.Map {
			s.keyless = load
		}
	default:
		if key != nil {
			d.Report(key, "flow.sink", "`key` goes with modes upsert, update, delete and mirror; load mode "+mode+" does not use it", "")
		}
	}
}

var flowName = regexp.MustCompile(`^[a-z0-9-]+$`)

// checkFlow checks what the tags cannot say.
func checkFlow(root *yaml.Node, f *Flow, d *spec.Decoder) {
	if k, v := keyOf(root, "version"); k != nil && spec.ShapeOf(v) == spec.Int && f.Version != 1 {
		d.Report(v, "flow.version", fmt.Sprintf("version %d is not known", f.Version), "write `version: 1`")
	}
	names := append([]Text{f.Name}, f.After...)
	for _, t := range names {
		if t.node != nil && !flowName.MatchString(t.Value) {
			d.Report(t.node, "flow.name", spec.Quote(t.Value)+" cannot name a flow", "use a-z, 0-9 and -")
		}
	}
	checkPair(f, d)
	checkSchedule(f.Schedule, d)
	checkLimits(root, f, d)
}

// checkWhole checks a flow without streams.
func checkWhole(root *yaml.Node, f *Flow, d *spec.Decoder) {
	keys := spec.Keys(Flow{})
	for _, section := range []string{"source", "sink"} {
		has := false
		for i := 0; i < len(root.Content); i += 2 {
			k := root.Content[i].Value
			has = has || k == section || !slices.Contains(keys, k) && spec.Nearest(k, keys) == section // misspelt, which is a finding already
		}
		if !has {
			d.Report(root, "yaml.required", "the key `"+section+"` is missing", "")
		}
	}
	for _, key := range []string{"defaults", "on_stream_error"} {
		if k, _ := keyOf(root, key); k != nil {
			d.Report(k, "flow.stream", "`"+key+"` goes with `streams`", "")
		}
	}
}

// checkPair checks what the source and the sink are to each other. A table's stream may leave
// the key to the table that it reads.
func checkPair(f *Flow, d *spec.Decoder) {
	if f.Sink.Mode.Value == "mirror" && f.Source.Incremental != nil && f.Sink.Mode.node != nil {
		d.Report(f.Sink.Mode.node, "flow.sink", "load mode mirror deletes the rows that do not come, and an incremental source brings only what is new", "use upsert")
	}
	if n := f.Sink.keyless; n != nil && (f.Stream == nil || f.Source.Table.Value == "") {
		d.Report(n, "flow.sink", "load mode "+f.Sink.Mode.Value+" needs a `key`: the columns that identify a row", "")
	}
}

func checkLimits(root *yaml.Node, f *Flow, d *spec.Decoder) {
	_, errors := keyOf(root, "errors")
	if _, v := keyOf(errors, "max_rows"); spec.ShapeOf(v) == spec.Int && f.Errors.MaxRows < 0 {
		d.Report(v, "yaml.range", "max_rows: must not be negative", "leave it out for no limit")
	}
	_, run := keyOf(root, "run")
	if _, v := keyOf(run, "parallel"); v != nil && f.Run.Parallel < 0 {
		d.Report(v, "yaml.range", "parallel: must not be negative", "0 = one worker per processor")
	}
	if _, v := keyOf(run, "memory"); spec.ShapeOf(v) != spec.Null && f.Run.Memory < 1<<20 && f.Run.Memory != 0 {
		d.Report(v, "yaml.range", "memory: less than 1MiB is not enough for any step", "")
	}
}

func checkSchedule(s *Schedule, d *spec.Decoder) {
	if s == nil {
		return
	}
	if s.Cron.node != nil {
		if offset, message := checkCron(s.Cron.Value); message != "" {
			d.ReportAt(s.Cron.node, offset, "flow.cron", "cron: "+message, `five fields, such as "0 2 * * *" for every day at 2:00`)
		}
	}
	if s.Timezone.node != nil {
		if _, err := time.LoadLocation(s.Timezone.Value); err != nil || s.Timezone.Value == "Local" || s.Timezone.Value == "" {
			d.Report(s.Timezone.node, "flow.timezone", "unknown time zone "+spec.Quote(s.Timezone.Value), "write a name such as Europe/Berlin or UTC")
		}
	}
}
