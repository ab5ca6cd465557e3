package grant

import (
	"regexp"
	"strconv"
	"strings"
)

// FreeSWITCH makes the whole sound of a tone script in memory before it plays any of it,
// and counts its bytes in an int: %(200000000,0,440) writes far beyond the end
// (libteletone_generate.c:teletone_mux_tones, ensure_buffer).
const longestTones = 30 * 60 * 1000 // milliseconds

var (
	toneTimes   = regexp.MustCompile(`\(\s*([+-]?[0-9]*)[^,)]*(?:,\s*([+-]?[0-9]+))?`)
	toneSetting = regexp.MustCompile(`(?:^|[;:/\s}])([cdlLrw])=\s*([+-]?[0-9]*)`)
)

// tones checks a tone script, whatever text is around it. Its script may also be in a
// file, which may be a recording (mod_tone_stream.c:tone_stream_file_open).
func (c check) tones(s, where string) error {
	bare := stripQuotes(s)
	if strings.Contains(strings.ToLower(bare), "path=") {
		if err := c.use("file", "tone-path", anyFile, where); err != nil {
			return err
		}
	}
	length, settings := 0.0, map[string]float64{}
	if strings.Contains(bare, "=") {
		for _, m := range toneSetting.FindAllStringSubmatch(bare, -1) {
			n, _ := strconv.ParseFloat(m[2], 64)
			settings[m[1]] = max(settings[m[1]], n)
		}
	}
	for _, m := range toneTimes.FindAllStringSubmatch(bare, -1) {
		for _, text := range m[1:] {
			n, _ := strconv.ParseFloat(text, 64)
			length += max(0, n)
		}
	}
	length += (settings["d"] + settings["w"]) * float64(len(bare)) // every byte may be a tone
	length *= max(1, settings["l"]) * max(1, settings["L"])
	if length > longestTones || settings["r"] > 48000 || settings["c"] > 2 {
		return c.use("file", "long-tone", crashes, where)
	}
	return nil
}
