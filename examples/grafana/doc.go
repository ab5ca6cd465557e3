// Package grafana holds a board and alert rules for eslua's metrics, and their tests.
package grafana
