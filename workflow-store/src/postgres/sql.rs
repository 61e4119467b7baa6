//! What the statements say.
//!
//! The SQL names the schema, so that it is the same on a connection of the store's own and inside a
//! transaction of the host's.
//!
//! A statement that must find exactly what it expects divides by zero when it does not: a pipeline
//! cannot look at a result before its `COMMIT`, and an error in between makes that a rollback.
//!
//! Plans are made once for a connection, so they must serve whatever the planner took the size of a table
//! to be: one that looks empty makes every index as good as every other. So what is looked up is asked
//! for in an order that only the right index has: a key between itself and itself, first by key. A
//! `LATERAL` part comes after what it refers to.

use std::fmt::Write;

use workflow_core::store::{CellType, Kind, Queue};

use super::change::{SETTLED, finding, lane_is_empty, settle};
use super::hint::CHANNEL;
use super::statement::{After, Edge, Kinds, LogColumn, Shape, Statement};

/// The table of a queue.
pub(super) fn queue_table(queue: Queue) -> &'static str {
    match queue {
        Queue::Outbox => "outbox",
        Queue::FollowUps => "follow_ups",
        Queue::Timers => "timers",
    }
}

pub(super) fn type_of(ty: CellType) -> &'static str {
    match ty {
        CellType::Int => "bigint",
        CellType::Text => "text",
        CellType::Uuid => "uuid",
    }
}

/// Ends a statement with an error unless a count is as expected.
pub(super) fn expect(count: &str, expected: &str) -> String {
    format!("1 / (CASE WHEN {count} = {expected} THEN 1 ELSE 0 END)")
}

/// Arrays as rows: `unnest($2::uuid[], …) AS w(id, …)`.
pub(super) fn unnest(first: usize, columns: &[(&str, &str)]) -> String {
    let arrays: Vec<String> = columns.iter().zip(first..).map(|((_, ty), mark)| format!("${mark}::{ty}[]")).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    format!("unnest({}) AS w({})", arrays.join(", "), names.join(", "))
}

impl Statement {
    /// Its SQL, in a schema whose name is quoted already.
    pub(super) fn sql(self, s: &str) -> String {
        match self {
            Self::Get(kinds) => get(s, kinds).join(" UNION ALL "),
            Self::Gather(kinds) => gather(s, kinds),
            Self::Scan(shape) => scan(s, shape, false),
            Self::Count(shape) => scan(s, shape, true),
            Self::Tallies => format!(
                "SELECT stage, jobs, attention, open_blockers, done_blockers FROM {s}.stage_tallies \
                 WHERE firm = $1 AND pipeline = $2"
            ),
            Self::Log { by, descending } => log(s, by, descending),
            Self::Queued { queue, dead } => format!(
                "SELECT sequence, id, due, attempts, generation, leased_until, error, body, exact FROM {s}.{} \
                 WHERE firm = $1 AND state + 0 = {} AND sequence > $2 ORDER BY sequence LIMIT $3",
                queue_table(queue),
                u8::from(dead)
            ),
            Self::NextDue { queue, of_firm } => next_due(s, queue, of_firm),
            Self::Claim { queue, of_firm, own } => claim(s, queue, of_firm, own),
            Self::Hint => format!("SELECT pg_notify('{CHANNEL}', '{}')", s.replace('\'', "''")),
            Self::Revisions(kind) => {
                let TableName { name, key } = table(kind);
                let row = at(s, name, "w.id", "t.id, t.revision");
                format!("SELECT t.id, t.revision FROM unnest($2::{key}[]) AS w(id) CROSS JOIN LATERAL ({row}) AS t")
            }
            Self::Holders(kind) => {
                format!("SELECT id, external FROM {s}.{} WHERE firm = $1 AND external = ANY($2)", kind.table().name)
            }
            Self::Stages => {
                format!("SELECT pipeline, stage, jobs FROM {s}.stage_tallies WHERE firm = $1 AND pipeline = ANY($2)")
            }
            Self::KnownEntries => format!("SELECT id FROM {s}.log WHERE firm = $1 AND id = ANY($2)"),
            Self::KnownKeys => format!("SELECT key FROM {s}.log WHERE firm = $1 AND key = ANY($2)"),
            Self::Rows(queue) => format!(
                "SELECT id, state, generation FROM {s}.{} WHERE firm = $1 AND id = ANY($2) ORDER BY id FOR UPDATE",
                queue_table(queue)
            ),
            other => other.writing(s),
        }
    }

