//! Why a job is where it is, and why it is not moving.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Queries;
use crate::compile::Compiled;
use crate::decide::rest::{self, Onward};
use crate::decide::{Room, delay_of};
use crate::definition::WipMode;
use crate::error::{Error, ErrorKind, Rejection, StoreError};
use crate::evaluate::{Facts, explain};
use crate::event::{Actor, Event, MoveKind};
use crate::explain::{
    Arrival, Hold, HoldReason, JobExplanation, NextStep, Passed, WaitingAction, Words, done_when, list,
};
use crate::id::{ItemId, JobId, TaskId};
use crate::limits;
use crate::model::{
    Account, AttentionReason, FailedAction, Item, ItemLink, ItemProgress, Job, JobStatus, LinkOrigin, Task, TaskLink,
    Wait,
};
use crate::store::{DocId, Document, LogBy, LogScan};

/// A job that is being explained.
struct Scene<'a> {
    queries: &'a Queries<'a>,
    compiled: Arc<Compiled>,
    facts: Facts<'a>,
    tasks: BTreeMap<TaskId, Arc<Task>>,
    items: BTreeMap<ItemId, Arc<Item>>,
    /// What other jobs are called, those that the actor may see.
    jobs: BTreeMap<DocId, String>,
}

impl Queries<'_> {
    /// Why a job is where it is, everything that holds it there, and where it would go.
    ///
    /// # Errors
    /// Those of [`Queries::job`].
    pub fn explain_job(&self, id: JobId) -> Result<JobExplanation, Error> {
        let Some((_, job, account)) = self.seen_job(id)? else {
            return Err(Rejection::not_found("job", id).into());
        };
        let here = self.arrival(&job)?;
        let scene = self.scene(&job, &account)?;
        let (mut holds, onward) = scene.holds()?;
        let next = scene.next(onward);
        if let Some(full) = scene.full(next.as_ref())? {
            holds.push(full);
        }
        let mut waits = Vec::new();
        for wait in &job.waits {
            waits.push(scene.wait(wait)?);
        }
        let finished = job.status.is_finished();
        let party = || self.declared(&job).unwrap_or_else(|| crate::measure::party(&job));
        Ok(JobExplanation {
            id,
            name: Arc::clone(&job.name),
            account: account.id,
            account_name: account.name.clone(),
            pipeline: job.pipeline.clone(),
            version: scene.compiled.version(),
            stage: job.stage.clone(),
            status: job.status.clone(),
            summary: scene.summary(&here, &holds, next.as_ref()),
            here,
            holds,
            next,
            waiting_for: (!finished).then(party),
            waits,
            next_timer: job.next_timer(),
            attention: job.attention.clone(),
        })
    }

    /// The version of its pipeline that a job goes by.
    pub(super) fn version_of(&self, job: &Job) -> Result<Arc<Compiled>, Error> {
        match self.catalog.newest(&job.pipeline) {
            Some(newest) if !job.pinned || job.version == newest.version() => Ok(Arc::clone(newest)),
            _ => self.engine.version(self.firm, &job.pipeline, job.version),
        }
    }

    fn scene<'a>(&'a self, job: &'a Job, account: &'a Account) -> Result<Scene<'a>, Error> {
        let compiled = self.version_of(job)?;
        let facts = Facts { job, account, calendar: self.catalog.calendar(), today: self.today };
        let tasks = job.tasks.iter().filter(|link| !link.state.is_ended() && belongs(job, &link.origin));
        let open = |progress| matches!(progress, ItemProgress::Open | ItemProgress::Declined);
        let items = job.items.iter().filter(|link| open(link.progress) && belongs(job, &link.origin));
        let wanted: Vec<DocId> =
            tasks.map(|link| DocId::Task(link.task)).chain(items.map(|link| DocId::Item(link.item))).collect();
        let (mut tasks, mut items) = (BTreeMap::new(), BTreeMap::new());
        for document in self.documents(&wanted)?.into_iter().flatten() {
            match document {
                Document::Task(task) => drop(tasks.insert(task.id, task)),
                Document::Item(item) => drop(items.insert(item.id, item)),
                _ => {}
            }
        }
        let others: Vec<DocId> =
            job.waits_for.iter().filter(|(_, done)| !**done).map(|(id, _)| DocId::Job(*id)).collect();
        let jobs = self.titles(&others)?;
        Ok(Scene { queries: self, compiled, facts, tasks, items, jobs })
    }

    /// How a job came into the stage where it is.
    fn arrival(&self, job: &Job) -> Result<Arrival, Error> {
        let mut scan = LogScan { descending: true, ..LogScan::new(LogBy::Job(job.id), 50) };
        // A move that was undone is not how it came here: neither its stage nor its time are those of the visit.
        let entered = job.visit().map(|visit| visit.entered);
        let mut renamed = false;
        loop {
            let page = self.store.log(self.firm, &scan)?;
            for logged in &page {
                let mut last = None;
                for (place, recorded) in (0u32..).zip(&logged.entry.events) {
                    let to = match &recorded.event {
                        Event::JobMoved { job: id, to, how, .. } if *id == job.id => {
                            renamed |= *how == MoveKind::Migration;
                            Some(to).filter(|_| *how != MoveKind::Migration)
                        }
                        Event::JobCreated(created) if created.id == job.id => Some(&created.stage),
                        _ => None,
                    };
                    if to.is_some_and(|to| renamed || *to == job.stage) {
                        last = Some((place, recorded));
                    }
                }
                let Some((event, recorded)) = last.filter(|_| entered.is_none_or(|entered| entered == logged.entry.at))
                else {
                    continue;
                };
                let (how, from, passed) = match &recorded.event {
                    Event::JobMoved { from, how, skipped, .. } => (Some(*how), Some(from.clone()), skipped.clone()),
                    _ => (None, None, Vec::new()),
                };
                let causes = self.causes(logged, event)?;
                let mut arrival = Arrival {
                    since: logged.entry.at,
                    how,
                    from,
                    passed,
                    actor: logged.entry.actor.clone(),
                    command: logged.entry.command.to_string(),
                    automation: recorded.by.clone(),
                    entry: logged.entry.id,
                    position: logged.position,
                    event,
                    causes,
                    text: String::new(),
                };
                arrival.text = self.tell_arrival(job, &arrival);
                return Ok(arrival);
            }
            let Some(last) = page.last().filter(|_| page.len() == scan.limit) else { break };
            scan.after = Some(last.position);
        }
        let why = format!("the log does not say how the job `{}` came into `{}`", job.id, job.stage);
        Err(StoreError::new(ErrorKind::Corrupt, why).into())
    }

    fn tell_arrival(&self, job: &Job, arrival: &Arrival) -> String {
        let words = Words { catalog: &self.catalog, title: &|_| None };
        let (since, who) = (words.time(arrival.since), words.actor(&arrival.actor));
        let from = arrival.from.as_ref().map_or_else(String::new, |from| format!(" from `{from}`"));
        let first = arrival.causes.first().map_or_else(String::new, |cause| format!(": {}", cause.text));
        let passed = match arrival.passed.as_slice() {
            [] => String::new(),
            passed => format!(", past {}", list(passed)),
        };
        let how = match (arrival.how, &arrival.automation) {
            (None, _) if arrival.actor == Actor::Automation => format!("the engine created it there{first}"),
            (None, _) => format!("{who} created it there"),
            (Some(MoveKind::Automove), _) => format!("it moved on by itself{from}{passed}{first}"),
            (Some(_), Some(automation)) => format!("the automation `{automation}` moved it{from}{first}"),
            (Some(_), None) => format!("{who} moved it{from}"),
        };
        format!("It is in `{}` since {since}: {how}.", job.stage)
    }
}

