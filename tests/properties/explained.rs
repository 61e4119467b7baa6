//! What is explained is what happened.

use std::collections::BTreeMap;

use workflow_core::event::{Actor, Event};
use workflow_core::explain::{HoldReason, Occasion, WhyNot};
use workflow_core::id::{AutomationKey, JobId, PipelineKey};
use workflow_core::limits;
use workflow_core::store::{DocId, Document, LogBy, LogPosition, LogScan, Logged};

use crate::always;
use crate::draw::Step;
use crate::firm::firm;
use crate::office::{Office, jobs};

#[test]
fn s11_3_every_run_is_told_and_only_those() {
    always(every_run_is_told_and_only_those);
}

/// Whether an automation was off at a place of the log: as it was switched last, or else published.
fn was_off(log: &[Logged], position: LogPosition, pipeline: &PipelineKey, key: &AutomationKey) -> bool {
    let mut off = false;
    let mut switched = false;
    let before = log.iter().filter(|logged| logged.position < position);
    for recorded in before.flat_map(|logged| &logged.entry.events) {
        match &recorded.event {
            Event::AutomationSwitched { pipeline: of, automation, enabled } if of == pipeline && automation == key => {
                (off, switched) = (!enabled, true);
            }
            Event::PipelinePublished { definition, .. } if definition.key == *pipeline => {
                let of_stages = definition.stages.iter().flat_map(|stage| stage.on_entry.iter().chain(&stage.on_exit));
                let of_statuses = definition.statuses.iter().flat_map(|status| &status.on_set);
                let mut all = of_stages.chain(of_statuses).chain(&definition.automations);
                match all.find(|automation| automation.key == *key) {
                    Some(automation) if !switched => off = !automation.enabled,
                    Some(_) => {}
                    // A switch goes with the automation.
                    None => switched = false,
                }
            }
            _ => {}
        }
    }
    off
}

pub(crate) fn every_run_is_told_and_only_those(steps: &[Step]) {
    let mut office = Office::new();
    office.run(steps);
    let log = office.store().log(firm(), &LogScan::new(LogBy::Firm, 1_000_000)).expect("readable");
    let records = office.records();
    let mut runs: BTreeMap<(JobId, AutomationKey), Vec<(u64, u32)>> = BTreeMap::new();
    for logged in &log {
        for (place, recorded) in (0u32..).zip(&logged.entry.events) {
            if let Event::AutomationRan { job, automation } = &recorded.event {
                runs.entry((*job, automation.clone())).or_default().push((logged.position.0, place));
            }
        }
    }
    let queries = office.engine.query(firm(), Actor::system("host")).expect("queries");
    for (job, _) in jobs(&records) {
        let id = DocId::PipelineVersion(job.pipeline.clone(), job.version);
        let Some(Document::PipelineVersion(version)) = records.get(&id).map(|record| &record.document) else {
            continue;
        };
        let definition = &version.definition;
        let of_stages = definition.stages.iter().flat_map(|stage| stage.on_entry.iter().chain(&stage.on_exit));
        for automation in of_stages.chain(&definition.automations) {
            let Ok(told) = queries.explain_automation(job.id, &automation.key, limits::EXPLAINED) else { continue };
            let mut expected = runs.get(&(job.id, automation.key.clone())).cloned().unwrap_or_default();
            expected.reverse();
            expected.truncate(limits::EXPLAINED);
            let ran = told.occasions.iter().filter(|occasion| occasion.ran);
            let ran: Vec<(u64, u32)> =
                ran.map(|occasion| (occasion.position.0, occasion.event.expect("an event"))).collect();
            assert_eq!(ran, expected, "`{}` on {}", automation.key, job.id);
            for occasion in &told.occasions {
                let off = was_off(&log, occasion.position, &told.pipeline, &automation.key);
                judge(occasion, off);
            }
        }
    }
}

/// What is told of one occasion agrees with itself, and with what could have been the reason.
fn judge(occasion: &Occasion, off: bool) {
    let held = occasion.condition.as_ref().map(|condition| condition.holds);
    if occasion.ran {
        assert_ne!(held, Some(false), "it ran although its condition did not hold: {occasion:?}");
    }
    match occasion.why_not {
        None => assert!(occasion.ran),
        Some(WhyNot::ConditionFails) => assert_eq!(held, Some(false)),
        // Found by leaving out every other reason.
        Some(WhyNot::SwitchedOff) => {
            assert!(off, "it was not switched off: {occasion:?}")
        }
        Some(WhyNot::NotReached) => {
            panic!("everything was told: {occasion:?}")
        }
        Some(_) => {}
    }
}

#[test]
fn s11_3_what_nothing_holds_goes_on_with_the_next_command_and_what_is_held_does_not() {
    always(what_nothing_holds_goes_on);
}

pub(crate) fn what_nothing_holds_goes_on(steps: &[Step]) {
    let mut office = Office::new();
    office.run(steps);
    let records = office.records();
    for (job, _) in jobs(&records) {
        let told = office.engine.query(firm(), Actor::system("host")).expect("queries").explain_job(job.id);
        let told = told.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(told.here.since, job.visits.last().expect("a visit").entered);
        let held = told.holds.iter().any(|hold| hold.reason != HoldReason::LoopCut);
        let comment = serde_json::json!({ "comment_job": { "job": job.id, "text": "?" } });
        let outcome = office.engine.execute(&crate::firm::system(crate::firm::command(comment))).expect("a comment");
        let moved = outcome.events().iter().find_map(|recorded| match &recorded.event {
            Event::JobMoved { to, .. } if recorded.by.is_none() => Some(Some(to.clone())),
            Event::JobStatusSet { .. } if recorded.by.is_none() => Some(None),
            _ => None,
        });
        office.read_on();
        if held {
            assert_eq!(moved, None, "{told:#?}");
        }
        if let (false, Some(to)) = (held, &moved) {
            assert_eq!(told.next.as_ref().map(|next| &next.to), Some(to), "{told:#?}");
        }
    }
}