    fn writing(self, s: &str) -> String {
        match self {
            Self::Advance => format!(
                "INSERT INTO {s}.heads AS h (firm, position, sequence) VALUES ($1, $2, $3) ON CONFLICT (firm) DO UPDATE \
                 SET position = h.position + excluded.position, sequence = h.sequence + excluded.sequence \
                 RETURNING position"
            ),
            Self::Check(kinds) => check(s, kinds),
            Self::Change(change) => change.sql(s),
            Self::Changes(changes) => changes.sql(s),
            Self::Delete(kind) => {
                format!(
                    "DELETE FROM {s}.{} WHERE firm = $1 AND id = ANY($2::{}[])",
                    kind.table().name,
                    type_of(kind.table().key)
                )
            }
            Self::Release(kind) => format!(
                "UPDATE {s}.{} SET external = NULL WHERE firm = $1 AND id = ANY($2::{}[])",
                kind.table().name,
                type_of(kind.table().key)
            ),
            Self::Guard => {
                let rows = unnest(2, &[("pipeline", "text"), ("stage", "text"), ("bound", "bigint")]);
                format!(
                    "SELECT {} FROM {rows} LEFT JOIN {s}.stage_tallies AS t ON t.firm = $1 \
                     AND t.pipeline = w.pipeline AND t.stage = w.stage WHERE coalesce(t.jobs, 0) > w.bound",
                    expect("count(*)", "0")
                )
            }
            Self::Restore(queue) => restore(s, queue_table(queue)),
            Self::Revive(queue) => {
                let table = queue_table(queue);
                let set = format!(
                    "state = 0, due = w.due, attempts = 0, error = NULL, \
                     sequence = (SELECT sequence FROM {s}.heads WHERE firm = $1) + w.place, \
                     head = t.lane IS NULL OR {}",
                    lane_is_empty(s, table, "t")
                );
                let rows = unnest(2, &[&SETTLED[..], &[("due", "bigint"), ("place", "bigint")]].concat());
                let held = "t.firm = $1 AND t.id = ANY($2) AND t.id = w.id";
                finding(&settle(s, table, Some(&set), &rows, held, 1), "array_length($2, 1)")
            }
            _ => String::new(),
        }
    }
}

/// Where a key is read, so that kinds with different keys can be read together.
fn keys(kind: Kind) -> &'static str {
    match kind.table().key {
        CellType::Text => "NULL::uuid, t.id",
        _ => "t.id, NULL::text",
    }
}

/// One statement for all kinds, so that all are read at one moment.
fn get(s: &str, kinds: Kinds) -> Vec<String> {
    let one = |(mark, kind): (usize, Kind)| {
        let key = table(kind).key;
        found(s, kind, &format!("unnest(${mark}::{key}[]) AS w(id)"))
    };
    (2..).zip(kinds.iter()).map(one).collect()
}

/// The row of a table with a key.
pub(super) fn at(s: &str, table: &str, key: &str, columns: &str) -> String {
    format!(
        "SELECT {columns} FROM {s}.{table} AS t WHERE t.firm = $1 AND t.id >= {key} AND t.id <= {key} \
         ORDER BY t.id LIMIT 1"
    )
}

/// Documents of a kind by the keys `w.id`.
fn found(s: &str, kind: Kind, keys_from: &str) -> String {
    format!(
        "SELECT {}::bigint, {}, t.revision, t.body, t.exact FROM {keys_from} CROSS JOIN LATERAL ({}) AS t",
        kind as u16,
        keys(kind),
        at(s, table(kind).name, "w.id", "t.id, t.revision, t.body, t.exact")
    )
}

/// Documents and their owners, as [`Document::owners`](workflow_core::store::Document::owners) has
/// them.
fn gather(s: &str, kinds: Kinds) -> String {
    let mut parts = get(s, kinds);
    for (mark, kind) in (2..).zip(kinds.iter()) {
        let owners: &[(Kind, &str)] = match kind {
            Kind::Task => &[(Kind::Job, "t.job"), (Kind::Account, "t.account")],
            Kind::Job => &[(Kind::Account, "t.account")],
            Kind::Item => &[(Kind::Job, "(t.body -> 'jobs' ->> 0)::uuid"), (Kind::Account, "t.account")],
            _ => &[],
        };
        let TableName { name, key } = table(kind);
        parts.extend(owners.iter().map(|(owner, column)| {
            let own = at(s, name, "k.id", &format!("{column} AS id"));
            // Several may have one owner.
            let ids = format!(
                "(SELECT DISTINCT o.id FROM unnest(${mark}::{key}[]) AS k(id) CROSS JOIN LATERAL ({own}) AS o) AS w"
            );
            found(s, *owner, &ids)
        }));
    }
    parts.join(" UNION ALL ")
}

