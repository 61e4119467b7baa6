//! What happened, in the words of process mining: an activity, what it was about, and who did it.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::source::{Source, pipeline_entered};
use super::things::{Things, item_of, task_of};
use super::word::{STAGE_ENTERED, date_word, field_text, priority_word, progress_word, word};
use crate::event::{Actor, Entry, Event, MoveKind};
use crate::id::{AutomationKey, ItemId, MemberId, PipelineKey, StageKey, StatusKey, TaskId};
use crate::model::{Account, ItemProgress, Job, JobStatus, Task, TaskState};

/// Something that happened: an event of the log, or how a job that was created came to its first
/// stage.
pub(super) struct Happening<'e> {
    pub(super) entry: &'e Entry,
    /// The event's place in the entry.
    pub(super) place: usize,
    /// Whether it is the second thing that the event tells.
    pub(super) second: bool,
    /// What happened, in a word that does not change.
    pub(super) word: &'static str,
    /// What it is called, all of it: `Task completed: review`.
    pub(super) label: String,
    /// What was done, of which this may be one step among several: `Task: review`.
    pub(super) activity: String,
    /// Which step.
    pub(super) transition: &'static str,
    pub(super) about: About<'e>,
    /// The automation that did it.
    pub(super) by: Option<&'e AutomationKey>,
}

/// What an event was about.
#[derive(Default)]
pub(super) struct About<'e> {
    /// The pipeline and stage that the job entered.
    pub(super) entered: Option<(&'e PipelineKey, &'e StageKey)>,
    /// The stage that it left.
    pub(super) left: Option<&'e StageKey>,
    /// How it came to move.
    pub(super) how: Option<&'static str>,
    /// The status that was set or reported.
    pub(super) status: Option<Cow<'e, str>>,
    pub(super) task: Option<TaskId>,
    pub(super) task_title: Option<Cow<'e, str>>,
    pub(super) item: Option<ItemId>,
    pub(super) item_title: Option<Cow<'e, str>>,
    pub(super) item_kind: Option<Cow<'e, str>>,
    /// The template of the task or item.
    pub(super) template: Option<Cow<'e, str>>,
    /// The date or field that was set.
    pub(super) field: Option<Cow<'e, str>>,
    /// To what.
    pub(super) value: Option<Cow<'e, str>>,
    /// The automation that it was about.
    pub(super) automation: Option<&'e AutomationKey>,
    /// Who was assigned.
    pub(super) assigned: Vec<MemberId>,
}

impl<'e> About<'e> {
    fn set_task(&mut self, task: &'e Task) {
        self.task_title = Some(Cow::Borrowed(&task.title));
        self.template = task.template.as_ref().map(|template| Cow::Borrowed(template.as_str()));
    }
}

/// The attributes of a happening that not every one has, in the order in which they are written.
pub(super) const ATTRIBUTES: [&str; 10] = [
    "automation",
    "from_stage",
    "how",
    "status",
    "task_title",
    "item_title",
    "item_kind",
    "template",
    "field",
    "value",
];

impl Happening<'_> {
    /// The values of its [`ATTRIBUTES`].
    pub(super) fn attributes(&self) -> [Option<&str>; 10] {
        let about = &self.about;
        [
            self.by.map(AutomationKey::as_str),
            about.left.map(StageKey::as_str),
            about.how,
            about.status.as_deref(),
            about.task_title.as_deref(),
            about.item_title.as_deref(),
            about.item_kind.as_deref(),
            about.template.as_deref(),
            about.field.as_deref(),
            about.value.as_deref(),
        ]
    }
}

