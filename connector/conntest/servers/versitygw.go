package servers

import (
	"os"
	"path/filepath"
	"testing"
)

// S3 is a versitygw that keeps the objects of its buckets as files.
type S3 struct {
	*Process
	Address              string // host:port
	AccessKey, SecretKey string
	Root                 string // a folder for each bucket
}

// VersityGW starts one that speaks TLS with the leaf, with the buckets named; the zero Leaf
// speaks http.
func VersityGW(t testing.TB, leaf Leaf, buckets ...string) *S3 {
	t.Helper()
	path := Find(t, "versitygw")
	dir := Dir(t)
	s := &S3{Address: Address(t), AccessKey: "headgate-test", SecretKey: "a-key-for-tests-only", Root: filepath.Join(dir, "data")}
	for _, b := range buckets {
		if err := os.MkdirAll(filepath.Join(s.Root, b), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--port", s.Address, "--keep-alive"} // as other servers do
	if leaf.Cert != "" {
		args = append(args, "--cert", leaf.Cert, "--key", leaf.Key)
	}
	s.Process = Start(t, Options{Path: path, Args: append(args, "posix", s.Root), Dir: dir, Address: s.Address,
		Env: []string{"ROOT_ACCESS_KEY=" + s.AccessKey, "ROOT_SECRET_KEY=" + s.SecretKey}})
	return s
}
