//! Conditions and triggers on tags that nothing sets.

use std::collections::BTreeSet;

use super::scene::Scene;
use crate::definition::{Action, Condition, FieldScope, TagTest, Trigger};
use crate::id::Tag;
use crate::suggest::near;
use crate::validate::Findings;

pub(super) fn check(scene: &Scene<'_>, found: &mut Findings) {
    let set = SetTags::new(scene);
    scene.each_test(|path, test| match test {
        Condition::AccountTags(test) => {
            set.check_test(&format!("{path}.account_tags"), FieldScope::Account, test, found)
        }
        Condition::JobTags(test) => set.check_test(&format!("{path}.job_tags"), FieldScope::Job, test, found),
        _ => {}
    });
    for (path, trigger) in scene.triggers() {
        let (word, scope, tag) = match trigger {
            Trigger::AccountTagAdded { tag } => ("account_tag_added", FieldScope::Account, tag),
            Trigger::AccountTagRemoved { tag } => ("account_tag_removed", FieldScope::Account, tag),
            Trigger::JobTagAdded { tag } => ("job_tag_added", FieldScope::Job, tag),
            Trigger::JobTagRemoved { tag } => ("job_tag_removed", FieldScope::Job, tag),
            _ => continue,
        };
        if let Some(tag) = tag {
            set.check(&format!("{path}.{word}.tag"), scope, tag, found);
        }
    }
}

/// The tags that something is known to set.
struct SetTags<'a> {
    account: BTreeSet<&'a Tag>,
    job: BTreeSet<&'a Tag>,
    known: Option<&'a BTreeSet<Tag>>,
}

impl<'a> SetTags<'a> {
    fn new(scene: &Scene<'a>) -> Self {
        let mut set = Self { account: BTreeSet::new(), job: BTreeSet::new(), known: scene.around.known_tags.as_ref() };
        for rule in &scene.rules {
            for action in &rule.automation.actions {
                match action {
                    Action::AddAccountTags(tags) => set.account.extend(tags),
                    Action::ReplaceAccountTags(tags) => set.account.extend(&tags.add),
                    Action::AddJobTags(tags) => set.job.extend(tags),
                    _ => {}
                }
            }
        }
        if let Some(defaults) = &scene.definition.job_defaults {
            set.job.extend(&defaults.tags);
        }
        set
    }

    fn check_test(&self, path: &str, scope: FieldScope, test: &TagTest, found: &mut Findings) {
        for (part, tags) in [("all", &test.all), ("any", &test.any), ("none", &test.none)] {
            tags.iter().for_each(|tag| self.check(&format!("{path}.{part}"), scope, tag, found));
        }
    }

    fn check(&self, path: &str, scope: FieldScope, tag: &Tag, found: &mut Findings) {
        let (what, set) = match scope {
            FieldScope::Account => ("account", &self.account),
            FieldScope::Job => ("job", &self.job),
        };
        // Which tags accounts have, the host decides: without its list, any may be set.
        let unsure = scope == FieldScope::Account && self.known.is_none();
        if unsure || set.contains(tag) || self.known.is_some_and(|known| known.contains(tag)) {
            return;
        }
        found.warning(path, "unset_tag", || {
            let known = set.iter().copied().chain(self.known.into_iter().flatten()).map(Tag::as_str);
            let near = near(tag.as_str(), known);
            format!("nothing in this pipeline sets the {what} tag `{tag}`, and it is not a tag in use{near}")
        });
    }
}
