//! What differs and what is merged, one behaviour a test.

use super::*;
use serde_json::json;

/// A tree in which `{ "from-env": … }` is a secret of the file.
fn file(value: &Value) -> SettingTree {
    match value {
        Value::Object(fields) => match fields.get(FROM_ENV) {
            Some(name) => SettingTree::SecretFrom(name.as_str().unwrap().to_owned()),
            None => {
                SettingTree::Branch(fields.iter().map(|(name, value)| (name.clone(), file(value))).collect())
            }
        },
        other => SettingTree::Value(other.clone()),
    }
}

fn compared(of_file: &Value, of_service: &Value) -> SettingsCompared {
    let mut answer = of_service.clone();
    answer["version"] = json!(1);
    let service = ServiceSettings::read(&answer).unwrap().in_the_form_of(&file(of_file));
    SettingsCompared::of_settings(&file(of_file), Some(&service), false)
}

fn paths(compared: &SettingsCompared) -> Vec<&str> {
    compared.differences.iter().map(|one| one.path.as_str()).collect()
}

/// JSON Merge Patch, RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else { return patch.clone_into(target) };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(name);
        } else {
            merge(target.as_object_mut().unwrap().entry(name).or_insert(Value::Null), value);
        }
    }
}

#[test]
fn equal_settings_need_no_merge() {
    let both = json!({ "sourceContext": { "git": { "branch": "main" } }, "vcs": { "provider": "github", "paths": ["a"] } });
    assert_eq!(compared(&both, &both), SettingsCompared::default());
}

#[test]
fn what_the_service_leaves_out_or_fills_in_is_no_difference() {
    let of_file = json!({ "vcs": { "provider": "gitlab", "deployCommits": false, "paths": [] } });
    let of_service = json!({
        "vcs": { "provider": "gitlab", "installationId": "17", "deployTags": false, "tagFilters": null },
        "operationContext": { "preRunCommands": null, "environmentVariables": {}, "operation": "" },
        "executorContext": { "executorImage": { "reference": "pulumi/pulumi", "isDefault": true } },
    });
    assert_eq!(compared(&of_file, &of_service), SettingsCompared::default());
}

#[test]
fn each_path_that_differs_is_named_once() {
    let of_file = json!({
        "sourceContext": { "git": { "branch": "main" } },
        "operationContext": { "environmentVariables": { "A": "1", "B": { "from-env": "X" } } },
    });
    let of_service = json!({
        "sourceContext": { "git": { "branch": "old", "commit": "c" } },
        "operationContext": { "environmentVariables": { "A": "1", "C": { "secret": "" } }, "oidc": { "aws": { "roleArn": "r" } } },
        "agentPoolID": "pool",
    });
    let found = compared(&of_file, &of_service);
    assert_eq!(
        paths(&found),
        [
            "sourceContext.git.branch",
            "sourceContext.git.commit",
            "operationContext.environmentVariables.B",
            "operationContext.environmentVariables.C",
            "operationContext.oidc.aws.roleArn",
            "agentPoolID",
        ]
    );
    assert_eq!(
        found.merge.unwrap(),
        json!({
            "sourceContext": { "git": { "branch": "main", "commit": null } },
            "operationContext": { "environmentVariables": { "B": { "from-env": "X" }, "C": null }, "oidc": null },
            "agentPoolID": null,
        })
    );
}

#[test]
fn a_secret_is_compared_by_its_presence() {
    let of_file = json!({ "operationContext": { "environmentVariables": { "A": { "from-env": "X" } } } });
    let there = json!({ "operationContext": { "environmentVariables": { "A": { "ciphertext": "c" } } } });
    let open = json!({ "operationContext": { "environmentVariables": { "A": "open" } } });
    let found = compared(&of_file, &there);
    assert_eq!(
        (found.not_compared, found.merge),
        (vec!["operationContext.environmentVariables.A".to_owned()], None)
    );
    assert_eq!(paths(&compared(&of_file, &open)).len(), 1);
    let service = ServiceSettings::read(&there).unwrap().settings;
    let again = SettingsCompared::new(&file(&of_file), Some(&service), true);
    assert_eq!(again.merge.unwrap(), of_file, "they are sent again where somebody asks for it");
}

