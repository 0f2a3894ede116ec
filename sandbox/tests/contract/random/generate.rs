//! Random programs, and what is done with them: all of it follows from a seed.
//!
//! A program has config of each type, variables, outputs, functions, and resources of the one type that needs no
//! plugin, `pulumi:index:Stash`, with references among them and the options that this type can show. Not in them: what
//! the sandbox refuses by name (the contract's scenarios hold it to that), stack references, and values that fail.

use serde_json::{Map, Value, json};

use super::draw::Draw;

/// What can be done to a program.
pub struct Program {
    /// Where all of it comes from.
    pub seed: u64,
    /// One after the other.
    pub steps: Vec<Step>,
}

/// First the program changes, then a command runs.
pub struct Step {
    /// The new `Pulumi.yaml`.
    pub program: Option<String>,
    /// The command, without `pulumi`.
    pub line: String,
}

const NAMES: [&str; 10] = ["ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay"];
const WORDS: [&str; 6] = ["red", "green", "a longer text", "", "ünï ☃", "1e3"];
const KEYS: [&str; 3] = ["a", "b", "c"];
/// A setting's name, its type, and a value for it.
const SETTINGS: [(&str, &str, &str); 4] = [
    ("text", "string", "hello"),
    ("count", "integer", "3"),
    ("flag", "boolean", "true"),
    ("token", "string", "hush"),
];

/// A resource, as far as others have to know it.
#[derive(Clone)]
struct Resource {
    name: &'static str,
    input: Value,
    options: Map<String, Value>,
}

struct Model {
    draw: Draw,
    settings: Vec<&'static str>,
    variables: Map<String, Value>,
    resources: Vec<Resource>,
    outputs: Map<String, Value>,
    backwards: bool,
}

/// The program of this seed.
pub fn program(seed: u64) -> Program {
    let mut model = Model {
        draw: Draw::new(seed),
        settings: Vec::new(),
        variables: Map::new(),
        resources: Vec::new(),
        outputs: Map::new(),
        backwards: false,
    };
    let mut steps = vec![Step { program: Some(model.begin()), line: say("stack init dev") }];
    for name in model.settings.clone() {
        let (_, _, value) = SETTINGS.iter().find(|(known, ..)| *known == name).expect("a setting");
        let secret = if name == "token" { "--secret " } else { "" };
        steps.push(Step { program: None, line: say(&format!("config set {secret}{name} {value} -s dev")) });
    }
    steps.push(Step { program: None, line: model.update(false) });
    for _ in 0..4 + model.draw.below(3) {
        let step = model.step();
        steps.push(step);
    }
    steps.push(Step { program: None, line: say("stack output --json --show-secrets -s dev") });
    Program { seed, steps }
}

fn say(line: &str) -> String {
    format!("{line} --non-interactive")
}

impl Model {
    fn begin(&mut self) -> String {
        for (name, ..) in SETTINGS {
            if self.draw.chance(50) {
                self.settings.push(name);
            }
        }
        self.backwards = self.draw.chance(30);
        for name in ["one", "two"].into_iter().take(self.draw.below(3)) {
            let value = self.value(2, 0);
            self.variables.insert(name.to_owned(), value);
        }
        for _ in 0..2 + self.draw.below(5) {
            self.add();
        }
        self.set_outputs();
        self.text()
    }

    /// A change of the program, often, and a command.
    fn step(&mut self) -> Step {
        let program = self.draw.chance(70).then(|| {
            for _ in 0..=self.draw.below(2) {
                self.change();
            }
            self.text()
        });
        let line = match self.draw.below(20) {
            0..9 => self.update(false),
            9..13 => self.update(true),
            13..16 => self.refresh(),
            16..18 => self.destroy(),
            _ => match self.settings.iter().find(|name| **name == "text") {
                Some(name) => {
                    let value = *self.draw.one(&["red", "blue", "'two words'"]);
                    say(&format!("config set {name} {value} -s dev"))
                }
                None => self.update(false),
            },
        };
        Step { program, line }
    }

    fn change(&mut self) {
        match self.draw.below(6) {
            0 => self.add(),
            1 => self.remove(),
            2 | 3 => {
                let at = self.draw.below(self.resources.len());
                if !self.resources.is_empty() {
                    self.resources[at].input = self.value(2, at);
                }
            }
            4 => {
                let at = self.draw.below(self.resources.len());
                if !self.resources.is_empty() {
                    self.resources[at].options = self.options(at);
                }
            }
            _ => self.set_outputs(),
        }
    }

    fn add(&mut self) {
        let free = |name: &&&'static str| !self.resources.iter().any(|resource| resource.name == **name);
        let Some(name) = NAMES.iter().find(free).copied() else { return };
        let at = self.resources.len();
        let (input, options) = (self.value(2, at), self.options(at));
        self.resources.push(Resource { name, input, options });
    }

