//! Whether and how a connection is encrypted.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, NoTls};
use workflow_core::error::{ErrorKind, StoreError};

use super::options::PostgresOptions;

/// How connections are encrypted.
#[derive(Clone)]
pub(super) enum Tls {
    /// Not at all.
    Off,
    /// By rustls, which always looks whether the server is the one that was asked for.
    #[cfg(feature = "postgres-tls")]
    Rustls(Box<tokio_postgres_rustls::MakeRustlsConnect>),
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            #[cfg(feature = "postgres-tls")]
            Self::Rustls(_) => "Rustls",
        })
    }
}

/// What moves a connection's bytes, until it is closed.
pub(super) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is told of a notification.
pub(super) type Hear = Arc<dyn Fn(&str) + Send + Sync>;

impl Tls {
    /// What the address asks for.
    ///
    /// # Errors
    /// When it asks for encryption and this build has none, or the certificates cannot be read.
    pub(super) fn new(config: &Config, options: &PostgresOptions) -> Result<Self, StoreError> {
        if config.get_ssl_mode() == SslMode::Disable {
            return Ok(Self::Off);
        }
        Self::encrypted(config, options)
    }

    #[cfg(not(feature = "postgres-tls"))]
    fn encrypted(config: &Config, options: &PostgresOptions) -> Result<Self, StoreError> {
        if config.get_ssl_mode() == SslMode::Prefer && options.root_certificates.is_none() {
            return Ok(Self::Off);
        }
        let why = "this build cannot encrypt connections; turn the feature `postgres-tls` on";
        Err(StoreError::new(ErrorKind::Unsupported, why))
    }

    #[cfg(feature = "postgres-tls")]
    fn encrypted(_: &Config, options: &PostgresOptions) -> Result<Self, StoreError> {
        let refuse = |why: String| StoreError::new(ErrorKind::Unsupported, why);
        let mut roots = rustls::RootCertStore::empty();
        match &options.root_certificates {
            Some(path) => {
                use rustls::pki_types::{CertificateDer, pem::PemObject};
                let read =
                    |error| refuse(format!("the certificates in `{}` cannot be read: {error:?}", path.display()));
                for certificate in CertificateDer::pem_file_iter(path).map_err(read)? {
                    let certificate = certificate.map_err(read)?;
                    roots.add(certificate).map_err(|error| refuse(format!("`{}`: {error}", path.display())))?;
                }
            }
            None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
        }
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| refuse(format!("encryption cannot be set up: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self::Rustls(Box::new(tokio_postgres_rustls::MakeRustlsConnect::new(config))))
    }

    /// Connects. What the server tells without being asked goes to `hear`, if there is one.
    pub(super) async fn connect(&self, config: &Config, hear: Option<Hear>) -> Result<(Client, Driver), Error> {
        match self {
            Self::Off => {
                let (client, connection) = config.connect(NoTls).await?;
                Ok((client, driver(connection, hear)))
            }
            #[cfg(feature = "postgres-tls")]
            Self::Rustls(tls) => {
                let (client, connection) = config.connect((**tls).clone()).await?;
                Ok((client, driver(connection, hear)))
            }
        }
    }
}

/// Moves bytes until the connection is closed. What ends it, every request that waits is told.
fn driver<S, T>(mut connection: Connection<S, T>, hear: Option<Hear>) -> Driver
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(hear) = hear else { return Box::pin(async move { drop(connection.await) }) };
    Box::pin(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notification) = message {
                hear(notification.payload());
            }
        }
    })
}
