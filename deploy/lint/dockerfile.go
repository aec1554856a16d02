package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// leastUser is the first user id that no distribution gives to a person or a service of
// the host, so that an escape from the container meets nobody's files.
const leastUser = 10_000

// offline stands in for the registry: base images are taken to be there, with a PATH.
type offline struct{}

// ResolveImageConfig implements llb.ImageMetaResolver.
func (offline) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, digest.FromString(ref), []byte(`{"os":"linux","architecture":"amd64","config":{"Env":["PATH=/usr/bin:/bin"]}}`), nil
}

var _ llb.ImageMetaResolver = offline{}

// checkDockerfile hears BuildKit's own rules, those of docker build --check, and looks at
// the image that would come out.
func checkDockerfile(ctx context.Context, k kit) ([]string, error) {
	text, err := os.ReadFile(k.path("deploy", "docker", "Dockerfile"))
	if err != nil {
		return nil, err
	}
	platform := ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	var found []string
	options := dockerfile2llb.ConvertOpt{TargetPlatform: &platform, MetaResolver: offline{}}
	options.BuildPlatforms = []ocispecs.Platform{platform}
	options.Warn = func(rule, description, _, message string, at []parser.Range) {
		line := 0
		if len(at) > 0 {
			line = at[0].Start.Line
		}
		found = append(found, fmt.Sprintf("line %d: %s: %s (%s)", line, rule, message, description))
	}
	options.AllStages = true
	result, err := dockerfile2llb.Dockerfile2LLB(ctx, text, options)
	var at *parser.LocationError
	switch {
	case errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0:
		return append(found, fmt.Sprintf("line %d: %v", at.Locations[0][0].Start.Line, err)), nil
	case err != nil:
		return append(found, err.Error()), nil
	}
	return append(found, checkImage(result)...), nil
}

// checkImage looks at the configuration of the image, and that it is made from nothing.
func checkImage(result *dockerfile2llb.Result) (found []string) {
	c := result.Image.Config
	user, group, _ := strings.Cut(c.User, ":")
	for _, id := range []string{user, group} {
		if n, err := strconv.Atoi(id); err != nil || n < leastUser {
			found = append(found, fmt.Sprintf("USER is %q: want uid:gid, both numbers of %d or more, or runAsNonRoot cannot be proven", c.User, leastUser))
			break
		}
	}
	if len(c.Entrypoint) != 1 || !strings.HasPrefix(c.Entrypoint[0], "/") {
		found = append(found, fmt.Sprintf("ENTRYPOINT is %q: want the binary alone, in the exec form, or signals go to a shell", c.Entrypoint))
	}
	if _, ok := c.ExposedPorts["8080/tcp"]; !ok {
		found = append(found, "8080/tcp is not exposed, where the daemon listens")
	}
	for _, label := range []string{"title", "description", "source", "licenses"} {
		if c.Labels["org.opencontainers.image."+label] == "" {
			found = append(found, "there is no label org.opencontainers.image."+label)
		}
	}
	if result.BaseImage != nil {
		found = append(found, "the last stage is not FROM scratch: the binary needs nothing that a base image has")
	}
	return found
}