struct TableName {
    name: &'static str,
    key: &'static str,
}

fn table(kind: Kind) -> TableName {
    let spec = kind.table();
    TableName { name: spec.name, key: type_of(spec.key) }
}

/// How many records of a kind are not at the revisions that a parameter says, after one with their keys.
pub(super) fn unexpected(s: &str, kind: Kind, first: usize) -> String {
    let TableName { name, key } = table(kind);
    let rows = unnest(first, &[("id", key), ("revision", "bigint")]);
    format!(
        "(SELECT count(*) FROM {rows} LEFT JOIN LATERAL ({}) AS f ON true WHERE f.revision IS DISTINCT FROM w.revision)",
        at(s, name, "w.id", "t.revision")
    )
}

/// Whether one record is at the revision that a parameter says, after one with its key.
pub(super) fn is_at(s: &str, kind: Kind, first: usize) -> String {
    let TableName { name, key } = table(kind);
    let found = at(s, name, &format!("${first}::{key}"), "t.revision");
    format!("({found}) IS NOT DISTINCT FROM ${}::bigint", first + 1)
}

fn check(s: &str, kinds: Kinds) -> String {
    let one = |(place, kind)| unexpected(s, kind, 2 + place * 2);
    let wrong: Vec<String> = kinds.iter().enumerate().map(one).collect();
    format!("SELECT {}", expect(&wrong.join(" + "), "0"))
}

fn restore(s: &str, table: &str) -> String {
    let columns = [
        ("place", "bigint"),
        ("id", "uuid"),
        ("lane", "uuid"),
        ("first", "bigint"),
        ("state", "bigint"),
        ("due", "bigint"),
        ("attempts", "bigint"),
        ("generation", "bigint"),
        ("error", "text"),
        ("body", "jsonb"),
        ("exact", "text"),
    ];
    format!(
        "INSERT INTO {s}.{table} (firm, id, sequence, lane, state, head, due, attempts, generation, error, body, exact) \
         SELECT $1, w.id, (SELECT sequence FROM {s}.heads WHERE firm = $1) + w.place, w.lane, w.state, \
         w.state = 0 AND (w.lane IS NULL OR (w.first = 1 AND {})), w.due, w.attempts, w.generation, w.error, w.body, \
         w.exact FROM {}",
        lane_is_empty(s, table, "w"),
        unnest(2, &columns)
    )
}

fn scan(s: &str, shape: Shape, count: bool) -> String {
    let spec = shape.index.spec();
    let sort = format!("x.{}", spec.sort.name);
    let mut mark = 1;
    let mut next = || {
        mark += 1;
        mark
    };
    let mut wheres = String::from("x.firm = $1");
    // All columns of the index, so that its order is seen to be the one asked for, also where a
    // cell of the partition is null.
    let mut order: Vec<String> = Vec::new();
    for (place, column) in spec.partition.iter().enumerate() {
        let name = format!("x.{}", column.name);
        if shape.nulls & (1 << place) == 0 {
            let _ = write!(wheres, " AND {name} = ${}", next());
        } else {
            let _ = write!(wheres, " AND {name} IS NULL");
        }
        order.push(name);
    }
    for (edge, included, excluded) in [(shape.from, ">=", ">"), (shape.to, "<=", "<")] {
        let sign = match edge {
            Edge::None => continue,
            Edge::Included => included,
            Edge::Excluded => excluded,
        };
        let _ = write!(wheres, " AND {sort} {sign} ${}", next());
    }
    let sign = if shape.descending { '<' } else { '>' };
    let _ = match shape.after {
        After::Nowhere => Ok(()),
        After::Place => write!(wheres, " AND ({sort}, x.id) {sign} (${}, ${})", next(), next()),
        After::From => write!(wheres, " AND {sort} {sign}= ${}", next()),
        After::Past => write!(wheres, " AND {sort} {sign} ${}", next()),
    };
    if spec.unique {
        for column in spec.partition {
            let _ = write!(wheres, " AND x.{} IS NOT NULL", column.name);
        }
    }
    let limit = next();
    let (table, index) = (spec.kind.table().name, spec.name);
    if count {
        let from = if spec.several { index } else { table };
        return format!("SELECT count(*) FROM (SELECT 1 FROM {s}.{from} AS x WHERE {wheres} LIMIT ${limit}) AS c");
    }
    order.extend([sort.clone(), "x.id".to_owned()]);
    let direction = if shape.descending { " DESC" } else { "" };
    let order: Vec<String> = order.iter().map(|column| format!("{column}{direction}")).collect();
    let end = format!("WHERE {wheres} ORDER BY {} LIMIT ${limit}", order.join(", "));
    if spec.several {
        format!(
            "SELECT {sort}, d.revision, d.body, d.exact FROM {s}.{index} AS x CROSS JOIN LATERAL ({}) AS d {end}",
            at(s, table, "x.id", "t.revision, t.body, t.exact")
        )
    } else {
        format!("SELECT {sort}, x.revision, x.body, x.exact FROM {s}.{table} AS x {end}")
    }
}

