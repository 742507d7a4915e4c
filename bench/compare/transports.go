package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// noise is the format of files that are moved unparsed.
const noise = "noise"

// moving are the jobs that move a file. in is the file on this machine, relative to the project.
var moving = []job{
	{name: "sftp-get", title: "A file from an SSH server", section: "Transports", format: noise, begin: startDepots, entries: sftpGet},
	{name: "sftp-put", title: "A file to an SSH server", section: "Transports", format: noise, begin: startDepots, entries: sftpPut},
	{name: "ftps-get", title: "A file from an FTP server over TLS", section: "Transports", format: noise, begin: startDepots, entries: ftpsGet},
	{name: "ftps-put", title: "A file to an FTP server over TLS", section: "Transports", format: noise, begin: startDepots, entries: ftpsPut},
	{name: "s3-get", title: "An object from an S3 server", section: "Transports", format: noise, begin: offerObject, entries: s3Get},
	{name: "s3-put", title: "An object to an S3 server", section: "Transports", format: noise, begin: startDepots, entries: s3Put},
	{name: "pgp-decrypt", title: "An OpenPGP message decrypted and its signature checked", section: "Transports", format: noise, begin: sealMessage, entries: pgpDecrypt},
	{name: "pgp-encrypt", title: "A file encrypted and signed with OpenPGP", section: "Transports", format: noise, begin: startDepots, entries: pgpEncrypt},
}

// got is where a tool puts what it fetches, in the project.
func got(tool string) string { return transports + "/out/" + tool }

// offer lays the file into a server's folder, where it is not yet.
func offer(b *bench, in, folder, name string) {
	to := filepath.Join(folder, name)
	os.Remove(to)
	if os.Link(filepath.Join(b.project, in), to) != nil {
		copyFile(to, filepath.Join(b.project, in))
	}
}

func copyFile(to, from string) {
	r, err := os.Open(from)
	if err != nil {
		return
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		return
	}
	defer w.Close()
	w.ReadFrom(r)
}

