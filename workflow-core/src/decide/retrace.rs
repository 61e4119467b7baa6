//! What became of one automation on one job: what was recorded, gone through again fact by fact.
//!
//! The log says what happened and which automations ran. What an automation would have run on and did
//! not is found by the rules that the engine decides by, on the records as they were then: the events
//! are folded one by one, the facts that they mean wait in the order in which the engine took them up,
//! and each is over when the log shows that a later one was being handled.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::cascade::{Verdict, applies, sets_off};
use super::facts::{Fact, each_fact, each_fact_of_creation, each_fact_of_move};
use super::moves::Target;
use crate::apply::apply;
use crate::calendar::FirmCalendar;
use crate::compile::{Compiled, Place, Rule};
use crate::evaluate::{Explanation, Facts, explain};
use crate::event::{Entry, Event, MoveKind, Recorded};
use crate::explain::WhyNot;
use crate::id::{AccountId, AutomationKey, JobId, PipelineKey, StageKey};
use crate::model::{Job, JobStatus, WaitEnd};
use crate::state::State;
use crate::store::Logged;

/// Versions of pipelines that entries went by.
pub(crate) type Versions = BTreeMap<(PipelineKey, u32), Arc<Compiled>>;

/// One time that something happened which sets the automation off.
#[derive(Debug, Clone)]
pub(crate) struct Occasion {
    /// The entry in which it ran, or did not.
    pub(crate) logged: Logged,
    /// The event that says that it ran, by its place.
    pub(crate) ran: Option<u32>,
    /// Why it did not run.
    pub(crate) why: Option<WhyNot>,
    /// What set it off.
    pub(crate) set_off: Option<(Logged, u32)>,
    /// The version that was gone by.
    pub(crate) version: u32,
    /// The stage that the job was in.
    pub(crate) stage: StageKey,
    /// Its condition with the values that were compared.
    pub(crate) condition: Option<Explanation>,
    /// Why actions of it could not be done then.
    pub(crate) failed: Vec<String>,
}

/// A fact that waits for the automations that it sets off.
#[derive(Debug, Clone)]
struct Waiting {
    fact: Fact,
    /// The event that it comes from, by its place in the present entry; absent when that is of another.
    event: Option<u32>,
    /// The same, with its entry.
    origin: (Logged, u32),
    /// The last automation that ran on it, by its number.
    last: Option<usize>,
    /// Whether it is known what became of the automation.
    told: bool,
}

/// Something that happened to the account elsewhere, of which the job is to be told: by an entry of its
/// own, for each event one.
#[derive(Debug, Clone)]
struct News {
    fact: Fact,
    /// What it comes to unless the automation is found to have run on it.
    occasion: Option<Occasion>,
    origin: (Logged, u32),
    /// How many entries of its cause the job has had.
    told: usize,
    /// Which event of its entry it comes from, counted from 1 among those of which the job is told.
    rank: usize,
}

/// Goes through what was recorded.
pub(crate) struct Retrace<'a> {
    job: JobId,
    account: AccountId,
    key: &'a AutomationKey,
    calendar: &'a FirmCalendar,
    most: usize,
    state: State,
    /// What the job goes by, as far as its entries were followed.
    compiled: Option<Arc<Compiled>>,
    /// The last version that had the automation.
    known: Option<Arc<Compiled>>,
    queue: VecDeque<Waiting>,
    news: Vec<News>,
    /// Whether a circle that the automation is part of was cut in the present cascade.
    cut: bool,
    runs: VecDeque<(u64, Occasion)>,
    misses: VecDeque<(u64, Occasion)>,
    /// Counts what was found, to keep it in order.
    found: u64,
    last: Option<DateTime<Utc>>,
}

/// What was found.
pub(crate) struct Retraced {
    /// Runs and times that it did not run, the newest first.
    pub(crate) occasions: Vec<Occasion>,
    /// When what sets it off last happened.
    pub(crate) last: Option<DateTime<Utc>>,
    /// The last version that had the automation.
    pub(crate) known: Option<Arc<Compiled>>,
}

impl<'a> Retrace<'a> {
    /// Of an automation on a job, no more than so many runs and so many times that it did not run.
    pub(crate) fn new(
        (job, account): (JobId, AccountId),
        key: &'a AutomationKey,
        calendar: &'a FirmCalendar,
        most: usize,
    ) -> Self {
        Self {
            job,
            account,
            key,
            calendar,
            most,
            state: State::default(),
            compiled: None,
            known: None,
            queue: VecDeque::new(),
            news: Vec::new(),
            cut: false,
            runs: VecDeque::new(),
            misses: VecDeque::new(),
            found: 0,
            last: None,
        }
    }

