//! Tags that nothing sets.

use serde_json::{Value, json};

use super::{expect, keys, lint_alone, read};
use crate::error::Problem;
use crate::error::Severity::Warning;
use crate::lint::{Surroundings, TagsSet, lint};

fn rule(part: &str, value: Value) -> Value {
    let mut rule = json!({"key": "r", "on": "by_hand", "do": [{"set_priority": "high"}]});
    rule[part] = value;
    json!({"stages": [{"key": "a"}, {"key": "b"}], "automations": [rule]})
}

fn lint_with(parts: Value, known: &[&str]) -> Vec<Problem> {
    let tags_elsewhere = TagsSet { account: [].into(), job: keys(known) };
    lint(&read(parts), &Surroundings { account_tags: Some(keys(known)), tags_elsewhere, ..Surroundings::default() })
}

#[test]
fn s2_6_a_condition_on_a_job_tag_that_nothing_sets_is_a_warning() {
    let parts = rule("if", json!({"any": [{"job_tags": {"any": ["rush"]}}]}));
    expect(&lint_alone(parts.clone()), Warning, "automations[0].if.any[0].job_tags.any", "unset_tag");
    assert_eq!(lint_with(parts.clone(), &["rush"]), []);
    let problems = lint_with(parts.clone(), &["rushed"]);
    assert!(problems[0].message.ends_with("; did you mean `rushed`?"), "{}", problems[0]);
    let mut set = parts.clone();
    set["automations"][0]["do"] = json!([{"add_job_tags": ["rush"]}]);
    assert_eq!(lint_alone(set), []);
    let mut default = parts;
    default["job_defaults"] = json!({"tags": ["rush"]});
    assert_eq!(lint_alone(default), []);
}

#[test]
fn s2_6_a_trigger_on_a_job_tag_that_nothing_sets_is_a_warning() {
    for word in ["job_tag_added", "job_tag_removed"] {
        let problems = lint_alone(rule("on", json!({word: {"tag": "rush"}})));
        expect(&problems, Warning, &format!("automations[0].on.{word}.tag"), "unset_tag");
        assert_eq!(lint_alone(rule("on", json!({word: {}}))), []);
    }
}

#[test]
fn s2_6_account_tags_are_the_hosts_to_set_unless_it_lists_them() {
    let parts = rule("if", json!({"account_tags": {"none": ["vip"]}}));
    assert_eq!(lint_alone(parts.clone()), []);
    expect(&lint_with(parts.clone(), &["gold"]), Warning, "automations[0].if.account_tags.none", "unset_tag");
    assert_eq!(lint_with(parts.clone(), &["vip"]), []);
    for action in
        [json!({"add_account_tags": ["vip"]}), json!({"replace_account_tags": {"remove": [], "add": ["vip"]}})]
    {
        let mut set = parts.clone();
        set["automations"][0]["do"] = json!([action]);
        assert_eq!(lint_with(set, &[]), []);
    }
    let trigger = rule("on", json!({"account_tag_added": {"tag": "vip"}}));
    expect(&lint_with(trigger, &[]), Warning, "automations[0].on.account_tag_added.tag", "unset_tag");
}

#[test]
fn s2_6_conditions_of_stages_are_looked_at() {
    let test = json!({"job_tags": {"all": ["rush"]}});
    let stages = json!([{"key": "a", "exit": test}, {"key": "b", "when": {"not": test}}, {"key": "c"}]);
    let problems = lint_alone(json!({"stages": stages}));
    let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["stages[0].exit.job_tags.all", "stages[1].when.not.job_tags.all"]);
}
