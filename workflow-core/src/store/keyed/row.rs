//! Rows of queues, as they are kept.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::{Lease, Queue, QueuedBody, decode_queued};
use super::key::{Head, torn};
use crate::error::StoreError;

/// A row of a queue. Its place and whether it is dead are in its key.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) due: DateTime<Utc>,
    pub(super) attempts: u32,
    pub(super) generation: u64,
    pub(super) lane: Option<Uuid>,
    pub(super) lease: Option<Lease>,
    pub(super) error: Option<String>,
    /// As JSON.
    pub(super) body: Vec<u8>,
}

impl Row {
    /// From when on it may be handed out.
    pub(super) fn free_at(&self) -> DateTime<Utc> {
        self.lease.map_or(self.due, |lease| lease.until.max(self.due))
    }

    pub(super) fn carries(&self, queue: Queue) -> Result<QueuedBody, StoreError> {
        decode_queued(queue, &self.body)
    }

    /// Fixed parts first, then those that may be missing, each after a byte that says so, then the
    /// body to the end.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.body.len().saturating_add(96));
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(&self.due.timestamp_micros().to_be_bytes());
        bytes.extend_from_slice(&self.attempts.to_be_bytes());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.push(u8::from(self.lane.is_some()));
        if let Some(lane) = self.lane {
            bytes.extend_from_slice(lane.as_bytes());
        }
        bytes.push(u8::from(self.lease.is_some()));
        if let Some(lease) = self.lease {
            bytes.extend_from_slice(lease.owner.as_bytes());
            bytes.extend_from_slice(&lease.until.timestamp_micros().to_be_bytes());
        }
        bytes.push(u8::from(self.error.is_some()));
        if let Some(error) = &self.error {
            let len = u32::try_from(error.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&len.to_be_bytes());
            bytes.extend_from_slice(error.as_bytes());
        }
        bytes.extend_from_slice(&self.body);
        bytes
    }

    pub(super) fn read(value: &[u8]) -> Result<Self, StoreError> {
        let mut rest = Head(value);
        let id = Uuid::from_bytes(rest.take()?);
        let due = instant(&mut rest)?;
        let attempts = u32::from_be_bytes(rest.take()?);
        let generation = u64::from_be_bytes(rest.take()?);
        let lane = if there(&mut rest)? { Some(Uuid::from_bytes(rest.take()?)) } else { None };
        let lease = match there(&mut rest)? {
            true => Some(Lease { owner: Uuid::from_bytes(rest.take()?), until: instant(&mut rest)? }),
            false => None,
        };
        let error = match there(&mut rest)? {
            true => {
                let len = usize::try_from(u32::from_be_bytes(rest.take()?)).map_err(|_| torn())?;
                let (error, body) = rest.0.split_at_checked(len).ok_or_else(torn)?;
                rest.0 = body;
                Some(String::from_utf8(error.to_vec()).map_err(|_| torn())?)
            }
            false => None,
        };
        Ok(Self { id, due, attempts, generation, lane, lease, error, body: rest.0.to_vec() })
    }
}

fn instant(rest: &mut Head<'_>) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(i64::from_be_bytes(rest.take()?)).ok_or_else(torn)
}

/// Whether a part that may be missing is there.
fn there(rest: &mut Head<'_>) -> Result<bool, StoreError> {
    match rest.take()? {
        [0] => Ok(false),
        [1] => Ok(true),
        _ => Err(torn()),
    }
}
