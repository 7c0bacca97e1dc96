// chart-check renders a Helm chart with Helm's own loader, schema check, linter and template engine, then reads every
// manifest into Kubernetes' own types, strictly: a field that the API does not know is an error. No cluster is needed.
//
//	chart-check -values values.yaml ../../helm/live-avatar   (prints the manifests)
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// kubeVersion is the API level that templates see.
var kubeVersion = chartutil.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}

func main() {
	valuesPath := flag.String("values", "", "values file")
	flag.Parse()
	if err := run(flag.Arg(0), *valuesPath); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(chartPath, valuesPath string) error {
	values, err := chartutil.ReadValuesFile(valuesPath)
	if err != nil {
		return err
	}
	for _, message := range lint.AllWithKubeVersion(chartPath, values, "default", &kubeVersion).Messages {
		if message.Severity >= support.WarningSev {
			return fmt.Errorf("lint: %w", message)
		}
	}
	loaded, err := loader.Load(chartPath)
	if err != nil {
		return err
	}
	capabilities := *chartutil.DefaultCapabilities
	capabilities.KubeVersion = kubeVersion
	options := chartutil.ReleaseOptions{Name: "check", Namespace: "default", IsInstall: true}
	// Also holds the values against values.schema.json.
	top, err := chartutil.ToRenderValues(loaded, values, options, &capabilities)
	if err != nil {
		return err
	}
	rendered, err := engine.Render(loaded, top)
	if err != nil {
		return err
	}
	return checkAll(rendered)
}

// checkAll prints every manifest that the API would accept and fails at the first that it would not.
func checkAll(rendered map[string]string) error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv2.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	names := make([]string, 0, len(rendered))
	for name := range rendered {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, text := range strings.Split(rendered[name], "\n---") {
			if strings.TrimSpace(text) == "" || strings.HasSuffix(name, ".tpl") {
				continue
			}
			if err := check(scheme, text); err != nil {
				return fmt.Errorf("%s: %w\n%s", name, err, text)
			}
			fmt.Printf("---\n%s\n", strings.TrimSpace(text))
		}
	}
	return nil
}

func check(scheme *runtime.Scheme, text string) error {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := yaml.Unmarshal([]byte(text), &head); err != nil {
		return err
	}
	version, err := schema.ParseGroupVersion(head.APIVersion)
	if err != nil {
		return err
	}
	// The Prometheus operator's types are not Kubernetes' own.
	if version.Group == "monitoring.coreos.com" {
		return nil
	}
	object, err := scheme.New(version.WithKind(head.Kind))
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict([]byte(text), object)
}
