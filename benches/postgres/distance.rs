//! A server on another machine: a relay that holds back whatever goes through it.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A way to a server's socket that takes time, each way. It ends with the process.
pub(crate) struct Distance {
    port: u16,
}

impl Distance {
    /// A relay to the socket of a server's address.
    pub(crate) fn to(address: &str, one_way: Duration) -> crate::Outcome<Self> {
        let (socket, port) = socket_of(address)?;
        let path = PathBuf::from(socket).join(format!(".s.PGSQL.{port}"));
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection that cannot be made is closed: the client sees it.
                drop(relay(client, &path, one_way));
            }
        });
        Ok(Self { port })
    }

    /// The same address, on this way.
    pub(crate) fn address_of(&self, address: &str) -> crate::Outcome<String> {
        let (user, rest) = address.split_once('@').ok_or("an address without a user")?;
        let (_, database) = rest.split_once('/').ok_or("an address without a database")?;
        Ok(format!("{user}@127.0.0.1:{}/{database}", self.port))
    }
}

/// The folder of the socket in an address, and the port.
fn socket_of(address: &str) -> crate::Outcome<(String, String)> {
    let (_, rest) = address.split_once('@').ok_or("an address without a user")?;
    let (host, _) = rest.split_once('/').ok_or("an address without a database")?;
    let (folder, port) = host.rsplit_once(':').ok_or("an address without a port")?;
    Ok((folder.replace("%2F", "/"), port.to_owned()))
}

fn relay(client: TcpStream, path: &PathBuf, one_way: Duration) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = UnixStream::connect(path)?;
    held_back(client.try_clone()?, server.try_clone()?, one_way);
    held_back(server, client, one_way);
    Ok(())
}

/// Carries bytes from one side to the other, each as long after it came as the way takes: many can
/// be on the way at once.
fn held_back(mut from: impl Read + Send + 'static, mut to: impl Write + Send + 'static, one_way: Duration) {
    let (depart, arrive) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0u8; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let bytes = buffer.get(..count).unwrap_or_default().to_vec();
            if depart.send((Instant::now() + one_way, bytes)).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in arrive {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
    });
}
