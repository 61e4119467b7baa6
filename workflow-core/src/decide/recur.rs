//! What a series does because its time has come, and what it makes.

use std::sync::Arc;

use super::{Decider, Need, Step};
use crate::command::{MakeOccurrence, NewJob, NewTask};
use crate::dates::DateExpression;
use crate::definition::JobTemplate;
use crate::error::Rejection;
use crate::event::Event;
use crate::id::{AccountId, JobId, SeriesId, TaskId};
use crate::model::{
    Audience, Occurrence, OccurrenceId, OccurrenceOutcome, Series, SeriesJob, SeriesState, SeriesTask, SeriesTurn,
    SeriesWork,
};
use crate::series::Plan;
use crate::store::{DocId, FollowUpWork};

impl Decider<'_> {
    /// Lets the turns of a series that have come begin: their work is left to follow-ups.
    pub(super) fn advance_series(&mut self, id: SeriesId) -> Step {
        let series = self.series(id)?;
        self.subject = Some(DocId::Series(id));
        if series.state == SeriesState::Active {
            let plan = Plan::of(&series, self.catalog.calendar())?;
            let due = plan.due(&series, self.now);
            if due.cursor != series.cursor || !due.turns.is_empty() {
                // A series of one account says for whom it is: many such share commits.
                let accounts: Vec<AccountId> = match &series.audience {
                    Audience { accounts, tags, firm: false, .. } if accounts.len() == 1 && tags.is_empty() => {
                        accounts.iter().copied().collect()
                    }
                    _ => Vec::new(),
                };
                drop(series);
                self.emit(Event::SeriesAdvanced {
                    series: id,
                    cursor: due.cursor,
                    made: due.turns.iter().map(|turn| turn.day).collect(),
                    skipped: due.skipped,
                    left_out: due.left_out,
                });
                for turn in due.turns {
                    let turn = Arc::new(turn);
                    self.follow_ups.push(FollowUpWork::Occurrence {
                        series: id,
                        turn,
                        accounts: accounts.clone(),
                        again: false,
                    });
                }
            }
            self.time_series(id, &plan)?;
        }
        if self.events.is_empty() {
            self.unchanged = Some("no turn of the series has come".to_owned());
        }
        Ok(())
    }

    /// Brings the time at which a series next has something to do up to date.
    pub(super) fn time_series(&mut self, id: SeriesId, plan: &Plan) -> Step {
        let series = self.series(id)?;
        let next = if series.state == SeriesState::Active { plan.next(&series) } else { None };
        if next != series.next {
            drop(series);
            self.emit(Event::SeriesTimed { series: id, next });
        }
        Ok(())
    }

    /// Makes what a series makes for one account, and writes it into the ledger: once for each
    /// period, since the line of the ledger and the work are of one commit.
    pub(super) fn make_occurrence(&mut self, order: &MakeOccurrence) -> Step {
        let id = OccurrenceId { period: order.turn.key.clone(), series: order.series, account: order.account };
        let key = DocId::Occurrence(Arc::new(id.clone()));
        let known = match self.state.occurrences.get(&id) {
            Some(slot) => slot.get().map(|known| known.outcome.is_made()),
            None => return self.need(Need::Document(key)),
        };
        self.about.account = order.account;
        if known.is_some_and(|made| made || !order.again) {
            self.subject = Some(key);
            self.unchanged = Some("the ledger has this period already".to_owned());
            return Ok(());
        }
        let series = self.series(order.series)?;
        let turn = &order.turn;
        self.period = Some(turn.period);
        let skipped = order.account.is_some_and(|account| turn.skip_accounts.contains(&account)) && !order.again;
        let outcome = if skipped {
            OccurrenceOutcome::Skipped
        } else if let Some(why) = &order.refused {
            OccurrenceOutcome::Refused(why.clone())
        } else {
            match turn.makes.as_ref().unwrap_or(&series.makes) {
                SeriesWork::Job(job) => OccurrenceOutcome::Job(self.make_job(&id, job, turn)?),
                SeriesWork::Task(task) => OccurrenceOutcome::Task(self.make_task(&id, task, turn)?),
            }
        };
        self.subject = Some(key);
        let occurrence = Occurrence {
            id,
            day: turn.day,
            date: turn.date,
            starts: turn.period.start,
            ends: turn.period.end,
            outcome,
            at: self.now,
        };
        self.emit(Event::OccurrenceRecorded(Arc::new(occurrence)));
        Ok(())
    }

    fn make_job(&mut self, id: &OccurrenceId, job: &SeriesJob, turn: &SeriesTurn) -> Step<JobId> {
        let Some(account) = id.account else {
            return Err(Rejection::invalid("for", "a job is for an account").into());
        };
        let job_id = JobId(self.next_id());
        let own = turn.moved || !self.says_when_due(job);
        let due = if own { Some(DateExpression::on(turn.date)) } else { job.due.clone() };
        let new = NewJob {
            id: Some(job_id),
            account,
            pipeline: job.pipeline.clone(),
            stage: job.stage.clone(),
            template: job.template.clone(),
            name: job.name.clone(),
            description: job.description.clone(),
            priority: job.priority,
            assign: job.assign.clone(),
            start: job.start.clone(),
            due,
            statutory: job.statutory.clone(),
            extended: job.extended.clone(),
            period_start: Some(turn.period.start),
            period_end: Some(turn.period.end),
            budget_minutes: job.budget_minutes,
            tags: job.tags.clone(),
            fields: job.fields.clone(),
        };
        self.create_job_as(job_id, &new, Some(id))?;
        Ok(job_id)
    }

    /// Whether a series, its template or its pipeline say when its jobs are due.
    fn says_when_due(&self, job: &SeriesJob) -> bool {
        let newest = self.catalog.newest(&job.pipeline);
        let defaults = newest.and_then(|newest| newest.definition().job_defaults.as_ref());
        let key = job.template.as_ref().or(newest.and_then(|newest| newest.definition().job_template.as_ref()));
        let template = key.and_then(|key| self.catalog.job_template(key));
        let due = |template: Option<&JobTemplate>| template.is_some_and(|template| template.due.is_some());
        job.due.is_some() || due(template) || due(defaults)
    }

    fn make_task(&mut self, id: &OccurrenceId, task: &SeriesTask, turn: &SeriesTurn) -> Step<TaskId> {
        let mut template = match (&task.template, &task.task) {
            (Some(key), _) => {
                self.catalog.task_template(key).cloned().ok_or_else(|| Rejection::not_found("task template", key))?
            }
            (None, Some(task)) => (**task).clone(),
            (None, None) => return Err(Rejection::invalid("makes.task", "name a template or describe the task").into()),
        };
        if turn.moved || template.due.is_none() {
            template.due = Some(DateExpression::on(turn.date));
        }
        let task_id = TaskId(self.next_id());
        let new = NewTask {
            id: None,
            job: None,
            account: id.account,
            template: None,
            task: Some(Box::new(template)),
            waits_for: std::collections::BTreeSet::new(),
        };
        self.create_task_as(task_id, &new)?;
        Ok(task_id)
    }

    /// Asks for the accounts that a series is for: all that are not loaded at once.
    pub(super) fn require_accounts<'b>(&mut self, accounts: impl IntoIterator<Item = &'b AccountId>) -> Step {
        let mut missing = false;
        for id in accounts {
            match self.account(*id) {
                Ok(_) => {}
                Err(super::Stop::Missing) => missing = true,
                Err(stop) => return Err(stop),
            }
        }
        if missing { Err(super::Stop::Missing) } else { Ok(()) }
    }

    /// The plan of a series as it is now.
    pub(super) fn plan(&self, series: &Series) -> Result<Plan, Rejection> {
        Plan::of(series, self.catalog.calendar())
    }
}
