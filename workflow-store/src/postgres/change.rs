//! Writes that touch rows of their own, and look at nothing that another of them writes. So they can
//! be carried out in any order, or all in one statement: a server takes as long to be given a
//! statement as to carry out most of these.

use workflow_core::store::{IndexName, IndexSpec, Kind, Queue};

use super::link::Step;
use super::param::Param;
use super::sql::{at, expect, is_at, queue_table, type_of, unexpected, unnest};
use super::statement::{Kinds, Statement};

/// One such write, for many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Change {
    Update(Kind),
    Insert(Kind),
    DeleteSide(IndexName),
    PutSide(IndexName),
    Tally,
    Append,
    SetTimers,
    DropTimers,
    /// The next rows of lanes come forward whose present ones are done or dead.
    Forward(Queue),
    Done(Queue),
    Dead(Queue),
    Retry(Queue),
    Renew(Queue),
    Enqueue(Queue),
}

/// What a change says.
struct Text {
    sql: String,
    /// How many rows it must find, if every one must be.
    all_of: Option<String>,
}

/// How rows are given to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One or two, each value a parameter. Most commands come to that, and the server then needs no
    /// more than to look up keys.
    Few(usize),
    /// An array for each column.
    Many,
}

/// The most rows that are given value by value.
const FEW: usize = 2;

/// Where a change finds its rows: from which parameter on, and how.
struct Rows {
    first: usize,
    shape: Shape,
    columns: Vec<(&'static str, &'static str)>,
    /// Whether a row's place can be named.
    own: bool,
}

impl Rows {
    /// Where rows come from, as `w`.
    fn source(&self) -> String {
        let Shape::Few(rows) = self.shape else { return unnest(self.first, &self.columns) };
        let mut mark = self.first;
        let mut row = || {
            let values: Vec<String> =
                (mark..).zip(&self.columns).map(|(mark, (_, ty))| format!("${mark}::{ty}")).collect();
            mark += self.columns.len();
            format!("({})", values.join(", "))
        };
        let values: Vec<String> = (0..rows).map(|_| row()).collect();
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        format!("(VALUES {}) AS w({})", values.join(", "), names.join(", "))
    }

    /// All keys, as an array. They are the first column.
    fn keys(&self) -> String {
        match self.shape {
            Shape::Few(_) => format!("ARRAY[${}::uuid]", self.first),
            Shape::Many => format!("${}::uuid[]", self.first),
        }
    }

    /// Where rows come from that are to be found in a table by the first of their columns, as `w`, and
    /// what joins them to `t`. However many rows the planner takes the table to have, it begins at theirs.
    fn located(&self, s: &str, table: &str, by: usize) -> (String, String) {
        let by = self.columns.get(..by).unwrap_or_default();
        let equal = |t: &str| by.iter().map(|(name, _)| format!(" AND {t}.{name} = w.{name}")).collect::<String>();
        match (self.shape, self.own) {
            (Shape::Few(_), _) => (self.source(), format!("t.firm = $1{}", equal("t"))),
            (Shape::Many, false) => {
                (self.source(), format!("t.firm = $1 AND t.id = ANY(${}){}", self.first, equal("t")))
            }
            (Shape::Many, true) => {
                let more: String = by.iter().skip(1).map(|(name, _)| format!(" AND x.{name} = w.{name}")).collect();
                let from = format!(
                    "(SELECT w.*, x.ctid AS place FROM {} CROSS JOIN LATERAL (SELECT x.ctid FROM {s}.{table} AS x \
                     WHERE x.firm = $1 AND x.id >= w.id AND x.id <= w.id{more} ORDER BY x.id LIMIT 1) AS x) AS w",
                    self.source()
                );
                (from, "t.ctid = w.place".to_owned())
            }
        }
    }

    fn count(&self) -> String {
        match self.shape {
            Shape::Few(rows) => rows.to_string(),
            Shape::Many => format!("array_length(${}, 1)", self.first),
        }
    }

