// Command lint says what is wrong with the deploy kit, by the rules of those who will
// read it: BuildKit for the Dockerfile, systemd for the units, and for the manifests
// kustomize, the types of the Kubernetes API, its admission of pods, and kube-score. To
// that it adds what only this repository knows: that the drain fits into the grace
// period, that the autoscaler's metric is one that there is, that the binary is static and runs
// as the manifests start it. It must never need a cluster, a container engine, or the network.
//
//	go run . ../..   # the root of the repository
//
// It prints a line for each finding and ends with 1 where there is one. A program that is
// missing is a finding where CI=true, and a line that says so elsewhere.
package main