#[test]
fn what_is_a_secret_on_one_side_is_shown_on_neither() {
    let secret = json!({ "operationContext": { "environmentVariables": { "A": { "from-env": "X" } } } });
    let open = json!({ "operationContext": { "environmentVariables": { "A": "hunter2" } } });
    let there = json!({ "operationContext": { "environmentVariables": { "A": { "secret": "" } } } });
    for found in [compared(&secret, &open), compared(&open, &there)] {
        let one = &found.differences[0];
        assert_eq!((&one.file, &one.service), (&json!("[secret]"), &json!("[secret]")));
    }
}

#[test]
fn what_is_not_known_stays_where_what_is_beside_it_goes() {
    let of_file = json!({ "sourceContext": { "git": { "branch": "main" } } });
    let of_service = json!({
        "sourceContext": { "git": { "branch": "main" } },
        "operationContext": { "preRunCommands": ["a"], "newFeature": { "x": 1 }, "oidc": { "aws": { "roleArn": "r" } } },
        "executorContext": { "executorRootPath": "/x", "executorImage": { "reference": "i", "newer": 1 } },
        "vcs": { "provider": "github", "newer": true, "none": null },
        "gitHub": { "paths": 1, "repository": "a/b" },
        "cacheOptions": { "enable": true },
    });
    assert_eq!(
        compared(&of_file, &of_service).merge.unwrap(),
        json!({
            "operationContext": { "preRunCommands": null, "oidc": null },
            "executorContext": { "executorRootPath": null, "executorImage": { "reference": null } },
            "vcs": { "provider": null },
            "gitHub": { "repository": null },
            "cacheOptions": null,
        })
    );
}

#[test]
fn what_the_service_has_filled_in_goes_with_what_it_belongs_to_alone() {
    let of_file = json!({ "sourceContext": { "git": { "branch": "main" } } });
    let mut of_service = of_file.clone();
    of_service["operationContext"] = json!({ "preRunCommands": ["a"], "role": { "name": "filled in" } });
    let merge = compared(&of_file, &of_service).merge.unwrap();
    assert_eq!(merge, json!({ "operationContext": { "preRunCommands": null } }));
    of_service["operationContext"] = json!({ "role": { "id": "r", "name": "filled in" } });
    of_service["vcs"] = json!({ "provider": "github", "installationId": "1" });
    let merge = compared(&of_file, &of_service).merge.unwrap();
    assert_eq!(merge, json!({ "operationContext": null, "vcs": null }));
}

#[test]
fn what_the_file_has_and_the_service_has_in_an_unknown_form_differs() {
    let of_file = json!({ "sourceContext": { "git": { "branch": "main", "gitAuth": { "accessToken": { "from-env": "X" } } } } });
    let of_service = json!({ "sourceContext": { "git": { "branch": "main", "gitAuth": "hunter2" } } });
    let found = compared(&of_file, &of_service);
    assert_eq!(paths(&found), ["sourceContext.git.gitAuth"]);
    assert_eq!(found.differences[0].service, "[not known]");
    let auth = json!({ "accessToken": { "from-env": "X" } });
    assert_eq!(found.merge.unwrap(), json!({ "sourceContext": { "git": { "gitAuth": auth } } }));
}

