package thrift

import (
	"errors"
	"strings"
	"testing"
)

// sample writes a struct with a field of every type, far apart ids among them.
func sample() []byte {
	var w Writer
	w.Open()
	w.Bool(1, true)
	w.Bool(2, false)
	w.Byte(3, -7)
	w.I32(20, -1<<31)
	w.I64(21, 1<<63-1)
	w.String(22, "text")
	w.Bytes(23, []byte{0, 1})
	w.List(24, I32, 20)
	for i := range int32(20) {
		w.ElementI32(i - 10)
	}
	w.List(25, Binary, 2)
	w.ElementString("a")
	w.ElementString("")
	w.Begin(26)
	w.I32(1, 5)
	w.Empty(2)
	w.Close()
	w.I32(1000, 3)
	w.Close()
	return w.Buf
}

func TestReadWhatWasWritten(t *testing.T) {
	r := NewReader(sample())
	var last int16
	seen := 0
	check := func(ok bool, id int16) {
		seen++
		if !ok {
			t.Errorf("field %d is wrong", id)
		}
	}
	for id, typ := r.Field(&last); typ != Stop; id, typ = r.Field(&last) {
		switch id {
		case 1:
			check(r.Bool(typ), id)
		case 2:
			check(!r.Bool(typ), id)
		case 3:
			check(r.Int(typ) == -7, id)
		case 20:
			check(r.Int32(typ) == -1<<31, id)
		case 21:
			check(r.Int(typ) == 1<<63-1, id)
		case 22:
			check(string(r.Bytes(typ)) == "text", id)
		case 24:
			elem, n := r.List(typ, 1)
			for i := range n {
				check(r.Int(elem) == int64(i)-10, id)
			}
		case 1000:
			check(r.Int(typ) == 3, id)
		default:
			r.Skip(typ)
		}
	}
	if r.Err() != nil || seen != 27 || r.Pos() != len(sample()) {
		t.Errorf("error %v, %d values, %d of %d bytes", r.Err(), seen, r.Pos(), len(sample()))
	}
}

func TestShort(t *testing.T) {
	whole := sample()
	for n := range whole {
		r := NewReader(whole[:n])
		r.Skip(Struct)
		if !errors.Is(r.Err(), ErrShort) {
			t.Errorf("%d bytes: error %v", n, r.Err())
		}
	}
}

func TestHostile(t *testing.T) {
	for name, tt := range map[string]struct{ data, want string }{
		"long list":     {"\x19\xfc\xff\xff\xff\xff\x0f", "short"},
		"long text":     {"\x18\xff\xff\xff\xff\x0f", "short"},
		"unknown type":  {"\x1e", "malformed"},
		"endless":       {"\x16" + strings.Repeat("\xff", 11), "malformed"},
		"deep":          {strings.Repeat("\x1c", 100), "malformed"},
		"deep lists":    {"\x19" + strings.Repeat("\x19", 100), "malformed"},
		"long map":      {"\x1b\xff\xff\xff\xff\x0f\x88", "short"},
		"map of maps":   {"\x1b" + strings.Repeat("\x01\xbb", 100), "malformed"},
		"list of stops": {"\x19\x10\x00", "malformed"},
	} {
		r := NewReader([]byte(tt.data))
		r.Skip(Struct)
		if r.Err() == nil || !strings.Contains(r.Err().Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", name, r.Err(), tt.want)
		}
	}
	r := NewReader([]byte{2, 0})
	if r.Bytes(I32); r.Err() == nil {
		t.Error("a number was read as text")
	}
}

func FuzzSkip(f *testing.F) {
	f.Add(sample())
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader(data)
		r.Skip(Struct)
		if r.Err() == nil && r.Pos() > len(data) {
			t.Errorf("read %d of %d bytes", r.Pos(), len(data))
		}
	})
}
