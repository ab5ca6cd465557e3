package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"weak"
)

// Find returns the generation whose name begins with prefix: the one in memory if
// somebody uses it, else it is read, checked and compiled again. The error
// lists the generations that the prefix matches, or names the damaged file.
func (h *History) Find(prefix string) (*Generation, error) {
	name, err := h.completeName(prefix)
	if err != nil {
		return nil, err
	}
	if g := h.generationsInUse()[name]; g != nil {
		return g, nil
	}
	g, err := h.restore(name)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if other := h.inUse[name].Value(); other != nil {
		return other, nil // another goroutine has restored it too
	}
	h.inUse[name] = weak.Make(g)
	return g, nil
}

// generationsInUse returns the generations that somebody uses, by name.
func (h *History) generationsInUse() map[string]*Generation {
	h.mu.Lock()
	defer h.mu.Unlock()
	generations := map[string]*Generation{}
	for name, p := range h.inUse {
		if g := p.Value(); g != nil {
			generations[name] = g
		}
	}
	return generations
}

// completeName returns the name of the only generation that begins with prefix.
func (h *History) completeName(prefix string) (string, error) {
	if prefix == "" {
		return "", errors.New("name a generation by the first of its 12 hexadecimal digits")
	}
	var names []string
	var unreadable error
	if h.blobs != nil {
		names, unreadable = h.blobs.names(manifestBlobs)
	}
	names = append(names, sortedKeys(h.generationsInUse())...)
	h.mu.Lock()
	for _, r := range h.pending {
		names = append(names, r.Generation)
	}
	h.mu.Unlock()
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, strings.ToLower(prefix)) })
	slices.Sort(names)
	switch names = slices.Compact(names); len(names) {
	case 0:
		if unreadable != nil {
			return "", fmt.Errorf("no generation %s in memory, and the history cannot be read: %w", prefix, unreadable)
		}
		return "", fmt.Errorf("no generation %s in the history", prefix)
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("%s may be any of the generations %s; give more of its digits", prefix, strings.Join(names, ", "))
}

// restore makes a generation from the history. It shares the contents that also
// serve now.
func (h *History) restore(name string) (*Generation, error) {
	m, data, err := h.readRecord(name)
	if err != nil {
		return nil, describeRemoved(name, err)
	}
	h.mu.Lock()
	compile, checks, serving := h.compile, h.checks, h.serving
	h.mu.Unlock()
	if compile == nil {
		return nil, fmt.Errorf("generation %s: no store uses the history", name)
	}
	t := emptyTree()
	for _, at := range sortedKeys(m.files) {
		c, err := h.content(m, at, serving, data)
		if err != nil {
			return nil, describeRemoved(name, err)
		}
		t.files[at] = &file{content: c}
	}
	broken := map[string]bool{}
	for _, at := range m.broken {
		broken[at] = true
	}
	problems, err := examine(context.Background(), t, serving, checks, compile)
	if err != nil {
		return nil, err
	}
	if !mayServe(problems, &Generation{broken: broken}) {
		return nil, fmt.Errorf("generation %s cannot serve in this eslua: %w", name, asError(problems))
	}
	return newGeneration(t.contents(), broken, m.Served), nil
}

// describeRemoved explains a missing file: the generation existed a moment ago, so
// it has just been pruned.
func describeRemoved(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("generation %s has just been removed from the history because it was the oldest", name)
	}
	return err
}

// readRecord returns a generation's manifest, with the data of its files if it is
// pending.
func (h *History) readRecord(name string) (manifest, map[sum]string, error) {
	h.mu.Lock()
	for _, r := range h.pending {
		if r.Generation == name {
			h.mu.Unlock()
			return r.manifest, r.data, nil
		}
	}
	h.mu.Unlock()
	m, err := h.readManifest(name)
	return m, nil, err
}

// content returns what a file of a generation held.
func (h *History) content(m manifest, name string, serving *Generation, pending map[sum]string) (*content, error) {
	want := m.files[name]
	if serving != nil {
		if c := serving.files[name]; c != nil && c.sum == want {
			return c, nil
		}
	}
	if data, ok := pending[want]; ok {
		return &content{name: name, data: data, sum: want}, nil
	}
	id := hexSum(want)
	data, err := h.blobs.get(fileBlobs, id)
	if errors.Is(err, fs.ErrNotExist) { // a manifest is removed before its files, so if it is missing too, the generation has been pruned
		if _, pruned := h.readManifest(m.Generation); errors.Is(pruned, fs.ErrNotExist) {
			return nil, pruned
		}
	}
	if err == nil && sha256.Sum256([]byte(data)) != want {
		err = errors.New("its content has changed since it was written")
	}
	if err != nil {
		damage := &damageError{generation: m.Generation, file: h.blobs.path(fileBlobs, id), reason: name + ": " + withoutPath(err)}
		h.reportOnce(m.Generation, damage.Error())
		return nil, damage
	}
	return &content{name: name, data: data, sum: want}, nil
}
