//! The reference workload: a tax season of individual returns, driven to the end.

use std::sync::Arc;

use serde_json::json;
use workflow_core::command::{Command, ItemRef, NewJob, Request};
use workflow_core::definition::{PipelineDefinition, Template};
use workflow_core::engine::{Engine, Outcome};
use workflow_core::error::Error;
use workflow_core::event::{AccountRecord, Actor, Event};
use workflow_core::id::{AccountId, FirmId, JobId, MemberId, PipelineKey};
use workflow_core::model::{FirmSettings, ItemProgress, Member, TaskState};

/// A firm on an engine, with its clients.
pub struct Season {
    /// The engine.
    pub engine: Engine,
    /// The firm.
    pub firm: FirmId,
    actor: Actor,
    accounts: Vec<AccountId>,
}

/// A job on its way, with what it waits for.
pub struct Runner {
    /// Which job.
    pub job: JobId,
    /// What somebody has to do next; nothing when the job is finished.
    pub next: Option<Command>,
}

fn uuid(kind: u128, number: u128) -> uuid::Uuid {
    // A version 7 UUID of a fixed time: sorted like those that the engine makes.
    uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | kind << 48 | number)
}

fn key<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("a key")
}

/// The nine-stage pipeline of individual returns.
#[must_use]
pub fn individual_1040() -> PipelineDefinition {
    let task = |template: &str| json!({ "create_tasks": [template] });
    let email = |title: &str| json!({ "request": { "kind": "email", "template": "notice", "title": title } });
    let document = json!({
        "key": "individual-1040", "name": "Individual 1040",
        "job_defaults": {
            "name": "{{ account.name }} 1040",
            "due": "2027-04-15", "statutory": "2027-04-15", "assign": { "roles": ["preparer"] },
        },
        "statuses": [{ "key": "missing documents", "automove": true }],
        "stages": [
            { "key": "intake", "automove": true, "on_entry": [
                { "key": "send organizer", "do": [{ "request": { "kind": "organizer", "template": "1040" } }] },
                { "key": "welcome", "do": [email("Your {{ pipeline.name }} has begun")] } ] },
            { "key": "review docs", "automove": true, "on_entry": [
                { "key": "check documents", "do": [task("check"), { "add_job_tags": ["docs-in"] }] } ] },
            { "key": "engagement letter", "automove": true, "on_entry": [
                { "key": "send letter", "do": [
                    { "request": { "kind": "proposal", "template": "letter", "without_invoice": true } }] } ] },
            { "key": "prepare return", "automove": true, "on_entry": [
                { "key": "prepare", "do": [task("prepare")] },
                { "key": "rush", "if": { "account_tags": { "any": ["vip"] } }, "do": [{ "set_priority": "high" }] } ] },
            { "key": "extension", "automove": true, "when": { "job_tags": { "all": ["extend"] } }, "on_entry": [
                { "key": "file extension", "do": [task("extend")] } ] },
            { "key": "review", "automove": true, "on_entry": [
                { "key": "review", "if": { "role_filled": "reviewer" }, "do": [task("review")] } ] },
            { "key": "client signature", "automove": true, "on_entry": [
                { "key": "ask for signature", "do": [
                    { "request": { "kind": "signature_request", "template": "8879" } }, email("Please sign")] } ] },
            { "key": "e-file", "automove": true, "on_entry": [
                { "key": "send invoice", "do": [{ "request": { "kind": "invoice", "template": "1040" } }] } ] },
            { "key": "done", "on_entry": [
                { "key": "tell the client", "do": [email("Filed"), { "add_job_tags": ["filed"] }] } ] }
        ]
    });
    serde_json::from_value(document).expect("a definition")
}

fn templates() -> Vec<Template> {
    let task = |name: &str, role: &str, days: i32, steps: &[&str]| {
        let document = json!({ "task": {
            "key": name, "title": format!("{name} for {{{{ account.name }}}}"), "assign": { "roles": [role] },
            "due": format!("{days} business days after stage entry"),
            "checklist": steps, "budget_minutes": 60,
        } });
        serde_json::from_value(document).expect("a template")
    };
    vec![
        task("check", "preparer", 2, &["W-2s", "1099s", "Receipts"]),
        task("prepare", "preparer", 5, &["Income", "Deductions", "Credits", "State"]),
        task("extend", "preparer", 1, &["Form 4868"]),
        task("review", "reviewer", 3, &["Numbers", "Signatures"]),
    ]
}

impl Season {
    /// Sets a firm up on an engine, with so many clients.
    ///
    /// # Errors
    /// When the engine refuses something, or its store fails.
    pub fn new(engine: Engine, clients: usize) -> Result<Self, Error> {
        Self::of(engine, FirmId(uuid(1, 1)), clients)
    }

