//! SQL for the tables and indexes that the core declares, written once.

use std::ops::Bound;
use std::sync::OnceLock;

use workflow_core::store::{IndexName, IndexSpec, Kind, Scan};

/// SQL for the table of a kind.
pub(super) struct TableSql {
    pub(super) get: String,
    pub(super) revision: String,
    pub(super) insert: String,
    pub(super) delete: String,
    /// By which columns change: bit n stands for column n.
    pub(super) update: Vec<String>,
}

/// SQL for an index that has a table of its own.
pub(super) struct SideSql {
    pub(super) insert: String,
    pub(super) delete: String,
}

fn quoted(name: &str) -> String {
    if name == "key" { "\"key\"".to_owned() } else { name.to_owned() }
}

/// The SQL of a kind's table.
pub(super) fn table(kind: Kind) -> Option<&'static TableSql> {
    static TABLES: OnceLock<Vec<(Kind, TableSql)>> = OnceLock::new();
    let tables = TABLES.get_or_init(|| Kind::ALL.into_iter().map(|kind| (kind, write_table(kind))).collect());
    tables.iter().find(|(known, _)| *known == kind).map(|(_, sql)| sql)
}

fn write_table(kind: Kind) -> TableSql {
    let spec = kind.table();
    let name = format!("wf_{}", spec.name);
    let columns: Vec<String> = spec.columns.iter().map(|column| quoted(column.name)).collect();
    let listed: String = columns.iter().map(|column| format!(", {column}")).collect();
    let marks: String = (0..columns.len()).map(|place| format!(", ?{}", place + 5)).collect();
    let update = |mask: usize| {
        let set: String = columns
            .iter()
            .enumerate()
            .filter(|(place, _)| mask & (1 << place) != 0)
            .map(|(_, column)| column)
            .zip(5..)
            .map(|(column, mark)| format!(", {column} = ?{mark}"))
            .collect();
        format!("UPDATE {name} SET revision = ?3 + 1, body = ?4{set} WHERE firm = ?1 AND id = ?2 AND revision = ?3")
    };
    TableSql {
        get: format!("SELECT revision, body FROM {name} WHERE firm = ?1 AND id = ?2"),
        revision: format!("SELECT revision FROM {name} WHERE firm = ?1 AND id = ?2"),
        insert: format!("INSERT INTO {name} (firm, id, revision, body{listed}) VALUES (?1, ?2, ?3 + 1, ?4{marks})"),
        delete: format!("DELETE FROM {name} WHERE firm = ?1 AND id = ?2 AND revision = ?3"),
        update: (0..1usize << columns.len()).map(update).collect(),
    }
}

/// The SQL of an index with a table of its own.
pub(super) fn side(index: IndexName) -> Option<&'static SideSql> {
    static SIDES: OnceLock<Vec<(IndexName, SideSql)>> = OnceLock::new();
    let sides = SIDES.get_or_init(|| {
        let several = IndexName::ALL.into_iter().filter(|index| index.spec().several);
        several.map(|index| (index, write_side(&index.spec()))).collect()
    });
    sides.iter().find(|(known, _)| *known == index).map(|(_, sql)| sql)
}

fn write_side(spec: &IndexSpec) -> SideSql {
    let name = format!("wf_{}", spec.name);
    let columns: Vec<String> = spec.partition.iter().chain([&spec.sort]).map(|column| quoted(column.name)).collect();
    let listed: String = columns.iter().map(|column| format!(", {column}")).collect();
    let marks: String = (0..columns.len()).map(|place| format!(", ?{}", place + 3)).collect();
    let equal: String =
        columns.iter().enumerate().map(|(place, column)| format!(" AND {column} = ?{}", place + 3)).collect();
    SideSql {
        insert: format!("INSERT INTO {name} (firm, id{listed}) VALUES (?1, ?2{marks})"),
        delete: format!("DELETE FROM {name} WHERE firm = ?1 AND id = ?2{equal}"),
    }
}