#[test]
fn a_repository_in_the_other_form_is_the_same_and_is_sent_whole() {
    let vcs = json!({ "vcs": { "provider": "github", "repository": "a/b", "paths": ["a"] } });
    let github = json!({ "gitHub": { "repository": "a/b", "paths": ["a"] } });
    assert_eq!(compared(&vcs, &github), SettingsCompared::default());
    assert_eq!(compared(&github, &vcs), SettingsCompared::default());
    let mut other = github.clone();
    other["gitHub"]["paths"] = json!(["b"]);
    other["gitHub"]["deployTags"] = json!(true);
    let mut whole = vcs.clone();
    whole["vcs"]["deployTags"] = json!(false);
    let found = compared(&vcs, &other);
    assert_eq!(paths(&found), ["vcs.paths", "vcs.deployTags"]);
    assert_eq!(found.merge.unwrap(), whole);
    let gitlab = json!({ "vcs": { "provider": "gitlab", "repository": "a/b" } });
    assert_eq!(compared(&gitlab, &github).merge.unwrap()["gitHub"], Value::Null);
}

#[test]
fn a_merge_of_vcs_names_its_provider() {
    let of_file = json!({ "vcs": { "provider": "github", "paths": ["a"] } });
    let of_service = json!({ "vcs": { "provider": "github", "paths": ["b"] } });
    assert_eq!(compared(&of_file, &of_service).merge.unwrap(), of_file);
}

#[test]
fn a_flag_that_the_file_does_not_have_is_turned_off() {
    let of_file = json!({ "vcs": { "provider": "github", "paths": ["a"] } });
    let of_service = json!({ "vcs": { "provider": "github", "paths": ["a"], "deployCommits": true } });
    let merge = compared(&of_file, &of_service).merge.unwrap();
    assert_eq!(merge, json!({ "vcs": { "provider": "github", "deployCommits": false } }));
}

#[test]
fn without_settings_the_whole_file_is_sent_with_what_is_false_in_it() {
    let of_file = json!({ "vcs": { "provider": "github", "deployCommits": false } });
    let found = SettingsCompared::new(&file(&of_file), None, false);
    assert_eq!((paths(&found), found.merge.clone()), (vec!["vcs.provider"], Some(of_file)));
}

/// A generated setting: each of a few paths is there with one of a few values.
fn generated(mut seed: u64) -> Value {
    let mut next = |most: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % most
    };
    let mut settings = json!({});
    for (pointer, values) in [
        (vec!["sourceContext", "git", "branch"], json!(["a", "b", "", null])),
        (vec!["sourceContext", "git", "commit"], json!(["a", "", null, null])),
        (vec!["sourceContext", "git", "gitAuth", "basicAuth", "userName"], json!(["a", null])),
        (vec!["vcs", "paths"], json!([["a"], ["a", "b"], [], null])),
        (vec!["vcs", "deployCommits"], json!([true, false, null])),
        (vec!["operationContext", "environmentVariables", "A"], json!(["a", "b", null])),
        (vec!["operationContext", "environmentVariables", "B"], json!(["a", null])),
        (vec!["operationContext", "oidc", "aws", "roleArn"], json!(["a", null])),
        (vec!["operationContext", "oidc", "azure", "clientId"], json!(["a", null])),
        (vec!["executorContext", "executorImage", "reference"], json!(["a", "b", null])),
        (vec!["agentPoolID"], json!(["a", null])),
    ] {
        let values = values.as_array().unwrap();
        let value = &values[usize::try_from(next(values.len() as u64)).unwrap()];
        if value.is_null() {
            continue;
        }
        let place = pointer.iter().fold(&mut settings, |place, name| &mut place[*name]);
        *place = value.clone();
    }
    settings
}

#[test]
fn a_merge_leaves_nothing_that_differs_whatever_was_there() {
    for seed in 1..=2_000_u64 {
        let seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (of_file, mut of_service) = (generated(seed), generated(seed.rotate_left(31) | 1));
        let found = compared(&of_file, &of_service);
        assert_eq!(found.merge.is_some(), !found.differences.is_empty(), "{of_file} {of_service}");
        merge(&mut of_service, found.merge.as_ref().unwrap_or(&json!({})));
        assert_eq!(compared(&of_file, &of_service), SettingsCompared::default(), "{of_file} {of_service}");
    }
}
