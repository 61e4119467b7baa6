//! The outbox, the follow-ups and the timers.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;
use workflow_core::error::StoreError;
use workflow_core::id::FirmId;
use workflow_core::store::{
    Claim, Claimed, Conflict, DocId, Enqueue, Queue, QueuedBody, QueuedState, RestoredRow, SetTimer, Settle, SettleHow,
    decode_queued, encode_queued,
};

use super::bind::{Body, Id, bytes, count, micros, uuid};
use super::fault::{Stop, clash, fault};
use super::prepared::Prepared;

/// SQL that is the same for all queues but for the table.
macro_rules! queue_sql {
    ($queue:expr, $before:literal, $after:literal) => {
        match $queue {
            Queue::Outbox => concat!($before, "wf_outbox", $after),
            Queue::FollowUps => concat!($before, "wf_follow_ups", $after),
            Queue::Timers => concat!($before, "wf_timers", $after),
        }
    };
    ($queue:expr, $before:literal, $between:literal, $after:literal) => {
        match $queue {
            Queue::Outbox => concat!($before, "wf_outbox", $between, "wf_outbox", $after),
            Queue::FollowUps => concat!($before, "wf_follow_ups", $between, "wf_follow_ups", $after),
            Queue::Timers => concat!($before, "wf_timers", $between, "wf_timers", $after),
        }
    };
}

pub(super) use queue_sql;

pub(super) fn add(prepared: &mut Prepared<'_>, firm: FirmId, row: &Enqueue) -> Result<(), Stop> {
    let queue = row.body.queue();
    let head = is_head(prepared, queue, firm, row.lane)?;
    let sql = queue_sql!(
        queue,
        "INSERT INTO ",
        " (firm, id, lane, state, head, due, attempts, generation, owner, leased_until, error, body) \
         VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?6, ?7, ?8, NULL, ?9)"
    );
    let body = encode_queued(&row.body)?;
    let result = prepared.get(sql)?.execute((
        Id(firm.0),
        Id(row.id),
        row.lane.map(Id),
        head,
        micros(row.due),
        i64::from(row.lease.is_some()),
        row.lease.map(|lease| Id(lease.owner)),
        row.lease.map(|lease| micros(lease.until)),
        Body(&body),
    ));
    match result {
        Ok(_) => Ok(()),
        // The same commit, given again.
        Err(error) if clash(&error).is_some() => Err(Conflict::Document(DocId::Firm).into()),
        Err(error) => Err(error.into()),
    }
}

/// Writes a row as another store held it.
pub(super) fn restore(prepared: &mut Prepared<'_>, firm: FirmId, row: &RestoredRow) -> Result<(), Stop> {
    let queue = row.body.queue();
    let dead = row.state == QueuedState::Dead;
    let head = !dead && is_head(prepared, queue, firm, row.lane)?;
    let sql = queue_sql!(
        queue,
        "INSERT INTO ",
        " (firm, id, lane, state, head, due, attempts, generation, owner, leased_until, error, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, NULL, ?9, ?10)"
    );
    let body = encode_queued(&row.body)?;
    let result = prepared.get(sql)?.execute((
        Id(firm.0),
        Id(row.id),
        row.lane.map(Id),
        i64::from(dead),
        head,
        micros(row.due),
        row.attempts,
        i64::try_from(row.generation).unwrap_or(i64::MAX),
        row.error.as_deref(),
        Body(&body),
    ));
    match result {
        Ok(_) => Ok(()),
        Err(error) if clash(&error).is_some() => Err(Conflict::Document(DocId::Firm).into()),
        Err(error) => Err(error.into()),
    }
}

/// Makes, replaces or takes away a record's timer.
pub(super) fn set_timer(prepared: &mut Prepared<'_>, firm: FirmId, timer: &SetTimer) -> Result<(), Stop> {
    let id = Id(timer.of.row());
    let Some(due) = timer.due else {
        prepared.get("DELETE FROM wf_timers WHERE firm = ?1 AND id = ?2")?.execute((Id(firm.0), id))?;
        return Ok(());
    };
    let sql = "INSERT INTO wf_timers (firm, id, lane, state, head, due, attempts, generation, owner, leased_until, \
               error, body) VALUES (?1, ?2, NULL, 0, 1, ?3, 0, ?4, NULL, NULL, NULL, ?5) \
               ON CONFLICT (firm, id) DO UPDATE SET state = 0, head = 1, due = excluded.due, attempts = 0, \
               generation = excluded.generation, owner = NULL, leased_until = NULL, error = NULL";
    let body = encode_queued(&QueuedBody::Timer(timer.of))?;
    let generation = i64::try_from(timer.generation).unwrap_or(i64::MAX);
    prepared.get(sql)?.execute((Id(firm.0), id, micros(due), generation, Body(&body)))?;
    Ok(())
}

