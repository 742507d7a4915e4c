package sftp_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/sftp"
)

const benchSize = 256 << 20

// Benchmark moves the same file as the sftp program of OpenSSH does, from and to the same
// server. HEADGATE_BENCH_DIR says where, a file system in memory for instance.
func Benchmark(b *testing.B) {
	d := servers.OpenSSH(b, servers.SSHOptions{})
	dir, err := os.MkdirTemp(os.Getenv("HEADGATE_BENCH_DIR"), "hgbench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7)
	}
	if err := os.WriteFile(filepath.Join(dir, "big"), bytes.Repeat(block, benchSize>>20), 0o644); err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	env, cfg := login(d, dir)
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(benchSize)
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("get/headgate", func() error {
		s := sftp.Open(env, cfg)
		defer s.Close()
		r, err := s.Open(ctx, "big", 0)
		if err != nil {
			return err
		}
		defer r.Close()
		out, err := os.Create(filepath.Join(dir, "got"))
		if err != nil {
			return err
		}
		defer out.Close()
		if n, err := io.Copy(struct{ io.Writer }{out}, r); n != benchSize || err != nil {
			return fmt.Errorf("%d bytes, %w", n, err)
		}
		return out.Sync()
	})
	run("put/headgate", func() error {
		s := sftp.Open(env, cfg)
		defer s.Close()
		in, err := os.Open(filepath.Join(dir, "big"))
		if err != nil {
			return err
		}
		defer in.Close()
		return conntest.Put(ctx, s, "put", in)
	})
	program, err := exec.LookPath("sftp")
	if err != nil {
		b.Log("no sftp to compare with")
		return
	}
	key := filepath.Join(servers.Dir(b), "key")
	if err := os.WriteFile(key, d.Key, 0o600); err != nil {
		b.Fatal(err)
	}
	for _, c := range [][2]string{{"get", "get big got"}, {"put", "put big put"}} {
		run(c[0]+"/openssh", func() error {
			cmd := exec.Command(program, "-q", "-b", "-", "-i", key, "-P", fmt.Sprint(d.Port), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
				fmt.Sprintf("%s@%s:%s", d.User, d.Host, dir))
			cmd.Dir = dir
			cmd.Stdin = bytes.NewBufferString("l" + "cd " + dir + "\n" + c[1] + " \n")
			out, err := cmd.CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		})
	}
}
