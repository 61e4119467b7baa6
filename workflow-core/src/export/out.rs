//! Where an export is written to.

use std::io::Write;

use crate::error::{Error, ErrorKind, StoreError};

/// A writer whose failures are the engine's errors.
pub(super) struct Out<'w> {
    to: &'w mut dyn Write,
}

impl<'w> Out<'w> {
    pub(super) fn new(to: &'w mut dyn Write) -> Self {
        Self { to }
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), Error> {
        self.bytes(text.as_bytes())
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.to.write_all(bytes).map_err(failed)
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.to.flush().map_err(failed)
    }
}

fn failed(error: std::io::Error) -> Error {
    StoreError::new(ErrorKind::Unavailable, format!("the export cannot be written: {error}")).caused_by(error).into()
}
