package network

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/eslua/eslua/host/operate/config"
)

// CheckFiles returns what is wrong with the files that the configuration names.
func CheckFiles(c config.HTTP) error {
	_, err := tlsConfig(c)
	return err
}

// tlsConfig reads the files that the configuration names.
func tlsConfig(c config.HTTP) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.Roots != "" {
		pem, err := os.ReadFile(c.Roots)
		if err != nil {
			return nil, fmt.Errorf("http: roots: %w", err)
		}
		if t.RootCAs, err = x509.SystemCertPool(); err != nil {
			t.RootCAs = x509.NewCertPool()
		}
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("http: roots: %s holds no certificate (PEM)", c.Roots)
		}
	}
	if c.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
		if err != nil {
			return nil, fmt.Errorf("http: certificate, key: %w", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}
