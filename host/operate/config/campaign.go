package config

import "github.com/goccy/go-yaml/ast"

// Campaigns bounds the campaigns of all scripts together.
type Campaigns struct {
	Numbers int      `yaml:"numbers" least:"1" default:"100000" doc:"how many numbers all campaigns together may have"`
	Size    Size     `yaml:"size" default:"128MiB" doc:"how much they may hold on the disk"`
	Rate    int      `yaml:"rate" least:"1" default:"30" doc:"how many calls per second a campaign may place at most; each stays below the sessions per second of its nodes too"`
	AtOnce  int      `yaml:"at_once" least:"1" default:"200" doc:"how many calls a campaign may have at a time at most"`
	Keep    Duration `yaml:"keep" default:"2160h" doc:"how long a campaign that has ended is kept with its results"`
}

// UnmarshalYAML reads the bounds over the defaults.
func (c *Campaigns) UnmarshalYAML(n ast.Node) error {
	type plain Campaigns
	return overDefaults(n, (*plain)(c))
}

func (c *Campaigns) conflicts() (list []conflict) {
	if c.Size < 1<<20 {
		list = append(list, conflict{[]string{"size"}, "size must be at least 1MiB"})
	}
	return list
}
