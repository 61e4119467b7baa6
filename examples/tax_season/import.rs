//! The firm, its pipelines and its clients, from files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use workflow_core::command::{Command, NewJob, NewSeries, Request};
use workflow_core::dates::Span;
use workflow_core::document::read_pipeline;
use workflow_core::error::Error;
use workflow_core::event::AccountRecord;
use workflow_core::id::{AccountId, ExternalRef, JobId, MemberId, PipelineKey, SeriesId, Tag};
use workflow_core::model::{Audience, FieldValue, LinkedAccount, Member, SeriesJob, SeriesWork};
use workflow_core::recurrence::{Covers, DayOfMonth, Preset, Schedule};

use crate::{Demo, Outcome};

/// Pipelines that others refer to come first.
const PIPELINES: [&str; 5] =
    ["individual-1040", "business-1120s", "monthly-bookkeeping", "payroll", "client-onboarding"];

/// What an import came to.
pub(crate) struct Imported {
    pub(crate) clients: usize,
    pub(crate) skipped: usize,
    pub(crate) duplicates: usize,
    pub(crate) jobs: usize,
    pub(crate) series: usize,
}

/// An identifier that follows from a name: the same however often the demo is started.
pub(crate) fn stable_id(name: &str) -> uuid::Uuid {
    let hash = |seed: u64| name.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let (high, low) = (hash(0xcbf2_9ce4_8422_2325), hash(0x9e37_79b9_7f4a_7c15));
    uuid::Builder::from_custom_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes()).into_uuid()
}

impl Demo {
    pub(crate) fn request(&self, command: Command) -> Request {
        Request::new(self.firm, self.actor.clone(), command)
    }

    fn run(&self, command: Command) -> Outcome<workflow_core::engine::Outcome> {
        let outcome = self.engine.execute(&self.request(command))?;
        self.note([&outcome])?;
        Ok(outcome)
    }
}

