package guard_test
import ("testing";"os";"math/rand/v2";"strconv")
func TestDump(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("N"))
	w := &writer{Rand: rand.New(rand.NewPCG(uint64(n), 1))}
	os.WriteFile("/tmp/t.lua", []byte(w.program()), 0o644)
}
