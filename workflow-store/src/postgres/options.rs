//! How to open a store, and its address.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::Durability;

use super::schema::Place;

/// How to open a store in PostgreSQL. An address can say the same after its `?`.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The schema in which the engine's tables are (`schema=`). It is made when it is not there.
    pub schema: String,
    /// How many connections there are at most (`pool=`).
    pub pool: usize,
    /// How long to wait for one of them (`pool_timeout=`, seconds).
    pub pool_timeout: Duration,
    /// Use nothing beyond plain transactional SQL (`portable=true`), as distributed databases need
    /// it that speak PostgreSQL's language.
    pub portable: bool,
    /// How long one statement may take (`statement_timeout=`, milliseconds). Zero is without end.
    pub statement_timeout: Duration,
    /// Make the tables, or bring them up to date (`migrate=false` leaves that to another).
    pub migrate: bool,
    /// What an acknowledged commit survives: [`Durability::PowerCut`] has the server sync every
    /// commit also where it is set not to, [`Durability::Process`] (`durability=process`) has it
    /// not.
    pub durability: Durability,
    /// Tell other hosts at once when there is something to do, and hear it from them (`hints=true`), by
    /// `NOTIFY` and `LISTEN` on one more connection. Runners then need not wait until they look again
    /// ([`longest_sleep`](workflow_core::engine::RunnerOptions)). Commits that queue something wait for
    /// each other a little longer, in the whole database.
    pub hints: bool,
    /// Certificates of those who may vouch for the server, in PEM (`sslrootcert=`); those that the
    /// system trusts when absent.
    pub root_certificates: Option<PathBuf>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "workflow".to_owned(),
            pool: 8,
            pool_timeout: Duration::from_secs(30),
            portable: false,
            statement_timeout: Duration::from_secs(30),
            migrate: true,
            durability: Durability::PowerCut,
            hints: false,
            root_certificates: None,
        }
    }
}

/// An address taken apart.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) options: PostgresOptions,
    pub(super) place: Place,
}

fn refuse(why: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Unsupported, why)
}

/// What PostgreSQL's own programs call `%41`.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

impl Address {
    /// Reads an address. What it says counts more than the options.
    pub(super) fn read(url: &str, mut options: PostgresOptions) -> Result<Self, StoreError> {
        let (server, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut theirs, mut verify) = (Vec::new(), false);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decoded(raw).ok_or_else(|| refuse(format!("`{raw}` is not written as addresses are")))?;
            match (name, value.as_str()) {
                // The driver knows only whether, not how strictly: rustls is always strict.
                ("sslmode", "verify-ca" | "verify-full") => verify = true,
                _ if !take(&mut options, name, &value)? => theirs.push(pair),
                _ => {}
            }
        }
        let url = format!("{server}?{}", theirs.join("&"));
        let mut config: Config = url.trim_end_matches('?').parse().map_err(|error: tokio_postgres::Error| {
            let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            refuse(format!("the address of the database makes no sense ({error}{source})"))
        })?;
        if verify {
            config.ssl_mode(SslMode::Require);
        }
        defaults(&mut config);
        let place = Place::new(&options.schema)?;
        if options.hints && options.portable {
            return Err(refuse("`hints` are made of what `portable` is to do without: choose one"));
        }
        if options.pool == 0 {
            return Err(refuse("`pool` must be at least 1"));
        }
        if options.durability == Durability::None {
            return Err(refuse("the database survives the process: ask for `Process` or `PowerCut`"));
        }
        Ok(Self { config, options, place })
    }
}

/// What the driver is to do where the address says nothing.
fn defaults(config: &mut Config) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    if config.get_application_name().is_none() {
        config.application_name("workflow");
    }
    // A server that has gone without a word is noticed.
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(30));
    }
    if config.get_keepalives_idle() > Duration::from_secs(60) {
        config.keepalives_idle(Duration::from_secs(60));
    }
}

/// Takes what is meant for the store. Answers whether it was.
fn take(options: &mut PostgresOptions, name: &str, value: &str) -> Result<bool, StoreError> {
    let number = || value.parse::<u64>().map_err(|_| refuse(format!("`{name}={value}`: write a whole number")));
    let truth = || match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(refuse(format!("`{name}={value}`: write `true` or `false`"))),
    };
    match name {
        "schema" => value.clone_into(&mut options.schema),
        "pool" => options.pool = usize::try_from(number()?).unwrap_or(usize::MAX),
        "pool_timeout" => options.pool_timeout = Duration::from_secs(number()?.min(86_400)),
        "portable" => options.portable = truth()?,
        "hints" => options.hints = truth()?,
        "migrate" => options.migrate = truth()?,
        "statement_timeout" => options.statement_timeout = Duration::from_millis(number()?.min(i32::MAX as u64)),
        "durability" => {
            options.durability = match value {
                "process" => Durability::Process,
                "power_cut" => Durability::PowerCut,
                _ => return Err(refuse(format!("`{name}={value}`: write `process` or `power_cut`"))),
            }
        }
        "sslrootcert" if value == "system" => options.root_certificates = None,
        "sslrootcert" => options.root_certificates = Some(PathBuf::from(value)),
        _ => return Ok(false),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Address, StoreError> {
        Address::read(url, PostgresOptions::default())
    }

    #[test]
    fn an_address_says_what_the_options_do() {
        let address = read(
            "postgres://ada:s%40fe@db.example:6543/practice?schema=my%20firm&pool=3&portable=true&migrate=false\
             &statement_timeout=1500&durability=process&sslmode=require&application_name=portal&connect_timeout=4",
        )
        .unwrap();
        assert_eq!(address.options.schema, "my firm");
        assert_eq!(address.place.quoted, "\"my firm\"");
        assert_eq!((address.options.pool, address.options.portable, address.options.migrate), (3, true, false));
        assert_eq!(address.options.statement_timeout, Duration::from_millis(1500));
        assert_eq!(address.options.durability, Durability::Process);
        assert_eq!(address.config.get_user(), Some("ada"));
        assert_eq!(address.config.get_password(), Some("s@fe".as_bytes()));
        assert_eq!(address.config.get_dbname(), Some("practice"));
        assert_eq!(address.config.get_application_name(), Some("portal"));
        assert_eq!(address.config.get_connect_timeout(), Some(&Duration::from_secs(4)));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn an_address_without_more_has_defaults() {
        let address = read("postgresql://localhost/practice").unwrap();
        assert_eq!((address.options.schema.as_str(), address.options.portable), ("workflow", false));
        assert_eq!(address.config.get_application_name(), Some("workflow"));
        assert_eq!(read("postgres://h/d?sslmode=verify-full").unwrap().config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_words() {
        for (url, word) in [
            ("postgres://h/d?pool=many", "pool"),
            ("postgres://h/d?pool=0", "pool"),
            ("postgres://h/d?portable=yes", "true"),
            ("postgres://h/d?durability=ever", "power_cut"),
            ("postgres://h/d?schema=pg_mine", "schema"),
            ("postgres://h/d?hints=true&portable=true", "hints"),
            ("postgres://h/d?schema=", "schema"),
            ("postgres://h/d?colour=red", "colour"),
            ("postgres://h/d?schema=%zz", "%zz"),
        ] {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{url}");
            assert!(error.to_string().contains(word), "{url}: {error}");
        }
    }
}
