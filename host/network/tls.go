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

// CheckMailFiles returns what is wrong with the file that the configuration names for mail.
func CheckMailFiles(c config.Mail) error {
	_, err := trusting(c.Roots, "mail")
	return err
}

// tlsConfig reads the files that the configuration names.
func tlsConfig(c config.HTTP) (*tls.Config, error) {
	t, err := trusting(c.Roots, "http")
	if err != nil {
		return nil, err
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

// trusting trusts the system's certificates and those of a file, which a section of the
// configuration names.
func trusting(file, section string) (*tls.Config, error) {
	t := &tls.Config{} // from TLS 1.2 on
	if file == "" {
		return t, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: roots: %w", section, err)
	}
	if t.RootCAs, err = x509.SystemCertPool(); err != nil {
		t.RootCAs = x509.NewCertPool()
	}
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: roots: %s holds no certificate (PEM)", section, file)
	}
	return t, nil
}