    /// Takes out a resource that nothing refers to.
    fn remove(&mut self) {
        let at = self.draw.below(self.resources.len());
        let Some(gone) = self.resources.get(at).cloned() else { return };
        let is_named = |value: &Value| value.to_string().contains(&format!("${{{}", gone.name));
        let used = self
            .resources
            .iter()
            .any(|resource| is_named(&resource.input) || is_named(&Value::Object(resource.options.clone())));
        if !used && !is_named(&Value::Object(self.outputs.clone())) {
            self.resources.remove(at);
        }
    }

    fn set_outputs(&mut self) {
        self.outputs = Map::new();
        for name in ["first", "second", "third"].into_iter().take(self.draw.below(4)) {
            let value = self.value(2, self.resources.len());
            self.outputs.insert(name.to_owned(), value);
        }
    }

    /// A value that refers to no resource from the place `before` on.
    fn value(&mut self, depth: usize, before: usize) -> Value {
        let deeper = if depth == 0 { 11 } else { 16 };
        match self.draw.below(deeper) {
            0..4 => json!(self.draw.one(&WORDS)),
            4 => json!(self.draw.below(100)),
            5 => json!(self.draw.chance(50)),
            6 => json!(1.5),
            7 | 8 => match self.setting() {
                Some(name) => json!(format!("${{{name}}}")),
                None => json!("plain"),
            },
            9 => match self.setting() {
                Some(name) => json!(format!("<${{{name}}}> and more")),
                None => json!("<plain>"),
            },
            10 | 11 => match self.resource(before) {
                Some(name) => {
                    json!(format!("${{{name}.{}}}", *self.draw.one(&["output", "urn", "output", "input"])))
                }
                None => json!("alone"),
            },
            12 => (0..self.draw.below(4)).map(|_| self.value(depth - 1, before)).collect(),
            13 => {
                let keys = 1 + self.draw.below(3);
                let fields =
                    KEYS.iter().take(keys).map(|key| ((*key).to_owned(), self.value(depth - 1, before)));
                Value::Object(fields.collect())
            }
            _ => self.function(depth - 1, before),
        }
    }

    fn function(&mut self, depth: usize, before: usize) -> Value {
        match self.draw.below(8) {
            0 => json!({ "fn::join": [",", [*self.draw.one(&WORDS), self.text_value(), "end"]] }),
            1 => json!({ "fn::toJSON": self.value(depth, before) }),
            2 => json!({ "fn::toBase64": self.text_value() }),
            3 => json!({ "fn::split": [",", "a,b,c"] }),
            4 => json!({ "fn::select": [self.draw.below(3), ["x", "y", "z"]] }),
            5 => json!({ "fn::fromBase64": "aGVsbG8=" }),
            _ => json!({ "fn::secret": self.value(depth, before) }),
        }
    }

    /// A text, with a setting in it where there is one.
    fn text_value(&mut self) -> Value {
        let text = self.settings.iter().find(|name| **name == "text");
        text.map_or(json!("text"), |name| json!(format!("${{{name}}}")))
    }

