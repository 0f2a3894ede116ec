// A provider whose resources exist nowhere: what their inputs say is what happens to them. schema.json is its
// documentation. It speaks the engine's protocol itself, as that can do more than any framework on top of it:
// https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

//go:embed schema.json
var schema string

type probe struct {
	rpc.UnimplementedResourceProviderServer
	host *provider.HostClient
	// Closed when the engine is asked to stop.
	stopped chan struct{}
	stop    sync.Once
}

func main() {
	err := provider.Main("probe", func(host *provider.HostClient) (rpc.ResourceProviderServer, error) {
		return &probe{host: host, stopped: make(chan struct{})}, nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (p *probe) Attach(context.Context, *rpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (p *probe) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: "1.0.0"}, nil
}

func (p *probe) GetSchema(context.Context, *rpc.GetSchemaRequest) (*rpc.GetSchemaResponse, error) {
	return &rpc.GetSchemaResponse{Schema: schema}, nil
}

func (p *probe) CheckConfig(_ context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	return &rpc.CheckResponse{Inputs: req.News}, nil
}

func (p *probe) DiffConfig(_ context.Context, req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	return &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE}, nil
}

func (p *probe) Configure(_ context.Context, req *rpc.ConfigureRequest) (*rpc.ConfigureResponse, error) {
	if message := req.GetArgs().GetFields()["refuses"].GetStringValue(); message != "" {
		return nil, errors.New(message)
	}
	return &rpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

func (p *probe) Invoke(_ context.Context, req *rpc.InvokeRequest) (*rpc.InvokeResponse, error) {
	args, err := read(req.Args)
	if err != nil {
		return nil, err
	}
	if message := text(args["fails"]); message != "" {
		return nil, errors.New(message)
	}
	answer, err := written(resource.PropertyMap{"answer": args["answer"]})
	return &rpc.InvokeResponse{Return: answer}, err
}

func (p *probe) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.stop.Do(func() { close(p.stopped) })
	return &emptypb.Empty{}, nil
}