/// Sets the firm up. What is set up like that already is left as it is.
pub(crate) fn set_up(demo: &Demo, data: &Path) -> Outcome<Vec<PipelineKey>> {
    let settings = serde_json::from_slice(&std::fs::read(data.join("firm.json"))?)?;
    demo.run(Command::SaveFirm(settings))?;
    let team: Vec<Member> = serde_json::from_slice(&std::fs::read(data.join("team.json"))?)?;
    for member in team {
        demo.run(Command::SaveMember(member))?;
    }
    let mut keys = Vec::new();
    for name in PIPELINES {
        let path = data.join("pipelines").join(format!("{name}.yaml"));
        let definition =
            read_pipeline(&std::fs::read(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        keys.push(definition.key.clone());
        let outcome =
            demo.run(Command::PublishPipeline { definition: Box::new(definition), mapping: BTreeMap::new() })?;
        for warning in &outcome.warnings {
            println!("{}: {warning}", path.display());
        }
    }
    Ok(keys)
}

/// One line of the file.
struct Client {
    name: String,
    external: String,
    entity: String,
    tags: BTreeSet<Tag>,
    record: AccountRecord,
}

/// Reads the clients and, when the year is opened, enters them and opens their jobs.
pub(crate) fn import_clients(demo: &Demo, file: &Path, open: bool) -> Outcome<Imported> {
    let members: BTreeMap<String, MemberId> = {
        let queries = demo.engine.query(demo.firm, demo.actor.clone())?;
        queries.members()?.iter().map(|member| (member.name.clone(), member.id)).collect()
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(file)?;
    let mut clients: BTreeMap<String, Client> = BTreeMap::new();
    let mut imported = Imported { clients: 0, skipped: 0, duplicates: 0, jobs: 0, series: 0 };
    for row in reader.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        match read_client(&row, &members) {
            Ok(client) if clients.contains_key(&client.external) => {
                println!("line {line}: `{}` ({}) was there already", client.name, client.external);
                imported.duplicates += 1;
            }
            Ok(client) => drop(clients.insert(client.external.clone(), client)),
            Err(why) => {
                println!("line {line}: skipped: {why}");
                imported.skipped += 1;
            }
        }
    }
    imported.clients = clients.len();
    if open {
        open_year(demo, &clients, &mut imported)?;
    }
    Ok(imported)
}

/// Enters the clients, opens their jobs and begins the series. What was there already stays.
fn open_year(demo: &Demo, clients: &BTreeMap<String, Client>, imported: &mut Imported) -> Outcome {
    let mut commands = Vec::new();
    for client in clients.values() {
        commands.push(Command::SaveAccount(client.record.clone()));
        let add = client.tags.clone();
        commands.push(Command::TagAccount { account: client.record.id, add, remove: BTreeSet::new() });
    }
    for client in clients.values() {
        commands.push(Command::CreateJob(Box::new(season_of(client)?)));
    }
    for series in series()? {
        commands.push(Command::CreateSeries(Box::new(series)));
    }
    let requests: Vec<Request> = commands.into_iter().map(|command| demo.request(command)).collect();
    let answers = demo.engine.execute_many(&requests);
    demo.note(answers.iter().flatten())?;
    for (answer, request) in answers.into_iter().zip(&requests) {
        match (answer, &request.command) {
            (Ok(_), Command::CreateJob(_)) => imported.jobs += 1,
            (Ok(_), Command::CreateSeries(_)) => imported.series += 1,
            // Opened before this process was started anew.
            (Err(Error::Rejected(workflow_core::error::Rejection::Exists { .. })), _) | (Ok(_), _) => {}
            (Err(error), command) => return Err(format!("{}: {error}", command.name()).into()),
        }
    }
    Ok(())
}

fn read_client(row: &csv::StringRecord, members: &BTreeMap<String, MemberId>) -> Result<Client, String> {
    let columns: Vec<&str> = row.iter().map(str::trim).collect();
    let [name, external, entity, state, tags, preparer, reviewer, spouse] = columns.as_slice() else {
        return Err(format!("{} columns instead of 8", columns.len()));
    };
    let member = |name: &str| members.get(name).copied().ok_or_else(|| format!("nobody here is called `{name}`"));
    let key = |error: workflow_core::id::InvalidKey| error.to_string();
    let tags = tags.split(';').map(str::trim).filter(|tag| !tag.is_empty());
    let tags = tags.chain(services_of(external, entity)).map(Tag::new);
    let mut record = AccountRecord {
        id: AccountId(stable_id(external)),
        name: (*name).to_owned(),
        external: Some(ExternalRef::new(external).map_err(key)?),
        fields: BTreeMap::new(),
        roles: BTreeMap::new(),
        linked: Vec::new(),
    };
    for (field, value) in [("state", state), ("entity_type", entity)] {
        let field = workflow_core::id::FieldKey::new(field).map_err(key)?;
        record.fields.insert(field, FieldValue::Text((*value).to_owned()));
    }
    for (role, name) in [("preparer", preparer), ("reviewer", reviewer)] {
        let role = workflow_core::id::RoleKey::new(role).map_err(key)?;
        record.roles.insert(role, BTreeSet::from([member(name)?]));
    }
    if !spouse.is_empty() {
        let account = AccountId(stable_id(spouse));
        record.linked.push(LinkedAccount { relation: "spouse".to_owned(), account });
    }
    Ok(Client {
        name: (*name).to_owned(),
        external: (*external).to_owned(),
        entity: (*entity).to_owned(),
        tags: tags.collect::<Result<_, _>>().map_err(key)?,
        record,
    })
}

/// The services, besides the yearly return, that a client has: tags by which series know them.
fn services_of(external: &str, entity: &str) -> Vec<&'static str> {
    let number = external.bytes().map(usize::from).sum::<usize>();
    let business = !entity.contains("individual");
    let has = |service: &'static str, has: bool| has.then_some(service);
    let books = has(MONTHLY_BOOKS, business && number.is_multiple_of(2));
    books.into_iter().chain(has(PAYROLL, business && number.is_multiple_of(3))).collect()
}

const MONTHLY_BOOKS: &str = "monthly-books";
const PAYROLL: &str = "payroll-service";

/// The return of last year that a client's season is about.
fn season_of(client: &Client) -> Outcome<NewJob> {
    let individual = client.entity.contains("individual");
    let new = client.tags.iter().any(|tag| tag.as_str() == "new-client");
    let pipeline = match (individual, new) {
        (true, true) => "client-onboarding",
        (true, false) => "individual-1040",
        (false, _) => "business-1120s",
    };
    let mut job = NewJob::new(client.record.id, PipelineKey::new(pipeline)?);
    job.id = Some(JobId(stable_id(&format!("{}/{pipeline}", client.external))));
    (job.period_start, job.period_end) = (Some("2025-01-01".parse()?), Some("2025-12-31".parse()?));
    Ok(job)
}

/// Work that comes again, for all clients that have the service then.
fn series() -> Outcome<[NewSeries; 2]> {
    let series = |name: &str, pipeline: &str, preset: Preset, lead: &str, tag: &str| -> Outcome<NewSeries> {
        let mut schedule = Schedule::by_preset(preset, "2026-01-01".parse()?);
        // What is over is worked on: in February the books of January.
        schedule.covers = Covers::Previous;
        schedule.adjust = workflow_core::calendar::Adjustment::Following;
        let work = SeriesWork::Job(Box::new(SeriesJob::new(PipelineKey::new(pipeline)?)));
        let mut series = NewSeries::new(name, work, schedule);
        series.id = Some(SeriesId(stable_id(pipeline)));
        series.audience = Audience { tags: BTreeSet::from([Tag::new(tag)?]), ..Audience::default() };
        series.lead = Some(lead.parse::<Span>()?);
        Ok(series)
    };
    let monthly = Preset::Monthly { day: Some(DayOfMonth::Day(10)) };
    let quarterly = Preset::Quarterly { month: Some(1), day: Some(DayOfMonth::Last) };
    Ok([
        series("Monthly books", "monthly-bookkeeping", monthly, "6 business days", MONTHLY_BOOKS)?,
        series("Quarterly payroll", "payroll", quarterly, "20 business days", PAYROLL)?,
    ])
}