/// When a row may be handed out next.
pub(super) fn next_due(
    connection: &Connection,
    queue: Queue,
    firm: Option<FirmId>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let failed = |error| fault("looking at queued work", error);
    let sql = match firm {
        Some(_) => queue_sql!(queue, "SELECT due, leased_until FROM ", " WHERE head = 1 AND firm = ?1 ORDER BY due"),
        None => queue_sql!(queue, "SELECT due, leased_until FROM ", " WHERE head = 1 AND ?1 IS NULL ORDER BY due"),
    };
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query([firm.map(|firm| Id(firm.0))]).map_err(failed)?;
    let mut next: Option<i64> = None;
    // Those that are leased come first, and are few.
    while let Some(row) = rows.next().map_err(failed)? {
        let (due, leased): (i64, Option<i64>) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        if next.is_some_and(|next| next <= due) {
            break;
        }
        let free = leased.map_or(due, |until| until.max(due));
        next = Some(next.map_or(free, |next| next.min(free)));
    }
    Ok(next.and_then(DateTime::from_timestamp_micros))
}

/// Whether a row that comes to the end of a lane is the next of it, since none waits there; without a lane it is.
fn is_head(prepared: &mut Prepared<'_>, queue: Queue, firm: FirmId, lane: Option<Uuid>) -> Result<bool, Stop> {
    let Some(lane) = lane else { return Ok(true) };
    let sql = queue_sql!(queue, "SELECT 1 FROM ", " WHERE firm = ?1 AND lane = ?2 AND state = 0 LIMIT 1");
    Ok(!prepared.get(sql)?.exists((Id(firm.0), Id(lane)))?)
}

struct Row {
    sequence: i64,
    lane: Option<Uuid>,
    dead: bool,
    generation: i64,
}

pub(super) fn settle(prepared: &mut Prepared<'_>, firm: FirmId, settle: &Settle) -> Result<(), Stop> {
    let queue = settle.queue;
    let sql = queue_sql!(queue, "SELECT sequence, lane, state, generation FROM ", " WHERE firm = ?1 AND id = ?2");
    let row = prepared
        .get(sql)?
        .query_row((Id(firm.0), Id(settle.id)), |row| {
            let lane: Option<[u8; 16]> = row.get(1)?;
            Ok(Row {
                sequence: row.get(0)?,
                lane: lane.map(Uuid::from_bytes),
                dead: row.get::<_, i64>(2)? == 1,
                generation: row.get(3)?,
            })
        })
        .optional()?;
    let revives = matches!(settle.how, SettleHow::Revive { .. });
    let held = |row: &Row| {
        row.dead == revives
            && settle.generation.is_none_or(|generation| i64::try_from(generation) == Ok(row.generation))
    };
    let Some(row) = row.filter(held) else { return Err(Conflict::Lease.into()) };
    match &settle.how {
        SettleHow::Done => {
            let sql = queue_sql!(queue, "DELETE FROM ", " WHERE sequence = ?1");
            prepared.get(sql)?.execute([row.sequence])?;
            advance(prepared, queue, firm, row.lane)
        }
        SettleHow::Retry { at, error } => {
            let sql = queue_sql!(
                queue,
                "UPDATE ",
                " SET due = ?2, error = ?3, owner = NULL, leased_until = NULL WHERE sequence = ?1"
            );
            prepared.get(sql)?.execute((row.sequence, micros(*at), error))?;
            Ok(())
        }
        SettleHow::Dead { error } => {
            let sql = queue_sql!(
                queue,
                "UPDATE ",
                " SET state = 1, head = 0, error = ?2, owner = NULL, leased_until = NULL WHERE sequence = ?1"
            );
            prepared.get(sql)?.execute((row.sequence, error))?;
            advance(prepared, queue, firm, row.lane)
        }
        SettleHow::Renew { until } => {
            let sql = queue_sql!(queue, "UPDATE ", " SET leased_until = ?2 WHERE sequence = ?1 AND owner IS NOT NULL");
            prepared.get(sql)?.execute((row.sequence, micros(*until)))?;
            Ok(())
        }
        SettleHow::Revive { at } => revive(prepared, queue, firm, &row, *at),
    }
}

