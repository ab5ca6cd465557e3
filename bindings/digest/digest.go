// Package digest owns the modules md5, sha1 and sha2, with the functions of the libraries
// that scripts know under these names.
package digest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
)

const (
	after    = "Works as before: it does not concern the call."
	mostText = 1 << 20
)

var kinds = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
	"sha512_224": sha512.New512_224, "sha512_256": sha512.New512_256,
}

type stateless struct{}

// Bind returns nothing: the module has no state.
func (stateless) Bind(*run.Env) any { return nil }

// MD5 declares the module md5.
type MD5 struct{ stateless }

// SHA1 declares the module sha1.
type SHA1 struct{ stateless }

// SHA2 declares the module sha2.
type SHA2 struct{ stateless }

var (
	text = vm.Param{Name: "text", Kind: vm.String, Most: mostText, Doc: "the text"}
	key  = vm.Param{Name: "key", Kind: vm.String, Most: mostText, Doc: "the key"}
	sum  = []vm.Result{{Name: "sum", Kind: vm.String, Doc: "the digest, in small hexadecimal digits"}}
	raw  = []vm.Result{{Name: "sum", Kind: vm.String, Doc: "the bytes of the digest"}}
)

// of returns the digest of some arguments, the key first if it has one.
func of(a *vm.Args, h hash.Hash, first int) []byte {
	a.ChargeCPU(300 + len(a.String(first))/2)
	_, _ = h.Write([]byte(a.String(first))) // a hash does not fail
	return h.Sum(nil)
}

func digest(name, module, doc string, kind string) vm.Func {
	return vm.Func{
		Name: name, Params: []vm.Param{text}, Results: sum, Doc: doc, Example: fmt.Sprintf("print(require(%q).%s(\"text\"))", module, name),
		Go: func(a *vm.Args) error { a.ReturnString(hex.EncodeToString(of(a, kinds[kind](), 0))); return nil },
	}
}

func binary(name, module, doc string, kind string) vm.Func {
	return vm.Func{
		Name: name, Params: []vm.Param{text}, Results: raw, Doc: doc, Example: fmt.Sprintf("print(#require(%q).%s(\"text\"))", module, name),
		Go: func(a *vm.Args) error { a.ReturnString(string(of(a, kinds[kind](), 0))); return nil },
	}
}

// Declare declares the table.
func (MD5) Declare() *vm.Module {
	return &vm.Module{
		Name: "md5", AfterHangup: after, Required: true, Doc: "MD5 digests, for what needs them: they protect nothing.",
		Funcs: []vm.Func{
			digest("sumhexa", "md5", "Returns the MD5 digest of a text.", "md5"),
			binary("sum", "md5", "Returns the MD5 digest of a text as 16 bytes.", "md5"),
			{
				Name: "tohex", Params: []vm.Param{text}, Results: []vm.Result{{Name: "digits", Kind: vm.String, Doc: "two small hexadecimal digits for each byte"}},
				Doc: "Writes bytes in hexadecimal.", Example: "print(require(\"md5\").tohex(\"text\"))",
				Go: func(a *vm.Args) error {
					a.ChargeCPU(len(a.String(0)))
					a.ReturnString(hex.EncodeToString([]byte(a.String(0))))
					return nil
				},
			},
			{
				Name: "exor", Params: []vm.Param{text, {Name: "other", Kind: vm.String, Most: mostText, Doc: "a text of the same length"}},
				Results: []vm.Result{{Name: "result", Kind: vm.String, Doc: "as long as they are"}},
				Doc:     "Combines two texts by exclusive or, byte by byte.", Example: "print(#require(\"md5\").exor(\"ab\", \"cd\"))",
				Go: func(a *vm.Args) error {
					x, y := []byte(a.String(0)), a.String(1)
					if len(x) != len(y) {
						return errors.New("lengths must be equal")
					}
					a.ChargeCPU(len(x))
					for i := range x {
						x[i] ^= y[i]
					}
					a.ReturnString(string(x))
					return nil
				},
			},
		},
	}
}

