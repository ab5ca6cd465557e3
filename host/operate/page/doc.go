// Package page owns the page on which an operator watches a running eslua and rolls
// back, pins and drains. A Page serves one HTML document, a stream of states, which are
// composed once a second for everybody who watches, and what is asked about one call.
//
// The door (door.go) decides who may see and who may change what; texts from callers and
// scripts leave here as JSON, bounded, and the document shows them as text only.
package page
