package number

import (
	"math"
	"testing"
)

func TestParse(t *testing.T) {
	inf := math.Inf(1)
	for s, want := range map[string]float64{
		"0": 0, "10": 10, "010": 10, " 7\n": 7, "+1": 1, "-1.5": -1.5, ".5": .5, "5.": 5, "1e3": 1000, "1E-2": .01,
		"0x10": 16, "0XfF": 255, "0x.8": .5, "0x1p4": 16, "-0x2": -2, "123456789012345678": 123456789012345680,
		"inf": inf, "-Infinity": -inf, "1e999": inf, "1e-999": 0, "7\x00x": 7, "0xffffffffffffffffff": 4722366482869645213695,
	} {
		if got, ok := Parse(s); !ok || got != want {
			t.Errorf("%q: %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", " ", "x", "1x", "1 2", "--1", "- 1", ".", "e5", "1e", "1e+", "0x", "0xg", "0x1p", "1_0", "0b1", "0x_1", "1e5.5", "\x00", "infx", "0x.p1"} {
		if got, ok := Parse(s); ok {
			t.Errorf("%q is taken for %v", s, got)
		}
	}
	if nan, ok := Parse("nan"); !ok || !math.IsNaN(nan) {
		t.Error("nan:", nan, ok)
	}
	if zero, ok := Parse("-0"); !ok || !math.Signbit(zero) {
		t.Error("-0 has lost its sign")
	}
}

func TestParseBase(t *testing.T) {
	for _, c := range []struct {
		s    string
		base int
		want float64
	}{
		{"ff", 16, 255}, {"0xFF", 16, 255}, {"zz", 36, 1295}, {" 11 ", 2, 3}, {"-1", 16, math.MaxUint64}, {"99999999999999999999999", 10, math.MaxUint64}, {"x", 36, 33},
	} {
		if got, ok := ParseBase(c.s, c.base); !ok || got != c.want {
			t.Errorf("%q in base %d: %v, %v, want %v", c.s, c.base, got, ok, c.want)
		}
	}
	for _, s := range []string{"", "-", "2", "1 1", "0x", "--1"} {
		if got, ok := ParseBase(s, 2); ok {
			t.Errorf("%q is taken for %v", s, got)
		}
	}
}

func TestString(t *testing.T) {
	for want, x := range map[string]float64{
		"0": 0, "-0": math.Copysign(0, -1), "1": 1, "-17": -17, "0.1": 0.1, "1.5": 1.5, "0.3": 0.1 + 0.2, "3.1415926535898": math.Pi,
		"99999999999999": 99999999999999, "1e+14": 1e14, "-1e+14": -1e14, "1e+15": 1e15, "1.2345678901235e+17": 123456789012345678,
		"1e-05": 1e-5, "0.0001": 1e-4, "1e+100": 1e100, "4.9406564584125e-324": 5e-324, "inf": math.Inf(1), "-inf": math.Inf(-1),
		"nan": math.NaN(), "-nan": math.Copysign(math.NaN(), -1),
	} {
		if got := String(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
		if got := string(Append([]byte("x"), x)); got != "x"+want || len(got) > 25 {
			t.Errorf("%v: %s, want x%s", x, got, want)
		}
	}
}

// FuzzParse: what is taken for a number is one that String writes and Parse reads again to 14 digits.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "0x1p-3", " -1e5 ", "nan", "9007199254740993", "1e308"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, ok := Parse(s)
		if !ok || math.IsNaN(x) {
			return
		}
		if y, ok := Parse(String(x)); !ok || math.Abs(x-y) > math.Abs(x)*1e-13 && !math.IsInf(y, 0) {
			t.Errorf("%q: %v became %v", s, x, y)
		}
	})
}