/// Puts a dead letter at the end of its lane.
fn revive(prepared: &mut Prepared<'_>, queue: Queue, firm: FirmId, row: &Row, at: DateTime<Utc>) -> Result<(), Stop> {
    let head = is_head(prepared, queue, firm, row.lane)?;
    let sql = queue_sql!(
        queue,
        "UPDATE ",
        " SET sequence = (SELECT max(sequence) + 1 FROM ",
        "), state = 0, head = ?2, due = ?3, attempts = 0, error = NULL WHERE sequence = ?1"
    );
    prepared.get(sql)?.execute((row.sequence, head, micros(at)))?;
    Ok(())
}

/// Lets the next row of a lane come forward.
fn advance(prepared: &mut Prepared<'_>, queue: Queue, firm: FirmId, lane: Option<Uuid>) -> Result<(), Stop> {
    let Some(lane) = lane else { return Ok(()) };
    let sql = queue_sql!(
        queue,
        "UPDATE ",
        " SET head = 1 WHERE sequence = (SELECT min(sequence) FROM ",
        " WHERE firm = ?1 AND lane = ?2 AND state = 0) AND head = 0"
    );
    prepared.get(sql)?.execute((Id(firm.0), Id(lane)))?;
    Ok(())
}

/// Whether a claim would find anything.
pub(super) fn any_due(connection: &Connection, claim: &Claim) -> Result<bool, StoreError> {
    let sql = queue_sql!(
        claim.queue,
        "SELECT 1 FROM ",
        " WHERE head = 1 AND due <= ?1 AND (leased_until IS NULL OR leased_until <= ?1) LIMIT 1"
    );
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.exists([micros(claim.now)]))
        .map_err(|error| fault("looking at queued work", error))
}

pub(super) fn claim(connection: &Connection, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
    let failed = |error| fault("handing out queued work", error);
    let queue = claim.queue;
    let find = match claim.firm {
        Some(_) => queue_sql!(
            queue,
            "SELECT sequence, firm, id, attempts, generation, body FROM ",
            " WHERE head = 1 AND due <= ?1 AND (leased_until IS NULL OR leased_until <= ?1) AND firm = ?3 \
             ORDER BY due, sequence LIMIT ?2"
        ),
        None => queue_sql!(
            queue,
            "SELECT sequence, firm, id, attempts, generation, body FROM ",
            " WHERE head = 1 AND due <= ?1 AND (leased_until IS NULL OR leased_until <= ?1) AND ?3 IS NULL \
             ORDER BY due, sequence LIMIT ?2"
        ),
    };
    let limit = i64::try_from(claim.limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    {
        let mut statement = connection.prepare_cached(find).map_err(failed)?;
        let mut rows =
            statement.query((micros(claim.now), limit, claim.firm.map(|firm| Id(firm.0)))).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let value = |place| row.get_ref(place).map_err(failed);
            let sequence: i64 = row.get(0).map_err(failed)?;
            let claimed = Claimed {
                id: uuid(value(2)?)?,
                firm: FirmId(uuid(value(1)?)?),
                attempts: count::<u32>(value(3)?)?.saturating_add(1),
                generation: count::<u64>(value(4)?)?.saturating_add(1),
                body: decode_queued(queue, bytes(value(5)?)?)?,
            };
            found.push((sequence, claimed));
        }
    }
    let lease = queue_sql!(
        queue,
        "UPDATE ",
        " SET attempts = attempts + 1, generation = generation + 1, owner = ?2, leased_until = ?3 WHERE sequence = ?1"
    );
    let mut lease = connection.prepare_cached(lease).map_err(failed)?;
    for (sequence, _) in &found {
        lease.execute((sequence, Id(claim.lease.owner), micros(claim.lease.until))).map_err(failed)?;
    }
    Ok(found.into_iter().map(|(_, claimed)| claimed).collect())
}
