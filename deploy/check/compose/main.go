// compose-config reads compose files with the loader of `docker compose` itself (github.com/compose-spec/compose-go):
// schema, interpolation, profiles, merges and dependencies are checked as `docker compose config` does, and no engine
// is needed. It prints the resolved project as JSON; a refused file ends it with code 1 and the loader's message.
//
//	compose-config -f docker-compose.yml [-f more.yml] [-profile name]… [-env-file .env]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

// list is a flag that may be given several times.
type list []string

func (l *list) String() string         { return strings.Join(*l, ",") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var files, profiles, envFiles list
	flag.Var(&files, "f", "compose file; later ones override earlier ones")
	flag.Var(&profiles, "profile", "profile to enable")
	flag.Var(&envFiles, "env-file", "file with variables; the environment itself is not read")
	flag.Parse()

	options, err := cli.NewProjectOptions(files,
		cli.WithEnvFiles(envFiles...),
		cli.WithDotEnv,
		cli.WithProfiles(profiles),
	)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	out, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(out)
	return err
}
