package outbox

import (
	"strings"
	"time"

	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// signature signs a push with each secret, as Standard Webhooks has it. The
// configuration has checked the secrets.
func signature(secrets []string, id string, at time.Time, body []byte) string {
	var all []string
	for _, secret := range secrets {
		if signer, err := webhook.NewWebhook(secret); err == nil {
			if text, err := signer.Sign(id, at, body); err == nil {
				all = append(all, text)
			}
		}
	}
	return strings.Join(all, " ")
}
