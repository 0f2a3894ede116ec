package main_test

import data.main
import rego.v1

step(type, operation, diffs) := {
	"name": "web", "type": type, "operation": operation, "diffs": diffs, "replace_keys": ["name"],
}

group := "aws:ec2/securityGroup:SecurityGroup"

open_rule := {"path": "ingress[0]", "change": "add", "new": {"cidrBlocks": ["0.0.0.0/0"], "fromPort": 22}}

test_what_opens_to_the_world_is_denied if {
	main.deny == {"web: `ingress[0]` opens to the world"} with input as {
		"changes": {"create": 1}, "steps": [step(group, "create", [open_rule])],
	}
}

test_what_was_open_and_closes_is_allowed if {
	closes := {"path": "ingress[0]", "change": "delete", "old": open_rule.new}
	main.deny == set() with input as {"changes": {"update": 1}, "steps": [step(group, "update", [closes])]}
}

test_what_is_not_known_is_denied if {
	count(main.deny) == 1 with input as {"changes": null, "steps": []}
}

test_a_database_and_a_network_do_not_change_together if {
	count(main.deny) == 1 with input as {"changes": {"update": 2}, "steps": [
		step("aws:rds/instance:Instance", "update", []),
		step("aws:ec2/subnet:Subnet", "update", []),
	]}
}

test_a_replacement_is_a_warning if {
	main.warn == {"web is replaced, because of name"} with input as {
		"changes": {"replace": 1}, "steps": [step("a:b:C", "replace", [])],
	}
	main.deny == set() with input as {"changes": {"replace": 1}, "steps": [step("a:b:C", "replace", [])]}
}
