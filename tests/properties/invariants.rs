//! What is true of a firm at every moment.

use std::collections::{BTreeMap, BTreeSet};

use workflow_core::command::Request;
use workflow_core::event::{Actor, Event};
use workflow_core::id::{AutomationKey, ItemId, JobId};
use workflow_core::limits;
use workflow_core::model::{ItemProgress, JobStatus, Restored, Unmade};
use workflow_core::store::{DocId, Document, Logged, Record};

use crate::always;
use crate::brute::Brute;
use crate::draw::Step;
use crate::firm::firm;
use crate::office::{Office, head, jobs, tasks};

/// What a command changed.
struct Change {
    request: Request,
    news: Vec<Logged>,
    before: BTreeMap<DocId, Record>,
    after: BTreeMap<DocId, Record>,
}

/// Works through a sequence and looks at what each command changed.
fn after_each(steps: &[Step], look: impl Fn(&Office, &Change)) {
    let mut office = Office::new();
    let mut before = office.records();
    for step in steps {
        if !office.wait(*step).is_empty() {
            before = office.records();
        }
        let (request, _, news) = office.carry_out_now(*step);
        let after = office.records();
        let change = Change { request, news, before, after };
        look(&office, &change);
        before = change.after;
    }
}

fn brute(records: &BTreeMap<DocId, Record>) -> Brute<'_> {
    Brute { records, actor: Actor::system("host"), today: chrono::NaiveDate::MIN }
}

#[test]
fn s1_4_a_job_is_in_one_stage_that_its_version_has() {
    always(a_job_is_in_one_stage_that_its_version_has);
}

pub(crate) fn a_job_is_in_one_stage_that_its_version_has(steps: &[Step]) {
    after_each(steps, |_, change| {
        for (job, _) in jobs(&change.after) {
            let newest = head(&change.after, &job.pipeline).newest;
            let version = if job.pinned { job.version } else { newest };
            let id = DocId::PipelineVersion(job.pipeline.clone(), version);
            let Some(Document::PipelineVersion(version)) = change.after.get(&id).map(|record| &record.document) else {
                panic!("{:?}: {} goes by {id}, which is not there", change.request, job.id);
            };
            let places = version.definition.stages.iter().filter(|stage| stage.key == job.stage).count();
            assert_eq!(places, 1, "{:?}: {} is in `{}` of {id}", change.request, job.id, job.stage);
            assert!(job.version <= newest);
        }
    });
}

#[test]
fn s6_1_the_open_visit_is_the_last_one() {
    always(the_open_visit_is_the_last_one);
}

pub(crate) fn the_open_visit_is_the_last_one(steps: &[Step]) {
    after_each(steps, |_, change| {
        for (job, _) in jobs(&change.after) {
            let (last, earlier) = job.visits.split_last().expect("a visit");
            assert_eq!((&last.stage, last.left), (&job.stage, None), "{:?}: {job:?}", change.request);
            let mut since = job.created;
            for (place, visit) in earlier.iter().enumerate() {
                let left = visit.left.unwrap_or_else(|| panic!("visit {place} of {} is open", job.id));
                assert!(since <= visit.entered && visit.entered <= left, "{job:?}");
                assert_eq!(left, job.visits[place + 1].entered, "{job:?}");
                since = left;
            }
            let mut pipelines = job.visits.iter().filter_map(|visit| visit.pipeline.as_ref());
            assert_eq!(pipelines.next_back().unwrap_or(&job.pipeline), &job.pipeline, "{job:?}");
        }
    });
}

#[test]
fn s4_2_what_is_done_stays_done_until_it_is_opened_again() {
    always(what_is_done_stays_done);
}

pub(crate) fn what_is_done_stays_done(steps: &[Step]) {
    after_each(steps, |_, change| {
        let progress = |records: &BTreeMap<DocId, Record>, id: &DocId| match records.get(id).map(|it| &it.document) {
            Some(Document::Item(item)) => Some(item.progress),
            _ => None,
        };
        let opened: BTreeSet<ItemId> = change
            .news
            .iter()
            .flat_map(|logged| &logged.entry.events)
            .filter_map(|recorded| match &recorded.event {
                Event::ItemReported { item, status, .. } if ["reopened", "cancelled"].contains(&status.as_str()) => {
                    Some(*item)
                }
                Event::RecordRestored(Restored::Item(item)) => Some(item.id),
                Event::RecordUnmade(Unmade::Item(item)) => Some(*item),
                _ => None,
            })
            .collect();
        for id in change.before.keys() {
            let DocId::Item(item) = id else { continue };
            let now = progress(&change.after, id);
            assert!(now.is_some() || opened.contains(item), "items are never deleted, only unmade");
            if progress(&change.before, id) == Some(ItemProgress::Done) && !opened.contains(item) {
                assert_eq!(now, Some(ItemProgress::Done), "{:?}", change.request);
            }
        }
    });
}

