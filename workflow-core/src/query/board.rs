//! The board of a pipeline.

use std::ops::Bound;

use schemars::JsonSchema;
use serde::Serialize;

use super::jobs::board_partition;
use super::pager::{Stretch, fingerprint};
use super::{Cursor, JobRow, Page, PageRequest, Queries};
use crate::definition::{JobSort, WipLimit};
use crate::error::{Error, Rejection};
use crate::id::{PipelineKey, StageKey};
use crate::limits;
use crate::model::JobStatus;
use crate::store::{IndexName, Scan, StageTally, date_cell};

/// The board of a pipeline: its stages with their cards. Archived jobs are not on it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Board {
    /// Which pipeline.
    pub pipeline: PipelineKey,
    /// What it is called.
    pub name: String,
    /// Its newest version.
    pub version: u32,
    /// Its stages, in declared order. After them come stages that the newest version dropped, as
    /// long as jobs are in them that are pinned to an older one.
    pub columns: Vec<BoardColumn>,
}

/// A stage on the board.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BoardColumn {
    /// Which stage.
    pub stage: StageKey,
    /// What it is called.
    pub name: String,
    /// Whether jobs end in it.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Whether jobs enter it on a condition.
    pub conditional: bool,
    /// How many jobs it should hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wip_limit: Option<WipLimit>,
    /// How many jobs are in it.
    pub jobs: u64,
    /// How many of them somebody should look at.
    pub attention: u64,
    /// How many are late.
    pub overdue: Count,
    /// Blockers of the jobs' present visits that are not done.
    pub open_blockers: u64,
    /// And those that are.
    pub done_blockers: u64,
    /// The first cards.
    pub cards: Vec<JobRow>,
    /// Where the cards go on: for [`Queries::column`].
    pub next: Option<Cursor>,
}

/// A number that is counted up to a bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Count {
    /// The number.
    pub counted: u64,
    /// Whether there are more.
    pub more: bool,
}

