package grant

// CheckRead tells whether the flow may read a file, given by its absolute
// path, and in which granted directory it lies under which name: open it with
// os.OpenInRoot(dir, name), so that no symbolic link leads out of dir.
// The error is a *RefusedError.
func (g *Grants) CheckRead(file string) (dir, name string, err error) { return "", "", nil }
