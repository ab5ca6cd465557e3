package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Find returns the generation whose name begins with prefix: as it is in memory
// when somebody holds it, else read, checked and compiled again. The error says
// what the prefix matches, or what is damaged.
func (h *History) Find(prefix string) (*Generation, error) {
	h.finding.Lock()
	defer h.finding.Unlock()
	name, err := h.nameOf(prefix)
	if err != nil {
		return nil, err
	}
	if g := h.inMemory()[name]; g != nil {
		return g, nil
	}
	g, err := h.restore(name)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remember(g)
	return g, nil
}

// inMemory are the generations that somebody holds.
func (h *History) inMemory() map[string]*Generation {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := map[string]*Generation{}
	for name, p := range h.alive {
		if g := p.Value(); g != nil {
			held[name] = g
		}
	}
	return held
}

// nameOf completes the name of a generation.
func (h *History) nameOf(prefix string) (string, error) {
	if prefix == "" {
		return "", errors.New("a generation is named by the first of its 12 hexadecimal digits")
	}
	names, unreadable := h.shelf.names(roomGenerations)
	names = append(names, sortedKeys(h.inMemory())...)
	h.mu.Lock()
	for _, r := range h.waiting {
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

// restore makes a generation from what is on the shelf. What serves now lends it
// the files that are the same.
func (h *History) restore(name string) (*Generation, error) {
	m, bodies, err := h.read(name)
	if err != nil {
		return nil, removed(name, err)
	}
	h.mu.Lock()
	compile, modules, serving := h.compile, h.modules, h.serving
	h.mu.Unlock()
	if compile == nil {
		return nil, fmt.Errorf("generation %s: the history is not in use by a store", name)
	}
	t := nothing()
	for _, at := range sortedKeys(m.files) {
		body, err := h.body(m, at, serving, bodies)
		if err != nil {
			return nil, removed(name, err)
		}
		t.files[at] = &file{body: body}
	}
	broken := map[string]bool{}
	for _, at := range m.broken {
		broken[at] = true
	}
	problems := examine(t, serving, modules, compile)
	if !mayServe(problems, &Generation{broken: broken}) {
		return nil, fmt.Errorf("generation %s cannot serve in this eslua: %w", name, asError(problems))
	}
	return newGeneration(t.bodies(), broken, m.Served), nil
}

// removed says what it means that a generation was there a moment ago.
func removed(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("generation %s has just been removed from the history, being the oldest", name)
	}
	return err
}

// read reads a manifest; bodies are its files when it waits to be written.
func (h *History) read(name string) (m manifest, bodies map[sum]string, err error) {
	h.mu.Lock()
	for _, r := range slices.Backward(h.waiting) {
		if r.Generation == name {
			m, bodies = r.manifest, r.bodies
			break
		}
	}
	h.mu.Unlock()
	if bodies == nil {
		m, err = h.manifest(name)
	}
	return m, bodies, err
}

// body is what a file of a generation held.
func (h *History) body(m manifest, at string, serving *Generation, bodies map[sum]string) (*content, error) {
	want := m.files[at]
	if serving != nil {
		if c := serving.files[at]; c != nil && c.sum == want {
			return c, nil
		}
	}
	if data, ok := bodies[want]; ok {
		return &content{name: at, data: data, sum: want}, nil
	}
	id := hexSum(want)
	data, err := h.shelf.get(roomFiles, id)
	if errors.Is(err, fs.ErrNotExist) { // tidied away meanwhile, if its manifest is too: that goes first
		if _, gone := h.manifest(m.Generation); errors.Is(gone, fs.ErrNotExist) {
			return nil, gone
		}
	}
	if err == nil && sha256.Sum256([]byte(data)) != want {
		err = errors.New("its bytes are not those that were written")
	}
	if err != nil {
		damage := &damageError{generation: m.Generation, file: h.shelf.path(roomFiles, id), what: at + ": " + reason(err)}
		h.tell(m.Generation, "history: "+damage.Error())
		return nil, damage
	}
	return &content{name: at, data: data, sum: want}, nil
}
