//! What the statements say.
//!
//! The SQL names the schema, so that it is the same on a connection of the store's own and inside a
//! transaction of the host's.
//!
//! A statement that must find exactly what it expects divides by zero when it does not: a pipeline
//! cannot look at a result before its `COMMIT`, and an error in between makes that a rollback.
//!
//! Joins are written so that they begin at the rows that were named, whatever the planner takes the
//! size of a table to be: a `LATERAL` part comes after what it refers to, and a subquery in `ARRAY`
//! is run before the index is searched.

use std::fmt::Write;

use workflow_core::store::{CellType, Column, IndexSpec, Kind, Queue};

use super::statement::{After, Edge, Kinds, LogColumn, Shape, Statement};

/// The table of a queue.
fn queue_table(queue: Queue) -> &'static str {
    match queue {
        Queue::Outbox => "outbox",
        Queue::FollowUps => "follow_ups",
        Queue::Timers => "timers",
    }
}

fn type_of(ty: CellType) -> &'static str {
    match ty {
        CellType::Int => "bigint",
        CellType::Text => "text",
        CellType::Uuid => "uuid",
    }
}

/// Ends a statement with an error unless a count is as expected.
fn expect(count: &str, expected: &str) -> String {
    format!("1 / (CASE WHEN {count} = {expected} THEN 1 ELSE 0 END)")
}

/// Arrays as rows: `unnest($2::uuid[], …) AS w(id, …)`.
fn unnest(first: usize, columns: &[(&str, &str)]) -> String {
    let arrays: Vec<String> = columns.iter().zip(first..).map(|((_, ty), mark)| format!("${mark}::{ty}[]")).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    format!("unnest({}) AS w({})", arrays.join(", "), names.join(", "))
}

fn listed<'a>(columns: &'a [Column], prefix: &'a str) -> String {
    columns.iter().fold(String::new(), |mut all, column| {
        let _ = write!(all, ", {prefix}{}", column.name);
        all
    })
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
            Self::Queued(queue) => format!(
                "SELECT sequence, id, due, attempts, generation, leased_until, error, body, exact FROM {s}.{} \
                 WHERE firm = $1 AND state = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
                queue_table(queue)
            ),
            Self::NextDue { queue, of_firm } => next_due(s, queue, of_firm),
            Self::Claim { queue, of_firm, skip_locked } => claim(s, queue, of_firm, skip_locked),
            Self::Revisions(kind) => {
                format!("SELECT id, revision FROM {s}.{} WHERE firm = $1 AND id = ANY($2)", kind.table().name)
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
            Self::Insert(kind) => insert(s, kind),
            Self::Update(kind) => update(s, kind),
            Self::Delete(kind) => {
                let rows = unnest(2, &[("id", type_of(kind.table().key)), ("was", "bigint")]);
                format!(
                    "WITH d AS (DELETE FROM {s}.{} AS t USING {rows} WHERE t.firm = $1 AND t.id = ANY($2) \
                     AND t.id = w.id AND t.revision = w.was RETURNING 1) SELECT {} FROM d",
                    kind.table().name,
                    expect("count(*)", "array_length($2, 1)")
                )
            }
            Self::Release(kind) => format!(
                "UPDATE {s}.{} SET external = NULL WHERE firm = $1 AND id = ANY($2::{}[])",
                kind.table().name,
                type_of(kind.table().key)
            ),
            Self::PutSide(index) => put_side(s, &index.spec()),
            Self::DeleteSide(index) => delete_side(s, &index.spec()),
            Self::Tally => tally(s),
            Self::Guard => {
                let rows = unnest(2, &[("pipeline", "text"), ("stage", "text"), ("bound", "bigint")]);
                format!(
                    "SELECT {} FROM {rows} LEFT JOIN {s}.stage_tallies AS t ON t.firm = $1 \
                     AND t.pipeline = w.pipeline AND t.stage = w.stage WHERE coalesce(t.jobs, 0) > w.bound",
                    expect("count(*)", "0")
                )
            }
            Self::Append => append(s),
            other => other.queueing(s),
        }
    }

    fn queueing(self, s: &str) -> String {
        match self {
            Self::Enqueue(queue) => enqueue(s, queue_table(queue)),
            Self::Restore(queue) => restore(s, queue_table(queue)),
            Self::Forward(queue) => forward(s, queue_table(queue)),
            Self::Done(queue) => settle(s, queue_table(queue), &[], 0, None),
            Self::Dead(queue) => {
                let set = "state = 1, head = false, error = w.error, owner = NULL, leased_until = NULL";
                settle(s, queue_table(queue), &[("error", "text")], 0, Some(set))
            }
            Self::Retry(queue) => {
                let set = "due = w.due, error = w.error, owner = NULL, leased_until = NULL";
                settle(s, queue_table(queue), &[("due", "bigint"), ("error", "text")], 0, Some(set))
            }
            Self::Renew(queue) => {
                let set = "leased_until = CASE WHEN t.owner IS NULL THEN t.leased_until ELSE w.until END";
                settle(s, queue_table(queue), &[("until", "bigint")], 0, Some(set))
            }
            Self::Revive(queue) => {
                let table = queue_table(queue);
                let set = format!(
                    "state = 0, due = w.due, attempts = 0, error = NULL, \
                     sequence = (SELECT sequence FROM {s}.heads WHERE firm = $1) + w.place, \
                     head = t.lane IS NULL OR NOT EXISTS (SELECT 1 FROM {s}.{table} AS o WHERE o.firm = $1 \
                     AND o.lane = t.lane AND o.state = 0)"
                );
                settle(s, table, &[("due", "bigint"), ("place", "bigint")], 1, Some(&set))
            }
            Self::SetTimers => set_timers(s),
            Self::DropTimers => format!("DELETE FROM {s}.timers WHERE firm = $1 AND id = ANY($2::uuid[])"),
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
        found(s, kind, &format!("${mark}::{key}[]"))
    };
    (2..).zip(kinds.iter()).map(one).collect()
}

