package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/emptypb"
)

// How often a step that waits looks for its file.
const pause = 20 * time.Millisecond

var severities = map[string]diag.Severity{
	"debug": diag.Debug, "info": diag.Info, "warning": diag.Warning, "error": diag.Error,
}

func (p *probe) Check(ctx context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	news, err := read(req.News)
	if err != nil {
		return nil, err
	}
	for severity, messages := range entries(news["says"]) {
		for _, message := range list(messages) {
			if err := p.host.Log(ctx, severities[severity], resource.URN(req.Urn), text(message)); err != nil {
				return nil, err
			}
		}
	}
	if err := p.step(ctx, "check", news); err != nil {
		failure := &rpc.CheckFailure{Property: "fails", Reason: err.Error()}
		return &rpc.CheckResponse{Inputs: req.News, Failures: []*rpc.CheckFailure{failure}}, nil
	}
	return &rpc.CheckResponse{Inputs: req.News}, nil
}

func (p *probe) Diff(ctx context.Context, req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	olds, err := read(req.OldInputs)
	if err != nil {
		return nil, err
	}
	news, err := read(req.News)
	if err != nil {
		return nil, err
	}
	if err := p.step(ctx, "diff", news); err != nil {
		return nil, err
	}
	ignored := func(key resource.PropertyKey) bool {
		for _, one := range req.IgnoreChanges {
			if one == string(key) {
				return true
			}
		}
		return false
	}
	differences := olds.Diff(news, ignored)
	if differences == nil {
		return &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE}, nil
	}
	response := &rpc.DiffResponse{
		Changes:         rpc.DiffResponse_DIFF_SOME,
		HasDetailedDiff: true,
		DetailedDiff:    map[string]*rpc.PropertyDiff{},
	}
	for _, key := range differences.ChangedKeys() {
		response.Diffs = append(response.Diffs, string(key))
		if replaces(string(key), news) {
			response.Replaces = append(response.Replaces, string(key))
		}
		response.DeleteBeforeReplace = response.DeleteBeforeReplace || key == "slot"
	}
	for path, one := range plugin.NewDetailedDiffFromObjectDiff(differences, true) {
		if replaces(path, news) {
			one = one.ToReplace()
		}
		response.DetailedDiff[path] = &rpc.PropertyDiff{Kind: rpc.PropertyDiff_Kind(one.Kind), InputDiff: true}
	}
	return response, nil
}

// Whether another value of the property replaces the thing.
func replaces(name string, news resource.PropertyMap) bool {
	hopes := truth(news["hopes"]) && news[resource.PropertyKey(name)].IsComputed()
	return (name == "key" || name == "slot") && !hopes
}

func (p *probe) Create(ctx context.Context, req *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	inputs, err := read(req.Properties)
	if err != nil {
		return nil, err
	}
	id := ""
	if !req.Preview {
		if err := p.step(ctx, "create", inputs); err != nil {
			return nil, err
		}
		id = req.Name + "-" + random()
		if err := record("create", req.Urn, inputs); err != nil {
			return nil, err
		}
	}
	outputs, err := p.outputs(inputs, req.Preview)
	if err != nil {
		return nil, err
	}
	if !req.Preview {
		if err := partly("create", id, inputs, outputs); err != nil {
			return nil, err
		}
	}
	properties, err := written(outputs)
	return &rpc.CreateResponse{Id: id, Properties: properties}, err
}

func (p *probe) Update(ctx context.Context, req *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	inputs, err := read(req.News)
	if err != nil {
		return nil, err
	}
	if !req.Preview {
		if err := p.step(ctx, "update", inputs); err != nil {
			return nil, err
		}
		if err := record("update", req.Urn, inputs); err != nil {
			return nil, err
		}
	}
	outputs, err := p.outputs(inputs, req.Preview)
	if err != nil {
		return nil, err
	}
	if !req.Preview {
		if err := partly("update", req.Id, inputs, outputs); err != nil {
			return nil, err
		}
	}
	properties, err := written(outputs)
	return &rpc.UpdateResponse{Properties: properties}, err
}

func (p *probe) Delete(ctx context.Context, req *rpc.DeleteRequest) (*emptypb.Empty, error) {
	state, err := read(req.Properties)
	if err != nil {
		return nil, err
	}
	if err := p.step(ctx, "delete", state); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, record("delete", req.Urn, state)
}

func (p *probe) Read(ctx context.Context, req *rpc.ReadRequest) (*rpc.ReadResponse, error) {
	inputs, err := read(req.Inputs)
	if err != nil {
		return nil, err
	}
	state, err := read(req.Properties)
	if err != nil {
		return nil, err
	}
	if err := p.step(ctx, "read", state); err != nil {
		return nil, err
	}
	if path := text(state["drift"]); path != "" {
		found, err := os.ReadFile(path)
		if strings.TrimSpace(string(found)) == "gone" {
			return &rpc.ReadResponse{}, nil
		}
		if err == nil {
			changed := map[string]any{}
			if err := json.Unmarshal(found, &changed); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			for key, value := range resource.NewPropertyMapFromMap(changed) {
				state[key] = value
				inputs[key] = value
			}
		}
	}
	if err := partly("read", req.Id, inputs, state); err != nil {
		return nil, err
	}
	properties, err := written(state)
	if err != nil {
		return nil, err
	}
	read, err := written(inputs)
	return &rpc.ReadResponse{Id: req.Id, Properties: properties, Inputs: read}, err
}

// What is to happen in a step before it does its work.
func (p *probe) step(ctx context.Context, step string, inputs resource.PropertyMap) error {
	if path := text(entries(inputs["waits"])[step]); path != "" {
		if err := p.wait(ctx, path, truth(inputs["heeds"])); err != nil {
			return err
		}
	}
	if calm(inputs) {
		return nil
	}
	for _, one := range list(inputs["crashes"]) {
		if text(one) == step {
			crash(step)
		}
	}
	if message := text(entries(inputs["fails"])[step]); message != "" {
		return errors.New(message)
	}
	return nil
}

// Waits for a file, and shows by another that it does.
func (p *probe) wait(ctx context.Context, path string, heeds bool) error {
	if err := os.WriteFile(path+".begun", nil, 0o600); err != nil {
		return err
	}
	stopped := p.stopped
	if !heeds {
		stopped = nil
	}
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-stopped:
			return errors.New("the step was given up, as the engine was asked to stop")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Writes down that a step is done.
func record(step, urn string, inputs resource.PropertyMap) error {
	path := text(inputs["record"])
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = fmt.Fprintf(file, "%s %s\n", step, resource.URN(urn).Name())
	return err
}

// Ends this process as an uncaught panic does: the goroutine of a request recovers from none.
func crash(step string) {
	panic("crash in the step " + step)
}

// The error of a step that has done its work and fails all the same: the engine keeps the thing and its state.
// https://www.pulumi.com/docs/iac/concepts/inputs-outputs/state/
func partly(step, id string, inputs, outputs resource.PropertyMap) error {
	message := text(entries(inputs["partly"])[step])
	if message == "" || calm(inputs) {
		return nil
	}
	properties, err := written(outputs)
	if err != nil {
		return err
	}
	put, err := written(inputs)
	if err != nil {
		return err
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, message), &rpc.ErrorResourceInitFailed{
		Id: id, Properties: properties, Reasons: []string{message}, Inputs: put,
	})
}

func random() string {
	bytes := make([]byte, 4)
	_, _ = rand.Read(bytes)
	return hex.EncodeToString(bytes)
}
