package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/eslua/eslua/host/job"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/spf13/cobra"
)

var errNoXML = errors.New("FreeSWITCH needs no configuration: no script answers its lookups; name one under xml: scripts: in the configuration")

func configCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "print the configuration that FreeSWITCH needs for what scripts answer (xml)",
		Long: `Print xml_curl.conf.xml, by which FreeSWITCH asks eslua for its directory, dialplan or
configuration: what the scripts under xml: scripts: answer.`,
		Example: examples("have FreeSWITCH ask eslua", "eslua config --config /etc/eslua/eslua.yaml >/etc/freeswitch/autoload_configs/xml_curl.conf.xml"),
		Args:    noArguments,
	}
	o := p.overrides(c, "config")
	c.RunE = func(*cobra.Command, []string) error {
		cfg, err := o.load()
		switch {
		case err != nil:
			return err
		case len(cfg.XML.Scripts) == 0:
			return errNoXML
		}
		fmt.Fprint(p.stdout, curlConfig(cfg.XML))
		return nil
	}
	return c
}

func curlConfig(x config.XML) string {
	sections := strings.Join(x.Bindings(), "|")
	where := "modules.conf.xml"
	if strings.Contains(sections, "configuration") {
		where = "pre_load_modules.conf.xml, so that it answers when the other modules ask"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<!-- autoload_configs/xml_curl.conf.xml; load mod_xml_curl in autoload_configs/%s -->
<configuration name="xml_curl.conf" description="lookups that eslua answers">
  <bindings>
    <binding name="eslua">
`, where)
	param := func(name, value, more string) {
		fmt.Fprintf(&b, "      <param name=%q value=\"", name)
		_ = xml.EscapeText(&b, []byte(value)) // a strings.Builder takes everything
		fmt.Fprintf(&b, "\"%s/>\n", more)
	}
	param("gateway-url", "http://"+reachable(x.Address)+"/", fmt.Sprintf(" bindings=%q", sections))
	if x.Password != "" {
		param("gateway-credentials", x.User+":"+x.Password, "")
	}
	if x.Timeout > 0 { // FreeSWITCH waits longer than eslua, and whole seconds
		param("timeout", fmt.Sprint(int(time.Duration(x.Timeout).Seconds())+2), "")
	}
	param("response-max-bytes", fmt.Sprint(job.MaxAnswer), "")
	b.WriteString("    </binding>\n  </bindings>\n</configuration>\n")
	return b.String()
}

// reachable returns the address at which this machine reaches one on which eslua listens.
func reachable(a config.Address) string {
	host, port, _ := net.SplitHostPort(string(a))
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