    /// The versions that have to be known before an entry is followed.
    pub(crate) fn versions_of(&self, entry: &Entry) -> Vec<(PipelineKey, u32)> {
        if entry.job != Some(self.job) {
            return Vec::new();
        }
        let mut wanted = Vec::new();
        let mut pipeline = self.state.job(self.job).map(|job| job.pipeline.clone());
        for recorded in &entry.events {
            match &recorded.event {
                Event::JobCreated(job) if job.id == self.job => {
                    pipeline = Some(job.pipeline.clone());
                    wanted.push((job.pipeline.clone(), job.version));
                }
                Event::JobMoved { job, pipeline: to, version, .. } if *job == self.job => {
                    wanted.extend(to.clone().or_else(|| pipeline.clone()).map(|to| (to, *version)));
                    pipeline = to.clone().or(pipeline);
                }
                _ => {}
            }
        }
        let before = self.state.job(self.job).map(|job| job.pipeline.clone());
        wanted.extend(before.zip(entry.definition));
        wanted
    }

    /// Goes on with the next entry of the account's log.
    pub(crate) fn follow(&mut self, logged: &Logged, versions: &Versions) {
        if logged.entry.job == Some(self.job) {
            self.follow_own(logged, versions);
        } else {
            self.follow_others(logged);
        }
    }

    /// An entry about the account or another job of it: what it does to the account, the job is told of.
    fn follow_others(&mut self, logged: &Logged) {
        let mut facts = Vec::new();
        for (place, recorded) in (0u32..).zip(&logged.entry.events) {
            let concerns = matches!(
                &recorded.event,
                Event::AccountSaved(_)
                    | Event::AccountTagsChanged { .. }
                    | Event::AccountFieldSet { .. }
                    | Event::AccountAccessChanged { .. }
            );
            if concerns {
                apply(&mut self.state, logged.entry.firm, logged.entry.at, &recorded.event);
                if let Some(job) = self.state.job(self.job) {
                    each_fact(&recorded.event, job, &Rc::default(), &mut |fact| facts.push((place, fact)));
                }
            }
        }
        let (mut rank, mut before) = (0usize, None);
        for (place, fact) in facts {
            if before != Some(place) {
                rank = rank.saturating_add(1);
                before = Some(place);
            }
            let origin = (logged.clone(), place);
            let occasion = self.judge(logged, &fact, &origin, false);
            self.news.push(News { fact, occasion, origin, told: 0, rank });
        }
    }

    fn follow_own(&mut self, logged: &Logged, versions: &Versions) {
        let entry = &logged.entry;
        if entry.cause.is_none() {
            self.cut = false;
        }
        let before = self.state.job(self.job).map(|job| job.pipeline.clone());
        if let Some(compiled) = before.zip(entry.definition).and_then(|of| versions.get(&of)) {
            self.compiled = Some(Arc::clone(compiled));
        }
        self.take_news(logged);
        let left_out = left_out(entry);
        for (place, recorded) in (0u32..).zip(&entry.events) {
            if recorded.by.is_none() && self.comes_after_all(entry, place, recorded) {
                self.finish(logged, usize::MAX);
            }
            if let Event::LoopCut { cycle, .. } = &recorded.event {
                self.cut |= cycle.contains(self.key);
            }
            match &recorded.event {
                Event::AutomationRan { job, automation } if *job == self.job => {
                    self.ran(logged, place, automation, recorded.of);
                }
                Event::JobMoved { job, .. } if *job == self.job => {
                    self.moved(logged, place, recorded, &left_out, versions);
                    continue;
                }
                _ => {}
            }
            apply(&mut self.state, entry.firm, entry.at, &recorded.event);
            self.note(logged, place, recorded, &left_out, versions);
        }
        self.finish(logged, usize::MAX);
        self.queue.clear();
        if let Some(compiled) = self.compiled.as_ref().filter(|compiled| compiled.rule_named(self.key).is_some()) {
            self.known = Some(Arc::clone(compiled));
        }
    }

