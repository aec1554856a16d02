package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

const (
	// defaultDrain is that of --drain-timeout.
	defaultDrain = 25 * time.Second
	// lastSave is how long the daemon waits for its last save of the weights, after the drain.
	lastSave = 2 * time.Second
	// leastCores: the Go runtime takes no quota for less than two threads, so that a
	// smaller one makes both stand still when it has run out.
	leastCores = 2
	// memoryShare is how much of the limit the collector may plan with: stacks, the binary
	// and what the kernel counts for the pod want the rest.
	memoryShare = 0.95
)

// secrets are what people make by hand, as the kustomizations say.
var secrets = []string{"helix-token", "helix-nats"}

// podReferences wants what a pod refers to to be there.
func (m *manifests) podReferences(d *appsv1.Deployment) (found []string) {
	pod := d.Spec.Template.Spec
	if !slices.ContainsFunc(m.accounts, func(a *corev1.ServiceAccount) bool { return a.Name == pod.ServiceAccountName }) {
		found = append(found, fmt.Sprintf("there is no ServiceAccount %q", pod.ServiceAccountName))
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		found = append(found, "a token of the API server is mounted, which nobody needs")
	}
	config := func(name, key string) {
		i := slices.IndexFunc(m.configs, func(c *corev1.ConfigMap) bool { return c.Name == name })
		if i < 0 {
			found = append(found, "there is no ConfigMap "+name)
		} else if _, ok := m.configs[i].Data[key]; !ok && key != "" {
			found = append(found, fmt.Sprintf("ConfigMap %s has no %s", name, key))
		}
	}
	secret := func(name string) {
		if !slices.Contains(secrets, name) {
			found = append(found, fmt.Sprintf("Secret %s is none of %v, which the kustomizations say how to make", name, secrets))
		}
	}
	for _, v := range pod.Volumes {
		if v.ConfigMap != nil {
			config(v.ConfigMap.Name, "")
		}
		if v.Secret != nil {
			secret(v.Secret.SecretName)
		}
	}
	for _, c := range pod.Containers {
		for _, e := range c.Env {
			if e.ValueFrom != nil && e.ValueFrom.ConfigMapKeyRef != nil {
				config(e.ValueFrom.ConfigMapKeyRef.Name, e.ValueFrom.ConfigMapKeyRef.Key)
			}
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				secret(e.ValueFrom.SecretKeyRef.Name)
			}
		}
		for _, mount := range c.VolumeMounts {
			if !slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name }) {
				found = append(found, "there is no volume "+mount.Name)
			}
		}
	}
	return found
}

// podFaults holds a pod's numbers against those of the daemon.
func podFaults(pod *corev1.PodTemplateSpec) (found []string) {
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		found = append(found, probeFaults(c)...)
		found = append(found, resourceFaults(c)...)
		need := drainOf(c) + lastSave
		if c.Lifecycle != nil && c.Lifecycle.PreStop != nil && c.Lifecycle.PreStop.Sleep != nil {
			need += time.Duration(c.Lifecycle.PreStop.Sleep.Seconds) * time.Second
		}
		if grace := pod.Spec.TerminationGracePeriodSeconds; grace == nil || time.Duration(*grace)*time.Second <= need {
			found = append(found, fmt.Sprintf("terminationGracePeriodSeconds must exceed %s, what preStop, drain and last save take: the kubelet kills", need))
		}
		if c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
			found = append(found, "the root file system is not read-only")
		}
	}
	return found
}

// drainOf is the drain timeout that a container's arguments set.
func drainOf(c *corev1.Container) time.Duration {
	for _, a := range c.Args {
		if text, ok := strings.CutPrefix(a, "--drain-timeout="); ok {
			if d, err := time.ParseDuration(text); err == nil {
				return d
			}
		}
	}
	return defaultDrain
}

func probeFaults(c *corev1.Container) (found []string) {
	for _, p := range []struct {
		name, path string
		probe      *corev1.Probe
	}{{"startupProbe", "/livez", c.StartupProbe}, {"livenessProbe", "/livez", c.LivenessProbe}, {"readinessProbe", "/readyz", c.ReadinessProbe}} {
		if p.probe == nil || p.probe.HTTPGet == nil || p.probe.HTTPGet.Path != p.path {
			found = append(found, fmt.Sprintf("%s does not ask %s", p.name, p.path))
			continue
		}
		port := p.probe.HTTPGet.Port.String()
		if !slices.ContainsFunc(c.Ports, func(q corev1.ContainerPort) bool { return q.Name == port || fmt.Sprint(q.ContainerPort) == port }) {
			found = append(found, fmt.Sprintf("%s asks port %s, which the container does not have", p.name, port))
		}
	}
	return found
}

func resourceFaults(c *corev1.Container) (found []string) {
	cpu := c.Resources.Limits.Cpu()
	if cpu.MilliValue() < leastCores*1000 || cpu.MilliValue()%1000 != 0 {
		found = append(found, fmt.Sprintf("limits.cpu is %s: want whole cores, %d or more", cpu, leastCores))
	}
	i := slices.IndexFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == "GOMEMLIMIT" })
	if i < 0 {
		return append(found, "GOMEMLIMIT is not set: the collector would not mind limits.memory")
	}
	planned, err := resource.ParseQuantity(strings.TrimSuffix(c.Env[i].Value, "B"))
	limit := c.Resources.Limits.Memory().AsApproximateFloat64()
	if most := memoryShare * limit; err != nil || planned.AsApproximateFloat64() > most {
		found = append(found, fmt.Sprintf("GOMEMLIMIT is %s, want at most %.0f %% of limits.memory, %s", c.Env[i].Value, 100*memoryShare, c.Resources.Limits.Memory()))
	}
	return found
}

// admission asks the API server's own code whether the namespace would let the pod in.
func (m *manifests) admission(pod *corev1.PodTemplateSpec) (found []string) {
	level := api.LevelRestricted
	for _, n := range m.namespaces {
		if got := n.Labels["pod-security.kubernetes.io/enforce"]; got != string(level) {
			found = append(found, fmt.Sprintf("namespace %s enforces %q, want %q", n.Name, got, level))
		}
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return append(found, err.Error())
	}
	for _, r := range evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec) {
		if !r.Allowed {
			found = append(found, fmt.Sprintf("admission at level %s: %s: %s", level, r.ForbiddenReason, r.ForbiddenDetail))
		}
	}
	return found
}
