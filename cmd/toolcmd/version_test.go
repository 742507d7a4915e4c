package toolcmd

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"testing"

	"github.com/headgate/headgate/cmd/internal/clitest"
)

func TestVersionTakesNoArguments(t *testing.T) {
	p, ran := clitest.New(t), false
	runF := func(_ context.Context, o *VersionOptions) error { ran = o.Build != nil; return nil }
	if err := clitest.Parse(NewVersion(p.Env, runF)); err != nil || !ran {
		t.Error(ran, err)
	}
	if err := clitest.Parse(NewVersion(p.Env, runF), "x"); err == nil {
		t.Error("took an argument")
	}
}

func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.time", Value: "2024-06-01T00:00:00Z"}, {Key: "vcs.modified", Value: "true"}}}
	for _, c := range []struct {
		told, from, want string
	}{
		{"", "v1.2.3", "v1.2.3"}, {"v9.9.9", "v1.2.3", "v9.9.9"}, {"", "(devel)", "dev"},
	} {
		p := clitest.New(t)
		p.Version, p.UI.JSON = c.told, true
		info.Main.Version = c.from
		if err := runVersion(context.Background(), &VersionOptions{Env: p.Env, Build: func() (*debug.BuildInfo, bool) { return info, true }}); err != nil {
			t.Fatal(err)
		}
		p.UI.Finish("version", nil)
		var got struct{ Result Version }
		if err := json.Unmarshal(p.Out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Result.Version != c.want || got.Result.Commit != "0123456789abcdef" || !got.Result.Modified || got.Result.Go == "" {
			t.Errorf("%+v, want %s", got.Result, c.want)
		}
	}
}
