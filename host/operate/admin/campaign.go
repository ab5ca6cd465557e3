package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/eslua/eslua/host/campaign"
)

// CampaignControl shows campaigns, and decides about them.
type CampaignControl interface {
	List(context.Context) ([]campaign.Summary, error)
	Show(ctx context.Context, name string) (campaign.Summary, error)
	Results(ctx context.Context, name string, each func(campaign.Entry) error) error
	Decide(context.Context, campaign.Order) error
}

func (s *Server) campaignRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /campaign/list", func(w http.ResponseWriter, r *http.Request) {
		list, err := s.deps.Campaigns.List(r.Context())
		reply(w, list, err)
	})
	mux.HandleFunc("GET /campaign/show", func(w http.ResponseWriter, r *http.Request) {
		one, err := s.deps.Campaigns.Show(r.Context(), r.URL.Query().Get("name"))
		reply(w, one, err)
	})
	post(mux, "/campaign/decide", func(ctx context.Context, o campaign.Order) (any, error) {
		return answer{}, s.deps.Campaigns.Decide(ctx, o)
	})
	// The results may be many: they are lines of JSON, of which the last one is true or an error.
	mux.HandleFunc("GET /campaign/results", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		out := bufio.NewWriterSize(w, 64<<10)
		lines := json.NewEncoder(out)
		err := s.deps.Campaigns.Results(r.Context(), r.URL.Query().Get("name"), func(e campaign.Entry) error {
			return lines.Encode(resultLine{Entry: &e})
		})
		end := resultLine{End: true}
		if err != nil {
			end.Error = err.Error()
		}
		_ = lines.Encode(end) // else the client misses the end
		_ = out.Flush()
	})
}

// A resultLine is a number, or the end.
type resultLine struct {
	*campaign.Entry
	End   bool   `json:"end,omitempty"`
	Error string `json:"error,omitempty"`
}

// Campaigns returns all campaigns.
func (c *Client) Campaigns(ctx context.Context) (list []campaign.Summary, err error) {
	err = c.get(ctx, "/campaign/list", nil, &list)
	return list, err
}

// Campaign returns one campaign.
func (c *Client) Campaign(ctx context.Context, name string) (one campaign.Summary, err error) {
	err = c.get(ctx, "/campaign/show", url.Values{"name": {name}}, &one)
	return one, err
}

// DecideCampaign carries out an order.
func (c *Client) DecideCampaign(ctx context.Context, o campaign.Order) error {
	return c.ask(ctx, "/campaign/decide", o, &answer{})
}

// CampaignResults calls each with every number of a campaign.
func (c *Client) CampaignResults(ctx context.Context, name string, each func(campaign.Entry) error) error {
	return c.lines(ctx, http.MethodGet, "/campaign/results?"+url.Values{"name": {name}}.Encode(), nil, func(lines *json.Decoder) (end bool, err error) {
		var line resultLine
		switch err := lines.Decode(&line); {
		case err != nil:
			return false, fmt.Errorf("eslua did not complete its answer: %w", err)
		case line.Error != "":
			return false, errors.New(line.Error)
		case line.End:
			return true, nil
		}
		return false, each(*line.Entry)
	})
}
