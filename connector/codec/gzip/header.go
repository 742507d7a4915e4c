package gzip

import "encoding/binary"

// magic is what each member begins with.
const magic = "\x1f\x8b"

const (
	fixedHeader = 12      // with the length of the extra field
	maxHeader   = 1 << 10 // of those that are looked at
	trailer     = 8       // checksum and length
	onlyExtra   = 4       // the flags of a header that has an extra field and nothing else
	// ourHeader is the header of a member that we write.
	ourHeader = fixedHeader + 8
)

// memberLength is how many bytes the member that starts with b is said to have: 0 when
// its header does not tell. b is the header, or what there is of it.
func memberLength(b []byte) int {
	if len(b) < fixedHeader || b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 || b[3] != onlyExtra {
		return 0
	}
	n := int(binary.LittleEndian.Uint16(b[10:]))
	if len(b) < fixedHeader+n {
		return 0
	}
	for extra := b[fixedHeader : fixedHeader+n]; len(extra) >= 4; {
		size := int(binary.LittleEndian.Uint16(extra[2:]))
		if len(extra) < 4+size {
			return 0
		}
		switch value := extra[4 : 4+size]; {
		case extra[0] == 'B' && extra[1] == 'C' && size == 2: // BGZF: the whole member, less one
			return int(binary.LittleEndian.Uint16(value)) + 1
		case extra[0] == 'M' && extra[1] == 'Z' && size == 4: // MiGz: the deflated data
			return fixedHeader + n + int(binary.LittleEndian.Uint32(value)) + trailer
		}
		extra = extra[4+size:]
	}
	return 0
}

// headerLength is the length of a header with an extra field and nothing else.
func headerLength(b []byte) int { return fixedHeader + int(binary.LittleEndian.Uint16(b[10:])) }

// appendHeader appends the header of a member; putLength completes it.
func appendHeader(dst []byte, level int) []byte {
	var xfl byte
	switch level {
	case 9:
		xfl = 2
	case 1:
		xfl = 4
	}
	return append(dst, 0x1f, 0x8b, 8, onlyExtra, 0, 0, 0, 0, xfl, 255, 8, 0, 'M', 'Z', 4, 0, 0, 0, 0, 0)
}

// putLength tells the header how long the deflated data are.
func putLength(header []byte, n int) { binary.LittleEndian.PutUint32(header[ourHeader-4:], uint32(n)) }
