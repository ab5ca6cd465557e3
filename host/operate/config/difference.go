package config

import "reflect"

// Differences returns the names of the settings in which two configurations
// differ: the ones that a reload changes, and the ones that need a restart.
func Differences(a, b Config) (reload, restart []string) {
	for _, s := range differ(nil, "", "", reflect.ValueOf(a), reflect.ValueOf(b)) {
		if s.reload == "yes" {
			reload = append(reload, s.name)
		} else {
			restart = append(restart, s.name)
		}
	}
	return reload, restart
}

type difference struct{ name, reload string }

func differ(found []difference, prefix, reload string, a, b reflect.Value) []difference {
	for i := range a.NumField() {
		field := a.Type().Field(i)
		name, own := prefix+field.Tag.Get("yaml"), reload+field.Tag.Get("reload")
		switch {
		case !field.IsExported():
		case field.Tag.Get("doc") == "" && field.Type.Kind() == reflect.Struct:
			found = differ(found, name+".", own, a.Field(i), b.Field(i))
		case !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()):
			found = append(found, difference{name, own})
		}
	}
	return found
}
