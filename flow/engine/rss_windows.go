package engine

// peakRSS is not measured on Windows.
func peakRSS() int64 { return 0 }
