//! A year, day by day, on a clock that the demo sets.
//!
//! A day has two parts. In the morning the office and its clients work, if the firm is open; in
//! the evening, and late at night once more, what is due happens. Each part of each day is in the
//! diary before it begins.

use std::path::Path;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use workflow_core::event::Event;
use workflow_core::id::PipelineKey;

use crate::diary::{Diary, Entry, Part};
use crate::outbox::Outbox;
use crate::{Demo, Outcome, office, page, report};

/// The year: from its first working day to its last day.
const FIRST_DAY: &str = "2026-01-02";
const LAST_DAY: &str = "2026-12-31";
/// When the boards are shown in between: a week before the returns of individuals are due.
const MIDDLE: &str = "2026-04-08";

/// When things happen, by the firm's clocks.
const OPENING: (u32, u32) = (7, 0);
const WORK: (u32, u32) = (10, 30);
const EVENING: (u32, u32) = (18, 0);
const NIGHT: (u32, u32) = (23, 0);

/// Longer than the leases of a process that was killed. By so much it is later when another goes
/// on in the same part of a day.
const AGAIN: TimeDelta = TimeDelta::seconds(61);

/// So often that counts: it stays the same day.
const MOST_STARTS: u32 = 58;

/// A year that is being gone through.
pub(crate) struct Year<'a> {
    pub(crate) demo: &'a Demo,
    pub(crate) diary: Diary,
    pub(crate) outbox: Outbox,
    entry: Entry,
    /// How many stages jobs moved on in this run.
    pub(crate) moved: usize,
}

impl<'a> Year<'a> {
    /// Takes the year up where it was left.
    pub(crate) fn take_up(demo: &'a Demo, diary: Diary, outbox: Outbox) -> Outcome<Self> {
        let entry = match diary.read()? {
            Some(left) => Entry { starts: left.starts + 1, ..left },
            None => Entry { day: FIRST_DAY.parse()?, part: Part::Opening, starts: 0, plan: Vec::new() },
        };
        diary.write(&entry)?;
        let year = Self { demo, diary, outbox, entry, moved: 0 };
        year.set_clock(match year.entry.part {
            Part::Opening => OPENING,
            Part::Work => WORK,
            Part::Clock => EVENING,
        })?;
        Ok(year)
    }

    /// Whether the firm is still to be set up.
    pub(crate) fn is_opening(&self) -> bool {
        self.entry.part == Part::Opening
    }

    /// The day it is.
    pub(crate) fn day(&self) -> NaiveDate {
        self.entry.day
    }

    /// Goes through the rest of the year.
    pub(crate) fn work(&mut self, quiet: bool, pipelines: &[PipelineKey], folder: &Path) -> Outcome {
        let (first, last, middle): (NaiveDate, NaiveDate, NaiveDate) =
            (FIRST_DAY.parse()?, LAST_DAY.parse()?, MIDDLE.parse()?);
        let place = |day: NaiveDate| day.signed_duration_since(first).num_days().unsigned_abs();
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(place(last)) };
        bar.set_style(ProgressStyle::with_template("{bar:40} {msg} {elapsed}")?);
        if self.is_opening() {
            self.follow_up()?;
            self.begin(first, Part::Work)?;
        }
        let mut shown = self.day() > middle;
        loop {
            let day = self.day();
            bar.set_position(place(day));
            bar.set_message(day.format("%a %-d %b %Y").to_string());
            if self.entry.part == Part::Work {
                self.set_clock(WORK)?;
                let done = office::work(self.demo, &self.entry.plan)?;
                self.moved += done;
                self.follow_up()?;
                self.begin(day, Part::Clock)?;
            }
            for time in [EVENING, NIGHT] {
                self.set_clock(time)?;
                self.follow_up()?;
                self.tick()?;
            }
            self.outbox.deliver(&self.demo.engine)?;
            if day >= middle && !shown {
                shown = true;
                bar.suspend(|| report::boards(self.demo, pipelines, &format!("On {}", spoken(day))))?;
                page::write_board(self.demo, pipelines, folder, "board-april.html")?;
            }
            if day >= last {
                bar.finish_and_clear();
                return Ok(());
            }
            let next = day.succ_opt().ok_or("the calendar ends")?;
            let open = self.demo.calendar.is_open(next);
            self.begin(next, if open { Part::Work } else { Part::Clock })?;
        }
    }

    /// Turns to a new page of the diary, with a plan when people are to work.
    fn begin(&mut self, day: NaiveDate, part: Part) -> Outcome {
        let plan = if part == Part::Work { office::plan(self.demo, day)? } else { Vec::new() };
        self.entry = Entry { day, part, starts: 0, plan };
        self.diary.write(&self.entry)
    }

    /// Does what is due by now.
    fn tick(&mut self) -> Outcome {
        let now = self.demo.engine.now();
        loop {
            let ticked = self.demo.engine.tick(now, 500)?;
            self.demo.note(&ticked.outcomes)?;
            self.moved += ticked.outcomes.iter().flat_map(|outcome| outcome.events()).filter(moves).count();
            if let Some(failure) = ticked.failures.first() {
                return Err(format!("{:?}: {}", failure.of, failure.error).into());
            }
            self.follow_up()?;
            if ticked.outcomes.is_empty() || ticked.next.is_none_or(|next| next > now) {
                return Ok(());
            }
        }
    }

    /// Does what earlier commands left to be done.
    fn follow_up(&self) -> Outcome {
        while self.demo.engine.run_follow_ups(500)? > 0 {}
        Ok(())
    }

    fn set_clock(&self, time: (u32, u32)) -> Outcome {
        let again = AGAIN * i32::try_from(self.entry.starts.min(MOST_STARTS))?;
        self.demo.clock.set(self.instant(time)? + again);
        Ok(())
    }

    fn instant(&self, (hour, minute): (u32, u32)) -> Outcome<DateTime<Utc>> {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).ok_or("no such time")?;
        Ok(self.demo.calendar.instant_of(self.day(), time).ok_or("the calendar ends")?)
    }
}

/// A day as people say it.
pub(crate) fn spoken(day: NaiveDate) -> String {
    format!("{} {} {}", day.day(), day.format("%B"), day.year())
}

/// Whether a job moved on.
pub(crate) fn moves(recorded: &&workflow_core::event::Recorded) -> bool {
    matches!(recorded.event, Event::JobMoved { .. })
}
