// Fills in a step template as Codefresh does: Go's own templates. Reads {template, left, right, arguments} as JSON.
package main

import (
	"encoding/json"
	"log"
	"os"
	"text/template"
)

func main() {
	var given struct {
		Template, Left, Right string
		Arguments             map[string]any
	}
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		log.Fatal(err)
	}
	parsed, err := template.New("step").Delims(given.Left, given.Right).Parse(given.Template)
	if err != nil {
		log.Fatal(err)
	}
	if err := parsed.Execute(os.Stdout, given); err != nil {
		log.Fatal(err)
	}
}