    /// The same for a firm of another identifier.
    ///
    /// # Errors
    /// As [`Season::new`].
    pub fn of(engine: Engine, firm: FirmId, clients: usize) -> Result<Self, Error> {
        let mut season = Self { firm, ..Self::resume(engine) };
        let (ann, bob) = (MemberId(uuid(2, 1)), MemberId(uuid(2, 2)));
        let mut settings = FirmSettings::named("Ledger & Sons");
        settings.time_zone = "America/New_York".to_owned();
        settings.roles = [key("preparer"), key("reviewer")].into();
        season.run(Command::SaveFirm(Box::new(settings)))?;
        for (id, name) in [(ann, "Ann"), (bob, "Bob")] {
            let member =
                Member { id, name: name.to_owned(), email: None, admin: true, weekly_minutes: None, active: true };
            season.run(Command::SaveMember(member))?;
        }
        for template in templates() {
            season.run(Command::SaveTemplate(Box::new(template)))?;
        }
        let definition = Box::new(individual_1040());
        season.run(Command::PublishPipeline { definition, mapping: [].into() })?;
        let account = |number: usize| {
            let roles = [(key("preparer"), [ann].into()), (key("reviewer"), [bob].into())];
            Command::SaveAccount(AccountRecord {
                id: AccountId(uuid(3, number as u128)),
                name: format!("Client {number:06}"),
                external: None,
                fields: [].into(),
                roles: roles.into(),
                linked: vec![],
            })
        };
        season.run_all((0..clients).map(account).collect())?;
        season.accounts = (0..clients).map(|number| AccountId(uuid(3, number as u128))).collect();
        Ok(season)
    }

    /// The firm of an engine whose store has it already.
    #[must_use]
    pub fn resume(engine: Engine) -> Self {
        Self { engine, firm: FirmId(uuid(1, 1)), actor: Actor::System(Arc::from("season")), accounts: Vec::new() }
    }

    /// A command of the firm's own system.
    #[must_use]
    pub fn request(&self, command: Command) -> Request {
        Request::new(self.firm, self.actor.clone(), command)
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// As the engine.
    pub fn run(&self, command: Command) -> Result<Outcome, Error> {
        self.engine.execute(&self.request(command))
    }

    /// Carries out many commands at once; the first failure counts.
    ///
    /// # Errors
    /// As the engine.
    pub fn run_all(&self, commands: Vec<Command>) -> Result<Vec<Outcome>, Error> {
        let requests: Vec<Request> = commands.into_iter().map(|command| self.request(command)).collect();
        self.engine.execute_many(&requests).into_iter().collect()
    }

    /// Creates a job for every client.
    ///
    /// # Errors
    /// As the engine.
    pub fn start(&self) -> Result<Vec<Runner>, Error> {
        let pipeline: PipelineKey = key("individual-1040");
        let new = |account: &AccountId| Command::CreateJob(Box::new(NewJob::new(*account, pipeline.clone())));
        let outcomes = self.run_all(self.accounts.iter().map(new).collect())?;
        Ok(outcomes.iter().filter_map(|outcome| Some(Runner { job: outcome.job()?, next: next_of(outcome) })).collect())
    }
}

/// What has to be done for what a command left open.
#[must_use]
pub fn next_of(outcome: &Outcome) -> Option<Command> {
    outcome.entries.iter().flat_map(|entry| &entry.events).find_map(|recorded| match &recorded.event {
        Event::TaskCreated { task, .. } => Some(Command::SetTaskState {
            task: task.id,
            state: TaskState::Completed,
            custom: None,
            override_rules: false,
        }),
        Event::ItemCreated(item) if item.progress == ItemProgress::Open => {
            let status = match item.kind.as_str() {
                "organizer" => "submitted",
                "invoice" => "paid",
                _ => "signed",
            };
            Some(Command::ReportItem { item: ItemRef::Id(item.id), status: key(status) })
        }
        _ => None,
    })
}

impl Runner {
    /// Takes one step: what somebody does, and what follows from it. Answers whether there was
    /// one to take.
    ///
    /// # Errors
    /// As the engine.
    pub fn step(&mut self, season: &Season) -> Result<bool, Error> {
        let Some(command) = self.next.take() else { return Ok(false) };
        let outcome = season.run(command)?;
        self.next = next_of(&outcome);
        Ok(true)
    }
}

/// Drives jobs to the end one step at a time, all side by side. Answers the number of steps.
///
/// # Errors
/// As the engine.
pub fn drive(season: &Season, runners: &mut [Runner]) -> Result<usize, Error> {
    let mut steps = 0;
    loop {
        let before = steps;
        for runner in runners.iter_mut() {
            steps += usize::from(runner.step(season)?);
        }
        if steps == before {
            return Ok(steps);
        }
    }
}

/// Drives jobs to the end, so many steps to a call of the engine. Answers the number of steps.
///
/// # Errors
/// As the engine.
pub fn drive_many(season: &Season, runners: &mut [Runner], chunk: usize) -> Result<usize, Error> {
    let mut steps = 0;
    loop {
        let before = steps;
        for group in runners.chunks_mut(chunk) {
            let commands: Vec<Command> = group.iter_mut().filter_map(|runner| runner.next.take()).collect();
            let outcomes = season.run_all(commands)?;
            steps += outcomes.len();
            let next: std::collections::HashMap<Option<JobId>, Option<Command>> =
                outcomes.iter().map(|outcome| (outcome.job(), next_of(outcome))).collect();
            for runner in group.iter_mut() {
                runner.next = next.get(&Some(runner.job)).cloned().flatten();
            }
        }
        if steps == before {
            return Ok(steps);
        }
    }
}
