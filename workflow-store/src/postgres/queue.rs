//! Handing out queued work.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use workflow_core::error::StoreError;
use workflow_core::id::FirmId;
use workflow_core::store::{Claim, Claimed, Queue, decode_queued};

use super::link::Step;
use super::param::{Param, body, count, instant, micros, uuid, value};
use super::statement::Statement;

/// Hands rows out. Those that another is just taking are passed over, unless the database knows no
/// `SKIP LOCKED`: then one of two that want the same row begins anew.
pub(super) fn claim(claim: &Claim, own: bool) -> Step {
    let mut params = vec![
        Param::Int(micros(claim.now)),
        Param::Int(i64::try_from(claim.limit).unwrap_or(i64::MAX)),
        Param::Id(claim.lease.owner),
        Param::Int(micros(claim.lease.until)),
    ];
    params.extend(claim.firm.map(|firm| Param::Id(firm.0)));
    Step::Run(Statement::Claim { queue: claim.queue, of_firm: claim.firm.is_some(), own }, params)
}

/// The rows, oldest due first.
pub(super) fn claimed(queue: Queue, rows: &[Row]) -> Result<Vec<Claimed>, StoreError> {
    let claimed = |row: &Row| {
        let order: (i64, i64) = (value(row, 0)?, value(row, 1)?);
        let claimed = Claimed {
            firm: FirmId(uuid(row, 2)?),
            id: uuid(row, 3)?,
            attempts: count(row, 4)?,
            generation: count(row, 5)?,
            body: decode_queued(queue, body(row, 6)?)?,
        };
        Ok((order, claimed))
    };
    let mut all = rows.iter().map(claimed).collect::<Result<Vec<_>, StoreError>>()?;
    all.sort_by_key(|(order, _)| *order);
    Ok(all.into_iter().map(|(_, claimed)| claimed).collect())
}

pub(super) fn next_due(queue: Queue, firm: Option<FirmId>) -> Step {
    let params = firm.map(|firm| Param::Id(firm.0)).into_iter().collect();
    Step::Run(Statement::NextDue { queue, of_firm: firm.is_some() }, params)
}

pub(super) fn due(rows: &[Row]) -> Result<Option<DateTime<Utc>>, StoreError> {
    match rows.first() {
        Some(row) => value::<Option<i64>>(row, 0)?.map(instant).transpose(),
        None => Ok(None),
    }
}
