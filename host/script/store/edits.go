package store

import "slices"

// edit is a line that stays (' '), goes ('-') or comes ('+').
type edit struct {
	op   byte
	line string
}

// advance counts the lines of the old and of the new text.
func (e edit) advance(lines [2]int) [2]int {
	if e.op != '+' {
		lines[0]++
	}
	if e.op != '-' {
		lines[1]++
	}
	return lines
}

// editsOf turns one text into another. It finds the lines that stay by those that
// each text has once (patience diff), which is how people see a change.
func editsOf(old, now []string) []edit {
	var edits []edit
	add := func(op byte, lines []string) {
		for _, line := range lines {
			edits = append(edits, edit{op, line})
		}
	}
	var walk func(old, now []string)
	walk = func(old, now []string) {
		head := common(old, now, false)
		add(' ', old[:head])
		old, now = old[head:], now[head:]
		tail := common(old, now, true)
		end := old[len(old)-tail:]
		old, now = old[:len(old)-tail], now[:len(now)-tail]
		x, y := 0, 0
		for _, a := range anchors(old, now) {
			walk(old[x:a[0]], now[y:a[1]])
			add(' ', old[a[0]:a[0]+1])
			x, y = a[0]+1, a[1]+1
		}
		if x == 0 && y == 0 {
			add('-', old)
			add('+', now)
		} else {
			walk(old[x:], now[y:])
		}
		add(' ', end)
	}
	walk(old, now)
	return edits
}

// common counts the lines with which both begin, or end.
func common(a, b []string, fromEnd bool) (n int) {
	for n < min(len(a), len(b)) {
		if fromEnd && a[len(a)-1-n] != b[len(b)-1-n] || !fromEnd && a[n] != b[n] {
			break
		}
		n++
	}
	return n
}

// anchors are the places, in old and in now, of lines that both have exactly
// once: the longest series of them that is in order in both.
func anchors(old, now []string) [][2]int {
	type seen struct{ inOld, inNow, at int }
	lines := map[string]*seen{}
	for _, line := range old {
		if lines[line] == nil {
			lines[line] = &seen{}
		}
		lines[line].inOld++
	}
	for y, line := range now {
		if s := lines[line]; s != nil {
			s.inNow++
			s.at = y
		}
	}
	// Patience: each line goes on the leftmost pile whose top is later in now,
	// and remembers the top of the pile to its left.
	type card struct {
		place [2]int
		left  int // index in cards; -1 without
	}
	var cards []card
	var tops []int
	for x, line := range old {
		s := lines[line]
		if s.inOld != 1 || s.inNow != 1 {
			continue
		}
		pile, _ := slices.BinarySearchFunc(tops, s.at, func(top, at int) int { return cards[top].place[1] - at })
		left := -1
		if pile > 0 {
			left = tops[pile-1]
		}
		cards = append(cards, card{[2]int{x, s.at}, left})
		if pile == len(tops) {
			tops = append(tops, 0)
		}
		tops[pile] = len(cards) - 1
	}
	var series [][2]int
	if len(tops) > 0 {
		for i := tops[len(tops)-1]; i >= 0; i = cards[i].left {
			series = append(series, cards[i].place)
		}
	}
	slices.Reverse(series)
	return series
}