    /// What an entry of the job tells it. Of several that the same entry left, the job is told in their
    /// order; which of them this is shows by what ran.
    fn take_news(&mut self, logged: &Logged) {
        let entry = &logged.entry;
        let Some(cause) = entry.cause else { return self.drop_news() };
        let (of_cause, later) =
            std::mem::take(&mut self.news).into_iter().partition(|news: &News| news.origin.0.entry.id == cause);
        self.news = later;
        let mut of_cause: Vec<News> = of_cause;
        let ran = entry.events.iter().find_map(|recorded| match &recorded.event {
            Event::AutomationRan { automation, .. } if recorded.of.is_none() => Some(automation),
            _ => None,
        });
        let rule = ran.and_then(|ran| self.compiled.as_ref()?.rule_named(ran));
        let on =
            rule.and_then(|rule| of_cause.iter().find(|news| sets_off(rule, &news.fact))).map(|news| news.origin.1);
        for mut news in std::mem::take(&mut of_cause) {
            news.told = news.told.saturating_add(1);
            match on {
                Some(on) if news.origin.1 < on => self.miss(news.occasion),
                Some(on) if news.origin.1 == on => self.queue.push_back(Waiting {
                    fact: news.fact,
                    event: None,
                    origin: news.origin,
                    last: None,
                    told: false,
                }),
                _ => {
                    if news.told <= news.rank {
                        news.occasion = self.judge(logged, &news.fact, &news.origin, true);
                    }
                    of_cause.push(news);
                }
            }
        }
        self.news.extend(of_cause);
    }

    /// What the job was told, and nothing ran on, is over when a command of somebody comes.
    fn drop_news(&mut self) {
        for news in std::mem::take(&mut self.news) {
            if news.told > 0 {
                self.miss(news.occasion);
            } else {
                self.news.push(news);
            }
        }
    }

    /// Whether an event of the command itself comes when all facts before it have been handled: what
    /// the job does by itself, and what its time has come for.
    fn comes_after_all(&self, entry: &Entry, place: u32, recorded: &Recorded) -> bool {
        match &recorded.event {
            Event::JobMoved { how, .. } => *how == MoveKind::Automove,
            Event::TimerFired { .. } | Event::Reminded { .. } => true,
            Event::WaitEnded { how, .. } => !matches!(how, WaitEnd::Cancelled(_)),
            Event::JobStatusSet { to, .. } => {
                let first = |event: &Event| matches!(event, Event::JobStatusSet { .. });
                let first = (0u32..).zip(&entry.events).find(|(_, recorded)| first(&recorded.event));
                let given = matches!(&*entry.command, "set_status" | "archive_job")
                    && first.is_some_and(|(first, _)| first == place);
                !given && !self.is_activated_by_move(entry, place, to)
            }
            _ => false,
        }
    }

    /// Whether a job becomes active because it was moved, in the same breath.
    fn is_activated_by_move(&self, entry: &Entry, place: u32, to: &JobStatus) -> bool {
        let Some(job) = self.state.job(self.job) else { return false };
        let unknown = match &job.status {
            JobStatus::Completed => true,
            JobStatus::Custom(key) => self.compiled.as_ref().is_some_and(|compiled| compiled.status(key).is_none()),
            _ => false,
        };
        let earlier = entry.events.iter().take(usize::try_from(place).unwrap_or(usize::MAX)).rev();
        let mut earlier = earlier
            .filter(|recorded| !matches!(recorded.event, Event::AttentionCleared { .. } | Event::WaitEnded { .. }));
        *to == JobStatus::Active
            && unknown
            && earlier.next().is_some_and(|recorded| matches!(recorded.event, Event::JobMoved { .. }))
    }

    /// Notes the facts that an event means.
    fn note(
        &mut self,
        logged: &Logged,
        place: u32,
        recorded: &Recorded,
        left_out: &Rc<BTreeSet<AutomationKey>>,
        versions: &Versions,
    ) {
        let mut facts = Vec::new();
        if let Event::JobCreated(job) = &recorded.event
            && job.id == self.job
        {
            if let Some(compiled) = versions.get(&(job.pipeline.clone(), job.version)) {
                self.compiled = Some(Arc::clone(compiled));
                if let Some(stage) = compiled.graph().position(&job.stage) {
                    each_fact_of_creation(compiled, stage, &mut |fact| facts.push(fact));
                }
            }
        } else if let Some(job) = self.state.job(self.job) {
            let none = Rc::default();
            let left_out = if recorded.by.is_none() { left_out } else { &none };
            each_fact(&recorded.event, job, left_out, &mut |fact| facts.push(fact));
        }
        self.wait(logged, place, facts);
    }

    fn wait(&mut self, logged: &Logged, place: u32, facts: Vec<Fact>) {
        self.queue.extend(facts.into_iter().map(|fact| Waiting {
            fact,
            event: Some(place),
            origin: (logged.clone(), place),
            last: None,
            told: false,
        }));
    }

