package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const dockerfile = "deploy/docker/Dockerfile"

func TestDockerfileFaults(t *testing.T) {
	expect(t, "dockerfile", []fault{
		{dockerfile, "COPY . .", "COPYY . .", "unknown instruction"},
		{dockerfile, "golang:${GO_VERSION}-bookworm", "golang:${GOVERSION}-bookworm", "UndefinedArgInFrom"},
		{dockerfile, "AS build\n", "as build\n", "FromAsCasing"},
		{dockerfile, "WORKDIR /src", "WORKDIR src", "WorkdirRelativePath"},
		{dockerfile, `ENTRYPOINT ["/usr/local/bin/helixrouter"]`, "ENTRYPOINT /usr/local/bin/helixrouter", "JSONArgsRecommended"},
		{dockerfile, "ENV HELIX_HTTP_ADDR=0.0.0.0:8080", "ENV HELIX_TOKEN=x", "SecretsUsedInArgOrEnv"},
		{dockerfile, "USER 65532:65532", "USER nonroot", `USER is "nonroot"`},
		{dockerfile, "USER 65532:65532", "USER 0:0", `USER is "0:0"`},
		{dockerfile, "USER 65532:65532\n", "", `USER is ""`},
		{dockerfile, "EXPOSE 8080/tcp", "EXPOSE 8081/tcp", "8080/tcp is not exposed"},
		{dockerfile, "FROM scratch", "FROM debian:bookworm", "not FROM scratch"},
		{dockerfile, "image.licenses", "image.license", "no label org.opencontainers.image.licenses"},
	})
}

// TestDockerignoreFaults: leaving out what git tracks is a finding. The copy has no git.
func TestDockerignoreFaults(t *testing.T) {
	k := copied(t)
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}} {
		if out, err := exec.Command("git", append([]string{"-C", k.root}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if found := run(t, k, "dockerignore"); len(found) > 0 {
		t.Errorf("the list as it is: %q", found)
	}
	replace(t, k, ".dockerignore", "/bin\n", "/deploy/systemd\n.git\n")
	found := strings.Join(run(t, k, "dockerignore"), "\n")
	for _, want := range []string{filepath.Join("deploy", "systemd", "router.env"), "leaves .git out"} {
		if !strings.Contains(found, want) {
			t.Errorf("want %q, got:\n%s", want, found)
		}
	}
}

// TestDynamicBinary: this test itself is static or not, but a program of the system hangs
// on a loader.
func TestDynamicBinary(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	found, err := dynamic(shell)
	if err != nil || !strings.Contains(strings.Join(found, "\n"), "PT_INTERP") {
		t.Errorf("bash: %q, %v", found, err)
	}
}

// TestBinaryFaults breaks the build and the pod that the binary runs in.
func TestBinaryFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the daemon")
	}
	const config, deployment = "deploy/kubernetes/router/helix.yaml", "deploy/kubernetes/router/deployment.yaml"
	for _, f := range []fault{
		{dockerfile, "go build ", `cp "$(command -v bash)" /out/helixrouter; exit; go build `, "PT_INTERP"},
		{config, "policy: adaptive", "policy: none", "the configuration is invalid"},
		{deployment, "args: [serve", "args: [serf", "unknown command"},
		{deployment, "/var/lib/helix/helix_weights.json", "/etc/helix/helix_weights.json", "what was learned was not saved"},
		{"deploy/kubernetes/metrics/adapter.yaml", `signal="score",namespace`, `signal="blend",namespace`, "/metrics has no"},
	} {
		t.Run(f.says, func(t *testing.T) {
			k := copied(t)
			replace(t, k, f.file, f.old, f.with)
			sources(t, k)
			if found := strings.Join(run(t, k, "binary"), "\n"); !strings.Contains(found, f.says) {
				t.Errorf("want %q, got:\n%s", f.says, found)
			}
		})
	}
}

// sources lets the copy's build command find the repository's sources.
func sources(t *testing.T, k kit) {
	t.Helper()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, k, dockerfile, "go build ", "go build -C "+root+" ")
}
