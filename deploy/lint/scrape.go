package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// discovery is how the job for Prometheus finds pods, as far as it is used.
type discovery []struct {
	Role       string `json:"role"`
	Namespaces struct {
		Names []string `json:"names"`
	} `json:"namespaces"`
}

// scrapeFaults has promtool check the job that finds the pods. Debian builds promtool without the
// discovery of Kubernetes, so that part is read here and a fixed target put in its place.
func scrapeFaults(ctx context.Context, k kit, promtool string) ([]string, error) {
	text, err := os.ReadFile(k.path("deploy", "kubernetes", "metrics", "scrape.yaml"))
	if err != nil {
		return nil, err
	}
	var config struct {
		Jobs []map[string]any `json:"scrape_configs"`
	}
	if err := yaml.UnmarshalStrict(text, &config); err != nil || len(config.Jobs) != 1 {
		return []string{fmt.Sprintf("scrape.yaml: want one job: %v", err)}, nil
	}
	job := config.Jobs[0]
	found := discoveryFaults(job["kubernetes_sd_configs"])
	delete(job, "kubernetes_sd_configs")
	job["static_configs"] = []any{map[string]any{"targets": []string{"127.0.0.1:8080"}}}
	fixed, err := yaml.Marshal(config)
	if err != nil {
		return nil, err
	}
	dir, remove, err := workFolder()
	if err != nil {
		return nil, err
	}
	defer remove()
	file := filepath.Join(dir, "scrape.yaml")
	if err := os.WriteFile(file, fixed, 0o600); err != nil {
		return nil, err
	}
	if out, err := exec.CommandContext(ctx, promtool, "check", "config", "--syntax-only", file).CombinedOutput(); err != nil {
		found = append(found, fmt.Sprintf("scrape.yaml: %v\n%s", err, out))
	}
	return found, nil
}

func discoveryFaults(value any) []string {
	text, err := yaml.Marshal(value)
	if err != nil {
		return []string{err.Error()}
	}
	var d discovery
	if err := yaml.UnmarshalStrict(text, &d); err != nil {
		return []string{fmt.Sprintf("scrape.yaml: kubernetes_sd_configs: %v", err)}
	}
	if len(d) != 1 || d[0].Role != "pod" || len(d[0].Namespaces.Names) != 1 || d[0].Namespaces.Names[0] != "helix" {
		return []string{fmt.Sprintf("scrape.yaml: kubernetes_sd_configs is %+v: want role pod in namespace helix", d)}
	}
	return nil
}
