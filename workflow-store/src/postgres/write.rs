//! Commits.
//!
//! Batches are written as if none conflicted, in one round trip: begin, lock the firm, checks and
//! writes, commit. When something was not as a batch expects, nothing is written; then what stands
//! against the batches is looked up under the firm's lock, and those that do not conflict are
//! written. That takes two round trips more, and is rare.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::FirmId;
use workflow_core::store::{Batch, Committed, Conflict, LogPosition};

use super::facts::Inquiry;
use super::fault::{Nature, nature, report};
use super::link::{Control, Failure, Link, Step};
use super::param::value;
use super::plan::Plan;
use super::pool::{Loan, Pool};
use super::statement::Statement;
use crate::group::Answers;

const DOING: &str = "committing";

/// How often a transaction is begun anew because others were in its way. Those of one firm wait for
/// each other, so that this is rare, except where a database has only the strictest isolation.
const TRIES: u32 = 60;

/// How often a transaction is begun anew on another connection.
const CONNECTIONS: u32 = 4;

/// What ends an attempt.
enum Stop {
    /// It was not as expected.
    Unexpected,
    /// Another attempt may succeed.
    Again(Failure),
    /// So it may, on another connection.
    Lost(Failure),
    Fault(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Fault(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match nature(&failure) {
            Nature::Unexpected => Self::Unexpected,
            Nature::Again => Self::Again(failure),
            Nature::Lost => Self::Lost(failure),
            Nature::Doubtful | Nature::Fatal => Self::Fault(report(DOING, failure)),
        }
    }
}

/// Batches of one firm, and their places among all.
struct Part<'a> {
    firm: FirmId,
    batches: Vec<&'a Batch>,
    places: Vec<usize>,
}

/// Batches by firm, the firms in order, so that two commits about the same ones lock them alike.
fn parts<'a>(batches: &[&'a Batch]) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for (place, batch) in batches.iter().enumerate() {
        match parts.iter_mut().find(|part| part.firm == batch.firm) {
            Some(part) => {
                part.batches.push(batch);
                part.places.push(place);
            }
            None => parts.push(Part { firm: batch.firm, batches: vec![batch], places: vec![place] }),
        }
    }
    parts.sort_by_key(|part| part.firm);
    parts
}

/// In which way a store commits.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// With nothing beyond plain transactional SQL.
    pub(super) portable: bool,
    /// Telling other hosts of what is queued.
    pub(super) hints: bool,
}

/// What writes plans, and what becomes of their batches.
pub(super) struct Writing {
    steps: Arc<Vec<Step>>,
    plans: Vec<Planned>,
}

/// Of a plan, what it answers.
struct Planned {
    /// The step that answers where the firm's log ends.
    first: usize,
    entries: i64,
    /// For each batch, how many entries the log has got by its end, or why it is left out.
    answers: Vec<Result<i64, Conflict>>,
}

impl Writing {
    /// Writes plans after the steps that are there.
    fn new(mut steps: Vec<Step>, how: How, plans: Vec<Plan<'_>>) -> Result<Self, StoreError> {
        let hints = how.hints && plans.iter().any(Plan::queues);
        let mut planned = Vec::with_capacity(plans.len());
        for plan in plans {
            let first = steps.len();
            steps.extend(plan.steps(!how.portable)?);
            planned.push(Planned { first, entries: plan.log_entries(), answers: plan.answers });
        }
        if hints {
            steps.push(Step::Run(Statement::Hint, Vec::new()));
        }
        steps.push(Step::Control(Control::Commit));
        Ok(Self { steps: Arc::new(steps), plans: planned })
    }

