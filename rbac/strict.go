package rbac

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

const (
	maxOpBytes = 4 << 20
	maxDepth   = 16
)

// DecodeStrict reads raw into v, which is a pointer to a struct, and accepts one
// spelling only of each value: unknown, repeated, differently cased or superfluous
// members are errors, and so is anything after the value. encoding/json alone takes
// the last of two equal members and ignores case, so that two readers could see two
// things under one signature.
func DecodeStrict(raw []byte, v any) error {
	if len(raw) > maxOpBytes {
		return fmt.Errorf("%d bytes, at most %d", len(raw), maxOpBytes)
	}
	seen, err := tree(raw)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	again, err := json.Marshal(v)
	if err != nil {
		return err
	}
	want, err := tree(again)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(seen, want) {
		return errors.New("members are not spelled as they are written")
	}
	return nil
}

// tree reads one JSON value and refuses members that appear twice.
func tree(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := value(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

func value(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return object(d, depth)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := value(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return t, nil
}

func object(d *json.Decoder, depth int) (any, error) {
	m := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("member %q appears twice", name)
		}
		if m[name], err = value(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return m, err
}
