package flowtest

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/operate/config"
)

// Database fills a database of the scene.
func (s *Scene) Database(name, sql string) error {
	if s.sim != nil {
		return errBegun
	}
	s.databases[name] += sql + ";\n"
	return nil
}

// openDatabases puts an SQLite of the scene's own in the place of each database.
func (s *Scene) openDatabases() error {
	names := slices.Sorted(maps.Keys(s.databases))
	for name := range s.config.Databases {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	own := map[string]config.Database{}
	for i, name := range names {
		dir, err := s.directory()
		if err != nil {
			return err
		}
		d := s.config.Databases[name]
		if d.Connections == 0 {
			d = defaultDatabase()
		}
		if err := d.DSN.Set("sqlite://" + filepath.Join(dir, fmt.Sprint(i, ".db"))); err != nil {
			return fmt.Errorf("database %s: %w", name, err)
		}
		own[name] = d
	}
	s.config.Databases = own
	if len(s.databases) == 0 {
		return nil
	}
	ctx := context.Background()
	d, err := database.New(own, s.clock)
	if err != nil {
		return err
	}
	defer d.Close()
	for name, sql := range s.databases {
		h, err := d.Open(ctx, name)
		if err != nil {
			return fmt.Errorf("t:database %s: %w", name, err)
		}
		err = h.Exec(ctx, sql, nil)
		h.Release()
		if err != nil {
			return fmt.Errorf("t:database %s: %w", name, err)
		}
	}
	return nil
}

// defaultDatabase returns what the configuration has for a database that says nothing.
func defaultDatabase() config.Database {
	c, _ := config.Parse("", []byte("databases: {x: {dsn: \"sqlite:///x\"}}"))
	return c.Databases["x"]
}
