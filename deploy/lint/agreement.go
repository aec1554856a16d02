package main

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// disagreements are what no schema sees: names that lead nowhere, and numbers that
// contradict each other.
func (m *manifests) disagreements() (found []string) {
	if len(m.deployments) == 0 {
		return []string{"there is no Deployment"}
	}
	found = append(found, m.selectors()...)
	found = append(found, m.servicePorts()...)
	found = append(found, m.scaling()...)
	for _, d := range m.deployments {
		for _, f := range slices.Concat(m.podReferences(d), podFaults(&d.Spec.Template), m.admission(&d.Spec.Template)) {
			found = append(found, d.Name+": "+f)
		}
	}
	return found
}

// selectors wants each of them to select the pods of a Deployment.
func (m *manifests) selectors() (found []string) {
	look := func(what string, s *metav1.LabelSelector) {
		selector, err := metav1.LabelSelectorAsSelector(s)
		if err != nil {
			found = append(found, fmt.Sprintf("%s: %v", what, err))
			return
		}
		if !slices.ContainsFunc(m.deployments, func(d *appsv1.Deployment) bool { return selects(selector, d) }) {
			found = append(found, fmt.Sprintf("%s selects no pod of a Deployment: %s", what, selector))
		}
	}
	for _, s := range m.services {
		look("Service "+s.Name, &metav1.LabelSelector{MatchLabels: s.Spec.Selector})
	}
	for _, b := range m.budgets {
		look("PodDisruptionBudget "+b.Name, b.Spec.Selector)
	}
	for _, p := range m.policies {
		look("NetworkPolicy "+p.Name, &p.Spec.PodSelector)
	}
	for _, d := range m.deployments {
		for _, c := range d.Spec.Template.Spec.TopologySpreadConstraints {
			look("topology spread of "+d.Name, c.LabelSelector)
		}
	}
	return found
}

func selects(s labels.Selector, d *appsv1.Deployment) bool {
	return !s.Empty() && s.Matches(labels.Set(d.Spec.Template.Labels))
}

// servicePorts wants the ports that a Service or a policy names to be the container's.
func (m *manifests) servicePorts() (found []string) {
	for _, s := range m.services {
		for _, p := range s.Spec.Ports {
			if !m.listens(labels.SelectorFromSet(s.Spec.Selector), p.TargetPort) {
				found = append(found, fmt.Sprintf("Service %s: no container listens on targetPort %s", s.Name, p.TargetPort.String()))
			}
		}
	}
	for _, policy := range m.policies {
		selector, _ := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector) // selectors has seen it
		for _, rule := range policy.Spec.Ingress {
			for _, p := range rule.Ports {
				if p.Port != nil && !m.listens(selector, *p.Port) {
					found = append(found, fmt.Sprintf("NetworkPolicy %s: no container listens on port %s", policy.Name, p.Port.String()))
				}
			}
		}
	}
	return found
}

// listens reports whether a container of the selected pods has the port.
func (m *manifests) listens(s labels.Selector, port intstr.IntOrString) bool {
	for _, d := range m.deployments {
		if !selects(s, d) {
			continue
		}
		for _, c := range d.Spec.Template.Spec.Containers {
			for _, p := range c.Ports {
				if port == intstr.FromString(p.Name) || port == intstr.FromInt32(p.ContainerPort) {
					return true
				}
			}
		}
	}
	return false
}

// scaling wants each Deployment to have an autoscaler that owns its replicas, and a
// budget that lets a node be drained at the least number of them.
func (m *manifests) scaling() (found []string) {
	scaled := map[string]bool{}
	for _, h := range m.scalers {
		scaled[h.Spec.ScaleTargetRef.Name] = true
		if !slices.ContainsFunc(m.deployments, func(d *appsv1.Deployment) bool { return d.Name == h.Spec.ScaleTargetRef.Name }) {
			found = append(found, fmt.Sprintf("HorizontalPodAutoscaler %s scales %s, which is not here", h.Name, h.Spec.ScaleTargetRef.Name))
		}
		if h.Spec.MinReplicas == nil || *h.Spec.MinReplicas < 2 {
			found = append(found, fmt.Sprintf("HorizontalPodAutoscaler %s: want minReplicas of 2 or more, or draining a node is an outage", h.Name))
		}
	}
	for _, d := range m.deployments {
		if !scaled[d.Name] {
			found = append(found, d.Name+" has no HorizontalPodAutoscaler")
		}
		if d.Spec.Replicas != nil {
			found = append(found, d.Name+" sets replicas: applying it would undo the autoscaler")
		}
		if n := m.budgetsOf(d); n != 1 {
			found = append(found, fmt.Sprintf("%s has %d PodDisruptionBudgets, want 1: two of them block every eviction", d.Name, n))
		}
	}
	for _, b := range m.budgets {
		if b.Spec.MinAvailable != nil || b.Spec.MaxUnavailable == nil || b.Spec.MaxUnavailable.IntValue() < 1 {
			found = append(found, fmt.Sprintf("PodDisruptionBudget %s: want maxUnavailable of 1 or more, which lets a node be drained at any number of replicas", b.Name))
		}
	}
	return found
}

func (m *manifests) budgetsOf(d *appsv1.Deployment) (n int) {
	for _, b := range m.budgets {
		if s, err := metav1.LabelSelectorAsSelector(b.Spec.Selector); err == nil && selects(s, d) {
			n++
		}
	}
	return n
}
