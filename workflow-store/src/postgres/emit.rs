//! From a plan to statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;
use workflow_core::error::StoreError;
use workflow_core::event::Actor;
use workflow_core::store::{
    Cell, CellType, Document, IndexEntry, IndexName, Kind, Queue, QueuedBody, QueuedState, Revision, Settle, SettleHow,
    encode_entry, encode_queued,
};

use super::body::Body;
use super::change::{self, Change};
use super::link::Step;
use super::param::{Columns, Id, Param, micros, signed};
use super::plan::{Plan, Segment, Slot};
use super::statement::{Kinds, Statement};

type Steps = Result<Vec<Step>, StoreError>;

/// What else settling some rows needs.
type More<'a> = &'a dyn Fn(&[&Settle]) -> Result<Vec<Param>, StoreError>;

/// The statements of a plan. The first counts the firm's log and queues up and so locks the firm.
/// The others are put together as far as that may be, where one statement may change several tables.
pub(super) fn steps(plan: &Plan<'_>, together: bool) -> Steps {
    let firm = plan.firm.0;
    let entries = i64::try_from(plan.entries.len()).unwrap_or(i64::MAX);
    let ends = vec![Param::Id(firm), Param::Int(entries), Param::Int(plan.places)];
    let mut steps = vec![Step::Run(Statement::Advance, ends)];
    let mut part = Vec::new();
    documents(plan, &mut part)?;
    tallies(plan, &mut part)?;
    log(plan, entries, &mut part)?;
    for (number, segment) in plan.segments.iter().enumerate() {
        // A row that is touched in one segment may be touched again in the next.
        if number > 0 {
            steps.extend(joined(std::mem::take(&mut part), together));
        }
        queues(firm, segment, plan.places, together, &mut part)?;
    }
    steps.extend(joined(part, together));
    steps.extend(guard(plan)?);
    Ok(steps)
}

fn joined(steps: Vec<Step>, together: bool) -> Vec<Step> {
    if together { change::together(steps) } else { steps }
}

/// How many rows one statement settles where it joins them by their keys: the server may go through
/// all of them for each.
const ROWS: usize = 64;

/// Records of one kind that are written in one way.
struct Rows {
    keys: Columns,
    now: Vec<i64>,
    columns: Columns,
    bodies: Vec<Body>,
}

impl Rows {
    fn new(kind: Kind) -> Self {
        let spec = kind.table();
        let (keys, columns) = (Columns::new([spec.key]), Columns::of(spec.columns));
        Self { keys, now: Vec::new(), columns, bodies: Vec::new() }
    }

    fn add(&mut self, key: &Cell, revision: Revision, document: &Document) -> Result<(), StoreError> {
        self.keys.push([key])?;
        self.now.push(signed(revision));
        self.columns.push(&document.columns())?;
        self.bodies.push(Body::new(document.encode()?));
        Ok(())
    }

    /// The parameters: keys, revisions, and what they become.
    fn params(self, firm: Uuid) -> Vec<Param> {
        let mut params = vec![Param::Id(firm)];
        params.extend(self.keys.into_params());
        params.push(Param::ints(self.now));
        params.extend(self.columns.into_params());
        params.extend(bodies(self.bodies));
        params
    }
}

/// Keys of records of several kinds.
type Keys = BTreeMap<Kind, Columns>;

fn add_key(keys: &mut Keys, kind: Kind, key: &Cell) -> Result<(), StoreError> {
    keys.entry(kind).or_insert_with(|| Columns::new([kind.table().key])).push([key])
}

fn run_keys(firm: Uuid, keys: Keys, statement: fn(Kind) -> Statement, steps: &mut Vec<Step>) {
    for (kind, keys) in keys {
        let params = std::iter::once(Param::Id(firm)).chain(keys.into_params()).collect();
        steps.push(Step::Run(statement(kind), params));
    }
}

/// Both columns of bodies.
fn bodies(bodies: Vec<Body>) -> [Param; 2] {
    let bodies = Arc::new(bodies);
    [Param::Json(Arc::clone(&bodies)), Param::Exact(bodies)]
}

