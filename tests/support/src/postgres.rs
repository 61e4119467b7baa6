//! A PostgreSQL server for tests: real, in a temporary folder, gone with the test process.
//!
//! It runs as an ordinary user (as `postgres` when the tests are root), listens on a socket in its
//! own folder, and on the loopback only when asked. A small shell waits for the test process to end,
//! however it ends, and stops the server and removes the folder then.
//!
//! A test that needs a server and finds none installed fails: `make postgres` installs it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;

/// The user that owns everything in the server.
const OWNER: &str = "wf";

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Sync to the disk, as in earnest. Tests of anything else are quicker without.
    pub sync: bool,
    /// Listen on 127.0.0.1 too, on a free port, with a certificate of its own for `localhost`.
    pub tls: bool,
    /// Lines for `postgresql.conf`.
    pub settings: Vec<String>,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    bin: PathBuf,
    port: u16,
    tls: bool,
    // Its standard input is what it waits on.
    watchdog: Child,
}

/// Where the server's programs are.
fn programs() -> PathBuf {
    let has = |bin: &Path| bin.join("initdb").exists();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        let bin = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        if has(&bin) {
            return bin;
        }
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).filter(|bin| has(bin)).collect();
    found.sort();
    found.pop().expect("PostgreSQL is not installed; run `make postgres`")
}

/// Root may not run the server.
fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("`id` runs");
    output.stdout.trim_ascii() == b"0"
}

