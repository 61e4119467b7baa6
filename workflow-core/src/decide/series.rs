//! Commands on series.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;

use super::definitions::template_problems;
use super::{Decider, Need, Step, check_limit, check_name};
use crate::access::may_see_all;
use crate::command::{Change, Command, NewSeries, SeriesChanges, SeriesScope};
use crate::definition::{JobTemplate, Template};
use crate::error::{Problem, Rejection};
use crate::event::{Actor, Event};
use crate::id::{AccountId, SeriesId, TemplateKey};
use crate::limits;
use crate::model::{Audience, Series, SeriesException, SeriesJob, SeriesState, SeriesTask, SeriesWork};
use crate::series::Plan;
use crate::store::{DocId, FollowUpWork};

impl Decider<'_> {
    pub(super) fn execute_on_series(&mut self, command: &Command) -> Step {
        match command {
            Command::CreateSeries(new) => self.create_series(new),
            Command::EditSeries { series, scope, changes } => match scope {
                SeriesScope::This(day) => self.edit_occurrence(*series, *day, changes),
                SeriesScope::ThisAndFollowing(day) => self.split_series(*series, *day, changes),
                SeriesScope::All => self.edit_series(*series, changes),
            },
            Command::ChangeSeriesAccounts { series, add, remove } => self.change_series_accounts(*series, add, remove),
            Command::SkipOccurrence { series, day, accounts, skip } => {
                self.skip_occurrence(*series, *day, accounts, *skip)
            }
            Command::RunOccurrence { series, day, accounts } => self.run_occurrence(*series, *day, accounts),
            Command::PauseSeries { series, paused } => {
                self.set_series_state(*series, if *paused { SeriesState::Paused } else { SeriesState::Active })
            }
            Command::EndSeries { series } => self.set_series_state(*series, SeriesState::Ended),
            Command::AdvanceSeries { series } => self.advance_series(*series),
            Command::MakeOccurrence(order) => self.make_occurrence(order),
            other => Err(Rejection::invalid("command", format!("`{}` is not about a series", other.name())).into()),
        }
    }

    fn create_series(&mut self, new: &NewSeries) -> Step {
        let id = match new.id {
            Some(id) => match self.state.series.get(&id) {
                None => return self.need(Need::Document(DocId::Series(id))),
                Some(slot) if slot.get().is_some() => {
                    return Err(Rejection::Exists { what: "series", name: id.to_string() }.into());
                }
                Some(_) => id,
            },
            None => SeriesId(self.next_id()),
        };
        self.subject = Some(DocId::Series(id));
        check_name("name", &new.name)?;
        self.check_work(&new.makes, &new.audience)?;
        self.require_accounts(&new.audience.accounts)?;
        let plan = Plan::new(&new.schedule, new.lead, self.catalog.calendar())?;
        let mut series = Series {
            id,
            name: new.name.clone(),
            makes: new.makes.clone(),
            audience: new.audience.clone(),
            schedule: new.schedule.clone(),
            lead: new.lead,
            catch_up: new.catch_up,
            state: SeriesState::Active,
            cursor: None,
            through: None,
            exceptions: std::collections::BTreeMap::new(),
            continues: None,
            continued_by: None,
            next: None,
            created: self.now,
            updated: self.now,
        };
        if !new.backfill {
            series.cursor = plan.last_missed(self.now).map(|missed| missed.nominal);
        }
        series.next = plan.next(&series);
        if series.next.is_none() {
            let why = "all its occurrences lie in the past: begin later, or ask for `backfill`";
            return Err(Rejection::invalid("schedule", why).into());
        }
        self.emit(Event::SeriesCreated(Arc::new(series)));
        Ok(())
    }

    /// Brings a series that has not ended into view for a person's command, after checking access.
    fn open_series(&mut self, id: SeriesId) -> Step<Arc<Series>> {
        let series = self.series(id)?;
        self.subject = Some(DocId::Series(id));
        self.check_series_access(&series.makes)?;
        if series.state == SeriesState::Ended {
            let why = format!("`{}` has ended; create another series", series.name);
            return Err(Rejection::refused("series_ended", why).into());
        }
        Ok(series)
    }

    fn check_series_access(&self, makes: &SeriesWork) -> Result<(), Rejection> {
        let (Actor::Member(id), SeriesWork::Job(job)) = (self.actor, makes) else { return Ok(()) };
        let newest = self.catalog.newest(&job.pipeline);
        let open = newest.is_none_or(|newest| {
            self.catalog.member(*id).is_some_and(|member| may_see_all(&newest.definition().access, member))
        });
        if open {
            return Ok(());
        }
        let why = format!("the pipeline `{}` is not open to you for all accounts, as a series needs it", job.pipeline);
        Err(Rejection::Forbidden(why))
    }

    /// Refuses work that could not be made, as far as the firm's definitions tell.
    fn check_work(&self, makes: &SeriesWork, audience: &Audience) -> Result<(), Rejection> {
        self.check_series_access(makes)?;
        let named = audience.accounts.len().max(audience.except.len());
        check_limit("SERIES_ACCOUNTS", limits::SERIES_ACCOUNTS, named, "the accounts of the series")?;
        check_limit("TAGS", limits::TAGS, audience.tags.len(), "the number of tags")?;
        if audience.firm && !(audience.accounts.is_empty() && audience.tags.is_empty()) {
            let why = "a series is for the firm itself or for accounts: leave one of them out";
            return Err(Rejection::invalid("for.firm", why));
        }
        match makes {
            SeriesWork::Job(_) if audience.firm => {
                Err(Rejection::invalid("for.firm", "a job is for an account: make a task for the firm itself"))
            }
            SeriesWork::Job(job) => self.check_series_job(job),
            SeriesWork::Task(task) => self.check_series_task(task),
        }
    }

    fn check_series_job(&self, job: &SeriesJob) -> Result<(), Rejection> {
        let Some(newest) = self.catalog.newest(&job.pipeline) else {
            return Err(Rejection::not_found("pipeline", &job.pipeline));
        };
        if self.catalog.pipeline(&job.pipeline).is_some_and(|head| head.archived) {
            return Err(Rejection::refused("pipeline_archived", format!("`{}` is archived", job.pipeline)));
        }
        if let Some(stage) = job.stage.as_ref().filter(|stage| newest.graph().position(stage).is_none()) {
            return Err(Rejection::not_found("stage", stage));
        }
        if let Some(key) = job.template.as_ref().filter(|key| self.catalog.job_template(key).is_none()) {
            return Err(Rejection::not_found("job template", key));
        }
        let defaults = JobTemplate {
            name: job.name.clone(),
            description: job.description.clone(),
            priority: job.priority,
            assign: job.assign.clone().unwrap_or_default(),
            start: job.start.clone(),
            due: job.due.clone(),
            statutory: job.statutory.clone(),
            extended: job.extended.clone(),
            budget_minutes: job.budget_minutes,
            tags: job.tags.clone(),
            fields: job.fields.clone(),
            client_status: None,
        };
        let key = TemplateKey::new("series").map_err(Rejection::from)?;
        let template = Template::Job { key, defaults: Box::new(defaults) };
        self.check_template(&template, "job.defaults", "makes.job")
    }

    fn check_series_task(&self, task: &SeriesTask) -> Result<(), Rejection> {
        match (&task.template, &task.task) {
            (Some(key), None) if self.catalog.task_template(key).is_none() => {
                Err(Rejection::not_found("task template", key))
            }
            (Some(_), None) => Ok(()),
            (None, Some(task)) => self.check_template(&Template::Task(task.clone()), "task", "makes.task.task"),
            _ => {
                Err(Rejection::invalid("makes.task", "name a template or describe the task as `task`, one of the two"))
            }
        }
    }

    fn check_template(&self, template: &Template, from: &str, to: &str) -> Result<(), Rejection> {
        let mut problems: Vec<Problem> = template_problems(self.catalog, template);
        for problem in &mut problems {
            if let Some(rest) = problem.path.strip_prefix(from) {
                problem.path = format!("{to}{rest}");
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Rejection::Document(problems)) }
    }

    /// Changes all occurrences that have not had their turn.
    fn edit_series(&mut self, id: SeriesId, changes: &SeriesChanges) -> Step {
        let series = self.open_series(id)?;
        if changes.date.is_some() {
            return Err(Rejection::invalid("date", "one occurrence alone can be put on a day: edit `this`").into());
        }
        let changes = news(&series, changes);
        if changes == SeriesChanges::default() {
            self.unchanged = Some("the series is like that already".to_owned());
            return Ok(());
        }
        let plan = self.check_changes(&series, &changes)?;
        let gone: Vec<NaiveDate> =
            series.exceptions.keys().copied().filter(|day| plan.turn(&series, *day).is_none()).collect();
        drop(series);
        self.emit(Event::SeriesEdited { series: id, changes: Box::new(changes) });
        // What was said of days that the new schedule does not have says nothing any more.
        for day in gone {
            self.emit(Event::SeriesExceptionSet { series: id, day, exception: None });
        }
        self.time_series(id, &plan)
    }

    /// Refuses changes that do not go together with the rest of a series. Answers its new plan.
    fn check_changes(&self, series: &Series, changes: &SeriesChanges) -> Result<Plan, Rejection> {
        if let Some(name) = &changes.name {
            check_name("name", name)?;
        }
        let mut audience = series.audience.clone();
        if let Some(tags) = &changes.tags {
            audience.tags.clone_from(tags);
        }
        if changes.makes.is_some() || changes.tags.is_some() {
            self.check_work(changes.makes.as_ref().unwrap_or(&series.makes), &audience)?;
        }
        let lead = match &changes.lead {
            Some(change) => change.clone().value(),
            None => series.lead,
        };
        Plan::new(changes.schedule.as_ref().unwrap_or(&series.schedule), lead, self.catalog.calendar())
    }

    /// The exception of an occurrence that has not had its turn.
    fn pending(&mut self, series: &Series, day: NaiveDate) -> Step<(Plan, SeriesException)> {
        let plan = self.plan(series)?;
        if plan.turn(series, day).is_none() {
            let why = format!("the series does not occur on {day}: name a day by its rule, before any adjustment");
            return Err(Rejection::invalid("day", why).into());
        }
        let exception = series.exceptions.get(&day).cloned();
        let had = series.cursor.is_some_and(|cursor| day <= cursor);
        match exception {
            None if had => {
                let why = format!("the occurrence of {day} has had its turn: change what it made, or run it");
                Err(Rejection::refused("had_its_turn", why).into())
            }
            exception => Ok((plan, exception.unwrap_or_default())),
        }
    }

    fn set_exception(&mut self, series: &Series, day: NaiveDate, to: SeriesException, plan: &Plan) -> Step {
        let id = series.id;
        let exception = Some(to).filter(|exception| *exception != SeriesException::default());
        if exception.as_ref() == series.exceptions.get(&day) {
            self.unchanged = Some("the occurrence is like that already".to_owned());
            return Ok(());
        }
        let count = series.exceptions.len().saturating_add(1);
        check_limit("SERIES_EXCEPTIONS", limits::SERIES_EXCEPTIONS, count, "the occurrences that are not as the rest")?;
        self.emit(Event::SeriesExceptionSet { series: id, day, exception: exception.map(Box::new) });
        self.time_series(id, plan)
    }

    /// Changes one occurrence alone: its day, and what it makes.
    fn edit_occurrence(&mut self, id: SeriesId, day: NaiveDate, changes: &SeriesChanges) -> Step {
        let series = self.open_series(id)?;
        let SeriesChanges { name, makes, schedule, lead, catch_up, tags, date } = changes;
        let whole = [
            ("name", name.is_some()),
            ("schedule", schedule.is_some()),
            ("lead", lead.is_some()),
            ("catch_up", catch_up.is_some()),
            ("tags", tags.is_some()),
        ];
        if let Some((field, _)) = whole.into_iter().find(|(_, given)| *given) {
            let why = "it is of the series, not of one occurrence: edit `all` or `this_and_following`";
            return Err(Rejection::invalid(field, why).into());
        }
        let (plan, mut exception) = self.pending(&series, day)?;
        if let Some(makes) = makes {
            self.check_work(makes, &series.audience)?;
            exception.makes = Some(makes.clone()).filter(|makes| *makes != series.makes);
        }
        if let Some(date) = date {
            exception.date = date.clone().value();
        }
        self.set_exception(&series, day, exception, &plan)
    }

    fn skip_occurrence(&mut self, id: SeriesId, day: NaiveDate, accounts: &BTreeSet<AccountId>, skip: bool) -> Step {
        let series = self.open_series(id)?;
        let (plan, mut exception) = self.pending(&series, day)?;
        if accounts.is_empty() {
            exception.skip = skip;
        } else if skip {
            exception.skip_accounts.extend(accounts);
            let count = exception.skip_accounts.len();
            check_limit("SERIES_ACCOUNTS", limits::SERIES_ACCOUNTS, count, "the accounts that are left out")?;
        } else {
            exception.skip_accounts.retain(|account| !accounts.contains(account));
        }
        self.set_exception(&series, day, exception, &plan)
    }

    /// Ends a series before a day, and lets another go on from there with these changes.
    fn split_series(&mut self, id: SeriesId, day: NaiveDate, changes: &SeriesChanges) -> Step {
        let series = self.open_series(id)?;
        if changes.date.is_some() {
            return Err(Rejection::invalid("date", "one occurrence alone can be put on a day: edit `this`").into());
        }
        let (_, _) = self.pending(&series, day)?;
        if series.cursor.is_some_and(|cursor| day <= cursor) {
            let why = format!("the occurrence of {day} waits for the day it was put on: split after it");
            return Err(Rejection::refused("had_its_turn", why).into());
        }
        let changes = news(&series, changes);
        if changes == SeriesChanges::default() {
            self.unchanged = Some("the series is like that already".to_owned());
            return Ok(());
        }
        let plan = self.check_changes(&series, &changes)?;
        let Some(through) = day.pred_opt() else {
            return Err(Rejection::invalid("day", "it is out of range").into());
        };
        let by = SeriesId(self.next_id());
        // The schedule keeps its start, so that its intervals and its count go on as they were.
        let mut next = Series {
            id: by,
            name: changes.name.clone().unwrap_or_else(|| series.name.clone()),
            makes: changes.makes.clone().unwrap_or_else(|| series.makes.clone()),
            audience: series.audience.clone(),
            schedule: changes.schedule.clone().unwrap_or_else(|| series.schedule.clone()),
            lead: changes.lead.clone().map_or(series.lead, Change::value),
            catch_up: changes.catch_up.unwrap_or(series.catch_up),
            state: series.state,
            cursor: Some(through),
            through: series.through,
            exceptions: series.exceptions.range(day..).map(|(day, known)| (*day, known.clone())).collect(),
            continues: Some(id),
            continued_by: None,
            next: None,
            created: self.now,
            updated: self.now,
        };
        if let Some(tags) = &changes.tags {
            next.audience.tags.clone_from(tags);
        }
        let gone: Vec<NaiveDate> =
            next.exceptions.keys().copied().filter(|day| plan.turn(&next, *day).is_none()).collect();
        next.exceptions.retain(|day, _| !gone.contains(day));
        next.next = if next.state == SeriesState::Active { plan.next(&next) } else { None };
        let before = self.plan(&series)?;
        drop(series);
        self.emit(Event::SeriesContinued { series: id, through, by });
        self.time_series(id, &before)?;
        self.emit(Event::SeriesCreated(Arc::new(next)));
        Ok(())
    }

    fn set_series_state(&mut self, id: SeriesId, to: SeriesState) -> Step {
        let series = match self.series(id)? {
            series if series.state == to => {
                self.subject = Some(DocId::Series(id));
                self.check_series_access(&series.makes)?;
                self.unchanged = Some(format!("the series is {} already", to.as_str()));
                return Ok(());
            }
            _ => self.open_series(id)?,
        };
        let plan = self.plan(&series)?;
        drop(series);
        self.emit(Event::SeriesStateSet { series: id, to });
        self.time_series(id, &plan)
    }

    pub(super) fn change_series_accounts(
        &mut self,
        id: SeriesId,
        add: &BTreeSet<AccountId>,
        remove: &BTreeSet<AccountId>,
    ) -> Step {
        let series = self.open_series(id)?;
        if series.audience.firm {
            let why = format!("`{}` is for the firm itself, not for accounts", series.name);
            return Err(Rejection::refused("series_of_the_firm", why).into());
        }
        let Audience { accounts, tags, except, .. } = &series.audience;
        let added: Vec<AccountId> =
            add.iter().filter(|id| !accounts.contains(*id) || except.contains(*id)).copied().collect();
        let leaves = |id: &&AccountId| {
            !add.contains(*id) && (accounts.contains(*id) || !tags.is_empty() && !except.contains(*id))
        };
        let removed: Vec<AccountId> = remove.iter().filter(leaves).copied().collect();
        if added.is_empty() && removed.is_empty() {
            self.unchanged = Some("the series is for these accounts already".to_owned());
            return Ok(());
        }
        let count = accounts.len().saturating_add(added.len()).max(except.len().saturating_add(removed.len()));
        check_limit("SERIES_ACCOUNTS", limits::SERIES_ACCOUNTS, count, "the accounts of the series")?;
        self.require_accounts(&added)?;
        drop(series);
        self.emit(Event::SeriesAccountsChanged { series: id, added, removed });
        Ok(())
    }

    /// Makes the work of an occurrence now, whether or not its turn has come.
    fn run_occurrence(&mut self, id: SeriesId, day: NaiveDate, accounts: &BTreeSet<AccountId>) -> Step {
        let series = self.open_series(id)?;
        let plan = self.plan(&series)?;
        let Some(mut turn) = plan.turn(&series, day) else {
            let why = format!("the series does not occur on {day}: name a day by its rule, before any adjustment");
            return Err(Rejection::invalid("day", why).into());
        };
        if series.audience.firm && !accounts.is_empty() {
            return Err(Rejection::invalid("accounts", "the series is for the firm itself, not for accounts").into());
        }
        check_limit("SERIES_ACCOUNTS", limits::SERIES_ACCOUNTS, accounts.len(), "the number of accounts")?;
        if let Some(stranger) = accounts.iter().find(|account| !series.audience.accounts.contains(*account)) {
            // An account that belongs to it by a tag alone is known by that.
            let account = self.account(*stranger)?;
            if series.audience.tags.is_disjoint(&account.tags) {
                return Err(
                    Rejection::invalid("accounts", format!("`{stranger}` does not belong to the series")).into()
                );
            }
        }
        if !accounts.is_empty() {
            turn.skip_accounts.clear();
        }
        drop(series);
        let turn = Arc::new(turn);
        let accounts: Vec<AccountId> = accounts.iter().copied().collect();
        self.emit(Event::OccurrenceRun { series: id, turn: Arc::clone(&turn), accounts: accounts.clone() });
        self.follow_ups.push(FollowUpWork::Occurrence { series: id, turn, accounts, again: true });
        Ok(())
    }
}

/// The changes that change something.
fn news(series: &Series, changes: &SeriesChanges) -> SeriesChanges {
    SeriesChanges {
        name: changes.name.clone().filter(|name| *name != series.name),
        makes: changes.makes.clone().filter(|makes| *makes != series.makes),
        schedule: changes.schedule.clone().filter(|schedule| *schedule != series.schedule),
        lead: changes.lead.clone().filter(|lead| lead.clone().value() != series.lead),
        catch_up: changes.catch_up.filter(|catch_up| *catch_up != series.catch_up),
        tags: changes.tags.clone().filter(|tags| *tags != series.audience.tags),
        date: None,
    }
}