/// What is expected of records that are there or not there, then what becomes of them. Of one that
/// is new nothing has to be seen: its key is refused when it is taken.
fn documents(plan: &Plan<'_>, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let firm = plan.firm.0;
    let mut checks: BTreeMap<Kind, (Columns, Vec<Option<i64>>)> = BTreeMap::new();
    let (mut deleted, mut released) = (Keys::new(), Keys::new());
    let (mut inserts, mut updates) = (BTreeMap::new(), BTreeMap::new());
    for (id, slot) in &plan.slots {
        let (kind, key) = (id.kind(), id.cell());
        let now = slot.revision.zip(slot.document);
        if slot.expected.is_some() || now.is_none() {
            let new = || (Columns::new([kind.table().key]), Vec::new());
            let (keys, revisions) = checks.entry(kind).or_insert_with(new);
            keys.push([&key])?;
            revisions.push(slot.expected.map(signed));
        }
        match (slot.expected, now) {
            (None, Some((revision, document))) => {
                inserts.entry(kind).or_insert_with(|| Rows::new(kind)).add(&key, revision, document)?;
            }
            (Some(_), Some((revision, document))) => {
                if loses_reference(slot) {
                    add_key(&mut released, kind, &key)?;
                }
                updates.entry(kind).or_insert_with(|| Rows::new(kind)).add(&key, revision, document)?;
            }
            (Some(_), None) if slot.revision.is_none() => add_key(&mut deleted, kind, &key)?,
            (_, None) => {}
        }
    }
    if !checks.is_empty() {
        let (mut kinds, mut params) = (Kinds::default(), vec![Param::Id(firm)]);
        for (kind, (keys, revisions)) in checks {
            kinds.add(kind);
            params.extend(keys.into_params());
            params.push(Param::Ints(revisions));
        }
        steps.push(Step::Run(Statement::Check(kinds), params));
    }
    let (gone, come) = side_rows(plan)?;
    run_sides(firm, gone, Change::DeleteSide, steps);
    run_keys(firm, deleted, Statement::Delete, steps);
    run_keys(firm, released, Statement::Release, steps);
    steps.extend(updates.into_iter().map(|(kind, rows)| Step::change(Change::Update(kind), rows.params(firm))));
    steps.extend(inserts.into_iter().map(|(kind, rows)| Step::change(Change::Insert(kind), rows.params(firm))));
    run_sides(firm, come, Change::PutSide, steps);
    Ok(())
}

/// Whether a record gives up a unique reference, which another may get in the same commit.
fn loses_reference(slot: &Slot<'_>) -> bool {
    let index = match slot.before.map(Document::kind) {
        Some(Kind::Account) => IndexName::AccountExternal,
        Some(Kind::Item) => IndexName::ItemExternal,
        _ => return false,
    };
    let place = |document: Option<&Document>| {
        document.and_then(|document| document.index_entries(index).into_iter().next()).map(|entry| entry.partition)
    };
    let before = place(slot.before);
    before.is_some() && before != place(slot.document)
}

type Sides = BTreeMap<IndexName, Columns>;

/// The rows that go from indexes with tables of their own, and those that come or move.
fn side_rows(plan: &Plan<'_>) -> Result<(Sides, Sides), StoreError> {
    let (mut gone, mut come) = (Sides::new(), Sides::new());
    for (id, slot) in &plan.slots {
        for index in id.kind().indexes().iter().copied().filter(|index| index.spec().several) {
            if let (Some(before), Some(now)) = (slot.before, slot.document)
                && now.same_entries(index, before)
            {
                continue;
            }
            let rows = |document: Option<&Document>| document.map_or_else(Vec::new, |it| it.index_entries(index));
            let (before, now) = (rows(slot.before), rows(slot.document));
            // A document has one row for each first cell of the partition; what else is in it moves.
            let named = |row: &IndexEntry| now.iter().any(|other| other.partition.first() == row.partition.first());
            let key = id.cell();
            add_sides(&mut gone, index, &key, before.iter().filter(|row| !named(row)))?;
            add_sides(&mut come, index, &key, now.iter().filter(|row| !before.contains(row)))?;
        }
    }
    Ok((gone, come))
}

