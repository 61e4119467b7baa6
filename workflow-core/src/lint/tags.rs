//! Conditions and triggers on tags that nothing sets.

use super::scene::Scene;
use super::{Surroundings, TagsSet};
use crate::definition::{Condition, FieldScope, TagTest, Trigger};
use crate::id::Tag;
use crate::suggest::near;
use crate::validate::Findings;

pub(super) fn check(scene: &Scene<'_>, found: &mut Findings) {
    let set = Known::new(scene);
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
struct Known<'a> {
    here: TagsSet,
    around: &'a Surroundings,
}

impl<'a> Known<'a> {
    fn new(scene: &Scene<'a>) -> Self {
        let mut here = TagsSet::default();
        here.add_pipeline(scene.definition);
        Self { here, around: scene.around }
    }

    fn check_test(&self, path: &str, scope: FieldScope, test: &TagTest, found: &mut Findings) {
        for (part, tags) in [("all", &test.all), ("any", &test.any), ("none", &test.none)] {
            tags.iter().for_each(|tag| self.check(&format!("{path}.{part}"), scope, tag, found));
        }
    }

    fn check(&self, path: &str, scope: FieldScope, tag: &Tag, found: &mut Findings) {
        let (what, here, elsewhere, listed) = match scope {
            // Which tags accounts have, the host decides: without its list, any may be set.
            FieldScope::Account => match &self.around.account_tags {
                Some(listed) => ("account", &self.here.account, &self.around.tags_elsewhere.account, Some(listed)),
                None => return,
            },
            FieldScope::Job => ("job", &self.here.job, &self.around.tags_elsewhere.job, None),
        };
        let known = || here.iter().chain(elsewhere).chain(listed.into_iter().flatten());
        if known().any(|known| known == tag) {
            return;
        }
        found.warning(path, "unset_tag", || {
            let near = near(tag.as_str(), known().map(Tag::as_str));
            let also = if listed.is_some() { ", and the settings do not list it" } else { "" };
            format!("no pipeline or template sets the {what} tag `{tag}`{also}{near}")
        });
    }
}
