//! One function that answers every question.

use super::pager::fingerprint;
use super::{Answer, Cursor, Inquiry, Notation, Page, PageRequest, Queries, Question, When};
use crate::command::Request;
use crate::engine::{DeadLetter, Engine};
use crate::error::{Error, Rejection};
use crate::event::Actor;
use crate::export::{to_dot, to_mermaid};
use crate::store::{Cell, Queue, QueuedState, Waiting};

impl Engine {
    /// Answers a question in the name of whoever asks it, with the answer of the same name.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use workflow_core::document::read;
    /// use workflow_core::engine::Engine;
    /// use workflow_core::event::Actor;
    /// use workflow_core::model::FirmSettings;
    /// use workflow_core::store::memory::MemoryStore;
    ///
    /// let engine = Engine::new(Arc::new(MemoryStore::new()));
    /// let firm = "0190a5d0-0000-7000-8000-000000000001".parse()?;
    /// engine.acting(firm, Actor::system("setup")).save_firm(FirmSettings::named("Ledger & Sons"))?;
    ///
    /// let inquiry = read("inquiry", br#"{"firm": "0190a5d0-0000-7000-8000-000000000001",
    ///     "actor": {"system": "reports"}, "question": "pipelines"}"#)?;
    /// let answer = engine.ask(&inquiry)?;
    /// assert_eq!(serde_json::to_string(&answer)?, r#"{"pipelines":[]}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of the method of [`Queries`] or [`Engine`] that goes by the question's name;
    /// [`Rejection::Forbidden`] when the question is not the actor's to ask.
    pub fn ask(&self, inquiry: &Inquiry) -> Result<Answer, Error> {
        if let Question::Preview { command } = &inquiry.question {
            // Also of the command that sets the firm up.
            let request = Request::new(inquiry.firm, inquiry.actor.clone(), (**command).clone());
            return Ok(Answer::Preview(Box::new(self.preview(&request)?)));
        }
        let queries = self.query(inquiry.firm, inquiry.actor.clone())?;
        self.answer(inquiry, &queries)
    }