fn add_sides<'a>(
    sides: &mut Sides,
    index: IndexName,
    key: &Cell,
    rows: impl Iterator<Item = &'a IndexEntry>,
) -> Result<(), StoreError> {
    for row in rows {
        let spec = index.spec();
        let types = || {
            let columns = spec.partition.iter().chain([&spec.sort]).map(|column| column.cell);
            std::iter::once(spec.kind.table().key).chain(columns)
        };
        let columns = sides.entry(index).or_insert_with(|| Columns::new(types()));
        columns.push(std::iter::once(key).chain(&row.partition).chain([&row.sort]))?;
    }
    Ok(())
}

fn run_sides(firm: Uuid, sides: Sides, change: fn(IndexName) -> Change, steps: &mut Vec<Step>) {
    for (index, columns) in sides {
        let mut params: Vec<Param> = std::iter::once(Param::Id(firm)).chain(columns.into_params()).collect();
        if change(index) == Change::DeleteSide(index) {
            // What tells the rows of a document apart is enough.
            params.truncate(2 + index.spec().partition.len().min(1));
        }
        steps.push(Step::change(change(index), params));
    }
}

fn tallies(plan: &Plan<'_>, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let firm = plan.firm.0;
    if !plan.tallies.is_empty() {
        let (pipelines, stages): (Vec<_>, Vec<_>) =
            plan.tallies.keys().map(|(pipeline, stage)| (pipeline.shared(), stage.shared())).unzip();
        let numbers = |of: fn(&workflow_core::store::StageTally) -> i64| Param::ints(plan.tallies.values().map(of));
        let params = vec![
            Param::Id(firm),
            Param::texts(&pipelines)?,
            Param::texts(&stages)?,
            numbers(|tally| tally.jobs),
            numbers(|tally| tally.attention),
            numbers(|tally| tally.open_blockers),
            numbers(|tally| tally.done_blockers),
        ];
        steps.push(Step::change(Change::Tally, params));
    }
    Ok(())
}

/// Whether bounds hold, now that all is written.
fn guard(plan: &Plan<'_>) -> Result<Option<Step>, StoreError> {
    if plan.bounds.is_empty() {
        return Ok(None);
    }
    let (pipelines, stages): (Vec<_>, Vec<_>) =
        plan.bounds.iter().map(|bound| (bound.stage.0.shared(), bound.stage.1.shared())).unzip();
    // A bound holds at the end of its batch. The statement looks at the end of the last one.
    let at_the_end = plan.bounds.iter().map(|bound| {
        let all = plan.tallies.get(&bound.stage).map_or(0, |tally| tally.jobs);
        bound.at_most.saturating_add(all.saturating_sub(bound.so_far))
    });
    let firm = Param::Id(plan.firm.0);
    let params = vec![firm, Param::texts(&pipelines)?, Param::texts(&stages)?, Param::ints(at_the_end)];
    Ok(Some(Step::Run(Statement::Guard, params)))
}

fn log(plan: &Plan<'_>, entries: i64, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    if plan.entries.is_empty() {
        return Ok(());
    }
    let id = |id: Option<Uuid>| id.map(Id);
    let mut texts = Vec::with_capacity(plan.entries.len());
    for entry in &plan.entries {
        texts.push(Body::new(encode_entry(entry)?));
    }
    let commands: Vec<Arc<str>> = plan.entries.iter().map(|entry| Arc::from(&*entry.command)).collect();
    let member = |actor: &Actor| match actor {
        Actor::Member(member) => Some(Id(member.0)),
        _ => None,
    };
    let mut params = vec![
        Param::Id(plan.firm.0),
        Param::ints((1..=entries).map(|place| place.saturating_sub(entries))),
        Param::ids(plan.entries.iter().map(|entry| entry.id.0)),
        Param::Texts(plan.entries.iter().map(|entry| entry.key.as_ref().map(|key| key.shared())).collect()),
        Param::Ids(plan.entries.iter().map(|entry| id(entry.job.map(|job| job.0))).collect()),
        Param::Ids(plan.entries.iter().map(|entry| id(entry.account.map(|account| account.0))).collect()),
        Param::Ids(plan.entries.iter().map(|entry| member(&entry.actor)).collect()),
        Param::ints(plan.entries.iter().map(|entry| micros(entry.at))),
        Param::texts(&commands)?,
    ];
    params.extend(bodies(texts));
    steps.push(Step::change(Change::Append, params));
    Ok(())
}

