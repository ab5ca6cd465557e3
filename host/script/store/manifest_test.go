package store

import (
	"crypto/sha256"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sampleManifest() manifest {
	m := manifest{files: map[string]sum{"main.lua": {1}, "a\nb \"c\"": {2}, "ü.json": {3}}, broken: []string{"main.lua"}}
	m.Entry = Entry{Generation: treeName(m.files), Served: time.Unix(1e9, 7).UTC(), Scripts: 1, Added: []string{"a\nb \"c\""}, Removed: []string{"x y"}}
	return m
}

func TestAManifestIsReadAsItWasWritten(t *testing.T) {
	m := sampleManifest()
	got, err := parseManifest(m.encode())
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("read %+v, %v\nwritten %+v", got, err, m)
	}
}

func TestAManifestWithAnyByteChangedOrCutIsRefused(t *testing.T) {
	sample := sampleManifest()
	text := sample.encode()
	for i := range text {
		flipped := text[:i] + string([]byte{text[i] ^ 1}) + text[i+1:]
		if _, err := parseManifest(flipped); err == nil {
			t.Errorf("byte %d changed: %q", i, flipped)
		}
		if _, err := parseManifest(text[:i]); err == nil {
			t.Errorf("cut at byte %d", i)
		}
	}
}

func TestAManifestOfAnotherKind(t *testing.T) {
	sample := sampleManifest()
	body, _, _ := strings.Cut(sample.encode(), "sum ")
	for name, tc := range map[string]struct{ old, new, want string }{
		"another format":      {manifestHead, "eslua generation 2", `it begins with "eslua generation 2"`},
		"an unknown line":     {"scripts 1", "colour blue", "unknown"},
		"another generation":  {sample.Generation, "0123456789ab", "its files are those of generation " + sample.Generation},
		"a time that is none": {"served 2", "served x", "parsing time"},
		"a short hash":        {"file 01", "file ", "a hash has 64 hexadecimal digits"},
		"a name unquoted":     {`"main.lua"`, "main.lua", "invalid syntax"},
	} {
		text := strings.Replace(body, tc.old, tc.new, 1)
		if _, err := parseManifest(signed(text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

func signed(body string) string { return body + "sum " + hexSum(sha256.Sum256([]byte(body))) + "\n" }

// Whatever a file holds, a manifest that is read from it has the name of its files.
func FuzzManifest(f *testing.F) {
	sample := sampleManifest()
	body, _, _ := strings.Cut(sample.encode(), "sum ")
	f.Add(body)
	f.Add("")
	f.Add(manifestHead + "\n")
	f.Add(manifestHead + "\nfile 00 \"\"\nadded \"\\x\"\n")
	f.Fuzz(func(t *testing.T, body string) {
		m, err := parseManifest(signed(body))
		if err != nil {
			return
		}
		again, err := parseManifest(m.encode())
		if err != nil || again.Generation != treeName(m.files) || len(again.files) != len(m.files) {
			t.Errorf("%q is read as %+v, and then as %+v, %v", body, m, again, err)
		}
	})
}
