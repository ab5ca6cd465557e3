package grant

// Rule says which names are permitted. The zero Rule permits all but the
// denied ones of the house.
type Rule struct {
	Allow []string `yaml:"allow"`
	Deny  []string `yaml:"deny"`
	Only  []string `yaml:"only"` // nil: not given
}