fn queues(
    firm: Uuid,
    segment: &Segment<'_>,
    places: i64,
    together: bool,
    steps: &mut Vec<Step>,
) -> Result<(), StoreError> {
    for queue in Queue::ALL {
        settle(firm, queue, segment, places, together, steps)?;
        enqueue(firm, queue, segment, places, steps)?;
    }
    timers(firm, segment, places, steps)?;
    for queue in Queue::ALL {
        restore(firm, queue, segment, places, steps)?;
    }
    Ok(())
}

fn settle(
    firm: Uuid,
    queue: Queue,
    segment: &Segment<'_>,
    places: i64,
    together: bool,
    steps: &mut Vec<Step>,
) -> Result<(), StoreError> {
    let of = |how: fn(&SettleHow) -> bool| -> Vec<&Settle> {
        segment.settles.iter().copied().filter(|settle| settle.queue == queue && how(&settle.how)).collect()
    };
    let done = of(|how| matches!(how, SettleHow::Done));
    let dead = of(|how| matches!(how, SettleHow::Dead { .. }));
    if !done.is_empty() || !dead.is_empty() {
        let ids = Param::ids(done.iter().chain(&dead).map(|settle| settle.id));
        steps.push(Step::change(Change::Forward(queue), vec![Param::Id(firm), ids]));
    }
    let retried = of(|how| matches!(how, SettleHow::Retry { .. }));
    let renewed = of(|how| matches!(how, SettleHow::Renew { .. }));
    let revived = of(|how| matches!(how, SettleHow::Revive { .. }));
    let mut run = |statement, settles: &[&Settle], more: More<'_>| {
        for part in settles.chunks(if together { usize::MAX } else { ROWS }) {
            let ids = Param::ids(part.iter().map(|settle| settle.id));
            let generations = Param::Ints(part.iter().map(|settle| settle.generation.map(signed)).collect());
            let params = [Param::Id(firm), ids, generations].into_iter().chain(more(part)?).collect();
            steps.push(Step::Run(statement, params));
        }
        Ok::<(), StoreError>(())
    };
    let place = segment.revived.saturating_sub(places);
    run(Statement::Change(Change::Done(queue)), &done, &|_| Ok(Vec::new()))?;
    run(Statement::Change(Change::Dead(queue)), &dead, &|part| Ok(vec![words(part)?]))?;
    run(Statement::Change(Change::Retry(queue)), &retried, &|part| Ok(vec![times(part), words(part)?]))?;
    run(Statement::Change(Change::Renew(queue)), &renewed, &|part| Ok(vec![times(part)]))?;
    run(Statement::Revive(queue), &revived, &|part| Ok(vec![times(part), Param::ints(part.iter().map(|_| place))]))
}

fn times(settles: &[&Settle]) -> Param {
    Param::ints(settles.iter().map(|settle| columns(&settle.how).0))
}

/// Why rows are not done.
fn words(settles: &[&Settle]) -> Result<Param, StoreError> {
    let text = |settle: &&Settle| storable_words(columns(&settle.how).1);
    Param::texts(&settles.iter().map(text).collect::<Vec<Arc<str>>>())
}

/// The time and the words that settling a row gives it.
fn columns(how: &SettleHow) -> (i64, &str) {
    match how {
        SettleHow::Done => (0, ""),
        SettleHow::Dead { error } => (0, error),
        SettleHow::Retry { at, error } => (micros(*at), error),
        SettleHow::Renew { until: at } | SettleHow::Revive { at } => (micros(*at), ""),
    }
}