    /// Writes batches in a transaction as if nothing conflicted.
    fn trusting(how: How, parts: &[Part<'_>]) -> Result<Self, StoreError> {
        let plans = parts.iter().map(|part| Plan::new(part.firm, &part.batches, None)).collect();
        Self::new(vec![begin(how)], how, plans)
    }

    fn run(&self, link: &mut dyn Link) -> Result<Vec<Answers>, Stop> {
        let rows = link.run(&self.steps)?;
        let answers = |plan: &Planned| Ok(answers(plan.entries, &plan.answers, end_of_log(rows.get(plan.first))?));
        self.plans.iter().map(answers).collect()
    }
}

/// What commits batches, made before their turn. Nothing where that fails: it will then, too.
pub(super) fn make_ready(how: How, batches: &[Batch]) -> Option<Writing> {
    Writing::trusting(how, &parts(&batches.iter().collect::<Vec<_>>())).ok()
}

/// Commits batches in one transaction of the pool's, with what was made for these beforehand if
/// something was.
pub(super) fn commit(pool: &Pool, how: How, batches: &[&Batch], made: Option<&Writing>) -> Result<Answers, StoreError> {
    let parts = parts(batches);
    let (mut tries, mut connections, mut look) = (0, 0, false);
    loop {
        let mut loan = pool.connection()?;
        let attempt = match (look, made) {
            (true, _) => look_and_write(&mut loan, how, &parts),
            (false, Some(made)) => made.run(&mut loan),
            (false, None) => Writing::trusting(how, &parts).map_err(Stop::from).and_then(|all| all.run(&mut loan)),
        };
        let failure = match attempt {
            Ok(answers) => return Ok(in_place(batches.len(), &parts, answers)),
            Err(Stop::Fault(error)) => return Err(error),
            Err(Stop::Unexpected) if look && tries >= TRIES => {
                return Err(StoreError::new(ErrorKind::Busy, "what the batches are about keeps changing; try again"));
            }
            Err(Stop::Unexpected) => {
                look = true;
                tries += 1;
                continue;
            }
            Err(Stop::Again(failure)) if tries < TRIES => {
                tries += 1;
                loan.forget_statements_of(&failure);
                drop(loan);
                std::thread::sleep(pause(tries));
                continue;
            }
            Err(Stop::Lost(failure)) if connections < CONNECTIONS => {
                connections += 1;
                drop((loan, failure));
                continue;
            }
            Err(Stop::Again(failure) | Stop::Lost(failure)) => failure,
        };
        return Err(report(DOING, failure));
    }
}

/// The answers of parts in the order of the batches.
fn in_place(how_many: usize, parts: &[Part<'_>], answers: Vec<Answers>) -> Answers {
    let mut all: Vec<Option<Result<Committed, Conflict>>> = vec![None; how_many];
    for (part, answers) in parts.iter().zip(answers) {
        for (place, answer) in part.places.iter().zip(answers) {
            if let Some(slot) = all.get_mut(*place) {
                *slot = Some(answer);
            }
        }
    }
    all.into_iter().flatten().collect()
}

/// Where the firm's log ends, as the first statement of a plan answers.
fn end_of_log(rows: Option<&Vec<Row>>) -> Result<i64, StoreError> {
    match rows.and_then(|rows| rows.first()) {
        Some(row) => value(row, 0),
        None => Err(StoreError::new(ErrorKind::Corrupt, "the firm's counters answered nothing")),
    }
}

fn answers(entries: i64, planned: &[Result<i64, Conflict>], end: i64) -> Answers {
    let position = |by_then: i64| LogPosition(end.saturating_sub(entries.saturating_sub(by_then)).unsigned_abs());
    let answer = |answer: &Result<i64, Conflict>| match answer {
        Ok(by_then) => Ok(Committed { position: position(*by_then) }),
        Err(conflict) => Err(conflict.clone()),
    };
    planned.iter().map(answer).collect()
}

/// How a transaction that writes begins.
fn begin(how: How) -> Step {
    Step::Control(if how.portable { Control::BeginSerializable } else { Control::Begin })
}

/// Looks what stands against the batches, and writes the others.
fn look_and_write(loan: &mut Loan<'_>, how: How, parts: &[Part<'_>]) -> Result<Vec<Answers>, Stop> {
    let inquiries = parts.iter().map(|part| Inquiry::new(part.firm, &part.batches)).collect::<Result<Vec<_>, _>>()?;
    let mut steps = vec![begin(how)];
    let mut sizes = Vec::with_capacity(parts.len());
    let mut inquiries_and_steps = Vec::with_capacity(parts.len());
    for mut inquiry in inquiries {
        sizes.push(inquiry.steps.len());
        steps.append(&mut inquiry.steps);
        inquiries_and_steps.push(inquiry);
    }
    loan.leave_open(true);
    let rows = loan.run(&Arc::new(steps))?;
    let mut rest = rows.get(1..).unwrap_or_default();
    let mut facts = Vec::with_capacity(parts.len());
    for (inquiry, size) in inquiries_and_steps.iter().zip(sizes) {
        let (own, others) = rest.split_at_checked(size).unwrap_or((rest, &[]));
        facts.push(inquiry.facts(own)?);
        rest = others;
    }
    let plans: Vec<Plan<'_>> =
        parts.iter().zip(&facts).map(|(part, facts)| Plan::new(part.firm, &part.batches, Some(facts))).collect();
    if !plans.iter().any(Plan::writes) {
        return Ok(plans.iter().map(|plan| answers(plan.log_entries(), &plan.answers, 0)).collect());
    }
    let written = Writing::new(Vec::new(), how, plans)?.run(loan)?;
    loan.leave_open(false);
    Ok(written)
}

/// Commits batches inside a transaction of the host's: what conflicts must not make a statement
/// fail, or the host's transaction would be over.
pub(super) fn commit_within(link: &mut dyn Link, batches: &[Batch]) -> Result<Answers, StoreError> {
    let batches: Vec<&Batch> = batches.iter().collect();
    let parts = parts(&batches);
    let mut all = Vec::with_capacity(parts.len());
    for part in &parts {
        let mut inquiry = Inquiry::new(part.firm, &part.batches)?;
        let steps = Arc::new(std::mem::take(&mut inquiry.steps));
        let rows = link.run(&steps).map_err(|failure| report(DOING, failure))?;
        let facts = inquiry.facts(&rows)?;
        let plan = Plan::new(part.firm, &part.batches, Some(&facts));
        let end = match plan.writes() {
            true => {
                end_of_log(link.run(&Arc::new(plan.steps(false)?)).map_err(|failure| report(DOING, failure))?.first())?
            }
            false => 0,
        };
        all.push(answers(plan.log_entries(), &plan.answers, end));
    }
    Ok(in_place(batches.len(), &parts, all))
}

/// Longer after each try, and by chance, so that those who meet do not meet again.
pub(super) fn pause(tries: u32) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    let longest = 200u64.saturating_mul(u64::from(tries.min(50)));
    Duration::from_micros(random % longest.max(1))
}