/// Documents of a kind by an array of keys.
fn found(s: &str, kind: Kind, ids: &str) -> String {
    format!(
        "SELECT {}::bigint, {}, t.revision, t.body, t.exact FROM {s}.{} AS t WHERE t.firm = $1 AND t.id = ANY({ids})",
        kind as u16,
        keys(kind),
        table(kind).name
    )
}

/// Documents and their owners, as [`Document::owners`](workflow_core::store::Document::owners) has
/// them.
fn gather(s: &str, kinds: Kinds) -> String {
    let mut parts = get(s, kinds);
    for (mark, kind) in (2..).zip(kinds.iter()) {
        let owners: &[(Kind, &str)] = match kind {
            Kind::Task => &[(Kind::Job, "w.job"), (Kind::Account, "w.account")],
            Kind::Job => &[(Kind::Account, "w.account")],
            Kind::Item => &[(Kind::Job, "(w.body -> 'jobs' ->> 0)::uuid"), (Kind::Account, "w.account")],
            _ => &[],
        };
        // The keys first, as an array: a join might begin at the other end.
        parts.extend(owners.iter().map(|(owner, column)| {
            let ids = format!(
                "ARRAY(SELECT {column} FROM {s}.{} AS w WHERE w.firm = $1 AND w.id = ANY(${mark}))",
                table(kind).name
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

fn check(s: &str, kinds: Kinds) -> String {
    let one = |(place, kind): (usize, Kind)| {
        let TableName { name, key } = table(kind);
        let rows = unnest(2 + place * 2, &[("id", key), ("revision", "bigint")]);
        format!(
            "(SELECT count(*) FROM {rows} LEFT JOIN LATERAL (SELECT t.revision FROM {s}.{name} AS t WHERE t.firm = $1 \
             AND t.id = w.id LIMIT 1) AS f ON true WHERE f.revision IS DISTINCT FROM w.revision)"
        )
    };
    let wrong: Vec<String> = kinds.iter().enumerate().map(one).collect();
    format!("SELECT {}", expect(&wrong.join(" + "), "0"))
}

fn insert(s: &str, kind: Kind) -> String {
    let spec = kind.table();
    let mut columns = vec![("id", type_of(spec.key)), ("revision", "bigint")];
    columns.extend(spec.columns.iter().map(|column| (column.name, type_of(column.cell))));
    columns.extend([("body", "jsonb"), ("exact", "text")]);
    let (names, values) = (listed(spec.columns, ""), listed(spec.columns, "w."));
    format!(
        "INSERT INTO {s}.{} (firm, id, revision{names}, body, exact) \
         SELECT $1, w.id, w.revision{values}, w.body, w.exact FROM {}",
        spec.name,
        unnest(2, &columns)
    )
}

fn update(s: &str, kind: Kind) -> String {
    let spec = kind.table();
    let mut columns = vec![("id", type_of(spec.key)), ("was", "bigint"), ("revision", "bigint")];
    columns.extend(spec.columns.iter().map(|column| (column.name, type_of(column.cell))));
    columns.extend([("body", "jsonb"), ("exact", "text")]);
    let set: String = spec.columns.iter().map(|column| format!(", {0} = w.{0}", column.name)).collect();
    format!(
        "WITH u AS (UPDATE {s}.{} AS t SET revision = w.revision{set}, body = w.body, exact = w.exact FROM {} \
         WHERE t.firm = $1 AND t.id = ANY($2) AND t.id = w.id AND t.revision = w.was RETURNING 1) SELECT {} FROM u",
        spec.name,
        unnest(2, &columns),
        expect("count(*)", "array_length($2, 1)")
    )
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
fn put_side(s: &str, spec: &IndexSpec) -> String {
    let (columns, key) = (side_columns(spec), side_key(spec));
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> = names.iter().map(|name| format!("w.{name}")).collect();
    let key: Vec<&str> = key.iter().map(|(name, _)| *name).collect();
    let set: Vec<String> =
        names.iter().filter(|name| !key.contains(name)).map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO {s}.{} (firm, {}) SELECT $1, {} FROM {} ON CONFLICT (firm, {}) DO UPDATE SET {}",
        spec.name,
        names.join(", "),
        values.join(", "),
        unnest(2, &columns),
        key.join(", "),
        set.join(", ")
    )
}

fn delete_side(s: &str, spec: &IndexSpec) -> String {
    let columns = side_key(spec);
    let equal: String = columns.iter().map(|(name, _)| format!(" AND t.{name} = w.{name}")).collect();
    format!(
        "DELETE FROM {s}.{} AS t USING {} WHERE t.firm = $1 AND t.id = ANY($2){equal}",
        spec.name,
        unnest(2, &columns)
    )
}

fn tally(s: &str) -> String {
    let counts = ["jobs", "attention", "open_blockers", "done_blockers"];
    let mut columns = vec![("pipeline", "text"), ("stage", "text")];
    columns.extend(counts.iter().map(|count| (*count, "bigint")));
    let set: Vec<String> = counts.iter().map(|count| format!("{count} = t.{count} + excluded.{count}")).collect();
    format!(
        "INSERT INTO {s}.stage_tallies AS t (firm, pipeline, stage, {0}) SELECT $1, w.pipeline, w.stage, {1} FROM {2} \
         ON CONFLICT (firm, pipeline, stage) DO UPDATE SET {3}",
        counts.join(", "),
        counts.map(|count| format!("w.{count}")).join(", "),
        unnest(2, &columns),
        set.join(", ")
    )
}

/// Positions count back from where the firm's log now ends.
fn append(s: &str) -> String {
    let columns = [
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
    format!(
        "INSERT INTO {s}.log (firm, position, id, key, job, account, member, at, command, body, exact) \
         SELECT $1, (SELECT position FROM {s}.heads WHERE firm = $1) + w.place, w.id, w.key, w.job, w.account, w.member, \
         w.at, w.command, w.body, w.exact FROM {}",
        unnest(2, &columns)
    )
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
         w.state = 0 AND (w.lane IS NULL OR (w.first = 1 AND NOT EXISTS (SELECT 1 FROM {s}.{table} AS o \
         WHERE o.firm = $1 AND o.lane = w.lane AND o.state = 0))), w.due, w.attempts, w.generation, w.error, w.body, \
         w.exact FROM {}",
        unnest(2, &columns)
    )
}

fn enqueue(s: &str, table: &str) -> String {
    let columns = [
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
    format!(
        "INSERT INTO {s}.{table} (firm, id, sequence, lane, state, head, due, attempts, generation, owner, leased_until, \
         body, exact) SELECT $1, w.id, (SELECT sequence FROM {s}.heads WHERE firm = $1) + w.place, w.lane, 0, \
         w.lane IS NULL OR (w.first = 1 AND NOT EXISTS (SELECT 1 FROM {s}.{table} AS o WHERE o.firm = $1 \
         AND o.lane = w.lane AND o.state = 0)), w.due, w.leases, w.leases, w.owner, w.until, w.body, w.exact FROM {}",
        unnest(2, &columns)
    )
}

/// Before rows are done or dead, the next of their lanes come forward.
fn forward(s: &str, table: &str) -> String {
    format!(
        "UPDATE {s}.{table} AS t SET head = true WHERE t.firm = $1 AND NOT t.head AND t.id = ANY(ARRAY(SELECT (SELECT n.id \
         FROM {s}.{table} AS n WHERE n.firm = $1 AND n.lane = l.lane AND n.state = 0 AND n.id <> ALL($2::uuid[]) \
         ORDER BY n.sequence LIMIT 1) FROM (SELECT DISTINCT q.lane FROM {s}.{table} AS q WHERE q.firm = $1 \
         AND q.id = ANY($2) AND q.state = 0 AND q.lane IS NOT NULL) AS l))"
    )
}

/// Settles rows that are held as they should be: their leases' generations are what was said, and
/// they are in this state.
fn settle(s: &str, table: &str, more: &[(&str, &str)], state: u8, set: Option<&str>) -> String {
    let mut columns = vec![("id", "uuid"), ("generation", "bigint")];
    columns.extend(more);
    let (rows, expected) = (unnest(2, &columns), expect("count(*)", "array_length($2, 1)"));
    let held = format!(
        "t.firm = $1 AND t.id = ANY($2) AND t.id = w.id AND t.state = {state} AND (w.generation IS NULL OR t.generation = w.generation)"
    );
    match set {
        Some(set) => format!(
            "WITH u AS (UPDATE {s}.{table} AS t SET {set} FROM {rows} WHERE {held} RETURNING 1) SELECT {expected} FROM u"
        ),
        None => format!(
            "WITH d AS (DELETE FROM {s}.{table} AS t USING {rows} WHERE {held} RETURNING 1) SELECT {expected} FROM d"
        ),
    }
}

fn set_timers(s: &str) -> String {
    let columns = [
        ("place", "bigint"),
        ("id", "uuid"),
        ("due", "bigint"),
        ("generation", "bigint"),
        ("body", "jsonb"),
        ("exact", "text"),
    ];
    format!(
        "INSERT INTO {s}.timers (firm, id, sequence, state, head, due, attempts, generation, body, exact) \
         SELECT $1, w.id, (SELECT sequence FROM {s}.heads WHERE firm = $1) + w.place, 0, true, w.due, 0, w.generation, \
         w.body, w.exact FROM {} ON CONFLICT (firm, id) DO UPDATE SET state = 0, head = true, due = excluded.due, \
         attempts = 0, generation = excluded.generation, owner = NULL, leased_until = NULL, error = NULL",
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
            "SELECT {sort}, d.revision, d.body, d.exact FROM {s}.{index} AS x CROSS JOIN LATERAL (SELECT t.revision, t.body, \
             t.exact FROM {s}.{table} AS t WHERE t.firm = x.firm AND t.id = x.id LIMIT 1) AS d {end}"
        )
    } else {
        format!("SELECT {sort}, x.revision, x.body, x.exact FROM {s}.{table} AS x {end}")
    }
}

fn log(s: &str, by: LogColumn, descending: bool) -> String {
    let column = by.column();
    let own = if by == LogColumn::Firm { String::new() } else { format!("{column} = $4 AND ") };
    let (sign, direction) = if descending { ('<', " DESC") } else { ('>', "") };
    // The order names the column too, so that its index is seen to give it.
    let order = if by == LogColumn::Firm { String::new() } else { format!("{column}{direction}, ") };
    format!(
        "SELECT position, body, exact FROM {s}.log WHERE firm = $1 AND {own}position {sign} $2 \
         ORDER BY {order}position{direction} LIMIT $3"
    )
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

fn claim(s: &str, queue: Queue, of_firm: bool, skip_locked: bool) -> String {
    let table = queue_table(queue);
    let firm = if of_firm { " AND q.firm = $5" } else { "" };
    let lock = if skip_locked { " FOR UPDATE SKIP LOCKED" } else { "" };
    format!(
        "WITH f AS (SELECT q.firm, q.id FROM {s}.{table} AS q WHERE q.head AND q.due <= $1 \
         AND (q.leased_until IS NULL OR q.leased_until <= $1){firm} ORDER BY q.due, q.sequence LIMIT $2{lock}) \
         UPDATE {s}.{table} AS t SET attempts = t.attempts + 1, generation = t.generation + 1, owner = $3, \
         leased_until = $4 FROM f WHERE t.firm = f.firm AND t.id = f.id \
         AND t.head AND (t.leased_until IS NULL OR t.leased_until <= $1) \
         RETURNING t.due, t.sequence, t.firm, t.id, t.attempts, t.generation, t.body, t.exact"
    )
}