/// How a scan is bounded, as far as its SQL goes.
#[derive(Clone, Copy)]
struct Shape {
    /// 0 unbounded, 1 included, 2 excluded.
    from: usize,
    to: usize,
    after: bool,
    descending: bool,
}

impl Shape {
    const COUNT: usize = 36;

    fn number(self) -> usize {
        ((self.from * 3 + self.to) * 2 + usize::from(self.after)) * 2 + usize::from(self.descending)
    }

    fn of_number(number: usize) -> Self {
        let bounds = number / 4;
        Self { from: bounds / 3, to: bounds % 3, after: number / 2 % 2 == 1, descending: number % 2 == 1 }
    }
}

fn bound_number<T>(bound: &Bound<T>) -> usize {
    match bound {
        Bound::Unbounded => 0,
        Bound::Included(_) => 1,
        Bound::Excluded(_) => 2,
    }
}

/// The SQL of a scan (or of counting its rows). Parameters: firm, the partition's cells, then
/// those of `from`, `to`, `after` (sort and key) that the scan has, then the limit.
pub(super) fn scan(scan: &Scan, count: bool) -> Option<&'static str> {
    type Written = Vec<(IndexName, Vec<String>, Vec<String>)>;
    static SCANS: OnceLock<Written> = OnceLock::new();
    let scans = SCANS.get_or_init(|| {
        let write = |index: IndexName| {
            let spec = index.spec();
            let shapes = || (0..Shape::COUNT).map(Shape::of_number);
            let rows = shapes().map(|shape| write_scan(&spec, shape, false)).collect();
            let counts = shapes().map(|shape| write_scan(&spec, shape, true)).collect();
            (index, rows, counts)
        };
        IndexName::ALL.into_iter().map(write).collect()
    });
    let shape = Shape {
        from: bound_number(&scan.from),
        to: bound_number(&scan.to),
        after: scan.after.is_some() && !count,
        descending: scan.descending && !count,
    };
    let (_, rows, counts) = scans.iter().find(|(index, ..)| *index == scan.index)?;
    (if count { counts } else { rows }).get(shape.number()).map(String::as_str)
}

fn write_scan(spec: &IndexSpec, shape: Shape, count: bool) -> String {
    let table = format!("wf_{}", spec.kind.table().name);
    let index = format!("wf_{}", spec.name);
    let sort = format!("x.{}", quoted(spec.sort.name));
    let mut wheres = String::from("x.firm = ?1");
    let mut mark = 2;
    let mut next = || {
        mark += 1;
        mark - 1
    };
    for column in spec.partition {
        wheres += &format!(" AND x.{} IS ?{}", quoted(column.name), next());
    }
    match shape.from {
        1 => wheres += &format!(" AND {sort} >= ?{}", next()),
        2 => wheres += &format!(" AND {sort} > ?{}", next()),
        _ => {}
    }
    match shape.to {
        1 => wheres += &format!(" AND {sort} <= ?{}", next()),
        2 => wheres += &format!(" AND {sort} < ?{}", next()),
        _ => {}
    }
    if shape.after {
        let sign = if shape.descending { '<' } else { '>' };
        wheres += &format!(" AND ({sort}, x.id) {sign} (?{}, ?{})", next(), next());
    }
    let limit = next();
    if spec.unique {
        // A partial index is used only where the query says the same as its condition.
        for column in spec.partition {
            wheres += &format!(" AND x.{} IS NOT NULL", quoted(column.name));
        }
    }
    if count {
        let from = if spec.several { index } else { table };
        return format!("SELECT count(*) FROM (SELECT 1 FROM {from} AS x WHERE {wheres} LIMIT ?{limit})");
    }
    let order = if shape.descending { " DESC" } else { "" };
    let end = format!("WHERE {wheres} ORDER BY {sort}{order}, x.id{order} LIMIT ?{limit}");
    if spec.several {
        format!(
            "SELECT {sort}, t.revision, t.body FROM {index} AS x JOIN {table} AS t ON t.firm = x.firm AND t.id = x.id {end}"
        )
    } else {
        format!("SELECT {sort}, x.revision, x.body FROM {table} AS x {end}")
    }
}
