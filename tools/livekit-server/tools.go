//go:build tools

// Package tools pins livekit-server: requiring its command keeps go.mod and go.sum complete.
// Build it with: go build -o livekit-server github.com/livekit/livekit-server/cmd/server
package tools

import _ "github.com/livekit/livekit-server/cmd/server"
