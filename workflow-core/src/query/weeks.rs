//! How much each member has to do in which week.

use std::collections::BTreeMap;
use std::ops::Bound;

use chrono::{Datelike, Days, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Queries, check_days};
use crate::error::{Error, Rejection};
use crate::id::MemberId;
use crate::limits;
use crate::model::Member;
use crate::store::{Cell, Document, IndexName, Scan, date_cell};

/// Weeks of the calendar, those that these days are in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkloadQuery {
    /// From the week of this day.
    pub from: NaiveDate,
    /// To the week of this day.
    pub to: NaiveDate,
    /// Of one member; of all that work here when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
}

/// What a member has to do in a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MemberWeek {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// The week, as ISO 8601 names it: `2026-W15`.
    pub week: String,
    /// Its Monday.
    pub monday: NaiveDate,
    /// Open tasks due in it. Those that are late count for the week of today.
    pub tasks: u64,
    /// Active jobs due in it. Those that are late count for the week of today.
    pub jobs: u64,
    /// Minutes budgeted for the tasks, and for those of the jobs that have no tasks. What several
    /// people do counts for each in full.
    pub planned_minutes: u64,
    /// Minutes that they have for it, as far as that is known.
    pub capacity_minutes: Option<u32>,
}

/// The Monday of a day's week.
pub(super) fn monday(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))).unwrap_or(day)
}

impl Queries<'_> {
    /// What each working member has to do in which week, by member and then by week: a row for
    /// every week, also when there is nothing to do. Of each member no more than [`limits::SCAN`]
    /// tasks and as many jobs are looked at, the earliest.
    ///
    /// # Errors
    /// When the stretch is the wrong way round or longer than [`limits::CALENDAR_DAYS`], there is
    /// no such member, or the store failed.
    pub fn workload_by_week(&self, query: &WorkloadQuery) -> Result<Vec<MemberWeek>, Error> {
        self.for_the_firm()?;
        check_days(query.from, query.to, "CALENDAR_DAYS", limits::CALENDAR_DAYS)?;
        let all = self.catalog.members.values().map(|(_, member)| member).filter(|member| member.active);
        let members: Vec<&Member> = match query.member {
            None => all.map(|member| &**member).collect(),
            Some(id) => vec![self.catalog.member(id).ok_or_else(|| Rejection::not_found("member", id))?],
        };
        let mut rows = Vec::new();
        for member in members {
            rows.extend(self.weeks_of(member, monday(query.from), monday(query.to))?);
        }
        Ok(rows)
    }

    fn weeks_of(&self, member: &Member, first: NaiveDate, last: NaiveDate) -> Result<Vec<MemberWeek>, Error> {
        let mut weeks: BTreeMap<NaiveDate, MemberWeek> = BTreeMap::new();
        let mut next = Some(first);
        while let Some(monday) = next.filter(|monday| *monday <= last) {
            let week = monday.iso_week();
            let row = MemberWeek {
                member: member.id,
                name: member.name.clone(),
                week: format!("{:04}-W{:02}", week.year(), week.week()),
                monday,
                tasks: 0,
                jobs: 0,
                planned_minutes: 0,
                capacity_minutes: member.weekly_minutes,
            };
            weeks.insert(monday, row);
            next = monday.checked_add_days(Days::new(7));
        }
        for index in [IndexName::TaskAssignees, IndexName::JobAssignees] {
            self.add_work(member.id, index, (first, last), &mut weeks)?;
        }
        Ok(weeks.into_values().collect())
    }

    fn add_work(
        &self,
        member: MemberId,
        index: IndexName,
        (first, last): (NaiveDate, NaiveDate),
        weeks: &mut BTreeMap<NaiveDate, MemberWeek>,
    ) -> Result<(), Error> {
        let mut scan = Scan::all(index, vec![Cell::Uuid(member.0), Cell::Int(0)], limits::PAGE);
        let this_week = monday(self.today);
        if !(first..=last).contains(&this_week) {
            scan.from = Bound::Included(date_cell(Some(first)));
        }
        scan.to = Bound::Excluded(date_cell(last.checked_add_days(Days::new(7))));
        let mut looked_at = 0usize;
        loop {
            let hits = self.store.scan(self.firm, &scan)?;
            looked_at = looked_at.saturating_add(hits.len());
            for hit in &hits {
                let (due, minutes, task) = match &hit.record.document {
                    Document::Task(task) => (task.due, task.budget_minutes, true),
                    Document::Job(job) => (job.due, job.budget_minutes.filter(|_| job.tasks.is_empty()), false),
                    _ => continue,
                };
                let Some(due) = due else { continue };
                let week = if due < self.today { this_week } else { monday(due) };
                let Some(row) = weeks.get_mut(&week) else { continue };
                let count = if task { &mut row.tasks } else { &mut row.jobs };
                *count = count.saturating_add(1);
                row.planned_minutes = row.planned_minutes.saturating_add(u64::from(minutes.unwrap_or(0)));
            }
            scan.after = hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()));
            if hits.len() < scan.limit || looked_at >= limits::SCAN {
                return Ok(());
            }
        }
    }
}