    /// How many parameters they are.
    fn params(&self) -> usize {
        match self.shape {
            Shape::Few(rows) => rows * self.columns.len(),
            Shape::Many => self.columns.len(),
        }
    }
}

impl Change {
    /// All there are, in the order of their places.
    fn all() -> impl Iterator<Item = Self> {
        let of_kinds: [fn(Kind) -> Self; 2] = [Self::Update, Self::Insert];
        let of_indexes: [fn(IndexName) -> Self; 2] = [Self::DeleteSide, Self::PutSide];
        let of_queues = [Self::Forward, Self::Done, Self::Dead, Self::Retry, Self::Renew, Self::Enqueue];
        let indexes = || Kind::ALL.into_iter().flat_map(|kind| kind.indexes().iter().copied());
        (of_kinds.into_iter().flat_map(|of| Kind::ALL.into_iter().map(of)))
            .chain(of_indexes.into_iter().flat_map(move |of| indexes().map(of)))
            .chain([Self::Tally, Self::Append, Self::SetTimers, Self::DropTimers])
            .chain(of_queues.into_iter().flat_map(|of: fn(Queue) -> Self| Queue::ALL.into_iter().map(of)))
    }

    /// A number of its own.
    fn place(self) -> u32 {
        match self {
            Self::Update(kind) => kind as u32,
            Self::Insert(kind) => 16 + kind as u32,
            Self::DeleteSide(index) => 32 + index as u32,
            Self::PutSide(index) => 64 + index as u32,
            Self::Tally => 96,
            Self::Append => 97,
            Self::SetTimers => 98,
            Self::DropTimers => 99,
            Self::Forward(queue) => 100 + queue as u32,
            Self::Done(queue) => 104 + queue as u32,
            Self::Dead(queue) => 108 + queue as u32,
            Self::Retry(queue) => 112 + queue as u32,
            Self::Renew(queue) => 116 + queue as u32,
            Self::Enqueue(queue) => 120 + queue as u32,
        }
    }

    fn bit(self) -> u128 {
        1 << self.place()
    }

    /// Those that must be seen before this one looks: whether a lane is empty depends on who left it.
    fn after(self) -> u128 {
        match self {
            Self::Enqueue(queue) => {
                [Self::Forward, Self::Done, Self::Dead].iter().fold(0, |all, of| all | of(queue).bit())
            }
            _ => 0,
        }
    }

    /// The columns of its rows, one parameter each.
    fn columns(self) -> Vec<(&'static str, &'static str)> {
        let settled = |more: &[(&'static str, &'static str)]| [&SETTLED, more].concat();
        match self {
            Self::Update(kind) | Self::Insert(kind) => put_columns(kind),
            Self::DeleteSide(index) => side_key(&index.spec()),
            Self::PutSide(index) => side_columns(&index.spec()),
            Self::Tally => TALLY.to_vec(),
            Self::Append => APPEND.to_vec(),
            Self::SetTimers => SET_TIMERS.to_vec(),
            Self::DropTimers | Self::Forward(_) => vec![("id", "uuid")],
            Self::Done(_) => settled(&[]),
            Self::Dead(_) => settled(&[("error", "text")]),
            Self::Retry(_) => settled(&[("due", "bigint"), ("error", "text")]),
            Self::Renew(_) => settled(&[("until", "bigint")]),
            Self::Enqueue(_) => ENQUEUE.to_vec(),
        }
    }

