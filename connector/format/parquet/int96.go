package parquet

import (
	"encoding/binary"
	"math"

	"github.com/headgate/headgate/connector/record"
)

// notMicros stands for an INT96 that is no timestamp of whole microseconds.
const notMicros = math.MinInt64

const (
	julianEpoch  = 2440588
	microsPerDay = 86400 * 1000 * 1000
)

// int96 is the microseconds of nanoseconds of a day and the number of the day.
func int96(b []byte) int64 {
	nanos := binary.LittleEndian.Uint64(b)
	day := int64(int32(binary.LittleEndian.Uint32(b[8:]))) - julianEpoch
	if nanos%1000 != 0 || nanos > 1000*microsPerDay || day < record.MinDate || day > record.MaxDate {
		return notMicros
	}
	return day*microsPerDay + int64(nanos/1000)
}
