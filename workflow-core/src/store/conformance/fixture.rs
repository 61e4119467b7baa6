//! Small documents, entries and queued rows to begin with.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use super::probe::{Probe, at, why};
use crate::definition::{TaskTemplate, Template};
use crate::event::{Actor, Entry};
use crate::id::{
    AccountId, CommentId, EntryId, FollowUpId, InvalidKey, ItemId, JobId, MemberId, NotificationId, SeriesId, TaskId,
};
use crate::model::{
    Account, Attention, AttentionReason, Audience, CatchUp, Comment, Firm, FirmSettings, Intent, Item, ItemKind,
    ItemProgress, Job, JobStatus, Member, Notification, Occurrence, OccurrenceId, OccurrenceOutcome, PipelineHead,
    PipelineVersion, Priority, Seats, Series, SeriesState, SeriesWork, Task, TaskState,
};
use crate::recurrence::{Preset, Schedule};
use crate::store::{Chain, Document, Enqueue, FollowUp, FollowUpWork, QueuedBody, StageDelta, StageTally};

/// A key from a text.
pub(super) fn key<K: FromStr<Err = InvalidKey>>(text: &str) -> Result<K, String> {
    text.parse().map_err(why)
}

/// Keys from texts.
pub(super) fn keys<K: FromStr<Err = InvalidKey> + Ord>(texts: &[&str]) -> Result<BTreeSet<K>, String> {
    texts.iter().map(|text| key(text)).collect()
}

/// A day, counted from one in the middle of the calendar.
pub(super) fn day(number: u64) -> NaiveDate {
    let base = NaiveDate::from_ymd_opt(2033, 5, 18).unwrap_or_default();
    base.checked_add_days(Days::new(number)).unwrap_or(base)
}

/// What can be wrapped as a document.
pub(super) trait Wrap {
    fn doc(self) -> Document;
}

macro_rules! wrap {
    ($($model:ident as $variant:ident),+ $(,)?) => {$(
        impl Wrap for $model {
            fn doc(self) -> Document {
                Document::$variant(Arc::new(self))
            }
        }
    )+};
}

wrap! {
    Firm as Firm, Member as Member, Template as Template, PipelineHead as Pipeline,
    PipelineVersion as PipelineVersion, Account as Account, Job as Job, Task as Task, Item as Item,
    Comment as Comment, Series as Series, Occurrence as Occurrence,
}

pub(super) fn account(id: Uuid, name: &str) -> Account {
    Account {
        id: AccountId(id),
        name: name.to_owned(),
        external: None,
        fields: BTreeMap::new(),
        tags: BTreeSet::new(),
        roles: Seats::default(),
        linked: Vec::new(),
        access: BTreeSet::new(),
        created: at(0),
        updated: at(0),
    }
}

/// An account with an external reference.
pub(super) fn called(id: Uuid, name: &str, external: &str) -> Result<Document, String> {
    Ok(Account { external: Some(key(external)?), ..account(id, name) }.doc())
}

pub(super) fn firm(probe: &Probe<'_>, definitions: u64) -> Document {
    Firm { id: probe.firm, settings: FirmSettings::named("Firm"), definitions, created: at(0) }.doc()
}

pub(super) fn member(id: Uuid, name: &str) -> Member {
    Member { id: MemberId(id), name: name.to_owned(), email: None, admin: false, weekly_minutes: None, active: true }
}

pub(super) fn task_template(name: &str) -> Result<Template, String> {
    Ok(Template::Task(Box::new(TaskTemplate {
        key: key(name)?,
        title: "Title".to_owned(),
        description: None,
        priority: Priority::Medium,
        assign: crate::definition::Assignment::default(),
        start: None,
        due: None,
        tags: BTreeSet::new(),
        checklist: Vec::new(),
        budget_minutes: None,
        remind: None,
        after: BTreeSet::new(),
    })))
}

pub(super) fn job_template(name: &str) -> Result<Template, String> {
    Ok(Template::Job { key: key(name)?, defaults: Box::default() })
}

pub(super) fn pipeline(name: &str) -> Result<PipelineHead, String> {
    Ok(PipelineHead {
        key: key(name)?,
        newest: 1,
        switches: BTreeMap::new(),
        moved_stages: BTreeMap::new(),
        archived: false,
        published: at(0),
    })
}

/// An active job in the stage `intake` of the pipeline `returns`.
pub(super) fn job(id: Uuid, account: Uuid) -> Result<Job, String> {
    Ok(Job {
        id: JobId(id),
        account: AccountId(account),
        name: "Job".into(),
        description: None,
        pipeline: key("returns")?,
        version: 1,
        pinned: false,
        stage: key("intake")?,
        status: JobStatus::Active,
        status_before_archive: None,
        status_round: 0,
        priority: Priority::Medium,
        assignees: BTreeSet::new(),
        assigned_roles: BTreeSet::new(),
        assigned_members: BTreeSet::new(),
        start: None,
        due: None,
        statutory: None,
        extended: None,
        date_rules: BTreeMap::new(),
        period_start: None,
        period_end: None,
        series: None,
        period: None,
        budget_minutes: None,
        tags: BTreeSet::new(),
        fields: BTreeMap::new(),
        client_status: None,
        attention: Vec::new(),
        failed: Vec::new(),
        failures: 0,
        visits: Vec::new(),
        tasks: Vec::new(),
        items: Vec::new(),
        timers: Vec::new(),
        fired: Vec::new(),
        waits: Vec::new(),
        waits_begun: 0,
        reminders: Vec::new(),
        reminders_begun: 0,
        waits_for: BTreeMap::new(),
        awaited_by: BTreeSet::new(),
        comments: 0,
        created: at(0),
        updated: at(0),
        completed: None,
        archived: None,
    })
}