    /// A move: what it means depends on where the job was.
    fn moved(
        &mut self,
        logged: &Logged,
        place: u32,
        recorded: &Recorded,
        left_out: &Rc<BTreeSet<AutomationKey>>,
        versions: &Versions,
    ) {
        let Event::JobMoved { to, pipeline, version, how, .. } = &recorded.event else { return };
        let before = self.state.job(self.job).map(|job| (job.pipeline.clone(), job.stage.clone()));
        apply(&mut self.state, logged.entry.firm, logged.entry.at, &recorded.event);
        let Some((from_pipeline, from)) = before else { return };
        let here = self.compiled.clone();
        let target = versions.get(&(pipeline.clone().unwrap_or(from_pipeline), *version)).cloned();
        self.compiled = target.clone().or(here.clone());
        let (Some(here), Some(target), true) = (here, target, *how != MoveKind::Migration) else { return };
        let (from, Some(stage)) = (here.graph().position(&from), target.graph().position(to)) else { return };
        let jumped = from.map_or(0, |from| from.saturating_add(1))..stage;
        let same = here.key() == target.key();
        let is_jumped = |rule: &Rule| matches!(&rule.place, Place::Entry(entered) if jumped.contains(entered));
        let fired = logged.entry.events.iter().any(|other| match &other.event {
            Event::AutomationRan { automation, .. } if other.of == Some(place) => {
                target.rule_named(automation).is_some_and(is_jumped)
            }
            _ => false,
        });
        let none = Rc::default();
        let left_out = if *how == MoveKind::Manual { left_out } else { &none };
        let mut facts = Vec::new();
        let aim = Target { compiled: Arc::clone(&target), place: stage };
        each_fact_of_move((&here, from), &aim, left_out, fired, &mut |fact| facts.push(fact));
        let passes = same && *how == MoveKind::Manual && !fired;
        if passes && target.rule_named(self.key).is_some_and(is_jumped) {
            let occasion = self.occasion(logged, &target, Some((logged.clone(), place)));
            self.miss(occasion.map(|occasion| Occasion { why: Some(WhyNot::JumpedOver), ..occasion }));
        }
        self.wait(logged, place, facts);
    }

    /// An automation ran: the facts before the one that it ran on are over.
    fn ran(&mut self, logged: &Logged, place: u32, automation: &AutomationKey, of: Option<u32>) {
        let on = self.queue.iter().position(|waiting| {
            let compiled = self.compiled_of(&waiting.fact);
            let rule = compiled.and_then(|compiled| Some((compiled.number_of(automation)?, compiled)));
            waiting.event == of
                && rule.is_some_and(|(number, compiled)| {
                    compiled.rule(number).is_some_and(|rule| sets_off(rule, &waiting.fact))
                        && waiting.last.is_none_or(|last| number > last)
                })
        });
        let mut set_off = of.map(|of| (logged.clone(), of));
        if let Some(on) = on {
            self.finish(logged, on);
            if let Some(mut waiting) = self.queue.pop_front() {
                let compiled = self.compiled_of(&waiting.fact).cloned();
                let number = |key| compiled.as_ref().and_then(|compiled| compiled.number_of(key));
                let (mine, running) = (number(self.key), number(automation));
                set_off = Some(waiting.origin.clone());
                if self.key == automation {
                    waiting.told = true;
                } else if mine.is_some() && mine < running && !waiting.told {
                    waiting.told = true;
                    let missed = self.judge(logged, &waiting.fact, &waiting.origin, true);
                    self.miss(missed);
                }
                waiting.last = running;
                self.queue.push_front(waiting);
            }
        }
        if self.key != automation {
            return;
        }
        let compiled = self.compiled.clone();
        let Some(occasion) = compiled.and_then(|compiled| self.occasion(logged, &compiled, set_off)) else { return };
        self.last = Some(logged.entry.at);
        self.found = self.found.saturating_add(1);
        let failed = failures(&logged.entry, place, self.key);
        self.runs.push_back((self.found, Occasion { ran: Some(place), failed, ..occasion }));
        if self.runs.len() > self.most {
            self.runs.pop_front();
        }
    }

    /// The version that a fact is held against.
    fn compiled_of<'f>(&'f self, fact: &'f Fact) -> Option<&'f Arc<Compiled>> {
        match fact {
            Fact::Entered { compiled, .. } | Fact::Left { compiled, .. } => Some(compiled),
            _ => self.compiled.as_ref(),
        }
    }

    /// The first so many facts are over: the automation did not run on those on which it has not.
    fn finish(&mut self, logged: &Logged, count: usize) {
        for _ in 0..count {
            let Some(waiting) = self.queue.pop_front() else { return };
            if !waiting.told {
                let missed = self.judge(logged, &waiting.fact, &waiting.origin, true);
                self.miss(missed);
            }
        }
    }

