//! The counts of stages, and the bounds they keep.

use std::collections::BTreeMap;

use super::fixture::{Wrap, account, delta, key};
use super::probe::{Outcome, Probe, insert, same, why};
use crate::store::{Batch, Conflict, StageDelta, StageGuard, StageTally, Store};

area! {
    "tallies":
    counts_are_the_sum_of_all_deltas,
    stages_and_pipelines_do_not_mix,
    a_stage_may_be_as_full_as_its_bound,
    a_stage_may_not_be_fuller_than_its_bound,
    a_guard_sees_the_deltas_of_its_batch,
    a_guard_without_a_delta_looks_at_the_stage_as_it_is,
    a_guard_counts_jobs_alone,
    a_guard_binds_its_own_batch_alone,
}

/// The counts of a pipeline; stages where all is zero left out.
fn tallies(probe: &Probe<'_>, pipeline: &str) -> Result<BTreeMap<String, StageTally>, String> {
    let found = probe.store.tallies(probe.firm, &key(pipeline)?).map_err(why)?;
    let number = found.len();
    let found: BTreeMap<String, StageTally> =
        found.into_iter().map(|(stage, tally)| (stage.as_str().to_owned(), tally)).collect();
    same("stages that are told once", found.len(), number)?;
    Ok(found.into_iter().filter(|(_, tally)| *tally != StageTally::default()).collect())
}

fn jobs(probe: &Probe<'_>, pipeline: &str, wanted: &[(&str, i64)]) -> Outcome {
    let found = tallies(probe, pipeline)?;
    let found: Vec<(&str, i64)> = found.iter().map(|(stage, tally)| (stage.as_str(), tally.jobs)).collect();
    same(format!("jobs of the stages of `{pipeline}`"), found, wanted.to_vec())
}

fn adding(probe: &Probe<'_>, deltas: Vec<StageDelta>) -> Batch {
    Batch { tallies: deltas, ..probe.batch() }
}

fn guard(pipeline: &str, stage: &str, at_most: i64) -> Result<StageGuard, String> {
    Ok(StageGuard { pipeline: key(pipeline)?, stage: key(stage)?, at_most })
}

fn full(stage: &str) -> Result<Conflict, String> {
    Ok(Conflict::Guard(key(stage)?))
}

fn counts_are_the_sum_of_all_deltas(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    same("counts before any delta", tallies(&probe, "p")?, BTreeMap::new())?;
    let tally =
        |jobs, attention, open_blockers, done_blockers| StageTally { jobs, attention, open_blockers, done_blockers };
    let change = |by| Ok::<_, String>(StageDelta { pipeline: key("p")?, stage: key("s")?, by });
    probe.done(&adding(&probe, vec![change(tally(1, 2, 30_000_000_000, 4))?]))?;
    same("counts", tallies(&probe, "p")?.remove("s"), Some(tally(1, 2, 30_000_000_000, 4)))?;
    // Several of one batch for one stage, some negative.
    let deltas = vec![change(tally(5, -3, 1, 0))?, change(tally(-2, 0, 0, -9))?, change(tally(0, 0, 0, 0))?];
    probe.done(&adding(&probe, deltas))?;
    same("counts", tallies(&probe, "p")?.remove("s"), Some(tally(4, -1, 30_000_000_001, -5)))?;
    probe.done(&adding(&probe, vec![change(tally(4, -1, 30_000_000_001, -5).negated())?]))?;
    same("counts that came back to zero", tallies(&probe, "p")?, BTreeMap::new())
}

fn stages_and_pipelines_do_not_mix(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let deltas = vec![
        delta("p", "s", 1)?,
        delta("p", "S", 2)?,
        delta("p", "é", 3)?,
        delta("p", "e\u{301}", 4)?,
        delta("P", "s", 5)?,
        delta("p/s", "s", 6)?,
        delta("s", "p", 7)?,
    ];
    probe.done(&adding(&probe, deltas))?;
    jobs(&probe, "p", &[("S", 2), ("e\u{301}", 4), ("s", 1), ("é", 3)])?;
    jobs(&probe, "P", &[("s", 5)])?;
    jobs(&probe, "p/s", &[("s", 6)])?;
    jobs(&probe, "s", &[("p", 7)])?;
    jobs(&probe, "q", &[])
}

