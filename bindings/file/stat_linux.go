package file

import (
	"io/fs"
	"syscall"

	lua "github.com/yuin/gopher-lua"
)

// addSystem adds what only the system knows of a file.
func addSystem(fields map[string]lua.LValue, info fs.FileInfo) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	for name, n := range map[string]int64{
		"access": st.Atim.Sec, "change": st.Ctim.Sec, "nlink": int64(st.Nlink), "uid": int64(st.Uid), "gid": int64(st.Gid), //nolint:unconvert // of other types on other machines
		"dev": int64(st.Dev), "ino": int64(st.Ino), "rdev": int64(st.Rdev), "blocks": st.Blocks, "blksize": int64(st.Blksize), //nolint:unconvert // as above
	} {
		fields[name] = lua.LNumber(n)
	}
}
