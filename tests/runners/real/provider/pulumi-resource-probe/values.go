package main

import (
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// What this provider understands of values on the wire.
var options = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true}

func read(properties *structpb.Struct) (resource.PropertyMap, error) {
	if properties == nil {
		return resource.PropertyMap{}, nil
	}
	return plugin.UnmarshalProperties(properties, options)
}

func written(properties resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(properties, options)
}

// What a thing with these inputs has as outputs.
func (p *probe) outputs(inputs resource.PropertyMap, preview bool) (resource.PropertyMap, error) {
	outputs := inputs.Copy()
	if value, ok := inputs["made"]; ok {
		made, err := remake(value, preview)
		if err != nil {
			return nil, err
		}
		outputs["made"] = made
	}
	return outputs, nil
}

// What the provider makes of a value: schema.json says what.
func remake(value resource.PropertyValue, preview bool) (resource.PropertyValue, error) {
	switch {
	case value.IsSecret():
		made, err := remake(value.SecretValue().Element, preview)
		return resource.MakeSecret(made), err
	case value.IsArray():
		var made []resource.PropertyValue
		for _, one := range value.ArrayValue() {
			element, err := remake(one, preview)
			if err != nil {
				return element, err
			}
			made = append(made, element)
		}
		return resource.NewArrayProperty(made), nil
	case value.IsObject():
		object := value.ObjectValue()
		if later, ok := object["later"]; ok && len(object) == 1 {
			if preview {
				return unknown(), nil
			}
			return later, nil
		}
		if path := text(object["secretFile"]); path != "" && len(object) == 1 {
			if preview {
				return resource.MakeSecret(unknown()), nil
			}
			found, err := os.ReadFile(path)
			return resource.MakeSecret(resource.NewStringProperty(string(found))), err
		}
		made := resource.PropertyMap{}
		for key, one := range object {
			element, err := remake(one, preview)
			if err != nil {
				return element, err
			}
			made[key] = element
		}
		return resource.NewObjectProperty(made), nil
	default:
		return value, nil
	}
}

func unknown() resource.PropertyValue {
	return resource.MakeComputed(resource.NewStringProperty(""))
}

// Whether the file is there that makes everything work.
func calm(inputs resource.PropertyMap) bool {
	path := text(inputs["until"])
	if path == "" {
		return false
	}
	_, err := os.Stat(path)
	return err == nil
}

// The value without its mark as a secret.
func plain(value resource.PropertyValue) resource.PropertyValue {
	if value.IsSecret() {
		return value.SecretValue().Element
	}
	return value
}

func text(value resource.PropertyValue) string {
	if value = plain(value); value.IsString() {
		return value.StringValue()
	}
	return ""
}

func truth(value resource.PropertyValue) bool {
	value = plain(value)
	return value.IsBool() && value.BoolValue()
}

func list(value resource.PropertyValue) []resource.PropertyValue {
	if value = plain(value); value.IsArray() {
		return value.ArrayValue()
	}
	return nil
}

func entries(value resource.PropertyValue) map[string]resource.PropertyValue {
	found := map[string]resource.PropertyValue{}
	if value = plain(value); value.IsObject() {
		for key, one := range value.ObjectValue() {
			found[string(key)] = one
		}
	}
	return found
}