#[test]
fn s4_5_what_jobs_know_of_tasks_and_items_is_so() {
    always(what_jobs_know_is_so);
}

pub(crate) fn what_jobs_know_is_so(steps: &[Step]) {
    after_each(steps, |_, change| {
        let (mut linked, mut of_jobs) = (BTreeSet::new(), BTreeSet::new());
        for (job, _) in jobs(&change.after) {
            for link in &job.tasks {
                assert!(linked.insert(link.task), "{} is linked twice", link.task);
                let Some(Document::Task(task)) = change.after.get(&DocId::Task(link.task)).map(|it| &it.document)
                else {
                    panic!("{:?}: {} has a task that is not there", change.request, job.id)
                };
                assert_eq!((task.job, task.state), (Some(job.id), link.state), "{:?}", change.request);
            }
            for link in &job.items {
                assert!(of_jobs.insert((link.item, job.id)), "{} is linked twice", link.item);
                let Some(Document::Item(item)) = change.after.get(&DocId::Item(link.item)).map(|it| &it.document)
                else {
                    panic!("{:?}: {} has an item that is not there", change.request, job.id)
                };
                assert!(item.jobs.contains(&job.id), "{:?}", change.request);
                // News of a cancelled item is told to no job, until it is opened again.
                if item.progress != ItemProgress::Cancelled {
                    assert_eq!(item.progress, link.progress, "{:?}: {} of {}", change.request, item.id, job.id);
                }
            }
            for (on, finished) in &job.waits_for {
                if let Some(other) = crate::office::job(&change.after, *on) {
                    let is = matches!(other.status, JobStatus::Completed | JobStatus::Archived);
                    assert_eq!(is, *finished, "{:?}: {} waits for {on}", change.request, job.id);
                    assert!(other.awaited_by.contains(&job.id), "{:?}", change.request);
                } else {
                    assert!(*finished, "{:?}: {} waits for a job that is gone", change.request, job.id);
                }
            }
        }
        for (task, _) in tasks(&change.after) {
            assert_eq!(task.job.is_some(), linked.contains(&task.id), "{:?}: {task:?}", change.request);
        }
        for record in change.after.values() {
            if let Document::Item(item) = &record.document {
                for job in &item.jobs {
                    assert!(of_jobs.contains(&(item.id, *job)), "{:?}: {item:?}", change.request);
                }
            }
        }
    });
}

#[test]
fn s4_3_the_engine_completes_jobs_in_final_stages_only() {
    always(the_engine_completes_jobs_in_final_stages_only);
}

pub(crate) fn the_engine_completes_jobs_in_final_stages_only(steps: &[Step]) {
    after_each(steps, |_, change| {
        let stated = |command: &str| ["set_status", "bulk", "archive_job"].contains(&command);
        // A person or an automation may complete a job anywhere. The engine by itself, coming to
        // rest, does so in a final stage.
        let mut places: BTreeMap<JobId, String> =
            jobs(&change.before).into_iter().map(|(job, _)| (job.id, job.stage.to_string())).collect();
        for logged in &change.news {
            let by_command = stated(&logged.entry.command);
            for recorded in &logged.entry.events {
                match &recorded.event {
                    Event::JobCreated(job) => drop(places.insert(job.id, job.stage.to_string())),
                    Event::JobMoved { job, to, .. } => drop(places.insert(*job, to.to_string())),
                    Event::JobStatusSet { job, to: JobStatus::Completed } if recorded.by.is_none() && !by_command => {
                        let finals = ["done", "closed", "given-up", "three"];
                        let stage = places.get(job).map_or("nowhere", String::as_str);
                        assert!(finals.contains(&stage), "{:?}: {job} was completed in `{stage}`", change.request);
                    }
                    _ => {}
                }
            }
        }
        for (job, _) in jobs(&change.after) {
            let completed = match &job.status {
                JobStatus::Archived => job.status_before_archive == Some(JobStatus::Completed),
                status => *status == JobStatus::Completed,
            };
            assert_eq!(job.completed.is_some(), completed, "{:?}: {job:?}", change.request);
            assert_eq!(job.archived.is_some(), job.status == JobStatus::Archived, "{:?}: {job:?}", change.request);
        }
    });
}

#[test]
fn s4_3_no_job_with_all_done_rests_in_a_stage_that_it_should_have_left() {
    always(no_job_with_all_done_rests);
}

