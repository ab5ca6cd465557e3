package durable

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
)

// sortOut moves away what a server has not been able to read, so that others can be made
// in its place, and tells what is lost. It reports whether the server must start again.
//
// A consumer is not lost with its files: its stream delivers again what was not
// acknowledged.
func (h *holder) sortOut(s *server.Server) (again bool) {
	stats, err := s.Jsz(&server.JSzOptions{Accounts: true, Streams: true, Consumer: true})
	if err != nil {
		return false
	}
	read := map[string]bool{} // the directories of streams and consumers
	root := h.path(server.JetStreamStoreDir)
	for _, account := range stats.AccountDetails {
		for _, stream := range account.Streams {
			dir := filepath.Join(root, account.Name, "streams", stream.Name)
			read[dir] = true
			for _, consumer := range stream.Consumer {
				read[filepath.Join(dir, "obs", consumer.Name)] = true
			}
			if lost := stream.State.Lost; lost != nil && len(lost.Msgs) > 0 {
				h.log.Error("files of what must not be lost are damaged, and some of it is lost", "stream", stream.Name, "messages", len(lost.Msgs))
				h.mu.Lock()
				h.lost += len(lost.Msgs)
				h.mu.Unlock()
			}
		}
	}
	streams, _ := filepath.Glob(filepath.Join(root, "*", "streams", "*"))
	consumers, _ := filepath.Glob(filepath.Join(root, "*", "streams", "*", "obs", "*"))
	for i, dir := range append(streams, consumers...) {
		if _, err := os.Stat(dir); err != nil || read[dir] {
			continue // or it went with its stream
		}
		aside := h.path(fmt.Sprintf("damaged-%d-%d-%s", h.clock.Now().Unix(), i, filepath.Base(dir)))
		if err := os.Rename(dir, aside); err != nil {
			h.log.Error("files of what must not be lost are damaged, and cannot be moved away", "files", dir, "error", err)
			continue
		}
		h.log.Error("files of what must not be lost are damaged, and were moved away", "files", dir, "to", aside)
		again = again || i < len(streams)
	}
	return again
}
