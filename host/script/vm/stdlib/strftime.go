package stdlib

import (
	"strconv"
	"time"
)

// A date is a time with the name of its zone, and what a calendar and a clock there show.
type date struct {
	time.Time
	zone                 string
	year                 int
	month                time.Month
	day                  int
	hour, minute, second int
}

func (d *date) set(t time.Time, zone string) {
	d.Time, d.zone = t, zone
	d.year, d.month, d.day = t.Date()
	d.hour, d.minute, d.second = t.Clock()
}

// format formats as os.date: strftime for each "%" and the character after it. Like glibc, it copies unknown ones.
func (d *date) format(out *text, f string) {
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 == len(f) {
			out.addByte(f[i])
			continue
		}
		i++
		out.grow(64)
		out.buf = d.conversion(out.buf, f[i])
		out.g.ChargeCPU(out.L, 4)
	}
}

func (d *date) conversion(b []byte, c byte) []byte {
	switch c {
	case 'a':
		return append(b, d.Weekday().String()[:3]...)
	case 'A':
		return append(b, d.Weekday().String()...)
	case 'b', 'h':
		return append(b, d.month.String()[:3]...)
	case 'B':
		return append(b, d.month.String()...)
	case 'c':
		return d.all(b, "a b e H:M:S Y")
	case 'C':
		return strconv.AppendInt(b, int64(floorDiv(d.year, 100)), 10)
	case 'd':
		return padded(b, d.day, 2, '0')
	case 'D', 'x':
		return d.all(b, "m/d/y")
	case 'e':
		return padded(b, d.day, 2, ' ')
	case 'F':
		return d.all(b, "Y-m-d")
	case 'g':
		year, _ := d.ISOWeek()
		return padded(b, floorMod(year, 100), 2, '0')
	case 'G':
		year, _ := d.ISOWeek()
		return strconv.AppendInt(b, int64(year), 10)
	case 'H':
		return padded(b, d.hour, 2, '0')
	case 'I':
		return padded(b, d.hour12(), 2, '0')
	case 'j':
		return padded(b, d.YearDay(), 3, '0')
	case 'k':
		return padded(b, d.hour, 2, ' ')
	case 'l':
		return padded(b, d.hour12(), 2, ' ')
	case 'm':
		return padded(b, int(d.month), 2, '0')
	case 'M':
		return padded(b, d.minute, 2, '0')
	case 'n':
		return append(b, '\n')
	case 'p':
		return append(b, d.half("AM", "PM")...)
	case 'P':
		return append(b, d.half("am", "pm")...)
	case 'r':
		return d.all(b, "I:M:S p")
	case 'R':
		return d.all(b, "H:M")
	case 's':
		return strconv.AppendInt(b, d.Unix(), 10)
	case 'S':
		return padded(b, d.second, 2, '0')
	case 't':
		return append(b, '\t')
	case 'T', 'X':
		return d.all(b, "H:M:S")
	case 'u':
		return padded(b, (int(d.Weekday())+6)%7+1, 1, '0')
	case 'U':
		return padded(b, (d.YearDay()+6-int(d.Weekday()))/7, 2, '0')
	case 'V':
		_, week := d.ISOWeek()
		return padded(b, week, 2, '0')
	case 'w':
		return padded(b, int(d.Weekday()), 1, '0')
	case 'W':
		return padded(b, (d.YearDay()+6-(int(d.Weekday())+6)%7)/7, 2, '0')
	case 'y':
		return padded(b, floorMod(d.year, 100), 2, '0')
	case 'Y':
		return strconv.AppendInt(b, int64(d.year), 10)
	case 'z':
		return d.offset(b)
	case 'Z':
		return append(b, d.zone...)
	case '%':
		return append(b, '%')
	}
	return append(b, '%', c)
}

// all writes a sequence in which each letter is a conversion.
func (d *date) all(b []byte, sequence string) []byte {
	for _, c := range []byte(sequence) {
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b = d.conversion(b, c)
		} else {
			b = append(b, c)
		}
	}
	return b
}

func (d *date) hour12() int { return (d.hour+11)%12 + 1 }

func (d *date) half(am, pm string) string {
	if d.hour < 12 {
		return am
	}
	return pm
}

func (d *date) offset(b []byte) []byte {
	_, seconds := d.Zone()
	c := byte('+')
	if seconds < 0 {
		c, seconds = '-', -seconds
	}
	b = append(b, c)
	return padded(b, seconds/3600*100+seconds/60%60, 4, '0')
}

// padded writes n with at least the given number of digits.
func padded(b []byte, n, places int, fill byte) []byte {
	if places == 2 && n >= 0 && n < 100 { // nearly always
		if n >= 10 {
			fill = byte('0' + n/10)
		}
		return append(b, fill, byte('0'+n%10))
	}
	if n < 0 {
		b = append(b, '-')
		n, places = -n, places-1
	}
	for limit := 10; places > 1; places-- {
		if n < limit {
			b = append(b, fill)
		}
		limit *= 10
	}
	return strconv.AppendInt(b, int64(n), 10)
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int) int { return a - b*floorDiv(a, b) }
