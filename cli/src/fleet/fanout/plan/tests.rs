use super::*;

/// A plan of these stacks, each `project/stack environment`, of which each of the pairs comes after the other one.
pub fn plan_of(stacks: &[&str], pairs: &[(usize, usize)], limits: CutLimits) -> Result<FleetPlan> {
    let mut order = StackOrder::new(stacks.len());
    for (stack, other) in pairs {
        order.add(*stack, *other, OrderSource::Code);
    }
    let nodes = stacks.iter().map(|text| {
        let (id, environment) = text.split_once(' ').unwrap_or((text, ""));
        let (project, stack) = id.split_once('/').unwrap();
        PlanNode {
            id: id.to_owned(),
            project: project.to_owned(),
            stack: stack.to_owned(),
            cwd: format!("infra/{project}"),
            environment: Some(environment.to_owned()).filter(|name| !name.is_empty()),
            order: None,
            wave: 1,
            seconds: Some(10),
            after: Vec::new(),
            read: true,
        }
    });
    let subject = PlanSubject { command: "up", ordered: true, commit: Some("abc") };
    fleet_plan(subject, nodes.collect(), &order, &vec![10.0; stacks.len()], limits)
}

/// Two stacks of one environment behind one of another.
pub fn small_plan() -> FleetPlan {
    let stacks = ["network/prod production", "shop/prod production", "blog/dev"];
    plan_of(&stacks, &[(1, 0), (2, 0)], CutLimits::default()).unwrap()
}

#[test]
fn a_plan_has_its_stacks_their_order_and_their_jobs() {
    let plan = small_plan();
    let shop = &plan.nodes[1];
    assert_eq!((shop.order, shop.after[0].stack.as_str()), (Some(2), "network/prod"));
    #[expect(clippy::type_complexity, reason = "a job's name, environment, stacks and what it comes after")]
    let groups: Vec<(&str, Option<&str>, &[String], &[String])> = plan
        .groups
        .iter()
        .map(|group| (group.id.as_str(), group.environment.as_deref(), &group.stacks[..], &group.after[..]))
        .collect();
    let [network, shop, blog, first] =
        ["network/prod", "shop/prod", "blog/dev", "stage-1-1"].map(str::to_owned);
    assert_eq!(
        groups,
        [
            ("stage-1-1", Some("production"), &[network][..], &[][..]),
            ("stage-2-1", None, &[blog], std::slice::from_ref(&first)),
            ("stage-2-2", Some("production"), &[shop], std::slice::from_ref(&first)),
        ]
    );
}

#[test]
fn the_digest_is_of_stacks_and_order_and_not_of_times_or_jobs() {
    let plan = small_plan();
    let stacks = ["network/prod production", "shop/prod production", "blog/dev"];
    let one = CutLimits { of_an_environment: Some(1), ..CutLimits::default() };
    assert_eq!(plan_of(&stacks, &[(1, 0), (2, 0)], one).unwrap().digest, plan.digest);
    assert_ne!(plan_of(&stacks, &[(1, 0)], one).unwrap().digest, plan.digest);
    let other = ["network/prod production", "shop/prod staging", "blog/dev"];
    assert_ne!(plan_of(&other, &[(1, 0), (2, 0)], one).unwrap().digest, plan.digest);
}

#[test]
fn a_plan_is_read_as_it_was_written() {
    let plan = small_plan();
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(FleetPlan::parse(&text, "fleet.json").unwrap(), plan);
    let newer = text.replacen("\"v\":1", "\"v\":2", 1);
    assert!(FleetPlan::parse(&newer, "fleet.json").unwrap_err().to_string().contains("version 2"));
    assert!(FleetPlan::parse("{}", "fleet.json").unwrap_err().to_string().contains("no plan"));
}

#[test]
fn names_that_a_ci_system_would_read_as_more_are_refused() {
    for stacks in [["a/$(x)"], ["a/b c$d"], ["a/b prod\"x"], ["a/b ${{ x }}"], ["a<</b"]] {
        assert!(plan_of(&stacks, &[], CutLimits::default()).is_err(), "{stacks:?}");
    }
    assert!(plan_of(&["a.b-c_d/e prod/eu 1"], &[], CutLimits::default()).is_ok());
}
