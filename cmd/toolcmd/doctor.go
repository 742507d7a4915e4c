package toolcmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
)

// DoctorOptions is what `doctor` works from.
type DoctorOptions struct {
	Env  *cli.Env
	Temp string // the folder for temporary files
}

const doctorHelp = `Look at what runs depend on: the project's files, the folders that are written to, time zones,
the terminal. Nothing is changed, and no other system is asked.

Exit codes: 0 when nothing stands in the way of a run, 1 otherwise.`

// NewDoctor is `headgate doctor`.
func NewDoctor(env *cli.Env, runF func(context.Context, *DoctorOptions) error) *cobra.Command {
	o := &DoctorOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "doctor",
		Short: "Look for what stands in the way of a run",
		Long:  doctorHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Temp = tempDir()
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runDoctor(c.Context(), o)
		},
	}, guard.None)
}

// finding is what one check found.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warning or bad
	Detail string `json:"detail"`
}

const (
	ok      = "ok"
	warning = "warning"
	bad     = "bad"
)

func runDoctor(_ context.Context, o *DoctorOptions) error {
	list := examine(o)
	wrong := 0
	for _, f := range list {
		if f.Status == bad {
			wrong++
		}
	}
	err := o.Env.UI.Result(map[string]any{"healthy": wrong == 0, "checks": list}, func(w io.Writer) {
		t := ui.Table{}
		for _, f := range list {
			t.Rows = append(t.Rows, []string{f.Status, f.Check, f.Detail})
		}
		t.Write(w)
	})
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%s in the way of a run", ui.Plural(int64(wrong), "thing"))
	}
	return err
}
