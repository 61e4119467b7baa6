//! The schema, and how an older one becomes the present one.

use std::time::Duration;

use workflow_core::error::{ErrorKind, StoreError};

use super::fault::fault;
use super::pool::Loan;
use super::write::pause;

/// Every version of the schema: what makes the one before it this one, and what that takes. Forward only.
const MIGRATIONS: &[(i64, &str, Needs)] = &[
    (1, include_str!("schema_v1.sql"), Needs::Nothing),
    (2, include_str!("schema_v2.sql"), Needs::Nothing),
    (3, include_str!("schema_v3.sql"), Needs::Lz4),
];

/// What a server has to know for a migration. On one that does not, it changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Lz4,
}

/// Views hold no data: they are dropped and made anew with every migration.
const VIEWS: &str = include_str!("views.sql");

/// The newest version of the schema.
pub const SCHEMA_VERSION: u32 = 3;

/// How often a migration is tried again when others migrate at the same time.
const TRIES: u32 = 50;

/// What a schema turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It is not there, or nothing is in it.
    Empty,
    /// The engine's.
    Workflow(i64),
    /// Another program's.
    Other,
}

/// Where the engine's tables are.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The schema's name as it was given.
    pub(super) name: String,
    /// The same, quoted.
    pub(super) quoted: String,
}

impl Place {
    /// # Errors
    /// When the name cannot be one.
    pub(super) fn new(name: &str) -> Result<Self, StoreError> {
        let refuse = |why: &str| {
            let why = format!("`{name}` cannot be the name of the schema: {why}");
            Err(StoreError::new(ErrorKind::Unsupported, why))
        };
        if name.is_empty() || name.len() > 63 {
            return refuse("it has 1 to 63 bytes");
        }
        if name.chars().any(char::is_control) || name.starts_with("pg_") || name == "information_schema" {
            return refuse("the database has names like that for itself");
        }
        Ok(Self { name: name.to_owned(), quoted: format!("\"{}\"", name.replace('"', "\"\"")) })
    }

    fn sql(&self, text: &str) -> String {
        text.replace("{s}", &self.quoted)
    }
}

/// Something that runs plain queries: a connection of the store's or the host's.
pub(super) trait Plain {
    fn execute(&mut self, sql: &str) -> Result<(), tokio_postgres::Error>;

    fn numbers(&mut self, sql: &str, text: &str) -> Result<Vec<i64>, tokio_postgres::Error>;
}

impl Plain for Loan<'_> {
    fn execute(&mut self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.batch(sql)
    }

    fn numbers(&mut self, sql: &str, text: &str) -> Result<Vec<i64>, tokio_postgres::Error> {
        let rows = self.query(sql, &[&text])?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }
}

/// What a schema is, without changing it.
pub(super) fn look(link: &mut dyn Plain, place: &Place) -> Result<Found, StoreError> {
    let failed = |error| fault("looking at the schema", error);
    let tables = "SELECT (c.relname = 'workflow_meta')::int::bigint FROM pg_catalog.pg_class AS c \
                  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
                  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
    let found = link.numbers(tables, &place.name).map_err(failed)?;
    if found.is_empty() {
        return Ok(Found::Empty);
    }
    if !found.contains(&1) {
        return Ok(Found::Other);
    }
    let version = place.sql("SELECT value FROM {s}.workflow_meta WHERE name = $1");
    Ok(Found::Workflow(link.numbers(&version, "schema_version").map_err(failed)?.first().copied().unwrap_or(0)))
}

/// Refuses what this version cannot work on.
pub(super) fn check(found: Found, place: &Place) -> Result<(), StoreError> {
    let name = &place.name;
    match found {
        Found::Workflow(version) if version > i64::from(SCHEMA_VERSION) => Err(StoreError::new(
            ErrorKind::NewerVersion,
            format!(
                "the schema `{name}` has version {version}, this library knows versions up to {SCHEMA_VERSION}: use a \
                 newer one; nothing was touched"
            ),
        )),
        Found::Other => Err(StoreError::new(
            ErrorKind::NotAStore,
            format!(
                "the schema `{name}` has tables of another program; name a schema for the engine alone (`schema=`); \
                 nothing was touched"
            ),
        )),
        Found::Empty | Found::Workflow(_) => Ok(()),
    }
}

/// Whether a schema is of the present version.
pub(super) fn is_present(found: Found) -> bool {
    found == Found::Workflow(i64::from(SCHEMA_VERSION))
}

/// Brings a schema to the present version. Of several that do so at once, one does it.
pub(super) fn migrate(loan: &mut Loan<'_>, place: &Place, portable: bool) -> Result<(), StoreError> {
    for attempt in 1..=TRIES {
        let failed = match attempt_migration(loan, place, portable) {
            Ok(()) => return Ok(()),
            Err(Stop::Refused(error)) => return Err(error),
            Err(Stop::Failed(error)) => error,
        };
        loan.batch("ROLLBACK").map_err(|error| fault("migrating the schema", error))?;
        // Two that make the same table at once: the loser is told so in several ways.
        let code = failed.code().map(|code| code.code().to_owned()).unwrap_or_default();
        let met = ["23505", "42P06", "42P07", "42710", "40001", "40P01", "XX000", "55P03"].contains(&code.as_str());
        if !met || attempt == TRIES {
            return Err(fault("migrating the schema", failed));
        }
        std::thread::sleep(Duration::from_millis(5) + pause(attempt));
    }
    Ok(())
}