func hmacOf(a *vm.Args, kind string, first int) []byte {
	a.ChargeCPU(600 + len(a.String(first))/2)
	return of(a, hmac.New(kinds[kind], []byte(a.String(first))), first+1)
}

// Declare declares the table.
func (SHA1) Declare() *vm.Module {
	return &vm.Module{
		Name: "sha1", AfterHangup: after, Required: true, Doc: "SHA-1 digests. The module itself can be called, as its function sha1.",
		Source: "local sha1 = ... return setmetatable(sha1, {__call = function(_, text) return sha1.sha1(text) end})",
		Funcs: []vm.Func{
			digest("sha1", "sha1", "Returns the SHA-1 digest of a text.", "sha1"),
			binary("binary", "sha1", "Returns the SHA-1 digest of a text as 20 bytes.", "sha1"),
			{
				Name: "hmac", Params: []vm.Param{key, text}, Results: sum, Doc: "Returns the HMAC of a text with SHA-1.", Example: "print(require(\"sha1\").hmac(\"key\", \"text\"))",
				Go: func(a *vm.Args) error { a.ReturnString(hex.EncodeToString(hmacOf(a, "sha1", 0))); return nil },
			},
			{
				Name: "hmac_binary", Params: []vm.Param{key, text}, Results: raw, Doc: "Returns the HMAC of a text with SHA-1 as 20 bytes.", Example: "print(#require(\"sha1\").hmac_binary(\"key\", \"text\"))",
				Go: func(a *vm.Args) error { a.ReturnString(string(hmacOf(a, "sha1", 0))); return nil },
			},
		},
	}
}

// Declare declares the table.
func (SHA2) Declare() *vm.Module {
	m := &vm.Module{
		Name: "sha2", AfterHangup: after, Required: true, Doc: "Digests of the SHA-2 family, and others.",
		Source: `local sha2 = ...
local names = {}
for _, name in ipairs{"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512_224", "sha512_256"} do names[sha2[name]] = name end
function sha2.hmac(digest, key, text) return sha2.hmac_of(names[digest] or "none", key, text) end
return sha2`,
	}
	for _, kind := range []string{"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512_224", "sha512_256"} {
		m.Funcs = append(m.Funcs, digest(kind, "sha2", "Returns the digest of a text.", kind))
	}
	m.Funcs = append(m.Funcs,
		vm.Func{
			Name: "hmac_of", Params: []vm.Param{{Name: "digest", Kind: vm.String, Doc: `the name of a function of this module, such as "sha256"`}, key, text}, Results: sum,
			Doc: "Returns the HMAC of a text.", Example: "print(require(\"sha2\").hmac_of(\"sha256\", \"key\", \"text\"))",
			Go: func(a *vm.Args) error {
				if kinds[a.String(0)] == nil {
					return errors.New("sha2.hmac needs one of the functions of sha2, such as sha2.sha256")
				}
				a.ReturnString(hex.EncodeToString(hmacOf(a, a.String(0), 1)))
				return nil
			},
		},
		vm.Func{
			Name: "hmac", Params: []vm.Param{{Name: "digest", Kind: vm.Function, Doc: "a function of this module"}, key, text}, Results: sum,
			Doc: "Returns the HMAC of a text.", Example: "local sha2 = require \"sha2\"\nprint(sha2.hmac(sha2.sha256, \"key\", \"text\"))",
		},
		vm.Func{
			Name: "hex2bin", Params: []vm.Param{text}, Results: []vm.Result{{Name: "bytes", Kind: vm.String, Doc: "a byte for every two digits"}},
			Doc: "Reads hexadecimal digits. Raises an error for anything else.", Example: "print(require(\"sha2\").hex2bin(\"6869\"))",
			Go: func(a *vm.Args) error {
				a.ChargeCPU(len(a.String(0)))
				b, err := hex.DecodeString(a.String(0))
				a.ReturnString(string(b))
				return err
			},
		})
	return m
}
