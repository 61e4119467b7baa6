//! What statements are run over: a connection of the store's own, or a transaction of the host's.

use std::sync::Arc;

use tokio_postgres::{Error, Row};

use super::change::Change;
use super::param::Param;
use super::statement::Statement;

/// One thing to be run.
#[derive(Debug)]
pub(super) enum Step {
    /// Begins, commits or rolls back, in these words.
    Control(Control),
    /// A statement with its parameters.
    Run(Statement, Vec<Param>),
}

impl Step {
    pub(super) fn change(change: Change, params: Vec<Param>) -> Self {
        Self::Run(Statement::Change(change), params)
    }
}

/// What begins and ends a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// So that every statement sees what was committed before it. The firm's counters, which every
    /// commit begins by counting up, keep commits of a firm apart.
    Begin,
    /// As strictly as there is, for databases that know only that.
    BeginSerializable,
    /// For reading only: every statement sees what the first of them does.
    BeginMoment,
    Commit,
    Rollback,
    /// Plans are made anew. The first were made when the tables may have been empty.
    DiscardPlans,
}

impl Control {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Begin => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            Self::BeginSerializable => "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE",
            Self::BeginMoment => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Commit => "COMMIT",
            Self::Rollback => "ROLLBACK",
            Self::DiscardPlans => "DISCARD PLANS",
        }
    }
}

/// What went wrong with a step.
#[derive(Debug)]
pub(super) struct Failure {
    /// What the driver says. Nothing when the connection ended without a word.
    pub(super) error: Option<Error>,
    /// It is not known whether the commit among the steps happened.
    pub(super) in_doubt: bool,
}

/// Runs steps in order, and answers the rows of each.
pub(super) trait Link {
    fn run(&mut self, steps: &Arc<Vec<Step>>) -> Result<Vec<Vec<Row>>, Failure>;
}