/// What an entry tells that is asked for, in order.
pub(super) fn happenings<'e>(
    source: &Source<'_>,
    entry: &'e Entry,
    job: Option<&'e Job>,
    things: &'e Things,
) -> Vec<Happening<'e>> {
    let mut told = Vec::new();
    if !source.covers(entry.at) {
        return told;
    }
    for (place, recorded) in entry.events.iter().enumerate() {
        let event = &recorded.event;
        let Some((word, detail)) = word(recorded) else { continue };
        let mut add = |word, second, about: About<'e>| {
            let (label, activity, transition) = named(source, event, word, &about, job);
            let by = recorded.by.as_ref().or(about.automation);
            told.push(Happening { entry, place, second, word, label, activity, transition, about, by });
        };
        let enters = word == STAGE_ENTERED;
        let told_of = enters || detail <= source.query.detail;
        if told_of && (entry.job.is_some() || source.queries.may_read(event)) {
            add(word, false, about(source, entry, event, job, things));
        }
        if let Event::JobCreated(job) = event {
            add(
                STAGE_ENTERED,
                true,
                About { entered: Some((&job.pipeline, &job.stage)), how: Some("created"), ..About::default() },
            );
        }
    }
    told
}

/// What an event was about.
fn about<'e>(
    source: &Source<'_>,
    entry: &'e Entry,
    event: &'e Event,
    job: Option<&'e Job>,
    things: &'e Things,
) -> About<'e> {
    let mut about = About { task: task_of(event), item: item_of(event), ..About::default() };
    if let Some(task) = about.task.and_then(|task| things.seen_task(source, task)) {
        about.set_task(task);
    }
    if let Some(item) = about.item.and_then(|item| things.seen_item(source, item)) {
        about.item_title = Some(Cow::Borrowed(&item.title));
        about.item_kind = Some(Cow::Borrowed(item.kind.as_str()));
        about.template = item.template.as_ref().map(|template| Cow::Borrowed(template.as_str()));
    }
    if let Event::TaskCreated { task, .. } = event {
        about.assigned = task.assignees.iter().copied().collect();
        // One that was deleted is known by nothing else.
        if !things.tasks.contains_key(&task.id) {
            about.set_task(task);
        }
    }
    tell(&mut about, entry, event, job);
    about
}

/// Adds what an event itself tells.
fn tell<'e>(about: &mut About<'e>, entry: &Entry, event: &'e Event, job: Option<&'e Job>) {
    match event {
        Event::JobMoved { from, to, pipeline, how, .. } => {
            let now = || job.map(|job| pipeline_entered(job, entry.at, to));
            about.entered = pipeline.as_ref().or_else(now).map(|pipeline| (pipeline, to));
            about.left = Some(from);
            about.how = Some(match how {
                MoveKind::Manual => "manual",
                MoveKind::Automove => "automove",
                MoveKind::Automation => "automation",
                MoveKind::Migration => "migration",
            });
        }
        Event::JobStatusSet { to, .. } => about.status = Some(Cow::Borrowed(to.as_str())),
        Event::TaskStateSet { custom, .. } => about.status = custom.as_ref().map(|key| Cow::Borrowed(key.as_str())),
        Event::TaskAssigneesChanged { assignees, .. } | Event::JobAssigneesChanged { assignees, .. } => {
            about.assigned = assignees.iter().copied().collect();
        }
        Event::ItemLinked { link, .. } => about.item_kind = Some(Cow::Borrowed(link.kind.as_str())),
        Event::ItemReported { status, progress, .. } => about.status = Some(reported(Some(status), progress)),
        Event::JobItemChanged { status, progress, .. } => about.status = Some(reported(status.as_ref(), progress)),
        Event::JobPrioritySet { to, .. } => about.value = Some(Cow::Borrowed(priority_word(*to))),
        Event::JobDateSet { date, to, .. } => {
            about.field = Some(Cow::Borrowed(date_word(*date)));
            about.value = to.as_ref().map(|day: &NaiveDate| Cow::Owned(day.to_string()));
        }
        Event::JobFieldSet { field, value, .. } | Event::AccountFieldSet { field, value, .. } => {
            about.field = Some(Cow::Borrowed(field.as_str()));
            about.value = value.as_ref().map(field_text);
        }
        Event::SignalReceived { name, .. } => about.value = Some(Cow::Borrowed(name.as_str())),
        Event::AutomationRan { automation, .. } | Event::FiredByHand { automation, .. } => {
            about.automation = Some(automation);
        }
        Event::PipelinePublished { definition, .. } => about.value = Some(Cow::Borrowed(definition.key.as_str())),
        _ => {}
    }
}

