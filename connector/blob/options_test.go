package blob_test

import "reflect"

// setBool sets an option of a format whose type this package does not name.
func setBool(cfg any, field string, value bool) {
	reflect.ValueOf(cfg).Elem().FieldByName(field).SetBool(value)
}
