module github.com/eslua/eslua

go 1.26

require (
	github.com/fsnotify/fsnotify v1.10.1
	github.com/goccy/go-yaml v1.19.2
	github.com/google/uuid v1.6.0
	github.com/percipia/eslgo v1.4.1
	github.com/rogpeppe/go-internal v1.16.0
	github.com/yuin/gopher-lua v1.1.2
	go.uber.org/goleak v1.3.0
	golang.org/x/sys v0.26.0
	layeh.com/gopher-luar v1.0.11
)

require golang.org/x/tools v0.26.0 // indirect
