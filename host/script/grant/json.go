package grant

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// json checks the argument of the JSON API (mod_commands.c:json_api_function,
// json_execute_function; mod_v8's jsjson): every "cmd" with every "arg" of an
// object, and every "app" likewise. FreeSWITCH's reader is more lenient than Go's,
// so a text that Go cannot read is refused.
func (c check) json(text, where string) error {
	if c.unquoted { // JSON's own quotes and escapes may have been removed
		return c.unclear("json", "the JSON of a json command is inside another text", where)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	if _, err := c.value(dec, where); err != nil {
		if refused := (*RefusedError)(nil); errors.As(err, &refused) {
			return err
		}
		if errors.Is(err, io.EOF) && strings.TrimSpace(text) == "" {
			return nil
		}
		return c.unclear("json", "FreeSWITCH may read the JSON of a json command in its own way", where)
	}
	return nil
}

// value reads one value, checks the objects in it, and returns it if it is a string.
func (c check) value(dec *json.Decoder, where string) (string, error) {
	token, err := dec.Token()
	if err != nil {
		return "", err
	}
	switch t := token.(type) {
	case string:
		return c.text(t)
	case json.Delim:
		if t == '{' {
			return "", c.object(dec, where)
		}
		for dec.More() {
			if _, err := c.value(dec, where); err != nil {
				return "", err
			}
		}
		_, err = dec.Token() // the "]"
	}
	return "", err
}

// jsonCommand checks a command of the JSON API, which is granted as "json NAME".
func (c check) jsonCommand(name, where string) error {
	_, why := apiTable.need("json "+name, "")
	if verdict := c.grants.API.judge("json", name); why == "" && (verdict == granted || verdict == byDefault) {
		return nil
	}
	return c.permit(APICommand, "json "+name, "", where)
}

func (c check) object(dec *json.Decoder, where string) error {
	if err := c.count(""); err != nil {
		return err
	}
	var commands, apps, args []string
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		value, err := c.value(dec, where)
		if err != nil {
			return err
		}
		switch name, _ := key.(string); strings.ToLower(name) {
		case "cmd":
			commands = append(commands, value)
		case "app":
			apps = append(apps, value)
		case "arg":
			args = append(args, value)
		case "uuid":
			if err := c.channel(APICommand, "json", value, where); err != nil {
				return err
			}
		case "command":
			if err := c.jsonCommand(strings.ToLower(value), where); err != nil {
				return err
			}
		}
	}
	if _, err := dec.Token(); err != nil { // the "}"
		return err
	}
	if args == nil {
		args = []string{""}
	}
	for _, arg := range args {
		for _, name := range commands {
			if err := cmp.Or(c.count(arg), c.api(name+" "+arg, where)); err != nil {
				return err
			}
		}
		for _, name := range apps {
			if err := cmp.Or(c.count(arg), c.app(name, arg, where)); err != nil {
				return err
			}
		}
	}
	return nil
}
