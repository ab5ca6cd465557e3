// Package dial declares dial{...}, which writes dial strings.
package dial