// seen is a path of this machine as the project's folder has it.
func (b *bench) seen(path string) string {
	rel, err := filepath.Rel(b.project, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

func (d *depots) keyFile() string {
	path := filepath.Join(d.dir, "keys", "id")
	os.WriteFile(path, d.ssh.Key, 0o600)
	return path
}

func (d *depots) sshArgs() []string {
	port := strings.TrimPrefix(d.ssh.Address, "127.0.0.1:")
	return []string{"-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i", d.keyFile(), "-P", port}
}

// remotes is rclone's configuration.
func (d *depots) remotes() []string {
	port := strings.TrimPrefix(d.ssh.Address, "127.0.0.1:")
	text := "[ssh]\ntype = sftp\nhost = 127.0.0.1\nport = " + port + "\nuser = " + d.ssh.User + "\nkey_file = " + d.keyFile() +
		"\n[s3]\ntype = s3\nprovider = Other\nendpoint = https://" + d.s3.Address + "\naccess_key_id = " + d.s3.AccessKey + "\nsecret_access_key = " + d.s3.SecretKey + "\nforce_path_style = true\nno_check_bucket = true\n"
	path := filepath.Join(d.dir, "rclone.conf")
	os.WriteFile(path, []byte(text), 0o600)
	return []string{"--config", path, "--ca-cert", d.s3CA}
}

func (d *depots) batch(text string) string {
	path := filepath.Join(d.dir, "batch")
	os.WriteFile(path, []byte(text+"\n"), 0o600)
	return path
}

func sftpGet(b *bench, in string) []entry {
	d := &b.depots
	offer(b, in, d.files, "get")
	remote := d.ssh.User + "@127.0.0.1:" + d.files + "/get"
	return []entry{
		{tool: "headgate", args: d.moved("ssh-get", end{"ssh", "get", "raw"}, end{"", "out/headgate", "raw"}), output: got("headgate"), check: sameFile},
		{tool: "sftp", args: append(d.sshArgs(), remote, got("sftp")), output: got("sftp"), check: sameFile},
		{tool: "rclone", args: append(d.remotes(), "copyto", "ssh:"+d.files+"/get", got("rclone")), output: got("rclone"), check: sameFile},
	}
}

func sftpPut(b *bench, in string) []entry {
	d := &b.depots
	put := func(tool string) string { return b.seen(filepath.Join(d.files, tool)) }
	return []entry{
		{tool: "headgate", args: d.moved("ssh-put", end{local, in, "raw"}, end{"ssh", "headgate", "raw"}), output: put("headgate"), check: sameFile},
		{tool: "sftp", args: append(d.sshArgs(), "-b", d.batch("put "+in+" "+filepath.Join(d.files, "sftp")), d.ssh.User+"@127.0.0.1"), output: put("sftp"), check: sameFile},
		{tool: "rclone", args: append(d.remotes(), "copyto", "--ignore-times", in, "ssh:"+d.files+"/rclone"), output: put("rclone"), check: sameFile},
	}
}

// lftp is what lftp is told before a command.
func (d *depots) lftp(command string) []string {
	return []string{"-c", "set ssl:ca-file " + d.ftpCA + "; set ftp:ssl-force true; set ftp:ssl-protect-data true; set xfer:clobber true; open -u '" + d.ftp.User + "," + d.ftp.Password + "' -p " +
		strings.TrimPrefix(d.ftp.Address, "127.0.0.1:") + " 127.0.0.1; " + command}
}

func ftpsGet(b *bench, in string) []entry {
	d := &b.depots
	offer(b, in, d.ftp.Home, "get")
	return []entry{
		{tool: "headgate", args: d.moved("ftp-get", end{"ftp", "get", "raw"}, end{"", "out/headgate", "raw"}), output: got("headgate"), check: sameFile},
		{tool: "lftp", args: d.lftp("get get -o " + got("lftp")), output: got("lftp"), check: sameFile},
	}
}

func ftpsPut(b *bench, in string) []entry {
	d := &b.depots
	put := func(tool string) string { return b.seen(filepath.Join(d.ftp.Home, tool)) }
	return []entry{
		{tool: "headgate", args: d.moved("ftp-put", end{local, in, "raw"}, end{"ftp", "headgate", "raw"}), output: put("headgate"), check: sameFile},
		{tool: "lftp", args: d.lftp("put " + in + " -o lftp"), output: put("lftp"), check: sameFile},
	}
}

// offerObject lays the file into the bucket.
func offerObject(b *bench, in string) error {
	if err := startDepots(b, in); err != nil {
		return err
	}
	args := b.depots.moved("offer", end{local, in, "raw"}, end{"s3", "headgate", "raw"})
	return b.depots.tell(b, "", "--key-file", "owner.key", "run", args[len(args)-2], "--quiet")
}

func s3Get(b *bench, _ string) []entry {
	d := &b.depots
	return []entry{
		{tool: "headgate", args: d.moved("s3-get", end{"s3", "headgate", "raw"}, end{"", "out/headgate", "raw"}), output: got("headgate"), check: sameFile},
		{tool: "rclone", args: append(d.remotes(), "copyto", "s3:depot/headgate", got("rclone")), output: got("rclone"), check: sameFile},
	}
}

// s3Put spares rclone a wait of a second for each part: it spells "100-Continue" with a capital,
// which versitygw does not answer.
func s3Put(b *bench, in string) []entry {
	d := &b.depots
	put := func(tool string) string { return b.seen(filepath.Join(d.s3.Root, "depot", tool)) }
	return []entry{
		{tool: "headgate", args: d.moved("s3-put", end{local, in, "raw"}, end{"s3", "headgate", "raw"}), output: put("headgate"), check: sameFile},
		{tool: "rclone", args: append(d.remotes(), "copyto", "--ignore-times", "--expect-continue-timeout", "1ms", in, "s3:depot/rclone"), output: put("rclone"), check: sameFile},
	}
}

// sealMessage has GnuPG make the message.
func sealMessage(b *bench, in string) error {
	if err := startDepots(b, in); err != nil {
		return err
	}
	d := &b.depots
	return d.gnupg("-z", "0", "-u", "partner", "-r", "us", "--output", filepath.Join(d.dir, "message.pgp"), "--sign", "--encrypt", filepath.Join(b.project, in))
}

func pgpDecrypt(b *bench, _ string) []entry {
	d := &b.depots
	return []entry{
		{tool: "headgate", args: d.moved("decrypt", end{"", "message.pgp", "pgp: {decrypt_with: us, require_signature_by: partner}, raw"}, end{"", "out/headgate", "raw"}), output: got("headgate"), check: sameFile},
		{tool: "gpg", args: d.gnupgArgs("--output", got("gpg"), "--decrypt", transports+"/message.pgp"), output: got("gpg"), check: sameFile},
	}
}

func pgpEncrypt(b *bench, in string) []entry {
	d := &b.depots
	return []entry{
		{tool: "headgate", args: d.moved("encrypt", end{local, in, "raw"}, end{"", "out/headgate.pgp", "raw, pgp: {encrypt_to: partner, sign_with: us}"}), output: got("headgate.pgp"), check: sameMessage},
		{tool: "gpg", args: d.gnupgArgs("-z", "0", "-u", "us", "-r", "partner", "--output", got("gpg.pgp"), "--sign", "--encrypt", in), output: got("gpg.pgp"), check: sameMessage},
	}
}

// transportTools are the clients of the servers, where they are installed.
func transportTools() []tool {
	var found []tool
	for _, name := range []string{"sftp", "rclone", "lftp", "gpg"} {
		path, err := exec.LookPath(name)
		if err != nil {
			fmt.Printf("%s is left out: it is not installed\n", name)
			continue
		}
		t := tool{name: name, start: []string{path}, shown: name, ask: "--version"}
		if name == "sftp" { // only ssh tells
			out, _ := exec.Command("ssh", "-V").CombinedOutput()
			t.version = lastLine(out)
		}
		if name == "rclone" { // which does not take both this variable and an authority of its own
			t.start = []string{"env", "-u", "AWS_CA_BUNDLE", path}
		}
		found = append(found, t)
	}
	return found
}
