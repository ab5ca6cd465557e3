// Package spans tells an OpenTelemetry collector of calls: a span for each call, and below
// it one for each function of the script that waited. Without a collector there is nothing.
package spans
