package flowcmd

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/settings"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
)

// checker collects what is wrong with the files that `validate` was given.
type checker struct {
	registry *connector.Registry
	open     map[string]*flow.Project // by folder
	flows    []target
	names    []string // of the folders whose connections were checked
	conns    int
	found    []flow.Diag
}

// target is a flow to check, with the project that it belongs to.
type target struct {
	loaded  flow.Loaded
	project *flow.Project
}

func newChecker(r *connector.Registry) *checker {
	return &checker{registry: r, open: map[string]*flow.Project{}, found: []flow.Diag{}}
}

// project takes a whole project.
func (c *checker) project(dir string) error {
	p, err := c.at(dir)
	if err != nil {
		return &cli.UsageError{Message: err.Error(), Hint: "--project names the project's folder"}
	}
	for _, l := range p.Flows() {
		c.flows = append(c.flows, target{l, p})
	}
	c.found = append(c.found, p.Strange()...)
	c.connections(dir, p)
	return c.settings(filepath.Join(dir, settings.FileName))
}

func (c *checker) at(dir string) (*flow.Project, error) {
	if p := c.open[dir]; p != nil {
		return p, nil
	}
	p, err := flow.OpenProject(dir)
	if err == nil {
		c.open[dir] = p
	}
	return p, err
}

// connections checks the connections of a project, once.
func (c *checker) connections(dir string, p *flow.Project) {
	if slices.Contains(c.names, dir) {
		return
	}
	c.names = append(c.names, dir)
	conns, diags := p.Connections()
	c.found = append(c.found, diags...)
	if conns != nil {
		c.found = append(c.found, conns.Check(c.registry)...)
		c.conns += len(conns.Names())
	}
}

// named is what connections would find about those that a flow names, where it did not look.
func (c *checker) named(t target) []flow.Diag {
	conns, _ := t.project.Connections()
	if conns == nil || slices.Contains(c.names, t.project.Dir) {
		return nil
	}
	return conns.CheckOf(c.registry, t.loaded.Flow.Source.Connection.Value, t.loaded.Flow.Sink.Connection.Value)
}

func (c *checker) settings(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	c.found = append(c.found, settings.Check(name, data)...)
	return nil
}

// paths takes flows' names, files and folders; dir is the project of the names.
func (c *checker) paths(dir string, args []string) error {
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err == nil && info.IsDir():
			err = c.folder(arg, dir)
		case err == nil:
			err = c.file(arg, dir)
		default:
			err = c.name(arg, dir)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) name(arg, dir string) error {
	p, err := c.at(dir)
	if err != nil {
		return usage(arg, err)
	}
	l, err := p.Flow(arg)
	if err != nil {
		return usage(arg, err)
	}
	c.flows = append(c.flows, target{*l, p})
	return nil
}

// folder takes a project, or every YAML file below a folder that is none.
func (c *checker) folder(arg, dir string) error {
	for _, sign := range []string{"flows", "connections.yaml", settings.FileName} {
		if _, err := os.Stat(filepath.Join(arg, sign)); err == nil {
			return c.project(filepath.Clean(arg))
		}
	}
	return filepath.WalkDir(arg, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != arg && strings.HasPrefix(e.Name(), "."):
			return filepath.SkipDir
		case !e.IsDir() && filepath.Ext(path) == ".yaml":
			return c.file(path, dir)
		}
		return nil
	})
}

// file takes a file by what its name says it is.
func (c *checker) file(path, dir string) error {
	path = filepath.Clean(path)
	home := homeOf(path, dir)
	p, err := c.at(home)
	if err != nil {
		return usage(path, err)
	}
	switch filepath.Base(path) {
	case settings.FileName:
		return c.settings(path)
	case "connections.yaml":
		c.connections(home, p)
	default:
		f, diags := flow.Load(path, display(path))
		c.flows = append(c.flows, target{flow.Loaded{Path: path, Flow: f, Diags: diags}, p})
	}
	return nil
}

// homeOf is the folder of the project that a file belongs to: where it lies, or the
// one that was asked for.
func homeOf(path, dir string) string {
	in := filepath.Dir(path)
	if filepath.Base(path) == "connections.yaml" || exists(filepath.Join(in, "connections.yaml")) {
		return in
	}
	if abs, err := filepath.Abs(in); err == nil && filepath.Base(abs) == "flows" {
		return filepath.Join(in, "..")
	}
	return dir
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// result checks the flows with all processors and sums up.
func (c *checker) result(strict bool) validated {
	found := make([][]flow.Diag, len(c.flows))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(c.flows)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(c.flows); i = int(next.Add(1)) - 1 {
				t := c.flows[i]
				found[i] = t.loaded.Diags
				if t.loaded.Flow != nil {
					found[i] = slices.Concat(found[i], plan.Check(t.loaded.Flow, t.project, c.registry), c.named(t))
				}
			}
		})
	}
	wg.Wait()
	all := flow.SortDiags(slices.Concat(append(found, c.found)...))
	if all == nil {
		all = []flow.Diag{}
	}
	return validated{Valid: !flow.HasErrors(all) && !(strict && len(all) > 0), Flows: len(c.flows), Connections: c.conns, Findings: all}
}