    /// Its SQL, with these rows. The firm is always the first parameter.
    fn text(self, s: &str, rows: &Rows) -> Text {
        let from = || rows.source();
        let sql = match self {
            Self::Update(kind) => put(s, kind, &from(), true),
            Self::Insert(kind) => put(s, kind, &from(), false),
            Self::DeleteSide(index) => {
                let table = index.spec().name;
                let (from, found) = rows.located(s, table, rows.columns.len());
                format!("DELETE FROM {s}.{table} AS t USING {from} WHERE {found}")
            }
            Self::PutSide(index) => put_side(s, &index.spec(), &from()),
            Self::Tally => tally(s, &from()),
            Self::Append => append(s, &from()),
            Self::SetTimers => set_timers(s, &from()),
            Self::DropTimers => {
                let (from, found) = rows.located(s, "timers", 1);
                format!("DELETE FROM {s}.timers AS t USING {from} WHERE {found}")
            }
            Self::Forward(queue) => forward(s, queue_table(queue), rows),
            Self::Enqueue(queue) => enqueue(s, queue_table(queue), &from()),
            Self::Done(queue) | Self::Dead(queue) | Self::Retry(queue) | Self::Renew(queue) => {
                let set = match self {
                    Self::Dead(_) => {
                        Some("state = 1, head = false, error = w.error, owner = NULL, leased_until = NULL")
                    }
                    Self::Retry(_) => Some("due = w.due, error = w.error, owner = NULL, leased_until = NULL"),
                    Self::Renew(_) => {
                        Some("leased_until = CASE WHEN t.owner IS NULL THEN t.leased_until ELSE w.until END")
                    }
                    _ => None,
                };
                let (from, found) = rows.located(s, queue_table(queue), 1);
                settle(s, queue_table(queue), set, &from, &found, 0)
            }
        };
        let each = matches!(self, Self::Done(_) | Self::Dead(_) | Self::Retry(_) | Self::Renew(_));
        Text { sql, all_of: each.then(|| rows.count()) }
    }

    /// Whether it finds its rows by their keys. Two are then looked up like many.
    fn is_keyed(self) -> bool {
        !matches!(
            self,
            Self::Update(_)
                | Self::Insert(_)
                | Self::PutSide(_)
                | Self::Tally
                | Self::Append
                | Self::SetTimers
                | Self::Enqueue(_)
        )
    }

    /// Its SQL as a statement by itself, with an array for each column.
    pub(super) fn sql(self, s: &str) -> String {
        let rows = Rows { first: 2, shape: Shape::Many, columns: self.columns(), own: false };
        let Text { sql, all_of } = self.text(s, &rows);
        match all_of {
            Some(count) => finding(&sql, &count),
            None => sql,
        }
    }
}

/// A change as a statement that fails unless it finds so many rows.
pub(super) fn finding(change: &str, count: &str) -> String {
    format!("WITH u AS ({change} RETURNING 1) SELECT {} FROM u", expect("count(*)", count))
}

/// Several changes, none twice, and before them what is expected of records that are not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Changes {
    checks: Kinds,
    /// Which changes, as bits, and which of them have few rows: one, or two.
    places: u128,
    few: [u128; FEW],
    /// Of which kinds one record is checked.
    one: Kinds,
}

impl Changes {
    /// Takes a statement in, unless it must come after what is there.
    fn take(&mut self, statement: Statement, params: &[Param]) -> bool {
        match statement {
            // What is expected is looked at before any change.
            Statement::Check(kinds) if *self == Self::default() => {
                self.checks = kinds;
                let kinds = kinds.iter().zip(params.iter().skip(1).step_by(2));
                kinds.filter(|(_, keys)| keys.rows() == 1).for_each(|(kind, _)| self.one.add(kind));
            }
            Statement::Change(change) if self.places & (change.bit() | change.after()) == 0 => {
                self.places |= change.bit();
                let rows = params.get(1).map_or(0, Param::rows);
                let rows = if change.is_keyed() && rows > 1 { usize::MAX } else { rows };
                if let Some(few) = rows.checked_sub(1).and_then(|place| self.few.get_mut(place)) {
                    *few |= change.bit();
                }
            }
            _ => return false,
        }
        true
    }

    fn shape(&self, change: Change) -> Shape {
        let few = (1..).zip(self.few).find(|(_, few)| few & change.bit() != 0);
        few.map_or(Shape::Many, |(rows, _)| Shape::Few(rows))
    }

