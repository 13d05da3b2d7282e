// Command kube-schemas writes the JSON schemas that kubeconform needs, without a network: those of Kubernetes come from
// the OpenAPI document inside kyaml, those of the Prometheus operator from its CRDs. Objects are closed: a key that the
// schema does not know is a mistake.
//
//	kube-schemas OUTDIR CRD.yaml…
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	"google.golang.org/protobuf/proto"
	"sigs.k8s.io/kustomize/kyaml/openapi/kubernetesapi"
	"sigs.k8s.io/yaml"
)

type object = map[string]any

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: kube-schemas OUTDIR CRD.yaml…")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(out string, crds []string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := kubernetes(out); err != nil {
		return err
	}
	for _, path := range crds {
		if err := crd(out, path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// kubernetes writes one file for each kind, its references inlined.
func kubernetes(out string) error {
	version := kubernetesapi.DefaultOpenAPI
	packed := kubernetesapi.OpenAPIMustAsset[version]("kubernetesapi/" + strings.ReplaceAll(version, ".", "_") + "/swagger.pb")
	var document openapi_v2.Document
	if err := proto.Unmarshal(packed, &document); err != nil {
		return err
	}
	text, err := document.YAMLValue("")
	if err != nil {
		return err
	}
	var whole struct {
		Definitions map[string]object `json:"definitions"`
	}
	if err := yaml.Unmarshal(text, &whole); err != nil {
		return err
	}
	for _, definition := range whole.Definitions {
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		// Kinds without a place of their own, such as DeleteOptions, name many groups.
		if len(kinds) != 1 {
			continue
		}
		kind, _ := kinds[0].(object)
		schema := closed(inlined(definition, whole.Definitions, nil))
		if err := save(out, kind["kind"], kind["group"], kind["version"], schema); err != nil {
			return err
		}
	}
	return nil
}

func crd(out, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var definition struct {
		Spec struct {
			Group    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Schema struct{ OpenAPIV3Schema object }
			}
		}
	}
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return err
	}
	spec := definition.Spec
	for _, version := range spec.Versions {
		schema := closed(version.Schema.OpenAPIV3Schema)
		if root, ok := schema.(object); ok {
			// A CRD leaves the metadata to the API server.
			root["properties"].(object)["metadata"] = object{"type": "object"}
		}
		if err := save(out, spec.Names.Kind, spec.Group, version.Name, schema); err != nil {
			return err
		}
	}
	return nil
}

// inlined follows references; a schema that contains itself (JSONSchemaProps) ends as "anything".
func inlined(node any, definitions map[string]object, path []string) any {
	switch node := node.(type) {
	case object:
		if reference, ok := node["$ref"].(string); ok {
			name := strings.TrimPrefix(reference, "#/definitions/")
			if slices.Contains(path, name) {
				return object{}
			}
			return inlined(definitions[name], definitions, append(slices.Clip(path), name))
		}
		copied := object{}
		for key, value := range node {
			copied[key] = inlined(value, definitions, path)
		}
		// Quantities and ports are written as numbers as well.
		if node["type"] == "string" && (node["format"] == "int-or-string" || node["x-kubernetes-int-or-string"] == true ||
			isQuantity(node)) {
			copied["type"] = []any{"string", "number"}
		}
		delete(copied, "format")
		return copied
	case []any:
		copied := make([]any, len(node))
		for index, value := range node {
			copied[index] = inlined(value, definitions, path)
		}
		return copied
	}
	return node
}

func isQuantity(node object) bool {
	text, _ := node["description"].(string)
	return strings.HasPrefix(text, "Quantity is")
}

// closed forbids keys that are not named, where names are given.
func closed(node any) any {
	switch node := node.(type) {
	case object:
		copied := object{}
		for key, value := range node {
			if key != "enum" && key != "default" {
				value = closed(value)
			}
			copied[key] = value
		}
		_, named := node["properties"].(object)
		_, more := node["additionalProperties"]
		if named && !more && node["type"] == "object" && node["x-kubernetes-preserve-unknown-fields"] == nil {
			copied["additionalProperties"] = false
		}
		if node["x-kubernetes-int-or-string"] == true {
			delete(copied, "format")
		}
		return copied
	case []any:
		copied := make([]any, len(node))
		for index, value := range node {
			copied[index] = closed(value)
		}
		return copied
	}
	return node
}

// save names the file as kubeconform's template {{.ResourceKind}}{{.KindSuffix}} does.
func save(out string, kind, group, version, schema any) error {
	name := fmt.Sprint(kind)
	if text := fmt.Sprint(group); group != nil && text != "" {
		name += "-" + strings.Split(text, ".")[0]
	}
	name = strings.ToLower(fmt.Sprintf("%s-%v.json", name, version))
	text, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, name), text, 0o644)
}