pub(super) fn attention() -> Attention {
    Attention { reason: AttentionReason::Loop, text: "it went in circles".to_owned(), since: at(1) }
}

pub(super) fn task(id: Uuid) -> Task {
    Task {
        id: TaskId(id),
        job: None,
        account: None,
        title: "Task".into(),
        description: None,
        state: TaskState::Planned,
        custom_status: None,
        priority: Priority::Medium,
        assignees: BTreeSet::new(),
        assigned_roles: BTreeSet::new(),
        start: None,
        due: None,
        start_rule: None,
        due_rule: None,
        tags: BTreeSet::new(),
        checklist: Vec::new(),
        budget_minutes: None,
        template: None,
        waits_for: BTreeSet::new(),
        created: at(0),
        updated: at(0),
        completed: None,
    }
}

pub(super) fn item(id: Uuid) -> Item {
    Item {
        id: ItemId(id),
        kind: ItemKind::Invoice,
        account: None,
        jobs: BTreeSet::new(),
        title: "Item".into(),
        template: None,
        external: None,
        status: None,
        reached: BTreeSet::new(),
        progress: ItemProgress::Open,
        payment_submitted_is_done: false,
        without_invoice: false,
        created: at(0),
        updated: at(0),
    }
}

pub(super) fn comment(id: Uuid, job: Uuid, at: DateTime<Utc>) -> Comment {
    Comment { id: CommentId(id), job: JobId(job), author: None, text: "Comment".to_owned(), at }
}

/// A series that makes tasks.
pub(super) fn series(id: Uuid, name: &str) -> Series {
    Series {
        id: SeriesId(id),
        name: name.to_owned(),
        makes: SeriesWork::Task(Box::default()),
        audience: Audience::default(),
        schedule: Schedule::by_preset(Preset::Monthly { day: None }, day(0)),
        lead: None,
        catch_up: CatchUp::Latest,
        state: SeriesState::Active,
        cursor: None,
        through: None,
        exceptions: BTreeMap::new(),
        continues: None,
        continued_by: None,
        next: None,
        created: at(0),
        updated: at(0),
    }
}

/// A line of the ledger of a series, about a day.
pub(super) fn occurrence(id: Uuid, series: Uuid, account: Option<Uuid>, on: NaiveDate) -> Result<Occurrence, String> {
    let period = key(&id.to_string())?;
    Ok(Occurrence {
        id: OccurrenceId { period, series: SeriesId(series), account: account.map(AccountId) },
        day: on,
        date: on,
        starts: on,
        ends: on,
        outcome: OccurrenceOutcome::Skipped,
        at: at(0),
    })
}

/// An entry of the host's system about nothing in particular.
pub(super) fn entry(probe: &Probe<'_>) -> Entry {
    Entry {
        id: EntryId(probe.uuid()),
        firm: probe.firm,
        at: at(0),
        actor: Actor::system("conformance"),
        command: "tag_job".into(),
        key: None,
        fingerprint: 0,
        job: None,
        account: None,
        revision: 1,
        definition: None,
        cause: None,
        more: false,
        continues: false,
        events: Vec::new(),
    }
}

/// An entry under an idempotency key.
pub(super) fn keyed(probe: &Probe<'_>, text: &str) -> Result<Entry, String> {
    Ok(Entry { key: Some(key(text)?), ..entry(probe) })
}

/// A notification to queue.
pub(super) fn notice(probe: &Probe<'_>, lane: Option<Uuid>, due: DateTime<Utc>) -> Result<Enqueue, String> {
    let id = probe.uuid();
    let notification = Notification {
        id: NotificationId(id),
        firm: probe.firm,
        job: lane.map(JobId),
        account: None,
        at: at(0),
        intent: Intent::Signal { name: key("go")?, payload: None },
    };
    Ok(Enqueue { id, lane, due, lease: None, body: QueuedBody::Notification(Arc::new(notification)) })
}

/// A follow-up to queue.
pub(super) fn follow_up(probe: &Probe<'_>, lane: Option<Uuid>, due: DateTime<Utc>) -> Result<Enqueue, String> {
    let id = probe.uuid();
    let work = FollowUpWork::Migrate { pipeline: key("returns")? };
    let follow_up = FollowUp { id: FollowUpId(id), work, chain: Chain::default() };
    Ok(Enqueue { id, lane, due, lease: None, body: QueuedBody::FollowUp(Arc::new(follow_up)) })
}

/// A change of the jobs that a stage holds.
pub(super) fn delta(pipeline: &str, stage: &str, jobs: i64) -> Result<StageDelta, String> {
    let by = StageTally { jobs, ..StageTally::default() };
    Ok(StageDelta { pipeline: key(pipeline)?, stage: key(stage)?, by })
}
