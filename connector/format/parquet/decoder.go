package parquet

import (
	"errors"

	"github.com/headgate/headgate/connector"
)

func NewDecoder(opt connector.DecodeOptions) (connector.Decoder, error) {
	return nil, errors.New("soon")
}
