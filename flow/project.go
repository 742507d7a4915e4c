package flow

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/headgate/headgate/connector/spec"
)

// Project is a folder with flows and connections. It is read when asked, and once.
type Project struct {
	Dir string // as given

	paths   []string // flow files, sorted
	strange []Diag   // files that look like flows and are not read
	load    sync.Once
	flows   []Loaded
	named   map[string]*Loaded // of flows, by name
	conns   sync.Once
	c       *Connections
	cdiags  []Diag
}

// Loaded is a flow file with its findings.
type Loaded struct {
	Path  string // as shown to people
	Flow  *Flow  // nil when it cannot be read
	Diags []Diag
}

// OpenProject lists the flow files of a folder. A folder without any is a project too.
func OpenProject(dir string) (*Project, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("open project %s: %w", dir, pathless("read", err))
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open project %s: not a folder", dir)
	}
	p := &Project{Dir: dir}
	entries, err := os.ReadDir(filepath.Join(dir, "flows"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open project %s: %w", dir, err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, "flows", e.Name())
		switch ext := filepath.Ext(e.Name()); {
		case strings.HasPrefix(e.Name(), "."), e.IsDir():
		case ext == ".yaml":
			p.paths = append(p.paths, path)
		case ext == ".yml":
			p.strange = append(p.strange, Diag{Code: "flow.file_name", File: path, Warning: true,
				Message: "not read: the names of flow files end in .yaml", Suggestion: "rename it"})
		}
	}
	return p, nil
}

// Flows reads every flow file, in the order of their names. Of the files that have the same name in
// them it belongs to the one that is called so, else to the first; it is a finding of the others.
func (p *Project) Flows() []Loaded {
	p.load.Do(func() {
		p.flows, p.named = loadAll(p.paths), map[string]*Loaded{}
		for i := range p.flows {
			l := &p.flows[i]
			if name := l.name(); name != "" && (p.named[name] == nil || l.Path == p.pathOf(name)) {
				p.named[name] = l
			}
		}
		for i := range p.flows {
			l := &p.flows[i]
			if owner := p.named[l.name()]; owner != nil && owner != l {
				l.Diags = SortDiags(append(l.Diags, l.Flow.Diag(l.Flow.Name.Pos, "flow.duplicate_name",
					"flow "+spec.Quote(l.name())+" is also in "+owner.Path, "")))
			}
		}
		p.checkAfter()
	})
	return p.flows
}

// name of the flow; "" when the file has none or can't be read.
func (l *Loaded) name() string {
	if l.Flow == nil {
		return ""
	}
	return l.Flow.Name.Value
}

// pathOf is the file that is called like a flow, there or not.
func (p *Project) pathOf(name string) string { return filepath.Join(p.Dir, "flows", name+".yaml") }

// checkAfter reports names in `after` that no flow has. When a file could not be read, its name
// is not known, and nothing is reported.
func (p *Project) checkAfter() {
	names := slices.Sorted(maps.Keys(p.named))
	if slices.ContainsFunc(p.flows, func(l Loaded) bool { return l.Flow == nil }) {
		return
	}
	for i := range p.flows {
		f := p.flows[i].Flow
		for _, after := range f.After {
			message, hint := "", ""
			switch {
			case after.Value == f.Name.Value:
				message = "a flow cannot wait for itself"
			case p.named[after.Value] == nil:
				message, hint = "after: no flow "+spec.Quote(after.Value)+" in this project", spec.DidYouMean(after.Value, names)
			default:
				continue
			}
			p.flows[i].Diags = SortDiags(append(p.flows[i].Diags, f.Diag(after.Pos, "flow.after", message, hint)))
		}
	}
}

// Strange lists warnings about files in the flows folder that are not read.
func (p *Project) Strange() []Diag { return p.strange }

// loadAll reads files with all processors.
func loadAll(paths []string) []Loaded {
	loaded := make([]Loaded, len(paths))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(paths)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(paths); i = int(next.Add(1)) - 1 {
				f, diags := Load(paths[i], paths[i])
				loaded[i] = Loaded{Path: paths[i], Flow: f, Diags: diags}
			}
		})
	}
	wg.Wait()
	return loaded
}

// Names lists the names of the project's flows, sorted.
func (p *Project) Names() []string {
	var names []string
	for _, l := range p.Flows() {
		if l.Flow != nil && l.Flow.Name.Value != "" {
			names = append(names, l.Flow.Name.Value)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// NotFoundError says that a project has no such flow.
type NotFoundError struct {
	Name string
	Hint string // "did you mean `orders`?"; may be empty
}

func (e *NotFoundError) Error() string { return "no flow " + spec.Quote(e.Name) + " in this project" }

// Flow finds a flow by its name or its file. A file may be anywhere. The error is a
// *NotFoundError.
func (p *Project) Flow(nameOrFile string) (*Loaded, error) {
	if strings.ContainsAny(nameOrFile, `/\`) || strings.HasSuffix(nameOrFile, ".yaml") || strings.HasSuffix(nameOrFile, ".yml") {
		return p.flowFile(nameOrFile)
	}
	if l := p.alone(nameOrFile); l != nil {
		return l, nil
	}
	flows := p.Flows()
	if l := p.named[nameOrFile]; l != nil {
		return l, nil
	}
	// A file that cannot be read has no name but that of the file.
	for i := range flows {
		if flows[i].Flow == nil && flows[i].Path == p.pathOf(nameOrFile) {
			return &flows[i], nil
		}
	}
	hint := spec.DidYouMean(nameOrFile, p.Names())
	if len(flows) == 0 {
		hint = "the project has no flows; `headgate flow new` writes one"
	}
	return nil, &NotFoundError{nameOrFile, hint}
}

// alone reads the file that is called like the flow and no other; nil where that does not do: the
// flow is elsewhere, or others have a say in what is wrong with it.
func (p *Project) alone(name string) *Loaded {
	path := p.pathOf(name)
	if !slices.Contains(p.paths, path) {
		return nil
	}
	f, diags := Load(path, path)
	if f == nil || f.Name.Value != name || len(f.After) > 0 {
		return nil
	}
	return &Loaded{Path: path, Flow: f, Diags: diags}
}

// flowFile loads a file: as named, or in the project's folder.
func (p *Project) flowFile(name string) (*Loaded, error) {
	path := name
	if _, err := os.Stat(path); err != nil && !filepath.IsAbs(name) {
		if inside := filepath.Join(p.Dir, name); exists(inside) {
			path = inside
		} else if inside = filepath.Join(p.Dir, "flows", name); exists(inside) {
			path = inside
		}
	}
	if !exists(path) {
		return nil, &NotFoundError{name, spec.DidYouMean(name, p.paths)}
	}
	f, diags := Load(path, path)
	return &Loaded{Path: path, Flow: f, Diags: diags}, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Connections reads connections.yaml. Without that file it is nil, with no findings.
func (p *Project) Connections() (*Connections, []Diag) {
	p.conns.Do(func() {
		path := filepath.Join(p.Dir, "connections.yaml")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return
		}
		p.c, p.cdiags = LoadConnections(path, path)
	})
	return p.c, p.cdiags
}