    fn miss(&mut self, occasion: Option<Occasion>) {
        let Some(occasion) = occasion else { return };
        self.last = Some(occasion.set_off.as_ref().map_or(occasion.logged.entry.at, |(logged, _)| logged.entry.at));
        self.found = self.found.saturating_add(1);
        self.misses.push_back((self.found, occasion));
        if self.misses.len() > self.most {
            self.misses.pop_front();
        }
    }

    /// Why the automation did not run on a fact; `None` when that does not set it off. `handled` tells
    /// whether the job had come to the fact.
    fn judge(&self, logged: &Logged, fact: &Fact, origin: &(Logged, u32), handled: bool) -> Option<Occasion> {
        let compiled = self.compiled_of(fact)?;
        let rule = compiled.rule_named(self.key)?;
        let job = self.state.job(self.job)?;
        if !sets_off(rule, fact) {
            return None;
        }
        let occasion = self.occasion(logged, compiled, Some(origin.clone()))?;
        let why = match applies(compiled, rule, fact, job, true) {
            // Other stages than its own are not what such an automation waits for.
            Verdict::OtherTrigger if matches!(fact, Fact::Entered { .. } | Fact::Left { .. }) => return None,
            _ if job.status == JobStatus::Archived && !matches!(fact, Fact::StatusSet { .. }) => WhyNot::Archived,
            Verdict::OtherTrigger => WhyNot::OtherStage,
            Verdict::LeftOut => WhyNot::LeftOut,
            Verdict::NotFirstEntry => WhyNot::NotFirstEntry,
            Verdict::NotForward => WhyNot::NotForward,
            _ if occasion.condition.as_ref().is_some_and(|condition| !condition.holds) => WhyNot::ConditionFails,
            _ if !handled => WhyNot::NotReached,
            _ if self.cut || logged.entry.events.iter().any(|other| matches!(other.event, Event::LoopCut { .. })) => {
                WhyNot::LoopCut
            }
            // Nothing else can have kept it.
            _ => WhyNot::SwitchedOff,
        };
        Some(Occasion { why: Some(why), ..occasion })
    }

    /// An occasion with the values of this moment.
    fn occasion(&self, logged: &Logged, compiled: &Compiled, set_off: Option<(Logged, u32)>) -> Option<Occasion> {
        let job: &Job = self.state.job(self.job)?;
        let rule = compiled.rule_named(self.key);
        let today = self.calendar.civil_date(logged.entry.at);
        let condition = rule.and_then(|rule| rule.automation.condition.as_ref()).zip(self.state.account(self.account));
        let condition = condition
            .map(|(condition, account)| explain(condition, &Facts { job, account, calendar: self.calendar, today }));
        Some(Occasion {
            logged: logged.clone(),
            ran: None,
            why: None,
            set_off,
            version: compiled.version(),
            stage: job.stage.clone(),
            condition,
            failed: Vec::new(),
        })
    }

    /// Ends it.
    pub(crate) fn end(mut self) -> Retraced {
        for news in std::mem::take(&mut self.news) {
            self.miss(news.occasion);
        }
        let mut found: Vec<(u64, Occasion)> = self.runs.into_iter().chain(self.misses).collect();
        // News that the job was never told of are found last, and may have happened before.
        found.sort_by_key(|(number, occasion)| std::cmp::Reverse((occasion.logged.position, *number)));
        let occasions = found.into_iter().map(|(_, occasion)| occasion).collect();
        Retraced { occasions, last: self.last, known: self.known }
    }
}

/// The automations that the command of an entry left out.
fn left_out(entry: &Entry) -> Rc<BTreeSet<AutomationKey>> {
    let named = entry.events.iter().filter_map(|recorded| match &recorded.event {
        Event::AutomationsLeftOut { automations, .. } => Some(automations),
        _ => None,
    });
    Rc::new(named.flatten().cloned().collect())
}

/// Why actions of a run could not be done: what was recorded between it and the next one.
fn failures(entry: &Entry, run: u32, key: &AutomationKey) -> Vec<String> {
    let after = entry.events.iter().skip(usize::try_from(run).unwrap_or(usize::MAX).saturating_add(1));
    let of_run = after.take_while(
        |recorded| !matches!(&recorded.event, Event::AutomationRan { automation, .. } if automation == key),
    );
    let why = of_run.filter_map(|recorded| match &recorded.event {
        Event::ActionFailed { failure, .. } if failure.automation == *key => Some(failure.why.clone()),
        _ => None,
    });
    why.collect()
}
