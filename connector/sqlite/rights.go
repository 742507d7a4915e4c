package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/headgate/headgate/connector"
)

// Rights on files. SQLite has no logins: whoever may open the file may do everything in it.
const (
	readFile  = "READ"
	writeFile = "WRITE"
)

// privileges looks at what this program may do with the database's file, and with the folder that
// its journal goes into.
func (d database) privileges(_ context.Context, needs []connector.Need) (*connector.Privileges, error) {
	p := &connector.Privileges{Login: whoami(), Roles: []string{}, Rights: []connector.Privilege{}, Notes: []string{}}
	info, err := os.Stat(d.path)
	absent := errors.Is(err, fs.ErrNotExist)
	if err != nil && !absent {
		return nil, fmt.Errorf("privileges of %s: %w", d.name, err)
	}
	file, folder := "file "+d.path, "folder "+filepath.Dir(d.path)
	for _, n := range needs {
		switch {
		case n.Write != nil:
			p.Require(writeFile, folder, n.Flow)
			if !absent {
				p.Require(readFile, file, n.Flow)
				p.Require(writeFile, file, n.Flow)
			}
		case absent:
			p.Note("flow " + n.Flow + ": there is no file " + d.path)
		default:
			p.Require(readFile, file, n.Flow)
		}
	}
	writes := false
	for i := range p.Rights {
		r := &p.Rights[i]
		writes = writes || r.Right == writeFile
		if r.On == folder {
			r.Has = mayMakeFiles(filepath.Dir(d.path))
		} else {
			r.Has = mayOpen(d.path, r.Right)
		}
		if !r.Has {
			r.Fix = permit(r.Right, strings.TrimPrefix(strings.TrimPrefix(r.On, "file "), "folder "), p.Login)
		}
	}
	if absent {
		return p, nil
	}
	if os.Geteuid() == 0 {
		p.Note("headgate runs as root, whom the rights on files do not bind")
	} else if !writes && mayOpen(d.path, writeFile) {
		p.Rights = append(p.Rights, connector.Privilege{Right: writeFile, On: file, Has: true, For: []string{}, Fix: onUnix("chmod a-w " + quoted(d.path))})
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		p.Note("everybody on this machine may open the file: chmod o-rwx " + quoted(d.path))
	}
	return p, nil
}

// whoami is the account that the program runs as.
func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// mayOpen tries; it changes nothing.
func mayOpen(path, right string) bool {
	flag := os.O_RDONLY
	if right == writeFile {
		flag = os.O_WRONLY
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// mayMakeFiles makes one and removes it.
func mayMakeFiles(folder string) bool {
	f, err := os.CreateTemp(folder, ".headgate-*")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

// permit is the command that gives the account the right. Where the owner has it and the account does
// not, the account is another.
func permit(right, path, login string) string {
	bit, letter := os.FileMode(0o400), "r"
	if right == writeFile {
		bit, letter = 0o200, "w"
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		letter += "x"
	}
	if info.Mode()&bit != 0 {
		return onUnix("setfacl -m u:" + login + ":" + letter + " " + quoted(path))
	}
	return onUnix("chmod u+" + letter + " " + quoted(path))
}

// onUnix is a command where there is one.
func onUnix(command string) string {
	if runtime.GOOS == "windows" {
		return ""
	}
	return command
}

// quoted is a path as a shell takes it.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }
