package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/operate/config"
)

const units = "../../examples/systemd/"

// A unit holds the settings of a unit file by section and name.
type unit map[string]map[string]string

func readUnit(t *testing.T, name string) unit {
	t.Helper()
	source, err := os.ReadFile(units + name)
	if err != nil {
		t.Fatal(err)
	}
	u, section := unit{}, ""
	for in := bufio.NewScanner(bytes.NewReader(source)); in.Scan(); {
		line := strings.TrimSpace(in.Text())
		key, value, ok := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			u[section] = map[string]string{}
		case !ok:
			t.Errorf("%s: %q sets nothing", name, line)
		case u[section][key] != "":
			t.Errorf("%s: %s is set twice", name, key)
		default:
			u[section][key] = value
		}
	}
	return u
}

// TestUnitsGoWithTheProgram: the units agree with what eslua does.
func TestUnitsGoWithTheProgram(t *testing.T) {
	cfg := config.Default()
	service := readUnit(t, "eslua.service")["Service"]
	for key, want := range map[string]string{
		"Type": "notify", "ExecReload": "/bin/kill -HUP $MAINPID", "NoNewPrivileges": "yes", "ProtectSystem": "strict",
		"StateDirectory": "eslua", "RuntimeDirectory": "eslua", "RuntimeDirectoryPreserve": "yes",
		"RestartPreventExitStatus": strconv.Itoa(exitUsage) + " " + strconv.Itoa(exitConfig),
	} {
		if service[key] != want {
			t.Errorf("%s=%s, want %s", key, service[key], want)
		}
	}
	words := strings.Fields(service["ExecStart"])
	if len(words) < 2 || words[1] != "serve" {
		t.Fatalf("ExecStart=%s", service["ExecStart"])
	}
	p := &program{getenv: func(string) string { return "" }}
	if c := serveCommand(p); c.ParseFlags(words[2:]) != nil || c.Flags().NArg() > 0 || c.Flag("config").Value.String() == "" {
		t.Errorf("serve does not know what ExecStart says: %q", words)
	}
	if stop := seconds(t, service["TimeoutStopSec"]); stop <= time.Duration(cfg.Drain) {
		t.Errorf("systemd kills after %v, and calls may go on for %v", stop, cfg.Drain)
	}
	if seconds(t, service["WatchdogSec"]) < 10*time.Second {
		t.Errorf("WatchdogSec=%s is too little for a machine under load", service["WatchdogSec"])
	}
	if files, _ := strconv.Atoi(service["LimitNOFILE"]); files < 2*cfg.Calls.Max {
		t.Errorf("LimitNOFILE=%d for %d calls", files, cfg.Calls.Max)
	}
	socket := readUnit(t, "eslua.socket")["Socket"]
	if socket["ListenStream"] != string(cfg.Listen) || socket["Accept"] != "" {
		t.Errorf("the socket listens on %s, Accept=%s; eslua's default is %s", socket["ListenStream"], socket["Accept"], cfg.Listen)
	}
}

func seconds(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(strings.Replace(text, "min", "m", 1))
	if err != nil {
		t.Error(err)
	}
	return d
}

// TestUnitsAreSystemds: systemd has every name, in its section, and where systemd is
// installed it finds nothing wrong.
func TestUnitsAreSystemds(t *testing.T) {
	known := map[string]string{
		"Unit":    "Description Documentation Wants After",
		"Install": "WantedBy",
		"Socket":  "ListenStream FileDescriptorName Backlog",
		"Service": `Type ExecStart ExecReload User Restart RestartSec RestartPreventExitStatus WatchdogSec TimeoutStopSec
			LimitNOFILE StateDirectory RuntimeDirectory RuntimeDirectoryPreserve UMask NoNewPrivileges
			CapabilityBoundingSet ProtectSystem ProtectHome PrivateTmp PrivateDevices ProtectProc ProtectClock
			ProtectHostname ProtectControlGroups ProtectKernelLogs ProtectKernelModules ProtectKernelTunables
			RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID LockPersonality
			MemoryDenyWriteExecute SystemCallArchitectures SystemCallFilter KeyringMode`,
	}
	dir := t.TempDir()
	for _, name := range []string{"eslua.service", "eslua.socket"} {
		for section, keys := range readUnit(t, name) {
			for key := range keys {
				if !slices.Contains(strings.Fields(known[section]), key) {
					t.Errorf("%s: [%s] has no %s", name, section, key)
				}
			}
		}
		source, err := os.ReadFile(units + name)
		if err != nil {
			t.Fatal(err)
		}
		here, err := os.Executable() // systemd wants an existing program
		if err != nil {
			t.Fatal(err)
		}
		source = bytes.ReplaceAll(source, []byte("/usr/local/bin/eslua"), []byte(here))
		source = bytes.ReplaceAll(source, []byte("User=eslua"), []byte("User=root"))
		if err := os.WriteFile(filepath.Join(dir, name), source, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return // without systemd only the names can be checked
	}
	for _, name := range []string{"eslua.service", "eslua.socket"} {
		out, err := exec.Command(analyze, "verify", "--man=no", filepath.Join(dir, name)).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, dir) {
				t.Errorf("systemd-analyze: %s", line)
			}
		}
		if err != nil {
			t.Errorf("systemd-analyze: %v\n%s", err, out)
		}
	}
}