/// What the host reported of an item, or how far that brought it.
fn reported<'e>(status: Option<&'e StatusKey>, progress: &ItemProgress) -> Cow<'e, str> {
    status.map_or_else(|| Cow::Borrowed(progress_word(*progress)), |status| Cow::Borrowed(status.as_str()))
}

/// What a happening is called, what was done, and which step of that it was.
///
/// Tasks are called by their templates, not by their titles, which may hold the names of clients:
/// what is done for many jobs goes by one name.
fn named(
    source: &Source<'_>,
    event: &Event,
    word: &'static str,
    about: &About<'_>,
    job: Option<&Job>,
) -> (String, String, &'static str) {
    if word == STAGE_ENTERED {
        let name = about.entered.map_or_else(|| sentence(word), |(pipeline, stage)| source.stage_name(pipeline, stage));
        return (name.clone(), name, COMPLETE);
    }
    if let Event::TaskCreated { .. } | Event::TaskStateSet { .. } = event {
        let transition = match event {
            Event::TaskStateSet { to: TaskState::InProgress, .. } => "start",
            Event::TaskStateSet { to: TaskState::Completed, .. } => COMPLETE,
            Event::TaskStateSet { to: TaskState::Cancelled, .. } => "withdraw",
            _ => "schedule",
        };
        let template = about.template.as_deref();
        return (with(&sentence(word), template), with("Task", template), transition);
    }
    let kind = about.item_kind.as_deref();
    let label = match event {
        Event::JobStatusSet { to: JobStatus::Custom(status), .. } => {
            let name = job.map(|job| source.status_name(&job.pipeline, status));
            with("Status", Some(name.as_deref().unwrap_or(status.as_str())))
        }
        Event::ItemCreated(_) | Event::ItemLinked { .. } => with(&sentence(word), kind),
        Event::JobItemChanged { .. } | Event::ItemReported { .. } => {
            let kind = kind.unwrap_or("item");
            with(&sentence(word), Some(&format!("{kind} {}", about.status.as_deref().unwrap_or_default())))
        }
        Event::AutomationRan { .. } | Event::FiredByHand { .. } => {
            with(&sentence(word), about.automation.map(AutomationKey::as_str))
        }
        Event::SignalReceived { .. } => with(&sentence(word), about.value.as_deref()),
        _ => sentence(word),
    };
    (label.clone(), label, COMPLETE)
}

/// The step of what has no others.
const COMPLETE: &str = "complete";

/// A word as the beginning of a sentence.
fn sentence(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters.map(|letter| if letter == '_' { ' ' } else { letter })).collect()
}

fn with(what: &str, which: Option<&str>) -> String {
    which.map_or_else(|| what.to_owned(), |which| format!("{what}: {which}"))
}

/// Who gave a command: their name, and what kind of actor they are.
pub(super) fn resource<'q>(source: &'q Source<'_>, actor: &'q Actor) -> (Cow<'q, str>, &'static str) {
    match actor {
        Actor::Member(id) => {
            let name = source.queries.catalog.member(*id).map(|member| Cow::Borrowed(member.name.as_str()));
            (name.unwrap_or_else(|| Cow::Owned(id.to_string())), "member")
        }
        Actor::Client(_) => (Cow::Borrowed("client"), "client"),
        Actor::Automation => (Cow::Borrowed("automation"), "automation"),
        Actor::System(name) => (Cow::Borrowed(name), "system"),
    }
}

/// The seats that an actor holds on an account now, one after the other.
pub(super) fn seats(actor: &Actor, account: &Account) -> Option<String> {
    let Actor::Member(id) = actor else { return None };
    let held = account.roles.iter().filter(|(_, holders)| holders.contains(id)).map(|(role, _)| role.as_str());
    let held: Vec<&str> = held.collect();
    (!held.is_empty()).then(|| held.join(", "))
}