/// Of every job that the command's own log entries are about: when all is done and nothing stands
/// against it, it is not in an automove stage, nor active in a final one.
pub(crate) fn no_job_with_all_done_rests(steps: &[Step]) {
    after_each(steps, |_, change| {
        let touched: BTreeSet<JobId> = change.news.iter().filter_map(|logged| logged.entry.job).collect();
        let brute = brute(&change.after);
        for (job, _) in jobs(&change.after) {
            if !touched.contains(&job.id) || job.status != JobStatus::Active || job.pinned {
                continue;
            }
            let definition = brute.newest(&job.pipeline);
            let place = definition.stages.iter().position(|stage| stage.key == job.stage).expect("a stage");
            let stage = &definition.stages[place];
            let is_final = stage.is_final
                || (place + 1 == definition.stages.len() && !definition.stages.iter().any(|stage| stage.is_final));
            let visit = u32::try_from(job.visits.len()).expect("few") - 1;
            let (open, done) = brute.blockers(job);
            let waits = job.waits_for.values().any(|finished| !finished);
            let failed = job.failed.iter().any(|failure| failure.visit == visit);
            if open > 0 || waits || failed {
                continue;
            }
            if is_final {
                assert!(
                    !definition.complete_at_final || !job.waits.is_empty(),
                    "{:?}: {job:?} is not completed",
                    change.request
                );
            } else if stage.automove && done > 0 && definition.transitions.is_empty() {
                // An exit requirement that is not met, or a stage that is full, is all that is left.
                let held = job
                    .attention
                    .iter()
                    .any(|attention| matches!(attention.reason, workflow_core::model::AttentionReason::Held(_)));
                assert!(held || stage.exit.is_some(), "{:?}: {job:?} has not moved on", change.request);
            }
        }
    });
}

#[test]
fn s5_9_an_automation_runs_a_bounded_number_of_times() {
    always(an_automation_runs_a_bounded_number_of_times);
}

pub(crate) fn an_automation_runs_a_bounded_number_of_times(steps: &[Step]) {
    after_each(steps, |_, change| {
        for logged in &change.news {
            let mut runs: BTreeMap<(JobId, &AutomationKey), u32> = BTreeMap::new();
            let mut cut = BTreeSet::new();
            for recorded in &logged.entry.events {
                match &recorded.event {
                    Event::AutomationRan { job, automation } => *runs.entry((*job, automation)).or_default() += 1,
                    Event::LoopCut { job, cycle } => {
                        assert!(!cycle.is_empty(), "{:?}: the circle is named", change.request);
                        cut.insert(*job);
                    }
                    _ => {}
                }
            }
            for ((job, automation), runs) in runs {
                assert!(runs <= limits::AUTOMATION_RUNS, "{:?}: `{automation}` ran {runs} times", change.request);
                let _ = job;
            }
            assert!(logged.entry.events.len() <= limits::CASCADE_EVENTS + 100);
            for job in cut {
                if let Some(job) = crate::office::job(&change.after, job) {
                    let marked = job
                        .attention
                        .iter()
                        .any(|attention| attention.reason == workflow_core::model::AttentionReason::Loop);
                    assert!(marked, "{:?}: {job:?}", change.request);
                }
            }
        }
        // Follow-ups of one command end.
        assert!(change.news.len() < 1_000, "{:?}: {} entries", change.request, change.news.len());
    });
}

#[test]
fn s11_1_the_counts_on_the_boards_sum_up_to_the_jobs() {
    always(the_counts_sum_up_to_the_jobs);
}

pub(crate) fn the_counts_sum_up_to_the_jobs(steps: &[Step]) {
    after_each(steps, |office, change| {
        let queries = office.engine.query(firm(), Actor::system("host")).expect("queries");
        let mut shown: Vec<JobId> = Vec::new();
        for pipeline in ["main", "branch", "small"] {
            let board = queries.board(&pipeline.parse().expect("a key"), 1_000).expect("a board");
            for column in board.columns {
                assert_eq!(column.jobs, column.cards.len() as u64, "{:?}: `{}`", change.request, column.stage);
                shown.extend(column.cards.iter().map(|card| card.id));
            }
        }
        shown.sort_unstable();
        let all = jobs(&change.after);
        let here: Vec<JobId> =
            all.iter().filter(|(job, _)| job.status != JobStatus::Archived).map(|(job, _)| job.id).collect();
        assert_eq!(shown, here, "{:?}", change.request);
    });
}

#[test]
fn s5_5_no_follow_up_is_left_behind() {
    always(no_follow_up_is_left_behind);
}

/// The engine that gave a command runs its follow-ups before it answers.
pub(crate) fn no_follow_up_is_left_behind(steps: &[Step]) {
    let mut office = Office::new();
    for step in steps {
        let (request, answer, _) = office.carry_out(*step);
        let holdings = office.holdings();
        assert_eq!(holdings.follow_ups, [], "{request:?}: {:?}", answer.events());
        // What is told to a record that is gone by then, or goes in circles, is kept dead.
        for dead in holdings.dead {
            let why = dead.error.unwrap_or_default();
            assert!(why.contains("there is no") || why.contains("longer than"), "{request:?}: {why}");
        }
    }
}