/// A command that runs as the server's user.
fn as_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).current_dir("/").output().expect("the command runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?} failed: {told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

impl Server {
    /// The server that all tests of a process share: each makes a schema or database of its own.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| Self::start(&Options::default()))
    }

    /// Starts a server of its own.
    ///
    /// # Panics
    /// When it cannot: this is for tests.
    #[must_use]
    pub fn start(options: &Options) -> Self {
        let bin = programs();
        let folder = tempfile::Builder::new().prefix("wfpg").tempdir_in("/tmp").expect("a temporary folder");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let data = folder.path().join("data");
        run(as_user(&bin.join("initdb"))
            .args(["-A", "trust", "-U", OWNER, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&data));
        let port = if options.tls { free_port() } else { 5432 };
        let mut settings = vec![
            format!("port = {port}"),
            format!("unix_socket_directories = '{}'", folder.path().display()),
            format!("listen_addresses = '{}'", if options.tls { "127.0.0.1" } else { "" }),
            "max_connections = 200".to_owned(),
            "shared_buffers = 64MB".to_owned(),
        ];
        if !options.sync {
            settings.extend(["fsync = off".to_owned(), "full_page_writes = off".to_owned()]);
        }
        if options.tls {
            make_certificate(&data);
            settings.push("ssl = on".to_owned());
        }
        settings.extend(options.settings.iter().cloned());
        append(&data.join("postgresql.conf"), &settings.join("\n"));
        let watchdog = watch(&bin, folder.path());
        let server = Self { folder, bin, port, tls: options.tls, watchdog };
        server.start_again();
        server
    }

    /// Starts the server after it was stopped.
    pub fn start_again(&self) {
        let log = self.folder.path().join("log");
        let mut start = self.control();
        start.args(["-w", "-t", "60", "-l"]).arg(&log).arg("start");
        let output =
            start.stdin(Stdio::null()).stdout(Stdio::null()).current_dir("/").output().expect("the command runs");
        let told = std::fs::read_to_string(&log).unwrap_or_default();
        let last: Vec<&str> = told.lines().rev().take(20).collect();
        assert!(output.status.success(), "the server does not start; its log from the end: {last:#?}");
    }

    /// Stops the server as if the machine had lost its power: nothing is tidied up.
    pub fn crash(&self) {
        run(self.control().args(["-m", "immediate", "-w", "stop"]));
    }

    /// Kills the server, all its processes at once, as the kernel does when memory runs out.
    pub fn kill(&self) {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).expect("the server runs");
        let first = file.lines().next().expect("its process").to_owned();
        let signal = |signal: &str, to: &[&str]| {
            // Some may have ended meanwhile; the first has not.
            drop(as_user(Path::new("kill")).arg(signal).args(to).output().expect("`kill` runs"));
        };
        // So that it starts no more.
        signal("-STOP", &[first.as_str()]);
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        let all: Vec<&str> = std::iter::once(first.as_str()).chain(children.split_whitespace()).collect();
        signal("-KILL", &all);
        let ended = |process: &&str| !Path::new("/proc").join(process).join("exe").exists();
        for _ in 0..600 {
            if all.iter().all(ended) {
                // A process that its parent has not taken note of seems to live. A new server would not
                // start beside it.
                for lock in [self.data().join("postmaster.pid"), self.socket_lock()] {
                    std::fs::remove_file(lock).expect("the server held it");
                }
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server's processes do not end: {all:?}");
    }

    /// How long all processes of the server have computed so far.
    ///
    /// # Panics
    /// When it does not run, or not on Linux.
    #[must_use]
    pub fn computed(&self) -> Duration {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).expect("the server runs");
        let first = file.lines().next().expect("its process");
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        // Those that have ended are counted by the first.
        children.split_whitespace().fold(computed_by(first, 4), |sum, child| sum + computed_by(child, 2))
    }

    fn socket_lock(&self) -> PathBuf {
        self.folder.path().join(format!(".s.PGSQL.{}.lock", self.port))
    }

    /// Starts a standby of this server, and waits until every commit waits for it.
    ///
    /// # Panics
    /// When it cannot: this is for tests.
    #[must_use]
    pub fn synchronous_standby(&self) -> Self {
        let folder = tempfile::Builder::new().prefix("wfpg").tempdir_in("/tmp").expect("a temporary folder");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let data = folder.path().join("data");
        run(as_user(&self.bin.join("pg_basebackup"))
            .args(["-R", "-X", "stream", "-c", "fast", "-U", OWNER, "-p", &self.port.to_string(), "-h"])
            .arg(self.folder.path())
            .arg("-D")
            .arg(&data));
        let socket = format!("unix_socket_directories = '{}'", folder.path().display());
        append(&data.join("postgresql.conf"), &socket);
        let watchdog = watch(&self.bin, folder.path());
        let standby = Self { folder, bin: self.bin.clone(), port: self.port, tls: self.tls, watchdog };
        standby.start_again();
        drop(self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'"));
        drop(self.sql("SELECT pg_reload_conf()"));
        for _ in 0..600 {
            if self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1" {
                return standby;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the standby does not follow");
    }

    /// Makes a standby the server that takes changes.
    pub fn promote(&self) {
        run(self.control().args(["-w", "-t", "60", "promote"]));
    }

    fn control(&self) -> Command {
        let mut command = as_user(&self.bin.join("pg_ctl"));
        command.arg("-D").arg(self.data());
        command
    }

    /// Where the server keeps its data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The certificate that a server with [`Options::tls`] shows, in PEM.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.data().join("server.crt")
    }

    /// The address of a database, without anything after it.
    #[must_use]
    pub fn address(&self, user: &str, database: &str) -> String {
        if self.tls {
            return format!("postgres://{user}@localhost:{}/{database}", self.port);
        }
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://{user}@{socket}:{}/{database}", self.port)
    }

    /// The address of whichever of two servers takes changes, for the owner of both.
    #[must_use]
    pub fn address_of_either(&self, other: &Self, schema: &str) -> String {
        let host = |server: &Self| server.folder.path().display().to_string().replace('/', "%2F");
        let (one, two, port) = (host(self), host(other), self.port);
        format!("postgres://{OWNER}@{one}:{port},{two}:{port}/postgres?target_session_attrs=read-write&schema={schema}")
    }

    /// The address of a schema that nobody used before, for the owner of the server.
    #[must_use]
    pub fn fresh(&self) -> String {
        format!("{}?schema={}", self.address(OWNER, "postgres"), self.fresh_name())
    }

    /// A name that nobody used before.
    #[must_use]
    pub fn fresh_name(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Runs SQL as the owner, and answers its rows: a line each, columns with a bar in between.
    #[must_use]
    pub fn sql(&self, sql: &str) -> String {
        self.sql_as(OWNER, sql).unwrap_or_else(|error| panic!("{sql}\n{error}"))
    }

    /// The same as a user, with what the server has against it.
    ///
    /// # Errors
    /// What `psql` wrote to its standard error.
    pub fn sql_as(&self, user: &str, sql: &str) -> Result<String, String> {
        let mut command = Command::new(self.bin.join("psql"));
        let host = self.folder.path();
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", "postgres", "-h"]).arg(host);
        let output =
            command.args(["-p", &self.port.to_string(), "-c", sql]).stdin(Stdio::null()).output().expect("psql runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

/// How long a process has computed, by the first fields of its times: its own two, and the two of its
/// children that have ended.
#[must_use]
pub fn computed_by(process: &str, fields: usize) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, which may hold anything, ends with the last bracket.
    let times = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(fields);
    // A tick is a hundredth of a second.
    Duration::from_millis(times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        drop(self.watchdog.wait());
    }
}

/// Starts what stops the server once this process is gone.
fn watch(bin: &Path, folder: &Path) -> Child {
    use std::os::unix::process::CommandExt;
    let user = if is_root() { "runuser -u postgres -- " } else { "" };
    let script = format!(
        "trap '' HUP INT TERM; cat > /dev/null; for try in 1 2 3 4 5; do \
         {user}{control} -D {data} -m immediate -w stop && break; sleep 1; done; rm -rf {folder}",
        control = quoted(&bin.join("pg_ctl")),
        data = quoted(&folder.join("data")),
        folder = quoted(folder),
    );
    Command::new("sh")
        .args(["-c", &script])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Apart from this process' group: what ends that must not end it.
        .process_group(0)
        .spawn()
        .expect("a shell runs")
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its number").port()
}

fn append(file: &Path, text: &str) {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().append(true).open(file).expect("the file is there");
    writeln!(file, "\n{text}").expect("it can be written");
}

fn make_certificate(data: &Path) {
    run(as_user(Path::new("openssl"))
        .args(["req", "-new", "-x509", "-days", "30", "-nodes", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        // It vouches for itself, and for nobody else.
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-newkey", "rsa:2048", "-keyout"])
        .arg(data.join("server.key"))
        .arg("-out")
        .arg(data.join("server.crt")));
    run(as_user(Path::new("chmod")).arg("600").arg(data.join("server.key")));
}
