# Judges the result file of a preview by what the rules of stackstep.yaml can't say.
# The input is described by docs/reference/result.schema.json.
package main

import rego.v1

# What is not known is never taken for nothing.
deny contains "what would change is not known: see the notes of the report" if input.changes == null

# Nothing opens to the world.
deny contains message if {
	some step in input.steps
	step.operation in {"create", "update", "replace"}
	step.type in {"aws:ec2/securityGroup:SecurityGroup", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"}
	some diff in step.diffs
	contains(json.marshal(diff.new), "0.0.0.0/0")
	message := sprintf("%s: `%s` opens to the world", [step.name, diff.path])
}

# A database and a network never change in one deployment.
deny contains "databases and networks change together: deploy one after the other" if {
	some database in input.steps
	startswith(database.type, "aws:rds/")
	some network in input.steps
	startswith(network.type, "aws:ec2/subnet:")
}

# People should look at these.
warn contains message if {
	some step in input.steps
	step.operation == "replace"
	message := sprintf("%s is replaced, because of %s", [step.name, concat(", ", step.replace_keys)])
}
