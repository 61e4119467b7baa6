//! What is due on which day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JobQuery, JobRow, JobScope, PageRequest, PlannedRow, Queries, TaskQuery, TaskRow, TaskScope, check_days};
use crate::error::Error;
use crate::id::MemberId;
use crate::limits;

/// A stretch of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarQuery {
    /// From this day.
    pub from: NaiveDate,
    /// To this day, which is part of it.
    pub to: NaiveDate,
    /// Of one member; of the firm when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
}

/// What is due on a day.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CalendarDay {
    /// Which day.
    pub day: NaiveDate,
    /// Whether the firm is open.
    pub open: bool,
    /// Jobs due, those that are not archived.
    pub jobs: Vec<JobRow>,
    /// Open tasks due.
    pub tasks: Vec<TaskRow>,
    /// What series are to make that is on this day. Nothing of it has been made. Empty in the
    /// calendar of one member: who does it is known when it is made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<PlannedRow>,
}

impl Queries<'_> {
    /// The days of a stretch on which something is due. No more than [`limits::SCAN`] jobs and as
    /// many tasks are shown, the earliest.
    ///
    /// # Errors
    /// When the stretch is the wrong way round or longer than [`limits::CALENDAR_DAYS`], or the store failed.
    pub fn calendar(&self, query: &CalendarQuery) -> Result<Vec<CalendarDay>, Error> {
        check_days(query.from, query.to, "CALENDAR_DAYS", limits::CALENDAR_DAYS)?;
        let mut found: BTreeMap<NaiveDate, (Vec<JobRow>, Vec<TaskRow>)> = BTreeMap::new();
        let jobs = JobQuery {
            scope: query.member.map_or(JobScope::Firm, JobScope::Assignee),
            due_from: Some(query.from),
            due_to: Some(query.to),
            ..JobQuery::default()
        };
        let mut page = PageRequest::first(limits::PAGE);
        let mut count = 0usize;
        loop {
            let rows = self.jobs(&jobs, &page)?;
            count = count.saturating_add(rows.rows.len());
            for row in rows.rows {
                if let Some(day) = row.due {
                    found.entry(day).or_default().0.push(row);
                }
            }
            page.after = rows.next;
            if page.after.is_none() || count >= limits::SCAN {
                break;
            }
        }
        let tasks = TaskQuery {
            scope: query.member.map_or(TaskScope::Firm, TaskScope::Assignee),
            due_from: Some(query.from),
            due_to: Some(query.to),
            ..TaskQuery::default()
        };
        (page, count) = (PageRequest::first(limits::PAGE), 0);
        loop {
            let rows = self.tasks(&tasks, &page)?;
            count = count.saturating_add(rows.rows.len());
            for row in rows.rows {
                if let Some(day) = row.task.due {
                    found.entry(day).or_default().1.push(row);
                }
            }
            page.after = rows.next;
            if page.after.is_none() || count >= limits::SCAN {
                break;
            }
        }
        let mut planned: BTreeMap<NaiveDate, Vec<PlannedRow>> = BTreeMap::new();
        if query.member.is_none() {
            for row in self.planned(query.from, query.to, None)? {
                found.entry(row.occurrence.date).or_default();
                planned.entry(row.occurrence.date).or_default().push(row);
            }
        }
        let day = |(day, (jobs, tasks))| CalendarDay {
            day,
            open: self.catalog.calendar().is_open(day),
            jobs,
            tasks,
            planned: planned.remove(&day).unwrap_or_default(),
        };
        Ok(found.into_iter().map(day).collect())
    }
}
