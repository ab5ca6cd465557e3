package config

import "context"

// A generalKey is the context's key for the general settings, a *Config.
type generalKey struct{}

// UnmarshalYAML reads a flow over the general settings that ctx has, so that its
// limits and grants keep what it does not name. Without them it reads nothing.
func (f *Flow) UnmarshalYAML(ctx context.Context, decode func(any) error) error {
	general, ok := ctx.Value(generalKey{}).(*Config)
	if !ok {
		return nil
	}
	limits, grants := general.Limits, general.Grants
	*f = Flow{Limits: &limits, Grants: &grants}
	type fields Flow // has no UnmarshalYAML, so that this ends
	return decode((*fields)(f))
}
