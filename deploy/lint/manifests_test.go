package main

import "testing"

const (
	router = "deploy/kubernetes/router/"
	fleet  = "deploy/kubernetes/fleet/"
)

// TestSchemaFaults are what the API server would refuse with --validate=strict.
func TestSchemaFaults(t *testing.T) {
	expect(t, "manifests", []fault{
		{router + "deployment.yaml", "revisionHistoryLimit", "revisionHistoryLimits", `unknown field "spec.revisionHistoryLimits"`},
		{router + "deployment.yaml", "periodSeconds: 10", "periodSeconds: ten", "cannot unmarshal string"},
		{router + "service.yaml", "apiVersion: v1", "apiVersion: v2", `no kind "Service" is registered`},
		{router + "autoscaler.yaml", "averageValue: 500m", "averageValue: half", "quantities must match"},
		{router + "disruption.yaml", "maxUnavailable: 1", "maxUnavailable: 1\n  maxUnavailable: 2", "already defined"},
		{router + "kustomization.yaml", "- service.yaml", "- services.yaml", "services.yaml"},
		{fleet + "join.yaml", "/spec/template/spec/volumes/-", "/spec/template/spec/volume/-", "volume"},
	})
}

// TestDisagreements are names that lead nowhere and numbers that contradict.
func TestDisagreements(t *testing.T) {
	expect(t, "manifests", []fault{
		{router + "service.yaml", "selector: {app.kubernetes.io/name: helix", "selector: {app.kubernetes.io/name: felix", "Service helix selects no pod"},
		{router + "service.yaml", "targetPort: http", "targetPort: https", "no container listens on targetPort https"},
		{router + "disruption.yaml", "maxUnavailable: 1", "minAvailable: 2", "PodDisruptionBudget helix-router: want maxUnavailable"},
		{fleet + "disruption.yaml", "component: worker", "component: router", "helix-router has 2 PodDisruptionBudgets"},
		{router + "network.yaml", "port: http", "port: web", "no container listens on port web"},
		{fleet + "network.yaml", "component: worker", "component: work", "NetworkPolicy helix-worker selects no pod"},
		{router + "autoscaler.yaml", "name: helix-router}", "name: helix-rooter}", "scales helix-rooter, which is not here"},
		{router + "autoscaler.yaml", "minReplicas: 2", "minReplicas: 1", "want minReplicas of 2"},
		{router + "deployment.yaml", "revisionHistoryLimit: 5", "replicas: 3", "sets replicas"},
		{router + "deployment.yaml", "terminationGracePeriodSeconds: 40", "terminationGracePeriodSeconds: 30", "must exceed 32s"},
		{router + "deployment.yaml", "--drain-timeout=25s", "--drain-timeout=60s", "must exceed 1m7s"},
		{fleet + "worker.yaml", "terminationGracePeriodSeconds: 40", "terminationGracePeriodSeconds: 27", "must exceed 27s"},
		{router + "deployment.yaml", "path: /readyz", "path: /livez", "readinessProbe does not ask /readyz"},
		{router + "deployment.yaml", "path: /readyz, port: http", "path: /readyz, port: web", "readinessProbe asks port web"},
		{router + "deployment.yaml", "limits: {cpu: '2'", "limits: {cpu: '1'", "limits.cpu is 1"},
		{router + "deployment.yaml", "limits: {cpu: '2'", "limits: {cpu: 2500m", "limits.cpu is 2500m"},
		{router + "deployment.yaml", "460MiB", "512MiB", "GOMEMLIMIT is 512MiB"},
		{router + "deployment.yaml", "configMap: {name: helix-config}", "configMap: {name: helix-configs}", "there is no ConfigMap helix-configs"},
		{fleet + "join.yaml", "key: url", "key: uri", "has no uri"},
		{router + "deployment.yaml", "name: helix-token", "name: helix-tokens", "Secret helix-tokens is none of"},
		{router + "deployment.yaml", "name: state, mountPath", "name: stage, mountPath", "there is no volume stage"},
		{router + "deployment.yaml", "serviceAccountName: helix", "serviceAccountName: default", `no ServiceAccount "default"`},
		{router + "deployment.yaml", "automountServiceAccountToken: false", "automountServiceAccountToken: true", "token of the API server"},
		{router + "deployment.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "not read-only"},
	})
}

// TestAdmissionFaults are pods that the namespace would not let in.
func TestAdmissionFaults(t *testing.T) {
	expect(t, "manifests", []fault{
		{router + "deployment.yaml", "seccompProfile: {type: RuntimeDefault}", "seccompProfile: {type: Unconfined}", "seccompProfile"},
		{router + "deployment.yaml", "runAsUser: 65532", "runAsUser: 0", "runAsUser=0"},
		{router + "deployment.yaml", "capabilities: {drop: [ALL]}", "capabilities: {drop: [KILL]}", "unrestricted capabilities"},
		{fleet + "worker.yaml", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation"},
		{router + "namespace.yaml", "enforce: restricted", "enforce: baseline", `enforces "baseline"`},
	})
}

// TestScoreFaults are what kube-score finds, by the words of its tests.
func TestScoreFaults(t *testing.T) {
	expect(t, "kube-score", []fault{
		{router + "deployment.yaml", "memory: 512Mi, ephemeral-storage: 64Mi}\n            limits", "memory: 512Mi}\n            limits", "Ephemeral Storage request"},
		{router + "kustomization.yaml", "newTag: 0.1.0", "newTag: latest", "latest tag"},
		{router + "network.yaml", "policyTypes: [Ingress, Egress]", "policyTypes: [Ingress]", "egress"},
		{router + "deployment.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "writable root filesystem"},
	})
}

func TestMetricFaults(t *testing.T) {
	needs(t, "promtool")
	const adapter, scrape = "deploy/kubernetes/metrics/adapter.yaml", "deploy/kubernetes/metrics/scrape.yaml"
	expect(t, "metrics", []fault{
		{fleet + "autoscaler.yaml", "name: helix_pressure_ratio", "name: helix_pressure", "asks for helix_pressure, of which adapter.yaml knows nothing"},
		{adapter, `{signal="score",<<`, `{<<`, "the adapter's query"},
		{adapter, "<<.Series>>{<<.LabelMatchers>>}", "<<.Series>>{pod!=\"\"}", "the adapter's query"},
		{router + "autoscaler.yaml", "name: helix_cores_needed", "name: helix_cores_present", "helix_cores_present, of which adapter.yaml knows nothing"},
		{adapter, "avg by (<<.GroupBy>>)", "avg by <<.GroupBy>>", "the adapter's query"},
		{adapter, "<<.LabelMatchers>>", "<<.Labels>>", "the adapter's helix_pressure_ratio"},
		{adapter, "metricsQuery", "metricQuery", "unknown field"},
		{adapter, "pod: {resource: pod}", "pods: {resource: pod}", "no pod and namespace"},
		{scrape, "action: keep", "action: keeps", "unknown relabel action"},
		{scrape, "names: [helix]", "names: [felix]", "want role pod in namespace helix"},
		{scrape, "scrape_interval", "scrape_intervals", "scrape_intervals"},
	})
}
