package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"mime"
	"net/url"
	"strings"

	"github.com/headgate/headgate/connector/tree"
)

// errNoIndex is a page that does not list a folder.
var errNoIndex = errors.New("the server does not list the folder in a form that is known (nginx's autoindex, or a page with links): name the files instead")

// readIndex reads what a server says is in the folder at base.
func readIndex(page []byte, contentType string, base *url.URL) ([]tree.Entry, error) {
	media, _, _ := mime.ParseMediaType(contentType)
	switch {
	case media == "application/json":
		return readJSON(page)
	case media == "text/html", media == "application/xhtml+xml":
		return readHTML(page, base), nil
	}
	return nil, errNoIndex
}

// readJSON reads the listing that nginx makes with autoindex_format json. It stops soon after
// tree.MaxEntries, and so does readHTML.
func readJSON(page []byte) ([]tree.Entry, error) {
	d := json.NewDecoder(bytes.NewReader(page))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return nil, errNoIndex
	}
	var entries []tree.Entry
	for d.More() && len(entries) <= tree.MaxEntries {
		var f struct {
			Name  string `json:"name"`
			Type  string `json:"type"`
			Mtime string `json:"mtime"`
			Size  *int64 `json:"size"`
		}
		if err := d.Decode(&f); err != nil {
			return nil, errNoIndex
		}
		e := tree.Entry{Name: f.Name, Modified: listed(f.Mtime), Kind: tree.Link}
		switch {
		case f.Type == "directory":
			e.Kind = tree.Folder
		case f.Type == "file" && f.Size != nil && !e.Modified.IsZero():
			e.Kind, e.Size = tree.File, *f.Size
		case f.Type == "":
			return nil, errNoIndex
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// readHTML finds the links of a page that lead to what lies in its folder. Sizes and times
// are for people there; the server is asked for those that are wanted.
func readHTML(page []byte, base *url.URL) []tree.Entry {
	var entries []tree.Entry
	seen := map[string]bool{}
	for link := range links(page) {
		name, folder := child(base, link)
		if name == "" || name == "." || name == ".." || seen[name] {
			continue
		}
		seen[name] = true
		e := tree.Entry{Name: name, Kind: tree.Link} // Stat tells
		if folder {
			e.Kind = tree.Folder
		}
		if entries = append(entries, e); len(entries) > tree.MaxEntries {
			break
		}
	}
	return entries
}

// links yields where the anchors of a page lead.
func links(page []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for {
			start := bytes.IndexByte(page, '<')
			if start < 0 {
				return
			}
			page = page[start+1:]
			if bytes.HasPrefix(page, []byte("!--")) {
				end := bytes.Index(page, []byte("-->"))
				if end < 0 {
					return
				}
				page = page[end:]
				continue
			}
			if len(page) < 2 || page[0]|0x20 != 'a' || !space(page[1]) {
				continue
			}
			var link string
			var ok bool
			if link, page, ok = href(page[1:]); ok && !yield(link) {
				return
			}
		}
	}
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// href reads the attributes of a tag up to its end.
func href(tag []byte) (link string, rest []byte, ok bool) {
	for {
		tag = bytes.TrimLeft(tag, " \t\r\n\f/")
		if len(tag) == 0 || tag[0] == '>' {
			return link, tag, ok
		}
		n := bytes.IndexAny(tag, "= \t\r\n\f>/")
		if n < 0 {
			return "", nil, false
		}
		if n == 0 { // "=" without a name
			tag = tag[1:]
			continue
		}
		name := strings.ToLower(string(tag[:n]))
		tag = bytes.TrimLeft(tag[n:], " \t\r\n\f")
		if len(tag) == 0 || tag[0] != '=' {
			continue
		}
		tag = bytes.TrimLeft(tag[1:], " \t\r\n\f")
		var value []byte
		if value, tag = attribute(tag); tag == nil {
			return "", nil, false
		}
		if name == "href" && !ok {
			link, ok = html.UnescapeString(string(value)), true
		}
	}
}

// attribute reads an attribute's value; rest is nil when it does not end.
func attribute(text []byte) (value, rest []byte) {
	if len(text) > 0 && (text[0] == '"' || text[0] == '\'') {
		end := bytes.IndexByte(text[1:], text[0])
		if end < 0 {
			return nil, nil
		}
		return text[1 : 1+end], text[2+end:]
	}
	end := bytes.IndexAny(text, " \t\r\n\f>")
	if end < 0 {
		return nil, nil
	}
	return text[:end], text[end:]
}
