//! The log of a firm as far as it belongs to an export.

use super::happening::{Happening, happenings};
use super::source::Source;
use super::things::Things;
use crate::error::Error;
use crate::model::Job;
use crate::store::Logged;

/// What takes in what happened, with its job, if it has one that is still there, and with the records
/// that tell who may see what.
pub(super) type Each<'e> = dyn FnMut(&Happening<'_>, Option<&Job>, &Things) -> Result<(), Error> + 'e;

/// Goes through what happened in the firm, in order.
pub(super) fn each_happening(source: &Source<'_>, each: &mut Each<'_>) -> Result<(), Error> {
    source.each_entry(&mut |entries| {
        let things = Things::of(source, entries)?;
        for logged in entries {
            let Some(job) = taken(source, logged, &things) else { continue };
            for happening in happenings(source, &logged.entry, job, &things) {
                each(&happening, job, &things)?;
            }
        }
        Ok(())
    })
}

/// Whether an entry belongs to the export, and its job. Entries of deleted jobs belong to what those
/// see who see everything.
fn taken<'t>(source: &Source<'_>, logged: &Logged, things: &'t Things) -> Option<Option<&'t Job>> {
    let everything = source.query.pipeline.is_none();
    match logged.entry.job {
        None => everything.then_some(None),
        Some(id) => match things.job(source, id) {
            Some(job) => Some(Some(job)),
            None => (everything && !things.jobs.contains_key(&id) && source.queries.sees_all()).then_some(None),
        },
    }
}
