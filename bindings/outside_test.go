package bindings_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// The digests are those of coreutils and openssl.
func TestDigestsAndUUIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		local sha1, sha2, uuid = require "sha1", require "sha2", require "uuid"
		r = sha1("abc") .. sha1.sha1("abc") .. #sha1.binary("abc") .. sha1.hmac("key", "text") .. #sha1.hmac_binary("key", "text")
		r2 = sha2.sha256("abc") .. sha2.hmac(sha2.sha256, "key", "text") .. #sha2.sha512("") .. sha2.md5("") .. sha2.hex2bin("6869")
		r3 = tostring(pcall(sha2.hmac, print, "key", "text")) .. tostring(pcall(sha2.hex2bin, "x"))
		local id = uuid() uuid.seed() uuid.randomseed(5)
		r4 = tostring(#id == 36 and id:match("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$") == id and uuid.new() ~= uuid.generate_v4() and uuid.generate() ~= id)`)
		o.want(t, "r", "a9993e364706816aba3e25717850c26c9cd0d89da9993e364706816aba3e25717850c26c9cd0d89d20"+"369e2959eb49450338b212748f77d8ded74847bb20",
			"r2", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"+"6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6"+"128d41d8cd98f00b204e9800998ecf8427ehi",
			"r3", "falsefalse", "r4", "true")
	})
}

// A wait of socket.sleep ends with the call.
func TestSocketSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, o := run(t, `session:answer() local socket = require "socket"
		local begin = socket.gettime() socket.sleep(1.5) r = socket.gettime() - begin >= 1.5 and socket.gettime() - begin < 1.6
		socket.sleep(3600) finished = session:ready()`, switchsim.OnAnswer().After(5*time.Second).Hangup("NORMAL_CLEARING"))
		o.want(t, "r", "true", "finished", "false")
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}