    /// The parameters of a statement that was taken in, but for the firm, as its SQL has them.
    fn params(&self, statement: Statement, params: Vec<Param>) -> Vec<Param> {
        let own = || params.iter().skip(1);
        match statement {
            Statement::Change(change) => match self.shape(change) {
                Shape::Few(rows) => (0..rows).flat_map(|row| own().map(move |param| param.row(row))).collect(),
                Shape::Many => params.into_iter().skip(1).collect(),
            },
            _ => params.into_iter().skip(1).collect(),
        }
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = Change::all().filter(|change| self.places & change.bit() != 0).collect();
        changes.sort_by_key(|change| change.place());
        changes
    }

    pub(super) fn sql(&self, s: &str) -> String {
        let (mut first, mut conditions) = (2, Vec::new());
        for kind in self.checks.iter() {
            conditions.push(match self.one.iter().any(|one| one == kind) {
                true => is_at(s, kind, first),
                false => format!("{} = 0", unexpected(s, kind, first)),
            });
            first += 2;
        }
        let mut with = Vec::new();
        for (number, change) in self.changes().into_iter().enumerate() {
            let rows = Rows { first, shape: self.shape(change), columns: change.columns(), own: true };
            let Text { sql, all_of } = change.text(s, &rows);
            let found = if all_of.is_some() { " RETURNING 1" } else { "" };
            with.push(format!("c{number} AS ({sql}{found})"));
            conditions.extend(all_of.map(|count| format!("(SELECT count(*) FROM c{number}) = {count}")));
            first += rows.params();
        }
        let (with, conditions) = (with.join(", "), conditions.join(" AND "));
        let condition = if conditions.is_empty() { "true" } else { &conditions };
        format!("WITH {with} SELECT 1 / (CASE WHEN {condition} THEN 1 ELSE 0 END)")
    }
}

/// Puts steps together that can be: each run of changes becomes one statement.
pub(super) fn together(steps: Vec<Step>) -> Vec<Step> {
    let mut all = Vec::with_capacity(steps.len());
    let (mut run, mut changes): (Vec<(Statement, Vec<Param>)>, Changes) = (Vec::new(), Changes::default());
    for step in steps {
        let (statement, params) = match step {
            Step::Run(statement @ (Statement::Check(_) | Statement::Change(_)), params) => (statement, params),
            other => {
                end(&mut run, &mut changes, &mut all);
                all.push(other);
                continue;
            }
        };
        if !changes.take(statement, &params) {
            end(&mut run, &mut changes, &mut all);
            changes.take(statement, &params);
        }
        run.push((statement, params));
    }
    end(&mut run, &mut changes, &mut all);
    all
}

fn end(run: &mut Vec<(Statement, Vec<Param>)>, changes: &mut Changes, all: &mut Vec<Step>) {
    let (mut parts, changes) = (std::mem::take(run), std::mem::take(changes));
    if changes.places == 0 {
        all.extend(parts.into_iter().map(|(statement, params)| Step::Run(statement, params)));
        return;
    }
    parts.sort_by_key(|(statement, _)| match statement {
        Statement::Change(change) => Some(change.place()),
        _ => None,
    });
    // The firm, which is the first parameter of each, is given once.
    let mut params: Vec<Param> = Vec::new();
    params.extend(parts.first_mut().and_then(|(_, params)| params.first()).map(|firm| firm.row(0)));
    for (statement, own) in parts {
        params.extend(changes.params(statement, own));
    }
    all.push(Step::Run(Statement::Changes(changes), params));
}

type Columns = [(&'static str, &'static str)];

fn put_columns(kind: Kind) -> Vec<(&'static str, &'static str)> {
    let spec = kind.table();
    let mut columns = vec![("id", type_of(spec.key)), ("revision", "bigint")];
    columns.extend(spec.columns.iter().map(|column| (column.name, type_of(column.cell))));
    columns.extend([("body", "jsonb"), ("exact", "text")]);
    columns
}

