package rbac

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

const maxOpBytes = 4 << 20

// DecodeStrict reads raw into v, which is a pointer to a struct, and accepts one
// spelling only of each value, the one that json.Marshal writes: unknown, repeated,
// missing, differently cased or otherwise ordered members are errors, and so are spaces
// and anything after the value. encoding/json alone takes the last of two equal members
// and ignores case, so that two readers could see two things under one signature.
func DecodeStrict(raw []byte, v any) error {
	if len(raw) > maxOpBytes {
		return fmt.Errorf("%d bytes, at most %d", len(raw), maxOpBytes)
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
	if !bytes.Equal(raw, again) {
		return errors.New("not spelled as it is written")
	}
	return nil
}
