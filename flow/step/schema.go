package step

// listSchema is the JSON schema of a list of columns with at least one in it.
func listSchema(description string) map[string]any {
	s := (&columns{}).NodeSchema()
	s["description"], s["minItems"] = description, 1
	return s
}

// mapSchema is the JSON schema of a map from columns to something.
func mapSchema(description string, value map[string]any) map[string]any {
	return map[string]any{
		"type":                 "object",
		"description":          description,
		"additionalProperties": value,
		"minProperties":        1,
	}
}
