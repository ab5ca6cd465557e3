package logbound

import (
	"fmt"
	"log/slog"
	"unicode/utf8"
)

// maxBytes limits a message and each attribute.
const maxBytes = 8 << 10

// Cut shortens a text that is too long for the log, and says by how much.
func Cut(text string) string {
	if len(text) <= maxBytes {
		return text
	}
	n := maxBytes
	for n > maxBytes-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return fmt.Sprintf("%s... (%d bytes more)", text[:n], len(text)-n)
}

func cutAttr(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(Cut(v.String()))
	case slog.KindGroup:
		group := make([]slog.Attr, len(v.Group()))
		for i, inner := range v.Group() {
			group[i] = cutAttr(inner)
		}
		a.Value = slog.GroupValue(group...)
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			a.Value = slog.StringValue(Cut(err.Error()))
		} else if text := fmt.Sprintf("%+v", v.Any()); len(text) > maxBytes {
			a.Value = slog.StringValue(Cut(text))
		}
	}
	return a
}
