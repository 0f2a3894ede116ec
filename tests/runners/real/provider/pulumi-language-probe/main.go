// A language host that runs one kind of program: policy packs whose rules stand in their own PulumiPolicy.yaml.
//
//	runtime:
//	  name: probe
//	  options:
//	    rules:
//	      - {name: no-big-things, level: mandatory, value: big, message: big things are not allowed}
//	      - {name: one-thing, level: advisory, stack: true, message: this is said of every stack}
//	      - {name: small, level: remediate, value: huge, becomes: small, message: huge things are made small}
//
// A rule hits each resource whose property `value` is the rule's.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

func main() {
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Init: func(server *grpc.Server) error {
			rpc.RegisterLanguageRuntimeServer(server, &host{})
			return nil
		},
	})
	if err == nil {
		fmt.Printf("%d\n", handle.Port)
		err = <-handle.Done
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type host struct {
	rpc.UnimplementedLanguageRuntimeServer
}

func (h *host) Handshake(
	context.Context, *rpc.LanguageHandshakeRequest,
) (*rpc.LanguageHandshakeResponse, error) {
	return &rpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: "1.0.0"}, nil
}

func (h *host) GetRequiredPackages(
	context.Context, *rpc.GetRequiredPackagesRequest,
) (*rpc.GetRequiredPackagesResponse, error) {
	return &rpc.GetRequiredPackagesResponse{}, nil
}

// RunPlugin serves the pack's rules until the engine has had enough of them.
func (h *host) RunPlugin(req *rpc.RunPluginRequest, to rpc.LanguageRuntime_RunPluginServer) error {
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			rpc.RegisterAnalyzerServer(server, &pack{rules: rules(req.GetInfo().GetOptions())})
			return nil
		},
	})
	if err != nil {
		return err
	}
	go func() {
		<-to.Context().Done()
		close(cancel)
	}()
	port := &rpc.RunPluginResponse_Stdout{Stdout: fmt.Appendf(nil, "%d\n", handle.Port)}
	if err := to.Send(&rpc.RunPluginResponse{Output: port}); err != nil {
		return err
	}
	return <-handle.Done
}

type rule struct {
	name, value, becomes, message string
	level                         rpc.EnforcementLevel
	stack                         bool
}

func rules(options *structpb.Struct) []rule {
	var found []rule
	for _, one := range options.GetFields()["rules"].GetListValue().GetValues() {
		field := one.GetStructValue().GetFields()
		found = append(found, rule{
			name:    field["name"].GetStringValue(),
			value:   field["value"].GetStringValue(),
			becomes: field["becomes"].GetStringValue(),
			message: field["message"].GetStringValue(),
			stack:   field["stack"].GetBoolValue(),
			level:   rpc.EnforcementLevel(rpc.EnforcementLevel_value[strings.ToUpper(field["level"].GetStringValue())]),
		})
	}
	return found
}

type pack struct {
	rpc.UnimplementedAnalyzerServer
	rules []rule
}

const name, version = "probe-pack", "1.2.3"

func (p *pack) Handshake(
	context.Context, *rpc.AnalyzerHandshakeRequest,
) (*rpc.AnalyzerHandshakeResponse, error) {
	return &rpc.AnalyzerHandshakeResponse{}, nil
}

func (p *pack) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: version}, nil
}

func (p *pack) Configure(context.Context, *rpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (p *pack) ConfigureStack(
	context.Context, *rpc.AnalyzerStackConfigureRequest,
) (*rpc.AnalyzerStackConfigureResponse, error) {
	return &rpc.AnalyzerStackConfigureResponse{}, nil
}

func (p *pack) GetAnalyzerInfo(context.Context, *emptypb.Empty) (*rpc.AnalyzerInfo, error) {
	info := &rpc.AnalyzerInfo{Name: name, DisplayName: name, Version: version}
	for _, rule := range p.rules {
		kind := rpc.PolicyType_POLICY_TYPE_RESOURCE
		if rule.stack {
			kind = rpc.PolicyType_POLICY_TYPE_STACK
		}
		info.Policies = append(info.Policies, &rpc.PolicyInfo{
			Name: rule.name, Description: rule.message, Message: rule.message,
			EnforcementLevel: rule.level, PolicyType: kind,
		})
	}
	return info, nil
}

func (p *pack) Analyze(_ context.Context, req *rpc.AnalyzeRequest) (*rpc.AnalyzeResponse, error) {
	response := &rpc.AnalyzeResponse{}
	for _, rule := range p.rules {
		if !rule.stack && rule.becomes == "" && rule.hits(req.Properties) {
			response.Diagnostics = append(response.Diagnostics, rule.diagnostic(req.Urn))
		}
	}
	return response, nil
}

func (p *pack) AnalyzeStack(
	context.Context, *rpc.AnalyzeStackRequest,
) (*rpc.AnalyzeResponse, error) {
	response := &rpc.AnalyzeResponse{}
	for _, rule := range p.rules {
		if rule.stack {
			response.Diagnostics = append(response.Diagnostics, rule.diagnostic(""))
		}
	}
	return response, nil
}

func (p *pack) Remediate(_ context.Context, req *rpc.AnalyzeRequest) (*rpc.RemediateResponse, error) {
	response := &rpc.RemediateResponse{}
	for _, rule := range p.rules {
		if rule.level != rpc.EnforcementLevel_REMEDIATE || !rule.hits(req.Properties) {
			continue
		}
		properties := &structpb.Struct{Fields: map[string]*structpb.Value{}}
		for key, value := range req.Properties.GetFields() {
			properties.Fields[key] = value
		}
		properties.Fields["value"] = structpb.NewStringValue(rule.becomes)
		response.Remediations = append(response.Remediations, &rpc.Remediation{
			PolicyName: rule.name, PolicyPackName: name, PolicyPackVersion: version,
			Description: rule.message, Properties: properties,
		})
	}
	return response, nil
}

func (p *pack) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (r rule) hits(properties *structpb.Struct) bool {
	return r.value != "" && properties.GetFields()["value"].GetStringValue() == r.value
}

func (r rule) diagnostic(urn string) *rpc.AnalyzeDiagnostic {
	return &rpc.AnalyzeDiagnostic{
		PolicyName: r.name, PolicyPackName: name, PolicyPackVersion: version,
		Description: r.message, Message: r.message, EnforcementLevel: r.level, Urn: urn,
	}
}
