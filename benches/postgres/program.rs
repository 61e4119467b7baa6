//! The hand-written program: rows of batches as statements for many rows, sent as one pipeline.

use std::collections::{BTreeMap, HashMap};
use std::error::Error as StdError;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use bytes::{BufMut, BytesMut};
use tokio::runtime::Runtime;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;
use workflow_core::event::Actor;
use workflow_core::store::{
    Batch, Cell, CellType, Document, IndexEntry, IndexName, Kind, Queue, QueuedBody, StageTally, encode_entry,
    encode_queued,
};

use crate::Outcome;

/// A parameter: one value, or a column of many rows.
#[derive(Debug)]
enum Param {
    Id(Uuid),
    Int(i64),
    Ids(Vec<Option<Uuid>>),
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bodies(Vec<Vec<u8>>),
}

/// A UUID, and JSON of the type `jsonb`.
#[derive(Debug)]
struct Id(Uuid);
#[derive(Debug)]
struct Json<'a>(&'a [u8]);

impl ToSql for Id {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }
    to_sql_checked!();
}

impl ToSql for Json<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        out.put_u8(1);
        out.put_slice(self.0);
        Ok(IsNull::No)
    }
    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSONB
    }
    to_sql_checked!();
}

impl ToSql for Param {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Id(id) => Id(*id).to_sql_checked(ty, out),
            Self::Int(number) => number.to_sql_checked(ty, out),
            Self::Ids(ids) => ids.iter().map(|id| id.map(Id)).collect::<Vec<_>>().to_sql_checked(ty, out),
            Self::Ints(numbers) => numbers.to_sql_checked(ty, out),
            Self::Texts(texts) => texts.to_sql_checked(ty, out),
            Self::Bodies(bodies) => bodies.iter().map(|body| Json(body)).collect::<Vec<_>>().to_sql_checked(ty, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// Columns of rows that one statement writes.
struct Columns(Vec<(&'static str, CellType, Vec<Cell>)>);

impl Columns {
    fn new(columns: impl IntoIterator<Item = (&'static str, CellType)>) -> Self {
        Self(columns.into_iter().map(|(name, ty)| (name, ty, Vec::new())).collect())
    }

    fn push(&mut self, cells: impl IntoIterator<Item = Cell>) {
        for (column, cell) in self.0.iter_mut().zip(cells) {
            column.2.push(cell);
        }
    }

    fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|(name, ..)| *name).collect()
    }

    /// `unnest(…) AS w(…)` from parameter 2 on, with bodies last where there are some.
    fn unnest(&self, bodies: bool) -> String {
        let arrays = self.0.iter().map(|(_, ty, _)| match ty {
            CellType::Int => "bigint",
            CellType::Text => "text",
            CellType::Uuid => "uuid",
        });
        let arrays = arrays.chain(bodies.then_some("jsonb"));
        let arrays: Vec<String> = arrays.enumerate().map(|(place, ty)| format!("${}::{ty}[]", place + 2)).collect();
        let names: Vec<&str> = self.names().into_iter().chain(bodies.then_some("body")).collect();
        format!("unnest({}) AS w({})", arrays.join(", "), names.join(", "))
    }

    fn params(self, firm: Uuid, bodies: Option<Vec<Vec<u8>>>) -> Vec<Param> {
        let column = |(_, ty, cells): (_, CellType, Vec<Cell>)| match ty {
            CellType::Int => Param::Ints(
                cells.iter().map(|cell| if let Cell::Int(number) = cell { Some(*number) } else { None }).collect(),
            ),
            CellType::Text => Param::Texts(
                cells
                    .iter()
                    .map(|cell| if let Cell::Text(text) = cell { Some(text.to_string()) } else { None })
                    .collect(),
            ),
            CellType::Uuid => Param::Ids(
                cells.iter().map(|cell| if let Cell::Uuid(uuid) = cell { Some(*uuid) } else { None }).collect(),
            ),
        };
        let all = std::iter::once(Param::Id(firm)).chain(self.0.into_iter().map(column));
        all.chain(bodies.map(Param::Bodies)).collect()
    }
}

type Run = (String, Vec<Param>);

/// What becomes of a document in a group of batches.
struct Fate<'a> {
    before: Option<&'a Document>,
    revision: i64,
    now: &'a Document,
}

fn documents(schema: &str, firm: Uuid, group: &[Batch], runs: &mut Vec<Run>) -> Outcome {
    let mut fates: BTreeMap<_, Fate<'_>> = BTreeMap::new();
    for put in group.iter().flat_map(|batch| &batch.puts) {
        let revision = i64::try_from(put.expected.unwrap_or(0) + 1)?;
        let before = put.previous.as_ref();
        let fate = fates.entry(put.document.id()).or_insert(Fate { before, revision, now: &put.document });
        (fate.revision, fate.now) = (revision, &put.document);
    }
    for kind in Kind::ALL {
        for new in [false, true] {
            let spec = kind.table();
            let names = [("id", spec.key), ("revision", CellType::Int)];
            let own = spec.columns.iter().map(|column| (column.name, column.cell));
            let (mut columns, mut bodies) = (Columns::new(names.into_iter().chain(own)), Vec::new());
            for (id, fate) in fates.iter().filter(|(id, fate)| id.kind() == kind && fate.before.is_none() == new) {
                columns.push([id.cell(), Cell::Int(fate.revision)].into_iter().chain(fate.now.columns()));
                bodies.push(fate.now.encode()?);
            }
            if bodies.is_empty() {
                continue;
            }
            let (table, rows) = (spec.name, columns.unnest(true));
            let sql = if new {
                let names = columns.names();
                let values: Vec<String> = names.iter().map(|name| format!("w.{name}")).collect();
                let (names, values) = (names.join(", "), values.join(", "));
                format!("INSERT INTO {schema}.{table} (firm, {names}, body) SELECT $1, {values}, w.body FROM {rows}")
            } else {
                let set: String = columns.names().iter().skip(1).map(|name| format!("{name} = w.{name}, ")).collect();
                format!(
                    "UPDATE {schema}.{table} AS t SET {set}body = w.body FROM {rows} \
                     WHERE t.firm = $1 AND t.id = ANY($2) AND t.id = w.id"
                )
            };
            runs.push((sql, columns.params(firm, Some(bodies))));
        }
        for index in kind.indexes().iter().copied().filter(|index| index.spec().several) {
            let of_kind = fates.iter().filter(|(id, _)| id.kind() == kind);
            sides(schema, firm, index, of_kind.map(|(id, fate)| (id.cell(), fate)), runs);
        }
    }
    Ok(())
}

fn sides<'a>(
    schema: &str,
    firm: Uuid,
    index: IndexName,
    fates: impl Iterator<Item = (Cell, &'a Fate<'a>)>,
    runs: &mut Vec<Run>,
) {
    let spec = index.spec();
    let key = || std::iter::once(("id", spec.kind.table().key));
    let partition = || spec.partition.iter().map(|column| (column.name, column.cell));
    let mut gone = Columns::new(key().chain(partition().take(1)));
    let mut come = Columns::new(key().chain(partition()).chain([(spec.sort.name, spec.sort.cell)]));
    for (id, fate) in fates {
        let rows = |document: Option<&Document>| document.map_or_else(Vec::new, |it| it.index_entries(index));
        let (before, now) = (rows(fate.before), rows(Some(fate.now)));
        // A row that only moves is put where it belongs, in one go.
        let named = |row: &IndexEntry| now.iter().any(|other| other.partition.first() == row.partition.first());
        for row in before.iter().filter(|row| !named(row)) {
            gone.push(std::iter::once(id.clone()).chain(row.partition.iter().take(1).cloned()));
        }
        for row in now.iter().filter(|row| !before.contains(row)) {
            come.push(std::iter::once(id.clone()).chain(row.partition.iter().cloned()).chain([row.sort.clone()]));
        }
    }
    let table = spec.name;
    if gone.0.iter().any(|(.., cells)| !cells.is_empty()) {
        let equal: String = gone.names().iter().map(|name| format!(" AND t.{name} = w.{name}")).collect();
        let rows = gone.unnest(false);
        let sql = format!("DELETE FROM {schema}.{table} AS t USING {rows} WHERE t.firm = $1 AND t.id = ANY($2){equal}");
        runs.push((sql, gone.params(firm, None)));
    }
    if come.0.iter().any(|(.., cells)| !cells.is_empty()) {
        let names = come.names();
        let values: Vec<String> = names.iter().map(|name| format!("w.{name}")).collect();
        let key = 1 + spec.partition.len().min(1);
        let set: Vec<String> = names.iter().skip(key).map(|name| format!("{name} = excluded.{name}")).collect();
        let (key, names) = (names.get(..key).unwrap_or_default().join(", "), names.join(", "));
        let sql = format!(
            "INSERT INTO {schema}.{table} (firm, {names}) SELECT $1, {} FROM {} ON CONFLICT (firm, {key}) DO UPDATE SET {}",
            values.join(", "),
            come.unnest(false),
            set.join(", ")
        );
        runs.push((sql, come.params(firm, None)));
    }
}

fn tallies(schema: &str, firm: Uuid, group: &[Batch], runs: &mut Vec<Run>) {
    let mut sums: BTreeMap<(String, String), StageTally> = BTreeMap::new();
    for delta in group.iter().flat_map(|batch| &batch.tallies) {
        let sum = sums.entry((delta.pipeline.to_string(), delta.stage.to_string())).or_default();
        *sum = sum.plus(delta.by);
    }
    if sums.is_empty() {
        return;
    }
    let counts = ["jobs", "attention", "open_blockers", "done_blockers"];
    let texts = [("pipeline", CellType::Text), ("stage", CellType::Text)];
    let mut columns = Columns::new(texts.into_iter().chain(counts.map(|name| (name, CellType::Int))));
    for ((pipeline, stage), sum) in sums {
        let counts = [sum.jobs, sum.attention, sum.open_blockers, sum.done_blockers].map(Cell::Int);
        columns.push([Cell::Text(pipeline.into()), Cell::Text(stage.into())].into_iter().chain(counts));
    }
    let set: Vec<String> = counts.iter().map(|name| format!("{name} = t.{name} + excluded.{name}")).collect();
    let sql = format!(
        "INSERT INTO {schema}.stage_tallies AS t (firm, pipeline, stage, {}) SELECT $1, w.* FROM {} \
         ON CONFLICT (firm, pipeline, stage) DO UPDATE SET {}",
        counts.join(", "),
        columns.unnest(false),
        set.join(", ")
    );
    runs.push((sql, columns.params(firm, None)));
}

fn uuid(id: Option<Uuid>) -> Cell {
    id.map_or(Cell::Null, Cell::Uuid)
}

fn log(schema: &str, firm: Uuid, group: &[Batch], runs: &mut Vec<Run>) -> Outcome {
    let names = [
        ("place", CellType::Int),
        ("id", CellType::Uuid),
        ("key", CellType::Text),
        ("job", CellType::Uuid),
        ("account", CellType::Uuid),
        ("member", CellType::Uuid),
        ("at", CellType::Int),
        ("command", CellType::Text),
    ];
    let (mut columns, mut bodies) = (Columns::new(names), Vec::new());
    let count = group.iter().map(|batch| batch.entries.len()).sum::<usize>();
    for (place, entry) in (1..).zip(group.iter().flat_map(|batch| &batch.entries)) {
        let member = match &entry.actor {
            Actor::Member(member) => Some(member.0),
            _ => None,
        };
        columns.push([
            Cell::Int(place - i64::try_from(count)?),
            Cell::Uuid(entry.id.0),
            entry.key.as_ref().map_or(Cell::Null, |key| Cell::Text(key.to_string().into())),
            uuid(entry.job.map(|job| job.0)),
            uuid(entry.account.map(|account| account.0)),
            uuid(member),
            Cell::Int(entry.at.timestamp_micros()),
            Cell::Text((&*entry.command).into()),
        ]);
        bodies.push(encode_entry(entry)?);
    }
    if !bodies.is_empty() {
        let sql = format!(
            "INSERT INTO {schema}.log (firm, position, id, key, job, account, member, at, command, body) \
             SELECT $1, (SELECT position FROM {schema}.heads WHERE firm = $1) + w.place, w.id, w.key, w.job, w.account, \
             w.member, w.at, w.command, w.body FROM {}",
            columns.unnest(true)
        );
        runs.push((sql, columns.params(firm, Some(bodies))));
    }
    Ok(())
}

fn queues(schema: &str, firm: Uuid, group: &[Batch], runs: &mut Vec<Run>) -> Outcome {
    let count = group.iter().map(|batch| batch.enqueue.len()).sum::<usize>();
    for (queue, table) in [(Queue::Outbox, "outbox"), (Queue::FollowUps, "follow_ups")] {
        let names = [
            ("place", CellType::Int),
            ("id", CellType::Uuid),
            ("lane", CellType::Uuid),
            ("front", CellType::Int),
            ("due", CellType::Int),
        ];
        let (mut columns, mut bodies) = (Columns::new(names), Vec::new());
        for (place, row) in (1..).zip(group.iter().flat_map(|batch| &batch.enqueue)) {
            if row.body.queue() == queue {
                columns.push([
                    Cell::Int(place - i64::try_from(count)?),
                    Cell::Uuid(row.id),
                    uuid(row.lane),
                    Cell::Int(row.lane.is_none().into()),
                    Cell::Int(row.due.timestamp_micros()),
                ]);
                bodies.push(encode_queued(&row.body)?);
            }
        }
        if !bodies.is_empty() {
            let sql = format!(
                "INSERT INTO {schema}.{table} (firm, sequence, id, lane, state, head, due, attempts, generation, body) \
                 SELECT $1, (SELECT sequence FROM {schema}.heads WHERE firm = $1) + w.place, w.id, w.lane, 0, \
                 w.front = 1, w.due, 0, 0, w.body FROM {}",
                columns.unnest(true)
            );
            runs.push((sql, columns.params(firm, Some(bodies))));
        }
    }
    let mut timers = BTreeMap::new();
    for timer in group.iter().flat_map(|batch| &batch.timers) {
        timers.insert(timer.of.row(), timer);
    }
    let dropped: Vec<_> = timers.iter().filter(|(_, timer)| timer.due.is_none()).map(|(id, _)| Some(*id)).collect();
    if !dropped.is_empty() {
        let sql = format!("DELETE FROM {schema}.timers WHERE firm = $1 AND id = ANY($2::uuid[])");
        runs.push((sql, vec![Param::Id(firm), Param::Ids(dropped)]));
    }
    let (mut columns, mut bodies) =
        (Columns::new([("id", CellType::Uuid), ("due", CellType::Int), ("generation", CellType::Int)]), Vec::new());
    for (id, timer) in timers {
        if let Some(due) = timer.due {
            let generation = i64::try_from(timer.generation).unwrap_or(i64::MAX);
            columns.push([Cell::Uuid(id), Cell::Int(due.timestamp_micros()), Cell::Int(generation)]);
            bodies.push(encode_queued(&QueuedBody::Timer(timer.of))?);
        }
    }
    if !bodies.is_empty() {
        let sql = format!(
            "INSERT INTO {schema}.timers (firm, id, sequence, state, head, due, attempts, generation, body) \
             SELECT $1, w.id, 1, 0, true, w.due, 0, w.generation, w.body FROM {} ON CONFLICT (firm, id) DO UPDATE \
             SET due = excluded.due, generation = excluded.generation, attempts = 0, owner = NULL, leased_until = NULL",
            columns.unnest(true)
        );
        runs.push((sql, columns.params(firm, Some(bodies))));
    }
    Ok(())
}

/// A transaction, ready to be sent.
pub(crate) struct Ready(Vec<(Statement, Vec<Param>)>);

/// A connection by itself, driven by the thread that uses it.
pub(crate) struct Program {
    runtime: Runtime,
    client: Client,
    schema: String,
    firm: Uuid,
    prepared: HashMap<String, Statement>,
}

type Request<'a> = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send + 'a>>;

/// Sends all, then waits for all.
async fn together(mut requests: Vec<Request<'_>>) -> Result<(), tokio_postgres::Error> {
    let mut answers: Vec<Option<Result<(), tokio_postgres::Error>>> = requests.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut pending = false;
        for (request, answer) in requests.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match request.as_mut().poll(context) {
                    Poll::Ready(ended) => *answer = Some(ended),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    answers.into_iter().flatten().collect()
}

impl Program {
    pub(crate) fn connect(url: &str, firm: Uuid) -> Outcome<Self> {
        let (server, schema) = url.split_once("?schema=").ok_or("an address without a schema")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (client, connection) = runtime.block_on(tokio_postgres::connect(server, NoTls))?;
        runtime.spawn(connection);
        let settings = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_bitmapscan", "jit"];
        let settings: String = settings.iter().map(|setting| format!("SET {setting} = off; ")).collect();
        runtime.block_on(client.batch_execute(&format!("{settings}SET plan_cache_mode = force_generic_plan")))?;
        Ok(Self { runtime, client, schema: schema.to_owned(), firm, prepared: HashMap::new() })
    }

    /// Makes ready what groups of batches come to, each group a transaction.
    pub(crate) fn prepare(&mut self, groups: &[Vec<Batch>]) -> Outcome<Vec<Ready>> {
        groups.iter().map(|group| self.ready(group)).collect()
    }

    fn ready(&mut self, group: &[Batch]) -> Outcome<Ready> {
        let (schema, firm) = (self.schema.clone(), self.firm);
        let advance = format!(
            "INSERT INTO {schema}.heads AS h (firm, position, sequence) VALUES ($1, $2, $3) ON CONFLICT (firm) DO UPDATE \
             SET position = h.position + excluded.position, sequence = h.sequence + excluded.sequence"
        );
        let entries = i64::try_from(group.iter().map(|batch| batch.entries.len()).sum::<usize>())?;
        let rows = i64::try_from(group.iter().map(|batch| batch.enqueue.len() + batch.timers.len()).sum::<usize>())?;
        let mut runs = vec![(advance, vec![Param::Id(firm), Param::Int(entries), Param::Int(rows)])];
        documents(&schema, firm, group, &mut runs)?;
        tallies(&schema, firm, group, &mut runs);
        log(&schema, firm, group, &mut runs)?;
        queues(&schema, firm, group, &mut runs)?;
        let mut ready = Vec::with_capacity(runs.len());
        for (sql, params) in runs {
            let statement = match self.prepared.get(&sql) {
                Some(statement) => statement.clone(),
                None => {
                    let statement = self.runtime.block_on(self.client.prepare(&sql))?;
                    self.prepared.insert(sql, statement.clone());
                    statement
                }
            };
            ready.push((statement, params));
        }
        Ok(Ready(ready))
    }

    /// Carries out transactions, one after the other.
    pub(crate) fn run(&mut self, groups: &[Ready]) -> Outcome {
        let client = &self.client;
        for Ready(statements) in groups {
            let control = |sql: &'static str| -> Request<'_> { Box::pin(client.batch_execute(sql)) };
            let mut requests = vec![control("BEGIN")];
            for (statement, params) in statements {
                requests.push(Box::pin(async move {
                    let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
                    client.execute(statement, &params).await.map(drop)
                }));
            }
            requests.push(control("COMMIT"));
            self.runtime.block_on(together(requests))?;
        }
        Ok(())
    }
}