/// New records, or others in the place of what is there: that it is there was seen by then.
fn put(s: &str, kind: Kind, rows: &str, replace: bool) -> String {
    let columns = put_columns(kind);
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> = names.iter().map(|name| format!("w.{name}")).collect();
    let set: Vec<String> = names.iter().skip(1).map(|name| format!("{name} = excluded.{name}")).collect();
    let insert = format!(
        "INSERT INTO {s}.{} (firm, {}) SELECT $1, {} FROM {rows}",
        kind.table().name,
        names.join(", "),
        values.join(", ")
    );
    if replace { format!("{insert} ON CONFLICT (firm, id) DO UPDATE SET {}", set.join(", ")) } else { insert }
}

fn side_columns(spec: &IndexSpec) -> Vec<(&'static str, &'static str)> {
    let mut columns = vec![("id", type_of(spec.kind.table().key))];
    columns.extend(spec.partition.iter().chain([&spec.sort]).map(|column| (column.name, type_of(column.cell))));
    columns
}

/// The columns that tell the rows of one document apart: the first of the partition, if there is one.
fn side_key(spec: &IndexSpec) -> Vec<(&'static str, &'static str)> {
    let mut columns = side_columns(spec);
    columns.truncate(1 + spec.partition.len().min(1));
    columns
}

/// Puts rows where they belong now, wherever they were.
fn put_side(s: &str, spec: &IndexSpec, rows: &str) -> String {
    let (columns, key) = (side_columns(spec), side_key(spec));
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> = names.iter().map(|name| format!("w.{name}")).collect();
    let key: Vec<&str> = key.iter().map(|(name, _)| *name).collect();
    let set: Vec<String> =
        names.iter().filter(|name| !key.contains(name)).map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO {s}.{} (firm, {}) SELECT $1, {} FROM {rows} ON CONFLICT (firm, {}) DO UPDATE SET {}",
        spec.name,
        names.join(", "),
        values.join(", "),
        key.join(", "),
        set.join(", ")
    )
}

const TALLY: &Columns = &[
    ("pipeline", "text"),
    ("stage", "text"),
    ("jobs", "bigint"),
    ("attention", "bigint"),
    ("open_blockers", "bigint"),
    ("done_blockers", "bigint"),
];

fn tally(s: &str, rows: &str) -> String {
    let names: Vec<&str> = TALLY.iter().map(|(name, _)| *name).collect();
    let counts = names.get(2..).unwrap_or_default();
    let values: Vec<String> = names.iter().map(|name| format!("w.{name}")).collect();
    let set: Vec<String> = counts.iter().map(|count| format!("{count} = t.{count} + excluded.{count}")).collect();
    format!(
        "INSERT INTO {s}.stage_tallies AS t (firm, {}) SELECT $1, {} FROM {rows} \
         ON CONFLICT (firm, pipeline, stage) DO UPDATE SET {}",
        names.join(", "),
        values.join(", "),
        set.join(", ")
    )
}

const APPEND: &Columns = &[
    ("place", "bigint"),
    ("id", "uuid"),
    ("key", "text"),
    ("job", "uuid"),
    ("account", "uuid"),
    ("member", "uuid"),
    ("at", "bigint"),
    ("command", "text"),
    ("body", "jsonb"),
    ("exact", "text"),
];

/// Positions count back from where the firm's log now ends.
fn append(s: &str, rows: &str) -> String {
    format!(
        "INSERT INTO {s}.log (firm, position, id, key, job, account, member, at, command, body, exact) \
         SELECT $1, (SELECT position FROM {s}.heads WHERE firm = $1) + w.place, w.id, w.key, w.job, w.account, w.member, \
         w.at, w.command, w.body, w.exact FROM {rows}"
    )
}

/// Whether the lane of a row has none that waits. The first row from that lane on is looked at.
pub(super) fn lane_is_empty(s: &str, table: &str, row: &str) -> String {
    format!(
        "(SELECT o.lane FROM {s}.{table} AS o WHERE o.firm = $1 AND o.lane >= {row}.lane AND o.state = 0 \
         ORDER BY o.lane, o.sequence LIMIT 1) IS DISTINCT FROM {row}.lane"
    )
}

