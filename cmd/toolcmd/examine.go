package toolcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/settings"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow"
)

func tempDir() string { return os.TempDir() }

// examine runs every check, in the order in which a person would mend things.
func examine(o *DoctorOptions) []finding {
	list := projectChecks(o.Env)
	return append(list, writable("temporary files", o.Temp), timeZones(), terminal(o.Env.UI))
}

func projectChecks(env *cli.Env) []finding {
	p, err := env.Project()
	if err != nil {
		return []finding{{"project", bad, err.Error()}}
	}
	list := []finding{flowsCheck(p), settingsCheck(env), connectionsCheck(env, p)}
	return append(list, writable("project folder", p.Dir), private(filepath.Join(p.Dir, "rejects")))
}

func flowsCheck(p *flow.Project) finding {
	flows, unusable := p.Flows(), 0
	for _, l := range flows {
		if flow.HasErrors(l.Diags) {
			unusable++
		}
	}
	detail := ui.Plural(int64(len(flows)), "flow") + " in " + filepath.Join(p.Dir, "flows")
	switch {
	case unusable > 0:
		return finding{"flows", warning, fmt.Sprintf("%s, %d with findings: headgate validate", detail, unusable)}
	case len(flows) == 0:
		return finding{"flows", warning, detail + ": headgate flow new NAME writes one"}
	}
	return finding{"flows", ok, detail}
}

func settingsCheck(env *cli.Env) finding {
	_, err := env.Settings()
	var findings *cli.FindingsError
	switch {
	case errors.As(err, &findings):
		return finding{"settings", bad, findings.Diags[0].String()}
	case err != nil:
		return finding{"settings", bad, err.Error()}
	}
	if _, err := os.Stat(filepath.Join(env.Dir(), settings.FileName)); err != nil {
		return finding{"settings", ok, "no " + settings.FileName + ": what is built in counts"}
	}
	return finding{"settings", ok, settings.FileName}
}

func connectionsCheck(env *cli.Env, p *flow.Project) finding {
	c, diags := p.Connections()
	if c != nil {
		diags = append(diags, c.Check(env.Registry())...)
	}
	switch {
	case flow.HasErrors(diags):
		return finding{"connections", bad, diags[0].String()}
	case c == nil:
		return finding{"connections", ok, "no connections.yaml: flows use the project's files"}
	}
	return finding{"connections", ok, ui.Plural(int64(len(c.Names())), "connection")}
}

// writable tries to write a file in dir, and says how much room is left.
func writable(what, dir string) finding {
	f, err := os.CreateTemp(dir, ".headgate-doctor-*")
	if err != nil {
		return finding{what, bad, err.Error()}
	}
	f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return finding{what, bad, err.Error()}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	room, known := freeSpace(dir)
	switch {
	case !known:
		return finding{what, ok, abs}
	case room < littleRoom:
		return finding{what, warning, fmt.Sprintf("%s has only %s left", abs, ui.Bytes(room))}
	}
	return finding{what, ok, fmt.Sprintf("%s, %s free", abs, ui.Bytes(room))}
}

// littleRoom is when a person should look at a disk before a run does.
const littleRoom = 500 << 20

// private checks that rejected rows, which hold data, are for their owner only.
func private(dir string) finding {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{"rejects", ok, "none so far"}
	case err != nil:
		return finding{"rejects", bad, err.Error()}
	case !info.IsDir():
		return finding{"rejects", bad, dir + " is not a folder"}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return finding{"rejects", bad, err.Error()}
	}
	for _, e := range files {
		if i, err := e.Info(); err == nil && i.Mode().IsRegular() && i.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
			return finding{"rejects", warning, filepath.Join(dir, e.Name()) + " can be read by others: chmod 600"}
		}
	}
	return finding{"rejects", ok, ui.Plural(int64(len(files)), "file") + " in " + dir}
}

func timeZones() finding {
	if _, err := time.LoadLocation("Europe/Berlin"); err != nil {
		return finding{"time zones", bad, err.Error()}
	}
	return finding{"time zones", ok, "known"}
}

func terminal(t *ui.Terminal) finding {
	if !t.Interactive {
		return finding{"terminal", ok, "not interactive: no questions, no live line"}
	}
	return finding{"terminal", ok, fmt.Sprintf("interactive, %d columns", t.Columns)}
}
