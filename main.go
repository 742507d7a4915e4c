// Command headgate runs extract, transform and load flows written in YAML.
package main

import (
	"os"

	"github.com/headgate/headgate/cmd"
)

func main() { os.Exit(cmd.Main()) }