    fn answer(&self, inquiry: &Inquiry, queries: &Queries<'_>) -> Result<Answer, Error> {
        Ok(match &inquiry.question {
            Question::Today => Answer::Today(queries.today()),
            Question::Firm => Answer::Firm(queries.firm()?),
            Question::Members => Answer::Members(queries.members()?),
            Question::Templates { kind } => Answer::Templates(queries.templates(*kind)?),
            Question::Pipelines => Answer::Pipelines(queries.pipelines()?),
            Question::Definition { pipeline } => Answer::Definition(queries.definition(pipeline)?),
            Question::Graph { pipeline, notation } => {
                let definition = queries.definition(pipeline)?;
                Answer::Graph(match notation {
                    Notation::Dot => to_dot(&definition),
                    Notation::Mermaid => to_mermaid(&definition),
                })
            }
            Question::Board { pipeline, cards } => Answer::Board(queries.board(pipeline, *cards)?),
            Question::Column { pipeline, stage, page } => Answer::Column(queries.column(pipeline, stage, page)?),
            Question::Jobs { query, page } => Answer::Jobs(queries.jobs(query, page)?),
            Question::Job { job } => Answer::Job(Box::new(queries.job(*job)?)),
            Question::JobAt { job, at, position } => {
                let when = match (at, position) {
                    (Some(at), None) => When::At(*at),
                    (None, Some(position)) => When::Position(*position),
                    _ => return Err(Rejection::invalid("at", "say either `at` or `position`").into()),
                };
                Answer::JobAt(Box::new(queries.job_at(*job, when)?))
            }
            Question::ExplainJob { job } => Answer::ExplainJob(Box::new(queries.explain_job(*job)?)),
            Question::ExplainAutomation { job, automation, limit } => {
                Answer::ExplainAutomation(Box::new(queries.explain_automation(*job, automation, *limit)?))
            }
            Question::Tasks { query, page } => Answer::Tasks(queries.tasks(query, page)?),
            Question::Accounts { query, page } => Answer::Accounts(queries.accounts(query, page)?),
            Question::Account { account } => Answer::Account(queries.account(*account)?),
            Question::AccountByExternal { external } => {
                Answer::AccountByExternal(queries.account_by_external(external)?)
            }
            Question::ClientJobs { account, page } => Answer::ClientJobs(queries.client_jobs(*account, page)?),
            Question::Workload => Answer::Workload(queries.workload()?),
            Question::WorkloadByWeek { query } => Answer::WorkloadByWeek(queries.workload_by_week(query)?),
            Question::Calendar { query } => Answer::Calendar(queries.calendar(query)?),
            Question::SeriesList { query, page } => Answer::SeriesList(queries.series_list(query, page)?),
            Question::Series { series, upcoming } => Answer::Series(Box::new(queries.series(*series, *upcoming)?)),
            Question::Planned { from, to, account } => Answer::Planned(queries.planned(*from, *to, *account)?),
            Question::Ledger { query, page } => Answer::Ledger(queries.ledger(query, page)?),
            Question::Activity { query, page } => Answer::Activity(queries.activity(query, page)?),
            Question::JobMeasures { query, page } => Answer::JobMeasures(queries.job_measures(query, page)?),
            Question::Measures { query } => Answer::Measures(Box::new(queries.measures(query)?)),
            Question::Forecasts { query, page } => Answer::Forecasts(queries.forecasts(query, page)?),
            Question::Preview { command } => {
                let request = Request::new(inquiry.firm, inquiry.actor.clone(), (**command).clone());
                Answer::Preview(Box::new(self.preview(&request)?))
            }
            Question::PreviewShift { order } => {
                queries.for_those_who_run_it()?;
                Answer::PreviewShift(self.acting(inquiry.firm, inquiry.actor.clone()).preview_shift(order)?)
            }
            Question::Lint { definition } => {
                queries.for_the_firm()?;
                Answer::Lint(self.lint(inquiry.firm, definition)?)
            }
            Question::DeadLetters { page } => Answer::DeadLetters(self.dead_letter_page(queries, page)?),
            Question::Queued { queue, state, page } => Answer::Queued(self.queued_page(queries, *queue, *state, page)?),
            Question::Verify => {
                queries.for_those_who_run_it()?;
                Answer::Verify(self.verify(inquiry.firm)?)
            }
            Question::VerifyLog { known } => {
                queries.for_those_who_run_it()?;
                Answer::VerifyLog(self.verify_log(inquiry.firm, known.as_ref())?)
            }
        })
    }

    fn dead_letter_page(&self, queries: &Queries<'_>, page: &PageRequest) -> Result<Page<DeadLetter>, Error> {
        let found = self.queued_page(queries, Queue::Outbox, QueuedState::Dead, page)?;
        let rows = found.rows.into_iter().filter_map(DeadLetter::of).collect();
        Ok(Page { rows, next: found.next })
    }

    /// A page of queued rows. Its cursor names the last row's place in the order of the queue.
    fn queued_page(
        &self,
        queries: &Queries<'_>,
        queue: Queue,
        state: QueuedState,
        page: &PageRequest,
    ) -> Result<Page<Waiting>, Error> {
        queries.for_those_who_run_it()?;
        page.check()?;
        let query = fingerprint(&("queued", queue, state));
        let after = match &page.after {
            None => None,
            Some(Cursor { query: of, last: Some((Cell::Int(place), _)), .. }) if *of == query => {
                Some(place.unsigned_abs())
            }
            Some(_) => return Err(Rejection::invalid("after", "the cursor belongs to another query").into()),
        };
        let rows = self.queued(queue, queries.firm, state, after, page.limit)?;
        let last = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.sequence);
        let next = last.and_then(|place| i64::try_from(place).ok()).map(|place| Cursor {
            query,
            stretch: 0,
            last: Some((Cell::Int(place), Cell::Null)),
        });
        Ok(Page { rows, next })
    }
}

impl Queries<'_> {
    /// Refuses those who do not run the firm: what is asked for shows more than one member's work.
    fn for_those_who_run_it(&self) -> Result<(), Rejection> {
        let runs_it = match &self.actor {
            Actor::System(_) | Actor::Automation => true,
            Actor::Member(_) => self.member().is_some_and(|member| member.admin),
            Actor::Client(_) => false,
        };
        if runs_it { Ok(()) } else { Err(Rejection::Forbidden("this is for the host and for admins".to_owned())) }
    }
}
