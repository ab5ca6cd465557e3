package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

const longestNumber = 40

var (
	numberText = regexp.MustCompile(`^\+?[A-Za-z0-9*#][A-Za-z0-9*#]*$`)
	columnText = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)
)

// Normal returns a number as it is dialled and compared: without the blanks, dashes,
// slashes and brackets with which people write it. Letters are as good as digits, since
// extensions may have names; what means something else in an endpoint is refused.
func Normal(text string) (string, error) {
	if len(text) > 4*longestNumber {
		return "", fmt.Errorf("%.40q... is no number: it has %d characters", text, len(text))
	}
	n := strings.NewReplacer(" ", "", "-", "", "/", "", "(", "", ")", "", "\u00a0", "").Replace(text)
	if !numberText.MatchString(n) || len(n) > longestNumber {
		return "", fmt.Errorf("%.80q is no number; write up to %d digits, letters, * and #, perhaps with a + before them", text, longestNumber)
	}
	return n, nil
}

// Key names the record of a number that Normal has returned.
func Key(number string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(number)))
	return hex.EncodeToString(sum[:16])
}

const (
	mostColumns = 50
	mostRow     = 4 << 10
)

// A Row is one line of a list: a number and what else the list has about it.
type Row map[string]string

// Entry reads a row. The error is a *RowError.
func (r Row) Entry() (Entry, error) {
	e, err := r.entry()
	if err != nil {
		err = &RowError{err}
	}
	return e, err
}

func (r Row) entry() (Entry, error) {
	e := Entry{State: Waiting, Columns: map[string]string{}}
	seen := map[string]bool{}
	size := 0
	if len(r) > mostColumns {
		return e, fmt.Errorf("it has %d columns; at most %d", len(r), mostColumns)
	}
	for name, value := range r {
		size += len(name) + len(value)
		column := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
		switch {
		case size > mostRow:
			return e, fmt.Errorf("it has more than %d bytes", mostRow)
		case !columnText.MatchString(column):
			return e, fmt.Errorf("%.60q cannot name a column: write up to 40 letters, digits and _", name)
		case seen[column]:
			return e, fmt.Errorf("two of its columns are called %s", column)
		case column == resultColumn: // which the flow says, not the list
		case column == "number":
			e.Number = value
		case column == "timezone":
			e.Zone = value
		case value != "":
			e.Columns[column] = value
		}
		seen[column] = true
	}
	if e.Number == "" {
		return e, errors.New("it has no number: one column of the list must be called number")
	}
	var err error
	if e.Number, err = Normal(e.Number); err != nil {
		return e, err
	}
	_, err = loadZone(e.Zone)
	return e, err
}