fn a_stage_may_be_as_full_as_its_bound(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    for number in 1..=3 {
        let mut batch = adding(&probe, vec![delta("p", "s", 1)?]);
        batch.guards = vec![guard("p", "s", 3)?, guard("p", "s", number)?];
        probe.done(&batch)?;
    }
    jobs(&probe, "p", &[("s", 3)])
}

fn a_stage_may_not_be_fuller_than_its_bound(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    probe.done(&adding(&probe, vec![delta("p", "s", 3)?]))?;
    let document = account(probe.uuid(), "a").doc();
    let mut batch = adding(&probe, vec![delta("p", "s", 1)?, delta("p", "t", 1)?]);
    batch.puts.push(insert(&document));
    batch.guards.push(guard("p", "s", 3)?);
    probe.conflicts("one job more than the bound", &batch, &full("s")?)?;
    probe.lacks(&document.id())?;
    jobs(&probe, "p", &[("s", 3)])?;
    // Of several bounds all must be kept.
    batch.guards = vec![guard("p", "s", 9)?, guard("p", "t", 0)?];
    probe.conflicts("one of two bounds", &batch, &full("t")?)?;
    batch.guards = vec![guard("p", "s", 4)?, guard("p", "t", 1)?];
    probe.done(&batch)?;
    jobs(&probe, "p", &[("s", 4), ("t", 1)])
}

fn a_guard_sees_the_deltas_of_its_batch(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    probe.done(&adding(&probe, vec![delta("p", "s", 3)?]))?;
    // One out and one in: as many as before.
    let mut swap = adding(&probe, vec![delta("p", "s", 1)?, delta("p", "s", -1)?]);
    swap.guards.push(guard("p", "s", 3)?);
    probe.done(&swap)?;
    let mut two = adding(&probe, vec![delta("p", "s", 1)?, delta("p", "s", 1)?]);
    two.guards.push(guard("p", "s", 4)?);
    probe.conflicts("two deltas past the bound", &two, &full("s")?)?;
    // Into a stage never counted.
    let mut new = adding(&probe, vec![delta("p", "new", 2)?]);
    new.guards.push(guard("p", "new", 1)?);
    probe.conflicts("a stage never counted, past the bound", &new, &full("new")?)?;
    // Of the same stage name in another pipeline it sees nothing.
    let mut other = adding(&probe, vec![delta("q", "s", 1)?]);
    other.guards.push(guard("q", "s", 1)?);
    probe.done(&other)?;
    jobs(&probe, "p", &[("s", 3)])
}

fn a_guard_without_a_delta_looks_at_the_stage_as_it_is(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    probe.done(&adding(&probe, vec![delta("p", "s", 2)?]))?;
    for (stage, at_most, fits) in [("s", 2, true), ("s", 1, false), ("never", 0, true), ("never", -1, false)] {
        let mut batch = probe.batch();
        batch.guards.push(guard("p", stage, at_most)?);
        if fits {
            probe.done(&batch)?;
        } else {
            probe.conflicts(&format!("a bound of {at_most} on `{stage}`"), &batch, &full(stage)?)?;
        }
    }
    jobs(&probe, "p", &[("s", 2)])
}

fn a_guard_counts_jobs_alone(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let by = StageTally { jobs: 1, attention: 50, open_blockers: 50, done_blockers: 50 };
    let mut batch = adding(&probe, vec![StageDelta { pipeline: key("p")?, stage: key("s")?, by }]);
    batch.guards.push(guard("p", "s", 1)?);
    probe.done(&batch).map(drop)
}

fn a_guard_binds_its_own_batch_alone(store: &dyn Store) -> Outcome {
    let probe = Probe::new(store);
    let mut bound = adding(&probe, vec![delta("p", "s", 1)?]);
    bound.guards.push(guard("p", "s", 1)?);
    probe.done(&bound)?;
    // One who overrides the limit names no guard.
    probe.done(&adding(&probe, vec![delta("p", "s", 1)?]))?;
    jobs(&probe, "p", &[("s", 2)])?;
    probe.conflicts("the next that names it", &bound, &full("s")?)?;
    jobs(&probe, "p", &[("s", 2)])
}
