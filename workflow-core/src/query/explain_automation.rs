//! Why an automation ran on a job, or did not.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::Queries;
use crate::compile::{Compiled, Place, Rule};
use crate::decide::retrace::{self, Retrace, Versions};
use crate::definition::Trigger;
use crate::error::{Error, Rejection};
use crate::evaluate::{Explanation, Facts, explain};
use crate::explain::{AutomationExplanation, Occasion, Words, trigger};
use crate::id::{AutomationKey, JobId};
use crate::limits;
use crate::model::{Account, Job, TimerKey};
use crate::past::{END, each_entry};
use crate::store::LogBy;

impl Queries<'_> {
    /// Why an automation ran on a job, and why it did not when it was set off: no more than `limit` runs and
    /// `limit` other times, 1 to [`limits::EXPLAINED`] of each. The values that were compared are those of
    /// then, rebuilt from the log of the job's account.
    ///
    /// The firm's calendar and time zone are those of now.
    ///
    /// # Errors
    /// Those of [`Queries::job`]; [`Rejection::NotFound`] when no version that the job went by has the
    /// automation; when a limit is passed.
    pub fn explain_automation(
        &self,
        job: JobId,
        automation: &AutomationKey,
        limit: usize,
    ) -> Result<AutomationExplanation, Error> {
        let Some((_, job, account)) = self.seen_job(job)? else {
            return Err(Rejection::not_found("job", job).into());
        };
        if limit == 0 {
            return Err(Rejection::invalid("limit", "at least one is told").into());
        }
        crate::decide::check_limit("EXPLAINED", limits::EXPLAINED, limit, "the number of runs to tell")?;
        let compiled = self.version_of(&job)?;
        let found = self.retrace(&job, automation, limit)?;
        let current = compiled.rule_named(automation).is_some();
        let told_by = if current { Some(Arc::clone(&compiled)) } else { found.known };
        let told_by = told_by.as_ref().and_then(|told_by| Some((told_by, told_by.rule_named(automation)?)));
        let Some((told_by, rule)) = told_by else { return Err(unknown(&compiled, automation).into()) };
        let occasions: Vec<Occasion> =
            found.occasions.into_iter().map(|occasion| self.told(occasion)).collect::<Result<_, _>>()?;
        let mut explained = self.present(&job, &account, told_by, rule);
        explained.current = current;
        explained.last_set_off = found.last;
        explained.occasions = occasions;
        explained.summary = self.summary(&explained);
        Ok(explained)
    }

    /// Goes through the log of the job's account.
    fn retrace(&self, job: &Job, automation: &AutomationKey, limit: usize) -> Result<retrace::Retraced, Error> {
        let mut retrace = Retrace::new((job.id, job.account), automation, self.catalog.calendar(), limit);
        let mut versions = Versions::new();
        let by = LogBy::Account(job.account);
        each_entry(self.store, self.firm, by, (None, END), None, &mut |logged| {
            for (pipeline, version) in retrace.versions_of(&logged.entry) {
                if let Entry::Vacant(place) = versions.entry((pipeline, version)) {
                    let compiled = self.engine.version(self.firm, &place.key().0, version)?;
                    place.insert(compiled);
                }
            }
            retrace.follow(&logged, &versions);
            Ok(())
        })?;
        Ok(retrace.end())
    }

    /// How things are now.
    fn present(&self, job: &Job, account: &Account, compiled: &Compiled, rule: &Rule) -> AutomationExplanation {
        let automation = &rule.automation;
        let switched = self.catalog.pipeline(compiled.key()).and_then(|head| head.switches.get(&automation.key));
        let facts = Facts { job, account, calendar: self.catalog.calendar(), today: self.today };
        let own = |key: &TimerKey| match key {
            TimerKey::Automation(key) | TimerKey::Task { automation: key, .. } => *key == automation.key,
            TimerKey::StageLimit => automation.on == Some(Trigger::StageTimeLimit),
        };
        let here = compiled.graph().position(&job.stage);
        let in_stage = match &rule.place {
            Place::Entry(stage) | Place::Exit(stage) => here == Some(*stage),
            Place::Status(status) => job.status.as_str() == status.as_str(),
            Place::Pipeline => automation.stages.is_empty() || automation.stages.contains(&job.stage),
        };
        AutomationExplanation {
            automation: automation.key.clone(),
            name: automation.name.clone(),
            job: job.id,
            pipeline: compiled.key().clone(),
            version: compiled.version(),
            current: true,
            summary: String::new(),
            trigger: trigger(compiled, rule),
            enabled: switched.copied().unwrap_or(automation.enabled),
            in_stage,
            condition: automation.condition.as_ref().map(|condition| explain(condition, &facts)),
            last_set_off: None,
            next_due: job.timers.iter().filter(|timer| own(&timer.key)).map(|timer| timer.due).min(),
            occasions: Vec::new(),
        }
    }

    fn told(&self, occasion: retrace::Occasion) -> Result<Occasion, Error> {
        let mut causes = Vec::new();
        match (&occasion.set_off, occasion.ran) {
            (Some((logged, event)), _) => {
                causes.push(self.cause(logged, Some(*event))?);
                causes.extend(self.causes(logged, *event)?);
            }
            (None, Some(ran)) => causes = self.causes(&occasion.logged, ran)?,
            (None, None) => {}
        }
        let words = Words { catalog: &self.catalog, title: &|_| None };
        let entry = &occasion.logged.entry;
        let because = causes.first().map_or_else(|| "it was set off".to_owned(), |cause| cause.text.clone());
        let at = words.time(entry.at);
        let text = match (occasion.why, &occasion.condition) {
            (None, _) => format!("{at}: {because}, and it ran"),
            (Some(why), Some(condition)) if !condition.holds => {
                format!("{at}: {because}, and it did not run: {} ({})", why.text(), fails(condition))
            }
            (Some(why), _) => format!("{at}: {because}, and it did not run: {}", why.text()),
        };
        Ok(Occasion {
            at: entry.at,
            ran: occasion.ran.is_some(),
            why_not: occasion.why,
            text,
            entry: entry.id,
            position: occasion.logged.position,
            event: occasion.ran,
            version: occasion.version,
            stage: occasion.stage,
            condition: occasion.condition,
            failed: occasion.failed,
            causes,
        })
    }

    /// Everything in a few sentences.
    fn summary(&self, told: &AutomationExplanation) -> String {
        let words = Words { catalog: &self.catalog, title: &|_| None };
        let mut text = format!("`{}` runs when {}.", told.automation, told.trigger);
        if !told.current {
            text.push_str(" The job's version of the pipeline does not have it any more.");
        } else if !told.enabled {
            text.push_str(" It is switched off.");
        }
        match (told.occasions.first(), told.last_set_off) {
            (Some(last), _) => text.push_str(&format!(" Last, {}.", last.text)),
            (None, Some(at)) => text.push_str(&format!(" That happened last on {}.", words.time(at))),
            (None, None) => text.push_str(" That has not happened on this job."),
        }
        if let Some(condition) = told.condition.as_ref().filter(|condition| !condition.holds && told.current) {
            text.push_str(&format!(" Now its condition does not hold: {}.", fails(condition)));
        }
        if let Some(due) = told.next_due {
            text.push_str(&format!(" Its time comes next on {}.", words.time(due)));
        }
        text
    }
}

fn unknown(compiled: &Compiled, automation: &AutomationKey) -> Rejection {
    let near = crate::suggest::near(automation.as_str(), compiled.rule_keys());
    Rejection::NotFound { what: "automation", name: automation.to_string(), near }
}

/// What of a condition does not hold: its tests with what was found.
fn fails(condition: &Explanation) -> String {
    fn gather(part: &Explanation, wanted: bool, found: &mut Vec<String>) {
        if part.holds == wanted {
            return;
        }
        if part.parts.is_empty() {
            let not = if wanted { "" } else { "not wanted: " };
            found.push(format!("{not}{}; found: {}", part.test, part.found));
            return;
        }
        let wanted = if part.test == "this does not hold" { !wanted } else { wanted };
        part.parts.iter().for_each(|part| gather(part, wanted, found));
    }
    let mut found = Vec::new();
    gather(condition, true, &mut found);
    if found.is_empty() { condition.test.clone() } else { found.join(", ") }
}
