use super::parse;
use crate::env::Env;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn debugging() -> Env {
    Env { vars: [("PULUMI_DEBUG_COMMANDS".to_owned(), "true".to_owned())].into(), ..Env::default() }
}

fn parsed(line: &str) -> super::Args {
    parse(&words(line), &debugging()).unwrap()
}

fn refused(line: &str) -> String {
    parse(&words(line), &debugging()).unwrap_err().message
}

#[test]
fn a_value_can_follow_a_flag_in_all_the_forms_of_the_cli() {
    for line in [
        "up --stack dev",
        "up --stack=dev",
        "up -s dev",
        "up -sdev",
        "up -s=dev",
        "-s dev up",
        "--stack dev up",
    ] {
        assert_eq!(parsed(line).value("stack"), Some("dev"), "{line}");
        assert_eq!(parsed(line).command, "up", "{line}");
    }
}

#[test]
fn switches_stand_alone_in_groups_or_with_a_value_after_an_equals_sign() {
    let args = parsed("up -yf --diff=false --non-interactive");
    assert!(args.is_on("yes") && args.is_on("skip-preview") && args.is_on("non-interactive"));
    assert!(!args.is_on("diff"));
}

#[test]
fn an_optional_value_never_takes_the_next_word() {
    assert_eq!(parsed("preview --refresh --diff").value("refresh"), Some("true"));
    assert_eq!(parsed("preview --refresh=false").value("refresh"), Some("false"));
    assert_eq!(refused("preview --refresh false"), "accepts 0 arg(s), received 1");
}

#[test]
fn lists_keep_their_order_and_only_some_split_at_commas() {
    assert_eq!(parsed("up -c a=1,2 -c b=3").values("config"), ["a=1,2", "b=3"]);
    assert_eq!(parsed("up --policy-pack a,b --policy-pack c").values("policy-pack"), ["a", "b", "c"]);
}

#[test]
fn a_command_goes_by_all_its_names() {
    for (line, command) in
        [("update", "up"), ("pre", "preview"), ("stack new x", "stack init"), ("stack list", "stack ls")]
    {
        assert_eq!(parsed(line).command, command);
    }
}

#[test]
fn what_follows_two_dashes_is_no_flag() {
    assert_eq!(parsed("config set key -- -value").arguments, ["key", "-value"]);
}

#[test]
fn an_unknown_flag_is_refused_in_the_words_of_the_cli() {
    assert_eq!(refused("up --bogus"), "unknown flag: --bogus");
    assert_eq!(refused("up -Zx"), "unknown shorthand flag: 'Z' in -Zx");
    assert_eq!(refused("up --target"), "flag needs an argument: --target");
}

#[test]
fn a_flag_that_only_the_cli_can_do_is_refused_by_name() {
    assert!(refused("up --remote").starts_with("the sandbox does not support --remote"));
    assert!(refused("state unprotect x").starts_with("the sandbox does not support `pulumi state`"));
}

#[test]
fn the_event_log_is_unknown_unless_debug_commands_are_on() {
    assert_eq!(parsed("up --event-log f").value("event-log"), Some("f"));
    let refused = parse(&words("up --event-log f"), &Env::default()).unwrap_err();
    assert_eq!(refused.message, "unknown flag: --event-log");
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_in_the_words_of_the_cli() {
    assert_eq!(
        refused("up --yes=maybe"),
        "invalid argument \"maybe\" for \"-y, --yes\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax"
    );
    assert!(refused("up --parallel=maybe").contains("strconv.ParseInt"));
}

#[test]
fn too_many_arguments_are_refused() {
    assert_eq!(refused("preview a b"), "accepts 0 arg(s), received 2");
}

#[test]
fn an_unknown_command_is_refused_in_the_words_of_the_cli() {
    assert_eq!(refused("bogus"), "unknown command \"bogus\" for \"pulumi\"\nRun 'pulumi --help' for usage.");
    assert_eq!(
        refused("stack bogus"),
        "unknown command \"bogus\" for \"pulumi stack\"\nRun 'pulumi stack --help' for usage."
    );
}
