package config

import (
	"log/slog"
	"time"

	"github.com/eslua/eslua/host/script/grant"
)

// Default returns the configuration of an empty file.
func Default() Config {
	return Config{
		Listen:   "127.0.0.1:8084",
		Fallback: Fallback{Action: Continue},
		Parked:   Parked{Action: Report},
		Drain:    Duration(10 * time.Minute),
		History:  100,
		Calls: Calls{
			Max:       10000,
			Handshake: Duration(25 * time.Second), // FreeSWITCH's own limit, mod_event_socket.c:listener_run
			Linger:    Duration(10 * time.Second),
		},
		Limits: Limits{
			Memory:   16 << 20,
			Burst:    Duration(time.Second),
			CPU:      Duration(time.Minute),
			Duration: 0,
			Stack:    16000,
			Source:   256 << 10,
		},
		Grants: grant.Default(),
		Log:    Log{Level: Level(slog.LevelInfo), Format: "text"},
	}
}

// defaultCanary returns the settings of a canary that the file does not set.
func defaultCanary() Canary {
	return Canary{Share: 10, Window: Duration(10 * time.Minute), Calls: 20}
}
