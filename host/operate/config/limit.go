package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Set reads one limit by its name in the configuration, such as memory, and its
// value, such as 8MiB.
func (l *Limits) Set(name, text string) error {
	v := reflect.ValueOf(l).Elem()
	f, ok := fieldOf(v.Type(), name)
	if !ok {
		names := settingNames(v.Type())
		last := len(names) - 1
		return fmt.Errorf("unknown limit %q; the limits are %s and %s", name, strings.Join(names[:last], ", "), names[last])
	}
	if err := setText(v.FieldByIndex(f.index), text); err != nil {
		return err
	}
	return f.checkLeast(v.FieldByIndex(f.index))
}

// LimitsOf returns what one run of a flow may use: as its own limits say, else as those
// for all do.
func (c *Config) LimitsOf(flow string) Limits {
	if own := c.Flows[flow].Limits; own != nil {
		return *own
	}
	return c.Limits
}
