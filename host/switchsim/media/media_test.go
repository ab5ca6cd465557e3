package media_test

import (
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim/media"
)

func TestMediaLength(t *testing.T) {
	library := media.Library{Lengths: map[string]time.Duration{"prompt.wav": 3 * time.Second}, Strict: true}
	for path, want := range map[string]time.Duration{
		"prompt.wav":                                    3 * time.Second,
		"tone_stream://%(400,0,440)":                    400 * time.Millisecond,
		"tone_stream://%(500,250,440,480);loops=2":      1500 * time.Millisecond,
		"tone_stream://L=3;%(100,100,440)":              600 * time.Millisecond,
		"tone_stream://%(100,0,440);%(200,0,550)":       300 * time.Millisecond,
		"{loops=-1}tone_stream://%(100,0,440)":          media.Forever,
		"tone_stream://%(1000,0,440);loops=-1":          media.Forever,
		"silence_stream://1500":                         1500 * time.Millisecond,
		"silence_stream://-1":                           media.Forever,
		"silence_stream://0,1400":                       0,
		"file_string://prompt.wav!silence_stream://500": 3500 * time.Millisecond,
		"local_stream://moh":                            media.Forever,
	} {
		if got, ok := library.Length(path); !ok || got != want {
			t.Errorf("%s plays %v (%v), want %v", path, got, ok, want)
		}
	}
	if _, ok := library.Length("nosuch.wav"); ok {
		t.Error("a strict library has no unknown path")
	}
}