fn log(s: &str, by: LogColumn, descending: bool) -> String {
    let column = by.column();
    let (sign, direction) = if descending { ('<', " DESC") } else { ('>', "") };
    match by {
        LogColumn::Firm => format!(
            "SELECT position, body, exact FROM {s}.log WHERE firm = $1 AND position {sign} $2 \
             ORDER BY position{direction} LIMIT $3"
        ),
        // There is one at most.
        LogColumn::Entry | LogColumn::Key => format!(
            "SELECT x.position, x.body, x.exact FROM (SELECT position, body, exact FROM {s}.log WHERE firm = $1 \
             AND {column} >= $4 AND {column} <= $4 ORDER BY {column} LIMIT 1) AS x WHERE x.position {sign} $2 LIMIT $3"
        ),
        LogColumn::Job | LogColumn::Account | LogColumn::Member => format!(
            "SELECT position, body, exact FROM {s}.log WHERE firm = $1 AND ({column}, position) {sign} ($4, $2) \
             AND {column} {end} $4 ORDER BY {column}{direction}, position{direction} LIMIT $3",
            end = if descending { ">=" } else { "<=" }
        ),
    }
}

/// Rows under a lease are free when it runs out. Those come first by their due times, and are few.
fn next_due(s: &str, queue: Queue, of_firm: bool) -> String {
    let table = queue_table(queue);
    let firm = if of_firm { " AND q.firm = $1" } else { "" };
    format!(
        "SELECT least(u.due, (SELECT min(greatest(q.due, q.leased_until)) FROM {s}.{table} AS q WHERE q.head{firm} \
         AND q.leased_until IS NOT NULL AND q.due <= coalesce(u.due, 9223372036854775807))) FROM (SELECT (SELECT q.due \
         FROM {s}.{table} AS q WHERE q.head{firm} AND q.leased_until IS NULL ORDER BY q.due LIMIT 1) AS due) AS u"
    )
}

/// `own` where rows that others have locked can be skipped, and a row's place be named.
fn claim(s: &str, queue: Queue, of_firm: bool, own: bool) -> String {
    let table = queue_table(queue);
    let firm = if of_firm { " AND q.firm = $5" } else { "" };
    let (place, lock) = if own { ("q.ctid", " FOR UPDATE SKIP LOCKED") } else { ("q.firm, q.id", "") };
    let found = match own {
        true => "t.ctid = f.ctid",
        false => "t.firm = f.firm AND t.id = f.id AND t.head AND (t.leased_until IS NULL OR t.leased_until <= $1)",
    };
    format!(
        "WITH f AS (SELECT {place} FROM {s}.{table} AS q WHERE q.head AND q.due <= $1 \
         AND (q.leased_until IS NULL OR q.leased_until <= $1){firm} ORDER BY q.due, q.sequence LIMIT $2{lock}) \
         UPDATE {s}.{table} AS t SET attempts = t.attempts + 1, generation = t.generation + 1, owner = $3, \
         leased_until = $4 FROM f WHERE {found} \
         RETURNING t.due, t.sequence, t.firm, t.id, t.attempts, t.generation, t.body, t.exact"
    )
}