fn enqueue(
    firm: Uuid,
    queue: Queue,
    segment: &Segment<'_>,
    places: i64,
    steps: &mut Vec<Step>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = segment.enqueues.iter().filter(|(_, row)| row.body.queue() == queue).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut lanes = std::collections::HashSet::new();
    let mut texts = Vec::with_capacity(rows.len());
    for (_, row) in &rows {
        texts.push(Body::new(encode_queued(&row.body)?));
    }
    let mut params = vec![
        Param::Id(firm),
        Param::ints(rows.iter().map(|(place, _)| place.saturating_sub(places))),
        Param::ids(rows.iter().map(|(_, row)| row.id)),
        Param::Ids(rows.iter().map(|(_, row)| row.lane.map(Id)).collect()),
        Param::ints(rows.iter().map(|(_, row)| row.lane.is_some_and(|lane| lanes.insert(lane)).into())),
        Param::ints(rows.iter().map(|(_, row)| micros(row.due))),
        Param::ints(rows.iter().map(|(_, row)| row.lease.is_some().into())),
        Param::Ids(rows.iter().map(|(_, row)| row.lease.map(|lease| Id(lease.owner))).collect()),
        Param::Ints(rows.iter().map(|(_, row)| row.lease.map(|lease| micros(lease.until))).collect()),
    ];
    params.extend(bodies(texts));
    steps.push(Step::change(Change::Enqueue(queue), params));
    Ok(())
}

fn restore(
    firm: Uuid,
    queue: Queue,
    segment: &Segment<'_>,
    places: i64,
    steps: &mut Vec<Step>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = segment.restores.iter().filter(|(_, row)| row.body.queue() == queue).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let dead = |state| state == QueuedState::Dead;
    let mut lanes = std::collections::HashSet::new();
    let mut texts = Vec::with_capacity(rows.len());
    for (_, row) in &rows {
        texts.push(Body::new(encode_queued(&row.body)?));
    }
    let first = rows.iter().map(|(_, row)| !dead(row.state) && row.lane.is_some_and(|lane| lanes.insert(lane)));
    let mut params = vec![
        Param::Id(firm),
        Param::ints(rows.iter().map(|(place, _)| place.saturating_sub(places))),
        Param::ids(rows.iter().map(|(_, row)| row.id)),
        Param::Ids(rows.iter().map(|(_, row)| row.lane.map(Id)).collect()),
        Param::ints(first.map(i64::from)),
        Param::ints(rows.iter().map(|(_, row)| dead(row.state).into())),
        Param::ints(rows.iter().map(|(_, row)| micros(row.due))),
        Param::ints(rows.iter().map(|(_, row)| row.attempts.into())),
        Param::ints(rows.iter().map(|(_, row)| signed(row.generation))),
        Param::Texts(rows.iter().map(|(_, row)| row.error.as_deref().map(storable_words)).collect()),
    ];
    params.extend(bodies(texts));
    steps.push(Step::Run(Statement::Restore(queue), params));
    Ok(())
}

/// Why a row is not done, as PostgreSQL can keep it: the one text that a host may have written freely.
fn storable_words(words: &str) -> Arc<str> {
    words.replace('\0', "\u{fffd}").into()
}

fn timers(firm: Uuid, segment: &Segment<'_>, places: i64, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let dropped: Vec<Uuid> =
        segment.timers.iter().filter(|(_, (_, timer))| timer.due.is_none()).map(|(id, _)| *id).collect();
    if !dropped.is_empty() {
        steps.push(Step::change(Change::DropTimers, vec![Param::Id(firm), Param::ids(dropped)]));
    }
    let mut columns = Columns::new([CellType::Int, CellType::Uuid, CellType::Int, CellType::Int]);
    let mut texts = Vec::new();
    for (id, (place, timer)) in &segment.timers {
        let Some(due) = timer.due else { continue };
        let numbers = [place.saturating_sub(places), micros(due), signed(timer.generation)].map(Cell::Int);
        let [place, due, generation] = &numbers;
        columns.push([place, &Cell::Uuid(*id), due, generation])?;
        texts.push(Body::new(encode_queued(&QueuedBody::Timer(timer.of))?));
    }
    if !texts.is_empty() {
        let params = std::iter::once(Param::Id(firm)).chain(columns.into_params()).chain(bodies(texts)).collect();
        steps.push(Step::change(Change::SetTimers, params));
    }
    Ok(())
}
