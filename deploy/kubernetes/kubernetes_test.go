// Package kubernetes builds the manifests by kustomize, and decodes them strictly into the types of the Kubernetes API. It is a
// module of its own: both link much.
package kubernetes

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// built are the objects that kustomize makes, by kind and name.
func built(t *testing.T) map[string]any {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), ".")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	for _, r := range made.Resources() {
		var object any
		switch r.GetKind() {
		case "Namespace":
			object = &core.Namespace{}
		case "ConfigMap":
			object = &core.ConfigMap{}
		case "Service":
			object = &core.Service{}
		case "StatefulSet":
			object = &apps.StatefulSet{}
		case "Deployment":
			object = &apps.Deployment{}
		case "PodDisruptionBudget":
			object = &policy.PodDisruptionBudget{}
		case "NetworkPolicy":
			object = &networking.NetworkPolicy{}
		default: // a Secret among them: none is to be in this folder
			t.Errorf("%s %s is not to be here", r.GetKind(), r.GetName())
			continue
		}
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(text, object); err != nil {
			t.Errorf("%s %s: %v", r.GetKind(), r.GetName(), err)
		}
		all[r.GetKind()+" "+r.GetName()] = object
	}
	return all
}

// workload is a set of pods.
type workload struct {
	name   string
	labels map[string]string
	pod    core.PodSpec
}

func workloads(t *testing.T, all map[string]any) []workload {
	t.Helper()
	follow, isSet := all["StatefulSet follow"].(*apps.StatefulSet)
	page, isDeployment := all["Deployment page"].(*apps.Deployment)
	if !isSet || !isDeployment {
		t.Fatal("a workload is missing")
	}
	return []workload{{"follow", follow.Spec.Template.Labels, follow.Spec.Template.Spec}, {"page", page.Spec.Template.Labels, page.Spec.Template.Spec}}
}

// TestPodsAreConfined: as the restricted standard of pod security has it, and with what they take.
func TestPodsAreConfined(t *testing.T) {
	all := built(t)
	for _, w := range workloads(t, all) {
		p := w.pod.SecurityContext
		if p == nil || p.RunAsNonRoot == nil || !*p.RunAsNonRoot || p.RunAsUser == nil || *p.RunAsUser == 0 || p.SeccompProfile == nil || p.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s: %+v", w.name, p)
		}
		if w.pod.AutomountServiceAccountToken == nil || *w.pod.AutomountServiceAccountToken {
			t.Errorf("%s has a token of the cluster", w.name)
		}
		for _, c := range slices.Concat(w.pod.InitContainers, w.pod.Containers) {
			s := c.SecurityContext
			if s == nil || !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) {
				t.Errorf("%s %s: %+v", w.name, c.Name, s)
			}
			if !regexp.MustCompile(`:\d+\.\d+(\.\d+)?$`).MatchString(c.Image) {
				t.Errorf("%s %s: image %s has no version", w.name, c.Name, c.Image)
			}
			if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().Cmp(*c.Resources.Requests.Memory()) < 0 {
				t.Errorf("%s %s: resources %+v", w.name, c.Name, c.Resources)
			}
			for _, m := range c.VolumeMounts {
				if !slices.ContainsFunc(w.pod.Volumes, func(v core.Volume) bool { return v.Name == m.Name }) {
					t.Errorf("%s %s: volume %s is nowhere", w.name, c.Name, m.Name)
				}
			}
			for _, e := range c.Env {
				if strings.Contains(e.Name, "PASSWORD") && !strings.HasPrefix(e.Value, "/run/secrets/") {
					t.Errorf("%s %s: %s is no file of a secret", w.name, c.Name, e.Name)
				}
			}
		}
		for _, c := range w.pod.Containers {
			if c.StartupProbe == nil || c.ReadinessProbe == nil || c.LivenessProbe == nil {
				t.Errorf("%s %s lacks a probe", w.name, c.Name)
			}
		}
		for _, v := range w.pod.Volumes {
			if m := v.ConfigMap; m != nil && all["ConfigMap "+m.Name] == nil {
				t.Errorf("%s: configuration %s is nowhere", w.name, m.Name)
			}
		}
	}
}

// TestSelectorsMeetPods: what selects something by labels selects the pods of its own name.
func TestSelectorsMeetPods(t *testing.T) {
	all := built(t)
	for _, w := range workloads(t, all) {
		service := all["Service "+w.name].(*core.Service)
		budget := all["PodDisruptionBudget "+w.name].(*policy.PodDisruptionBudget)
		network := all["NetworkPolicy "+w.name].(*networking.NetworkPolicy)
		for what, selector := range map[string]map[string]string{"service": service.Spec.Selector, "budget": budget.Spec.Selector.MatchLabels, "network": network.Spec.PodSelector.MatchLabels} {
			if len(selector) == 0 {
				t.Errorf("%s: the %s selects everything", w.name, what)
			}
			for key, value := range selector {
				if w.labels[key] != value {
					t.Errorf("%s: the %s selects %s=%s", w.name, what, key, value)
				}
			}
		}
	}
}

// TestNetworkCoversPorts: the ports of the addresses that a command names may be reached, no others but names', and what a
// container listens on may be visited.
func TestNetworkCoversPorts(t *testing.T) {
	all := built(t)
	if nothing := all["NetworkPolicy nothing"].(*networking.NetworkPolicy); len(nothing.Spec.PolicyTypes) != 2 || len(nothing.Spec.Ingress)+len(nothing.Spec.Egress) != 0 {
		t.Error("not everything is refused at first")
	}
	for _, w := range workloads(t, all) {
		network := all["NetworkPolicy "+w.name].(*networking.NetworkPolicy)
		var out, in []int
		for _, rule := range network.Spec.Egress {
			for _, p := range rule.Ports {
				out = append(out, p.Port.IntValue())
			}
		}
		for _, rule := range network.Spec.Ingress {
			for _, p := range rule.Ports {
				in = append(in, p.Port.IntValue())
			}
		}
		needed, listens := []int{53, 53}, []int(nil)
		for _, c := range w.pod.Containers {
			for _, arg := range c.Args {
				for _, m := range regexp.MustCompile(`//[^/]*:(\d+)/|http_port=(\d+)`).FindAllStringSubmatch(arg, -1) {
					port, _ := strconv.Atoi(m[1] + m[2])
					needed = append(needed, port)
				}
			}
			for _, p := range c.Ports {
				listens = append(listens, int(p.ContainerPort))
			}
		}
		for _, list := range [][]int{needed, listens, out, in} {
			slices.Sort(list)
		}
		if !slices.Equal(slices.Compact(needed), slices.Compact(out)) || !slices.Equal(listens, in) {
			t.Errorf("%s: needs %v and may reach %v; listens on %v and may be visited on %v", w.name, needed, out, listens, in)
		}
	}
}
