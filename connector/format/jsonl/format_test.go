package jsonl

import (
	"testing"

	"github.com/headgate/headgate/connector/format/formattest"
)

func TestFormat(t *testing.T) {
	formattest.Run(t, Format(), formattest.Harness{
		Headless: true,
		Samples: []string{
			"{\"a\":1,\"b\":\"x\"}\n{\"b\":2}\nnot json\n{\"a\":[1,{\"c\":null}],\"b\":\"\\u00e9\\ud83e\\udd86\"}\n",
			"{\"a\":1}\r\n\r\n {\"a\" : 2 } \r\n",
			"{\"a\":1}",
			"{\"a\":1}\n{\"a\":\n1}\n",
			"{\"a\":\"\\ud800\"}\n{\"a\":\"\xff\"}\n{\"\\ud800\":1}\n",
			"[{\"a\":1}]\n",
			"\ufeff{\"a\":1}\n",
			"\n\n\n",
			"{}\n{}\n",
		},
	})
}