impl Queries<'_> {
    /// The board of a pipeline, with so many cards per stage, in the pipeline's order.
    ///
    /// For an actor who does not see every job of the pipeline the counts are of what they see,
    /// over no more than [`limits::SCAN`] jobs of a stage.
    ///
    /// # Errors
    /// When there is no such pipeline or it is not open to the actor, a limit is passed, or the store failed.
    pub fn board(&self, pipeline: &PipelineKey, cards: usize) -> Result<Board, Error> {
        self.for_the_firm()?;
        let newest = self.open_pipeline(pipeline)?;
        let sees_all = self.sees_all_of(pipeline);
        let tallies = self.store.tallies(self.firm, pipeline)?;
        let mut columns = Vec::new();
        for (place, stage) in newest.definition().stages.iter().enumerate() {
            let page = self.column(pipeline, &stage.key, &PageRequest::first(cards))?;
            let (tally, overdue) = self.counts(pipeline, &stage.key, sees_all, &tallies)?;
            let mut column = column(&stage.key, tally, overdue, page);
            column.name = stage.name.clone().unwrap_or(column.name);
            column.is_final = newest.graph().is_final(place);
            column.conditional = stage.when.is_some();
            column.wip_limit = stage.wip_limit;
            columns.push(column);
        }
        let dropped = tallies.iter().filter(|(key, tally)| tally.jobs > 0 && newest.graph().position(key).is_none());
        for (stage, _) in dropped {
            let (tally, overdue) = self.counts(pipeline, stage, sees_all, &tallies)?;
            if tally.jobs > 0 {
                let page = self.column(pipeline, stage, &PageRequest::first(cards))?;
                columns.push(column(stage, tally, overdue, page));
            }
        }
        Ok(Board {
            pipeline: pipeline.clone(),
            name: newest.definition().name.clone(),
            version: newest.version(),
            columns,
        })
    }

    /// More cards of a stage: active jobs first, then held and completed ones.
    ///
    /// # Errors
    /// As [`Queries::board`].
    pub fn column(&self, pipeline: &PipelineKey, stage: &StageKey, page: &PageRequest) -> Result<Page<JobRow>, Error> {
        self.for_the_firm()?;
        let newest = self.open_pipeline(pipeline)?;
        if newest.graph().position(stage).is_none() && !self.dropped_stages(pipeline)?.contains(stage) {
            return Err(Rejection::not_found("stage", stage).into());
        }
        let scan = |shelf, urgency| Scan::all(IndexName::Board, board_partition(pipeline, stage, shelf, urgency), 0);
        let mut stretches: Vec<Stretch> = Vec::new();
        for shelf in [0, 1] {
            match newest.definition().sort {
                JobSort::Due => stretches.push((0..4).map(|urgency| scan(shelf, urgency)).collect()),
                JobSort::Priority => stretches.extend((0..4).map(|urgency| vec![scan(shelf, urgency)])),
            }
        }
        let query = fingerprint(&(pipeline, stage, newest.definition().sort));
        self.page(query, &stretches, page, |hits| self.job_rows(hits, |_| true))
    }

    /// What the actor sees of a stage, counted.
    fn counts(
        &self,
        pipeline: &PipelineKey,
        stage: &StageKey,
        sees_all: bool,
        tallies: &[(StageKey, StageTally)],
    ) -> Result<(StageTally, Count), Error> {
        if !sees_all {
            return self.visible(pipeline, stage);
        }
        let tally = tallies.iter().find(|(key, _)| key == stage).map(|(_, tally)| *tally).unwrap_or_default();
        let overdue = if tally.jobs > 0 { self.overdue(pipeline, stage)? } else { Count::default() };
        Ok((tally, overdue))
    }

    fn overdue(&self, pipeline: &PipelineKey, stage: &StageKey) -> Result<Count, Error> {
        let mut sum = Count::default();
        for urgency in 0..4 {
            let partition = board_partition(pipeline, stage, 0, urgency);
            let mut scan = Scan::all(IndexName::Board, partition, limits::OVERDUE_COUNTED);
            scan.to = Bound::Excluded(date_cell(Some(self.today)));
            let counted = self.store.count(self.firm, &scan)?;
            sum.counted = sum.counted.saturating_add(counted as u64);
            sum.more |= counted >= limits::OVERDUE_COUNTED;
        }
        Ok(sum)
    }

    /// Counts of the jobs of a stage that the actor sees.
    fn visible(&self, pipeline: &PipelineKey, stage: &StageKey) -> Result<(StageTally, Count), Error> {
        let (mut tally, mut overdue) = (StageTally::default(), Count::default());
        let mut request = PageRequest::first(limits::PAGE);
        let mut counted = 0usize;
        loop {
            let page = self.column(pipeline, stage, &request)?;
            counted = counted.saturating_add(page.rows.len());
            for row in page.rows.iter().filter(|row| row.status != JobStatus::Archived) {
                tally = tally.plus(StageTally {
                    jobs: 1,
                    attention: i64::from(!row.attention.is_empty()),
                    open_blockers: i64::from(row.open_blockers),
                    done_blockers: i64::from(row.done_blockers),
                });
                overdue.counted = overdue.counted.saturating_add(u64::from(row.overdue));
            }
            overdue.more = page.next.is_some();
            request.after = page.next;
            if request.after.is_none() || counted >= limits::SCAN {
                return Ok((tally, overdue));
            }
        }
    }
}

fn column(stage: &StageKey, tally: StageTally, overdue: Count, page: Page<JobRow>) -> BoardColumn {
    let count = |number: i64| number.max(0).unsigned_abs();
    BoardColumn {
        stage: stage.clone(),
        name: stage.to_string(),
        is_final: false,
        conditional: false,
        wip_limit: None,
        jobs: count(tally.jobs),
        attention: count(tally.attention),
        overdue,
        open_blockers: count(tally.open_blockers),
        done_blockers: count(tally.done_blockers),
        cards: page.rows,
        next: page.next,
    }
}
