package http

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

var (
	methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	names   = []string{"method", "query", "headers", "body", "form", "json", "connect_timeout", "response_timeout", "retries"}
)

// mostRetries bounds how often a request is sent again.
const mostRetries = 5

// longest is the longest time-out.
const longest = time.Hour

// read reads the options of a request, among which there may be more.
func read(a *vm.Args, method, address string, t *lua.LTable, more ...string) (r network.Request, err error) {
	r = network.Request{Method: method, URL: address, Header: http.Header{}}
	if t == nil {
		return r, nil
	}
	if err := checkNames(a, t, slices.Concat(names, more)); err != nil {
		return r, err
	}
	if v := t.RawGetString("method"); v != lua.LNil {
		if r.Method = strings.ToUpper(lua.LVAsString(v)); !slices.Contains(methods, r.Method) {
			return r, fmt.Errorf("http: the method is %.40q; write one of %s", v.String(), strings.Join(methods, ", "))
		}
	}
	if err := readHeaders(a, t, r.Header); err != nil {
		return r, err
	}
	if r.URL, err = withQuery(a, address, t); err != nil {
		return r, err
	}
	if r.Body, err = readBody(a, t, r.Header); err != nil {
		return r, err
	}
	retries, err := readNumber(t, "retries", mostRetries)
	r.Retries = int(retries)
	if err == nil {
		r.Connect, err = readTime(t, "connect_timeout")
	}
	if err == nil {
		r.Response, err = readTime(t, "response_timeout")
	}
	return r, err
}

// checkNames refuses options that do not exist, which are mistyped ones.
func checkNames(a *vm.Args, t *lua.LTable, names []string) (err error) {
	t.ForEach(func(k, _ lua.LValue) {
		a.ChargeCPU(8)
		if name, ok := k.(lua.LString); err == nil && (!ok || !slices.Contains(names, string(name))) {
			err = fmt.Errorf("http: there is no option %.40q; the options are %s", k.String(), strings.Join(names, ", "))
		}
	})
	return err
}

func readTime(t *lua.LTable, name string) (time.Duration, error) {
	ms, err := readNumber(t, name, float64(longest/time.Millisecond))
	return time.Duration(ms * float64(time.Millisecond)), err
}

// readNumber reads a number from 0 to most; 0 if it is absent.
func readNumber(t *lua.LTable, name string, most float64) (float64, error) {
	v := t.RawGetString(name)
	if v == lua.LNil {
		return 0, nil
	}
	if n, ok := v.(lua.LNumber); ok && n >= 0 && float64(n) <= most {
		return float64(n), nil
	}
	return 0, fmt.Errorf("http: %s is %.40s; write a number from 0 to %.0f", name, v.String(), math.Trunc(most))
}

// pairs calls do for each name and value of a table of texts, numbers and booleans.
func pairs(a *vm.Args, t *lua.LTable, option string, do func(name, value string) error) (err error) {
	list, ok := t.RawGetString(option).(*lua.LTable)
	if !ok {
		if v := t.RawGetString(option); v != lua.LNil {
			return fmt.Errorf("http: %s is a %s; write %s = {name = value}", option, v.Type(), option)
		}
		return nil
	}
	a.FillLibrary(list)
	size := 0
	list.ForEach(func(k, v lua.LValue) {
		a.ChargeCPU(20)
		if err != nil {
			return
		}
		name, ok := k.(lua.LString)
		switch v.Type() {
		case lua.LTString, lua.LTNumber, lua.LTBool:
		default:
			ok = false
		}
		if !ok {
			err = fmt.Errorf("http: %s holds %.40q = %s; write name = value, the value a text, a number or a boolean", option, k.String(), v.Type())
			return
		}
		if size += len(name) + len(v.String()); size > vm.MaxText {
			err = fmt.Errorf("http: %s holds more than %d bytes", option, vm.MaxText)
			return
		}
		a.ChargeCPU(size / 64)
		err = do(string(name), v.String())
	})
	return err
}

const tokenBytes = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func readHeaders(a *vm.Args, t *lua.LTable, into http.Header) error {
	return pairs(a, t, "headers", func(name, value string) error {
		control := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
		if name == "" || strings.Trim(name, tokenBytes) != "" || strings.ContainsFunc(value, control) {
			return fmt.Errorf("http: the header %.40q: %.40q holds a character that no header can hold", name, value)
		}
		into.Set(name, value)
		return nil
	})
}

// withQuery returns the URL with the query added.
func withQuery(a *vm.Args, address string, t *lua.LTable) (string, error) {
	query := url.Values{}
	if err := pairs(a, t, "query", func(name, value string) error { query.Set(name, value); return nil }); err != nil || len(query) == 0 {
		return address, err
	}
	address, fragment, hasFragment := strings.Cut(address, "#")
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	address += sep + query.Encode()
	if hasFragment {
		address += "#" + fragment
	}
	return address, nil
}

// readBody returns what is sent, and says in the headers what it is.
func readBody(a *vm.Args, t *lua.LTable, header http.Header) ([]byte, error) {
	body, form, json := t.RawGetString("body"), t.RawGetString("form"), t.RawGetString("json")
	given := 0
	for _, v := range []lua.LValue{body, form, json} {
		if v != lua.LNil {
			given++
		}
	}
	if given > 1 {
		return nil, errors.New("http: body, form and json are three ways to give the body; write one of them")
	}
	kind, text := "", ""
	switch {
	case body != lua.LNil:
		if !lua.LVCanConvToString(body) {
			return nil, fmt.Errorf("http: body is a %s; write a text, or json = {...}", body.Type())
		}
		kind, text = "text/plain; charset=utf-8", lua.LVAsString(body)
		if len(text) > luajson.MaxText {
			return nil, fmt.Errorf("http: body holds %d bytes, and at most %d are possible", len(text), luajson.MaxText)
		}
		a.ChargeCPU(len(text) / 64)
	case form != lua.LNil:
		values := url.Values{}
		if err := pairs(a, t, "form", func(name, value string) error { values.Set(name, value); return nil }); err != nil {
			return nil, err
		}
		kind, text = "application/x-www-form-urlencoded", values.Encode()
	case json != lua.LNil:
		var err error
		if text, err = luajson.Encode(a, json); err != nil {
			return nil, fmt.Errorf("http: json: %w", err)
		}
		kind = "application/json"
	default:
		return nil, nil
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", kind)
	}
	return []byte(text), nil
}
