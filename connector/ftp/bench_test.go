package ftp_test

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
	"github.com/headgate/headgate/connector/ftp"
)

const benchSize = 256 << 20

// Benchmark moves the same file as lftp does, from and to the same proftpd.
// HEADGATE_BENCH_DIR says where lftp and we keep our side, a file system in memory for
// instance; the server's is where TMPDIR says.
func Benchmark(b *testing.B) {
	ca := servers.CA(b)
	o := servers.FTPOptions{Leaf: ca.Localhost()}
	f := servers.ProFTPD(b, o)
	dir, err := os.MkdirTemp(os.Getenv("HEADGATE_BENCH_DIR"), "hgbench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7)
	}
	for _, name := range []string{filepath.Join(dir, "big"), filepath.Join(f.Home, "big")} {
		if err := os.WriteFile(name, bytes.Repeat(block, benchSize>>20), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	ctx := context.Background()
	env, cfg := login(f, ca, o)
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
		s := ftp.Open(env, cfg)
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
		n, err := io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{r}, make([]byte, 256<<10))
		if n != benchSize || err != nil {
			return fmt.Errorf("%d bytes, %w", n, err)
		}
		return nil
	})
	run("put/headgate", func() error {
		s := ftp.Open(env, cfg)
		defer s.Close()
		in, err := os.Open(filepath.Join(dir, "big"))
		if err != nil {
			return err
		}
		defer in.Close()
		return conntest.Put(ctx, s, "put", in)
	})
	program, err := exec.LookPath("lftp")
	if err != nil {
		b.Log("no lftp to compare with")
		return
	}
	for _, c := range [][2]string{{"get", "get big -o " + dir + "/got"}, {"put", "put " + dir + "/big -o put"}} {
		run(c[0]+"/lftp", func() error {
			script := fmt.Sprintf("set ssl:ca-file %s; set ssl:verify-certificate yes; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set xfer:clobber yes; open -u %s,\"%s\" -p %d localhost; %s; bye", ca.File, f.User, f.Password, f.Port, c[1])
			if out, err := exec.Command(program, "--norc", "-c", script).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		})
	}
}