enum Stop {
    Refused(StoreError),
    Failed(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Stop {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Failed(error)
    }
}

/// The tables that say that a schema is the engine's, and of which version.
const META: &str = "CREATE TABLE IF NOT EXISTS {s}.workflow_meta (name text PRIMARY KEY, value bigint NOT NULL)";

fn attempt_migration(loan: &mut Loan<'_>, place: &Place, portable: bool) -> Result<(), Stop> {
    if portable {
        // Without advisory locks, a row is what is locked; its table has to be there first.
        if !loan.numbers(NAMESPACE, &place.name)?.contains(&1) {
            loan.batch(&place.sql("CREATE SCHEMA IF NOT EXISTS {s}"))?;
        }
        if look(loan, place).map_err(Stop::Refused)? == Found::Empty {
            loan.batch(&place.sql(META))?;
        }
        loan.batch("BEGIN")?;
        loan.batch(&place.sql(
            "INSERT INTO {s}.workflow_meta AS m (name, value) VALUES ('migrations', 1) \
             ON CONFLICT (name) DO UPDATE SET value = m.value + 1",
        ))?;
    } else {
        loan.batch("BEGIN")?;
        let key = format!("SELECT pg_advisory_xact_lock(hashtext('workflow'), hashtext({}))", literal(&place.name));
        loan.batch(&key)?;
    }
    install(loan, place)?;
    loan.batch("COMMIT")?;
    Ok(())
}

const NAMESPACE: &str = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = $1";

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Brings the schema to the present version, inside a transaction that the caller has begun.
fn install(link: &mut dyn Plain, place: &Place) -> Result<(), Stop> {
    // Another host may have done it while this one waited for the lock.
    let found = look(link, place).map_err(Stop::Refused)?;
    check(found, place).map_err(Stop::Refused)?;
    let present = match found {
        Found::Workflow(version) => version,
        Found::Empty | Found::Other => {
            if !link.numbers(NAMESPACE, &place.name)?.contains(&1) {
                link.execute(&place.sql("CREATE SCHEMA {s}"))?;
            }
            link.execute(&place.sql(META))?;
            0
        }
    };
    for (version, sql, needs) in MIGRATIONS.iter().filter(|(version, _, _)| *version > present) {
        if *needs == Needs::Nothing || compresses(link)? {
            link.execute(&place.sql(sql))?;
        }
        link.execute(&place.sql(&format!(
            "INSERT INTO {{s}}.workflow_meta (name, value) VALUES ('schema_version', {version}) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        )))?;
    }
    if present < i64::from(SCHEMA_VERSION) {
        // A view sees what its owner may see, unless it is told otherwise, which old servers and
        // most others cannot be.
        let with = match is_postgres(link, 150_000)? {
            true => "WITH (security_invoker = true)",
            false => "",
        };
        link.execute(&place.sql(&VIEWS.replace("{with}", with)))?;
    }
    Ok(())
}

/// Whether the server is PostgreSQL, of this version or later.
fn is_postgres(link: &mut dyn Plain, version: u32) -> Result<bool, Stop> {
    let knows = format!(
        "SELECT (current_setting('server_version_num', true)::int >= {version} AND version() LIKE $1)::int::bigint"
    );
    Ok(link.numbers(&knows, "PostgreSQL%")?.contains(&1))
}

/// Whether the server can compress by LZ4: it may have been built without, or keep its rows in another way.
fn compresses(link: &mut dyn Plain) -> Result<bool, Stop> {
    let knows = "SELECT count(*) FROM pg_catalog.pg_settings WHERE name = 'default_toast_compression' \
                 AND $1 = ANY (enumvals) AND version() NOT LIKE '%-YB-%'";
    Ok(is_postgres(link, 140_000)? && link.numbers(knows, "lz4")?.contains(&1))
}

/// The script that makes the roles of a schema and grants them what they need, for the owner of the
/// tables to run.
///
/// # Errors
/// When the name cannot be that of a schema.
pub fn roles_sql(schema: &str) -> Result<String, StoreError> {
    Ok(Place::new(schema)?.sql(include_str!("roles.sql")))
}

/// The script that keeps hosts of one firm to their firm's rows, to be run after that of the roles.
///
/// # Errors
/// When the name cannot be that of a schema.
pub fn row_level_security_sql(schema: &str) -> Result<String, StoreError> {
    Ok(Place::new(schema)?.sql(include_str!("row_level_security.sql")))
}

/// The same inside a transaction of the host's.
pub(super) fn install_within(link: &mut dyn Plain, place: &Place) -> Result<(), StoreError> {
    install(link, place).map_err(|stop| match stop {
        Stop::Refused(error) => error,
        Stop::Failed(error) => fault("making the schema", error),
    })
}