/// Whether a job's present visit, or its present status, waits for what came in this way.
fn belongs(job: &Job, origin: &LinkOrigin) -> bool {
    origin.visit == job.visit_number() || origin.status_round == Some(job.status_round)
}

impl Scene<'_> {
    fn words(&self) -> Words<'_> {
        Words { catalog: &self.queries.catalog, title: &|_| None }
    }

    /// Everything that holds the job, and what it would do if nothing did.
    fn holds(&self) -> Result<(Vec<Hold>, Option<Onward>), Error> {
        let mut found = Vec::new();
        let mut look_on = |hold: rest::Hold| {
            if !found.contains(&hold) {
                found.push(hold);
            }
            true
        };
        let mut onward = rest::onward(&self.compiled, &self.facts, &mut look_on);
        if matches!(self.facts.job.status, JobStatus::Custom(_)) {
            // Once it is active again, its stage may hold it.
            onward = rest::leaves_stage(&self.compiled, &self.facts, &mut look_on);
        }
        let mut holds: Vec<Hold> = Vec::new();
        for hold in found {
            for told in self.tell(hold)? {
                if !holds.contains(&told) {
                    holds.push(told);
                }
            }
        }
        let cut = self.facts.job.attention.iter().filter(|attention| attention.reason == AttentionReason::Loop);
        holds.extend(cut.map(|attention| Hold {
            since: Some(attention.since),
            ..Hold::new(HoldReason::LoopCut, attention.text.clone())
        }));
        if matches!(onward, Some(Onward::Move { .. })) && rest::has_moved_enough(self.facts.job) {
            let text = format!("it has been in as many stages as a job may (VISITS, {})", limits::VISITS);
            holds.push(Hold::new(HoldReason::Visits, text));
        }
        Ok((holds, onward))
    }

    /// What a hold comes to: one row for each thing that is behind it.
    fn tell(&self, hold: rest::Hold) -> Result<Vec<Hold>, Error> {
        let job = self.facts.job;
        let (stage, status) = (&job.stage, job.status.as_str());
        let one = |reason, text: String| vec![Hold { condition: None, ..Hold::new(reason, text) }];
        Ok(match hold {
            rest::Hold::Archived => one(HoldReason::Archived, "it is archived".to_owned()),
            rest::Hold::Completed => one(HoldReason::Completed, "it is completed".to_owned()),
            rest::Hold::Status => {
                one(HoldReason::Status, format!("its status is `{status}`, which stays until somebody sets another"))
            }
            rest::Hold::StatusEmpty => {
                let text = format!(
                    "its status is `{status}`, whose automations created nothing to wait for: somebody has to set another"
                );
                one(HoldReason::EmptyStatus, text)
            }
            rest::Hold::Blocker | rest::Hold::StatusBlocker => self.blockers(),
            rest::Hold::Failure => rest::failures(job).map(|failure| self.failure(failure)).collect(),
            rest::Hold::StatusFailure => rest::status_failures(job).map(|failure| self.failure(failure)).collect(),
            rest::Hold::Prerequisite => self.prerequisites(),
            rest::Hold::FinalStage => one(
                HoldReason::FinalStage,
                format!("`{stage}` is a final stage, and completing jobs is left to people"),
            ),
            rest::Hold::Wait => rest::waits(job).map(|wait| self.held_by(wait)).collect::<Result<_, _>>()?,
            rest::Hold::NoAutomove => {
                one(HoldReason::NoAutomove, format!("`{stage}` does not move jobs on: somebody has to"))
            }
            rest::Hold::EmptyVisit => one(
                HoldReason::EmptyVisit,
                format!("nothing was asked for in `{stage}`, and then it holds: somebody has to move it"),
            ),
            rest::Hold::ExitRequirement => {
                let exit = self.compiled.stage_named(stage).and_then(|(_, stage)| stage.exit.as_ref());
                let condition = exit.map(|exit| explain(exit, &self.facts));
                let text = format!("what must hold before it leaves `{stage}` does not");
                vec![Hold { condition, ..Hold::new(HoldReason::ExitRequirement, text) }]
            }
            rest::Hold::NoWayOn => one(HoldReason::NoWayOn, format!("no stage that leads on from `{stage}` takes it")),
        })
    }

    /// Tasks and items that the visit or the status waits for.
    fn blockers(&self) -> Vec<Hold> {
        let job = self.facts.job;
        let tasks = job.tasks.iter().filter(|link| !link.state.is_ended() && belongs(job, &link.origin));
        let open = |progress| matches!(progress, ItemProgress::Open | ItemProgress::Declined);
        let items = job.items.iter().filter(|link| open(link.progress) && belongs(job, &link.origin));
        tasks.map(|link| self.open_task(link)).chain(items.map(|link| self.open_item(link))).collect()
    }

    fn open_task(&self, link: &TaskLink) -> Hold {
        let task = self.tasks.get(&link.task);
        let title = task.map_or_else(|| link.task.to_string(), |task| task.title.to_string());
        let assignees = task.map(|task| task.assignees.clone()).unwrap_or_default();
        let state = link.state.as_str().to_owned();
        let mut text = format!("the task `{title}` is {}", state.replace('_', " "));
        if let Some(due) = link.due {
            text.push_str(&format!(", due {due}"));
        }
        let words = self.words();
        let names: Vec<String> = assignees.iter().map(|id| words.actor(&Actor::Member(*id))).collect();
        if names.is_empty() {
            text.push_str(", and nobody has it");
        } else {
            text.push_str(&format!(", with {}", names.join(" and ")));
        }
        Hold {
            task: Some(link.task),
            title: Some(title),
            state: Some(state),
            done_when: Some("`completed`".to_owned()),
            assignees,
            due: link.due,
            automation: link.origin.automation.clone(),
            since: task.map(|task| task.created),
            ..Hold::new(HoldReason::OpenTask, text)
        }
    }

    fn open_item(&self, link: &ItemLink) -> Hold {
        let item = self.items.get(&link.item);
        let title = item.map_or_else(|| link.item.to_string(), |item| item.title.to_string());
        let state = link.status.as_ref().map(ToString::to_string);
        let done = item.map(|item| done_when(item, &self.queries.catalog));
        let (reason, text) = if link.progress == ItemProgress::Declined {
            let text =
                format!("the item `{title}` ({}) was declined: report something else of it, or unlink it", link.kind);
            (HoldReason::DeclinedItem, text)
        } else {
            let said = state
                .as_ref()
                .map_or_else(|| "nothing was reported of it".to_owned(), |state| format!("it is `{state}`"));
            let wanted = done.as_ref().map_or_else(String::new, |done| format!(", done is {done}"));
            (HoldReason::OpenItem, format!("the item `{title}` ({}) is not done: {said}{wanted}", link.kind))
        };
        Hold {
            item: Some(link.item),
            title: Some(title),
            state,
            done_when: done,
            automation: link.origin.automation.clone(),
            since: item.map(|item| item.created),
            ..Hold::new(reason, text)
        }
    }

    fn failure(&self, failure: &FailedAction) -> Hold {
        let action = failure.action.saturating_add(1);
        let text = format!(
            "action {action} of `{}` could not be done: {}; retry or dismiss it",
            failure.automation, failure.why
        );
        Hold {
            automation: Some(failure.automation.clone()),
            number: Some(failure.number),
            since: Some(failure.at),
            ..Hold::new(HoldReason::FailedAction, text)
        }
    }

    fn prerequisites(&self) -> Vec<Hold> {
        let open = self.facts.job.waits_for.iter().filter(|(_, finished)| !**finished);
        open.map(|(id, _)| {
            let title = self.jobs.get(&DocId::Job(*id)).cloned();
            let name = title.as_ref().map_or_else(|| "a job".to_owned(), |title| format!("the job `{title}`"));
            let text = format!("it waits for {name}, which is not finished");
            Hold { job: Some(*id), title, ..Hold::new(HoldReason::Prerequisite, text) }
        })
        .collect()
    }

    fn held_by(&self, wait: &Wait) -> Result<Hold, Error> {
        let told = self.wait(wait)?;
        Ok(Hold {
            automation: Some(told.automation),
            number: Some(told.number),
            since: Some(told.since),
            until: told.until,
            condition: told.condition,
            ..Hold::new(HoldReason::Wait, told.text)
        })
    }

    /// An action that waits, with the condition that it waits for.
    fn wait(&self, wait: &Wait) -> Result<WaitingAction, Error> {
        let job = self.facts.job;
        let compiled = if wait.version == self.compiled.version() {
            Arc::clone(&self.compiled)
        } else {
            self.queries.engine.version(self.queries.firm, &job.pipeline, wait.version)?
        };
        let condition = delay_of(&compiled, wait).and_then(|delay| delay.condition.as_ref());
        let condition = condition.map(|condition| explain(condition, &self.facts));
        let words = self.words();
        let until = match (wait.until, &condition) {
            (Some(until), None) => format!("until {}", words.time(until)),
            (Some(until), Some(_)) => format!("for a condition, until {} at the latest", words.time(until)),
            (None, Some(_)) => "for a condition".to_owned(),
            (None, None) => "until somebody ends it".to_owned(),
        };
        let text = format!("an action of `{}` waits {until}", wait.automation);
        Ok(WaitingAction {
            number: wait.number,
            automation: wait.automation.clone(),
            since: wait.began,
            until: wait.until,
            condition,
            text,
        })
    }

    /// What the job would do by itself, with the conditions that say so.
    fn next(&self, onward: Option<Onward>) -> Option<NextStep> {
        let mut passed = Vec::new();
        let place = rest::way_on(&self.compiled, &self.facts, &mut |stage, condition| {
            passed.push(Passed { stage: stage.key.clone(), condition: explain(condition, &self.facts) });
        });
        match onward? {
            Onward::Activate => None,
            Onward::Complete => Some(NextStep { to: None, passed: Vec::new(), condition: None }),
            Onward::Move { .. } => {
                let stage = self.compiled.stage(place?)?;
                let condition = stage.when.as_ref().map(|condition| explain(condition, &self.facts));
                Some(NextStep { to: Some(stage.key.clone()), passed, condition })
            }
        }
    }

    /// Whether there is no room where the job would go.
    fn full(&self, next: Option<&NextStep>) -> Result<Option<Hold>, Error> {
        let stage = next.and_then(|next| next.to.as_ref()).and_then(|to| self.compiled.stage_named(to));
        let Some((_, stage)) = stage.filter(|(_, stage)| stage.wip_limit.is_some()) else { return Ok(None) };
        let tallies = self.queries.store.tallies(self.queries.firm, self.compiled.key())?;
        let count = tallies.iter().find(|(key, _)| *key == stage.key).map_or(0, |(_, tally)| tally.jobs);
        let Room::Full { max, mode: WipMode::Refuse } = Room::of(stage, count) else { return Ok(None) };
        let text = format!("`{}` holds {count} jobs, and no more than {max} may be there", stage.key);
        Ok(Some(Hold {
            stage: Some(stage.key.clone()),
            count: Some(count),
            most: Some(max),
            ..Hold::new(HoldReason::WipLimit, text)
        }))
    }

    /// Everything in a few sentences.
    fn summary(&self, here: &Arrival, holds: &[Hold], next: Option<&NextStep>) -> String {
        let texts: Vec<&str> = holds.iter().map(|hold| hold.text.as_str()).collect();
        let then = match next.map(|next| &next.to) {
            Some(Some(to)) => format!("it goes on to `{to}`"),
            Some(None) => "it is completed".to_owned(),
            None => String::new(),
        };
        let why = match (texts.as_slice(), then.as_str()) {
            ([], "") => " Nothing holds it.".to_owned(),
            ([], then) => format!(" Nothing holds it: {then} with the next command on it."),
            (texts, "") => format!(" What holds it: {}.", texts.join("; ")),
            (texts, then) => format!(" What holds it: {}. After that {then}.", texts.join("; ")),
        };
        format!("{}{why}", here.text)
    }
}