const ENQUEUE: &Columns = &[
    ("place", "bigint"),
    ("id", "uuid"),
    ("lane", "uuid"),
    ("first", "bigint"),
    ("due", "bigint"),
    ("leases", "bigint"),
    ("owner", "uuid"),
    ("until", "bigint"),
    ("body", "jsonb"),
    ("exact", "text"),
];

fn enqueue(s: &str, table: &str, rows: &str) -> String {
    format!(
        "INSERT INTO {s}.{table} (firm, id, sequence, lane, state, head, due, attempts, generation, owner, leased_until, \
         body, exact) SELECT $1, w.id, (SELECT sequence FROM {s}.heads WHERE firm = $1) + w.place, w.lane, 0, \
         w.lane IS NULL OR (w.first = 1 AND {}), w.due, w.leases, w.leases, w.owner, w.until, w.body, w.exact FROM {rows}",
        lane_is_empty(s, table, "w")
    )
}

const SET_TIMERS: &Columns = &[
    ("place", "bigint"),
    ("id", "uuid"),
    ("due", "bigint"),
    ("generation", "bigint"),
    ("body", "jsonb"),
    ("exact", "text"),
];

fn set_timers(s: &str, rows: &str) -> String {
    format!(
        "INSERT INTO {s}.timers (firm, id, sequence, state, head, due, attempts, generation, body, exact) \
         SELECT $1, w.id, (SELECT sequence FROM {s}.heads WHERE firm = $1) + w.place, 0, true, w.due, 0, w.generation, \
         w.body, w.exact FROM {rows} ON CONFLICT (firm, id) DO UPDATE SET state = 0, head = true, due = excluded.due, \
         attempts = 0, generation = excluded.generation, owner = NULL, leased_until = NULL, error = NULL"
    )
}

/// Before rows are done or dead, the next of their lanes come forward.
fn forward(s: &str, table: &str, rows: &Rows) -> String {
    let (keys, lane) = (rows.keys(), at(s, table, "k.id", "t.lane, t.state"));
    // A row by its place where that can be named, by its key otherwise.
    let row = if rows.own { "ctid" } else { "id" };
    let next = format!(
        "SELECT n.place FROM (SELECT DISTINCT q.lane FROM unnest({keys}) AS k(id) CROSS JOIN LATERAL ({lane}) AS q \
         WHERE q.state = 0 AND q.lane IS NOT NULL) AS l CROSS JOIN LATERAL (SELECT n.lane, n.{row} AS place \
         FROM {s}.{table} AS n WHERE n.firm = $1 AND n.lane >= l.lane AND n.state = 0 AND n.id <> ALL({keys}) \
         ORDER BY n.lane, n.sequence LIMIT 1) AS n WHERE n.lane = l.lane"
    );
    match rows.own {
        true => {
            format!("UPDATE {s}.{table} AS t SET head = true FROM ({next}) AS w WHERE t.ctid = w.place AND NOT t.head")
        }
        false => format!(
            "UPDATE {s}.{table} AS t SET head = true WHERE t.firm = $1 AND NOT t.head AND t.id = ANY(ARRAY({next}))"
        ),
    }
}

/// What tells a row that is settled.
pub(super) const SETTLED: [(&str, &str); 2] = [("id", "uuid"), ("generation", "bigint")];

/// Settles rows that are held as they should be: their leases' generations are what was said, and
/// they are in this state. Deletes them where nothing is to be set.
pub(super) fn settle(s: &str, table: &str, set: Option<&str>, rows: &str, found: &str, state: u8) -> String {
    let held = format!("{found} AND t.state = {state} AND (w.generation IS NULL OR t.generation = w.generation)");
    match set {
        Some(set) => format!("UPDATE {s}.{table} AS t SET {set} FROM {rows} WHERE {held}"),
        None => format!("DELETE FROM {s}.{table} AS t USING {rows} WHERE {held}"),
    }
}