    fn setting(&mut self) -> Option<&'static str> {
        (!self.settings.is_empty()).then(|| *self.draw.one(&self.settings))
    }

    fn resource(&mut self, before: usize) -> Option<&'static str> {
        let known = &self.resources[..before.min(self.resources.len())];
        (!known.is_empty()).then(|| self.draw.one(known).name)
    }

    fn options(&mut self, before: usize) -> Map<String, Value> {
        let mut options = Map::new();
        if self.draw.chance(20)
            && let Some(name) = self.resource(before)
        {
            options.insert("dependsOn".to_owned(), json!([format!("${{{name}}}")]));
        }
        if self.draw.chance(12)
            && let Some(name) = self.resource(before)
        {
            options.insert("parent".to_owned(), json!(format!("${{{name}}}")));
        }
        for (percent, name, value) in [
            (8, "protect", json!(true)),
            (6, "retainOnDelete", json!(true)),
            (6, "ignoreChanges", json!(["input"])),
            (10, "replaceOnChanges", json!(["input"])),
            (8, "deleteBeforeReplace", json!(true)),
            (5, "additionalSecretOutputs", json!(["output"])),
        ] {
            if self.draw.chance(percent) {
                options.insert(name.to_owned(), value);
            }
        }
        options
    }

    fn update(&mut self, preview: bool) -> String {
        let mut line = if preview { "preview -s dev" } else { "up -s dev --yes --skip-preview" }.to_owned();
        if !self.resources.is_empty() {
            self.limits(&mut line, 18, 12);
            for (percent, flag) in [(10, "--replace"), (4, "--target-replace")] {
                if self.draw.chance(percent) && !line.contains("--exclude") {
                    let name = self.draw.one(&self.resources).name;
                    line += &format!(" {flag} **::{name}");
                }
            }
        }
        for (percent, flag) in [(10, " --refresh"), (6, " --expect-no-changes"), (5, " --continue-on-error")]
        {
            if self.draw.chance(percent) {
                line += flag;
            }
        }
        say(&line)
    }

    fn refresh(&mut self) -> String {
        let mut line = "refresh -s dev".to_owned();
        line += if self.draw.chance(25) { " --preview-only" } else { " --yes --skip-preview" };
        self.limits(&mut line, 20, 10);
        if self.draw.chance(20) {
            line += " --expect-no-changes";
        }
        say(&line)
    }

    fn destroy(&mut self) -> String {
        let mut line = "destroy -s dev".to_owned();
        line += if self.draw.chance(25) { " --preview-only" } else { " --yes --skip-preview" };
        if self.draw.chance(15) {
            line += " --exclude-protected";
        } else {
            self.limits(&mut line, 60, 20);
        }
        say(&line)
    }

    /// Which resources a command is for, so many times out of a hundred.
    fn limits(&mut self, line: &mut String, target: usize, exclude: usize) {
        if self.resources.is_empty() {
            return;
        }
        let name = self.draw.one(&self.resources).name;
        let drawn = self.draw.below(100);
        let dependents = self.draw.chance(40);
        let flag = match drawn {
            _ if drawn < target => "target",
            _ if drawn < target + exclude => "exclude",
            _ => return,
        };
        *line += &format!(" --{flag} **::{name}");
        if dependents {
            *line += &format!(" --{flag}-dependents");
        }
    }

    /// The text of `Pulumi.yaml`.
    fn text(&self) -> String {
        let mut program = Map::new();
        program.insert("name".to_owned(), json!("p"));
        program.insert("runtime".to_owned(), json!("yaml"));
        let settings =
            SETTINGS.iter().filter(|(name, ..)| self.settings.contains(name)).map(|(name, kind, _)| {
                let mut setting = json!({ "type": kind });
                if *name == "token" {
                    setting["secret"] = json!(true);
                }
                ((*name).to_owned(), setting)
            });
        let resource = |resource: &Resource| {
            let mut body = json!({ "type": "pulumi:index:Stash", "properties": { "input": resource.input } });
            if !resource.options.is_empty() {
                body["options"] = Value::Object(resource.options.clone());
            }
            (resource.name.to_owned(), body)
        };
        let mut resources: Vec<_> = self.resources.iter().map(resource).collect();
        if self.backwards {
            resources.reverse();
        }
        let parts = [
            ("config", settings.collect()),
            ("variables", self.variables.clone()),
            ("resources", resources.into_iter().collect()),
            ("outputs", self.outputs.clone()),
        ];
        for (name, part) in parts {
            if !part.is_empty() {
                program.insert(name.to_owned(), Value::Object(part));
            }
        }
        // By way of JSON, which writes numbers as numbers.
        let text = Value::Object(program).to_string();
        let program: serde_yaml::Value = serde_yaml::from_str(&text).expect("JSON");
        serde_yaml::to_string(&program).expect("a program")
    }
}

#[test]
fn a_seed_makes_the_same_program_again() {
    let text = |seed| {
        let steps = program(seed).steps;
        steps
            .into_iter()
            .map(|step| format!("{}{}", step.program.unwrap_or_default(), step.line))
            .collect::<String>()
    };
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
fn the_programs_of_all_seeds_have_each_part_and_each_flag() {
    let text: String = super::SEEDS
        .flat_map(|seed| program(seed).steps)
        .map(|step| format!("{}\n{}\n", step.program.unwrap_or_default(), step.line))
        .collect();
    for part in [
        "dependsOn",
        "parent",
        "protect",
        "retainOnDelete",
        "ignoreChanges",
        "replaceOnChanges",
        "deleteBeforeReplace",
        "additionalSecretOutputs",
        "fn::join",
        "fn::toJSON",
        "fn::toBase64",
        "fn::fromBase64",
        "fn::split",
        "fn::select",
        "fn::secret",
        "config:",
        "variables:",
        "outputs:",
        "--target ",
        "--target-dependents",
        "--exclude ",
        "--exclude-dependents",
        "--replace ",
        "--target-replace ",
        "--refresh",
        "--expect-no-changes",
        "--continue-on-error",
        "--preview-only",
        "--exclude-protected",
        "config set --secret",
        "refresh -s",
        "destroy -s",
        "preview -s",
        "up -s",
    ] {
        assert!(text.contains(part), "{part}");
    }
}
