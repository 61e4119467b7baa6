//! Every size, depth and count that the engine bounds, in one table.
//!
//! A command, document or query past a limit is refused with an error that names the limit and
//! its value; nothing is changed. What happens past limits of another sort, such as those of a
//! cascade or a cache, each of them says. [`TABLE`] lists them for documentation and tools.

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident: $ty:ty = $value:expr;)+) => {
        $($(#[doc = $doc])+ pub const $name: $ty = $value;)+

        /// Name, value and meaning of every limit.
        pub const TABLE: &[(&str, u64, &str)] = &[$((stringify!($name), $value as u64, concat!($($doc),+))),+];
    };
}

limits! {
    /// Bytes in a key, tag, external reference or idempotency key.
    KEY_BYTES: usize = 120;
    /// Bytes in a name or title.
    NAME_BYTES: usize = 500;
    /// Bytes in a description, comment, message body or custom text field.
    TEXT_BYTES: usize = 20_000;
    /// Bytes in a pipeline document (YAML or JSON).
    DOCUMENT_BYTES: usize = 4_000_000;
    /// Nesting of a document.
    DOCUMENT_DEPTH: usize = 64;
    /// Values in a document, aliases counted where they are used.
    DOCUMENT_NODES: usize = 200_000;
    /// Problems that one answer lists.
    PROBLEMS: usize = 200;
    /// Stages of a pipeline.
    STAGES: usize = 200;
    /// Automations of a pipeline, those of stages and statuses included.
    AUTOMATIONS: usize = 1_000;
    /// Actions of one automation, those written within waits included.
    ACTIONS: usize = 100;
    /// Custom statuses of a pipeline.
    STATUSES: usize = 100;
    /// Nesting of a condition.
    CONDITION_DEPTH: usize = 16;
    /// Tests in a condition.
    CONDITION_NODES: usize = 200;
    /// How many of its unit a date expression or a duration counts.
    DATE_OFFSET: u32 = 10_000;
    /// The text of a date expression or a duration, in bytes.
    DATE_BYTES: usize = 1_000;
    /// How deep the parts of a date expression may be nested.
    DATE_DEPTH: usize = 6;
    /// Tags on one account, job or task.
    TAGS: usize = 200;
    /// Custom fields on one account or job.
    FIELDS: usize = 200;
    /// Texts in a list field.
    FIELD_LIST: usize = 200;
    /// Roles and linked accounts of one account, and holders of one role.
    ROLE_HOLDERS: usize = 200;
    /// Entries of one list of a firm's settings: roles, holidays, item kinds, templates, …
    SETTINGS: usize = 5_000;
    /// Holidays written as rules: those of one set, and those of a firm's settings altogether.
    HOLIDAY_RULES: usize = 2_000;
    /// The first year for which holidays are given by rules.
    HOLIDAY_FIRST_YEAR: i32 = 1900;
    /// The last year for which holidays are given by rules.
    HOLIDAY_LAST_YEAR: i32 = 2200;
    /// Named business calendars of a firm, and likewise its own sets of holidays.
    CALENDARS: usize = 50;
    /// Lines of an iCalendar file, after unfolding.
    ICS_LINES: usize = 200_000;
    /// Days that the events of an iCalendar file have altogether, in the years asked for.
    ICS_DAYS: usize = 50_000;
    /// Spans of business hours of one weekday.
    HOURS_SPANS: usize = 12;
    /// Assignees of one job or task.
    ASSIGNEES: usize = 200;
    /// Steps of a task's checklist.
    CHECKLIST: usize = 200;
    /// Tasks linked to one job.
    JOB_TASKS: usize = 1_000;
    /// Items linked to one job.
    JOB_ITEMS: usize = 1_000;
    /// Jobs linked to one item.
    ITEM_JOBS: usize = 200;
    /// Jobs that one job waits for, and tasks that one task waits for.
    PREREQUISITES: usize = 200;
    /// Jobs that wait for one job.
    AWAITED_BY: usize = 1_000;
    /// Different statuses reported of one item that change nothing else.
    ITEM_STATUSES: usize = 200;
    /// Records that one search for a cycle of dependencies may read.
    DEPENDENCY_WALK: usize = 2_000;
    /// Stage visits of one job.
    VISITS: usize = 5_000;
    /// Reasons for attention on one job; past it the oldest is dropped.
    ATTENTION: usize = 100;
    /// Actions of one job that wait at once.
    WAITS: usize = 200;
    /// What one job reminds of at once.
    REMINDERS: usize = 200;
    /// How deep waits may be written within waits.
    WAIT_DEPTH: usize = 4;
    /// Timers that one job keeps: those due first. The others are set when these have fired.
    JOB_TIMERS: usize = 1_000;
    /// Timers of one job that fire in one commit; the next ones fire in the one after.
    TIMERS_AT_ONCE: usize = 64;
    /// Failed actions remembered on one job; past it the oldest is dropped.
    FAILED_ACTIONS: usize = 100;
    /// Entries of the log, from a command on, within which it can be undone.
    UNDO_ENTRIES: usize = 20_000;
    /// Entries of the log that one seal covers.
    SEAL_ENTRIES: usize = 10_000;
    /// Times that one cascade runs one automation on one job.
    AUTOMATION_RUNS: u32 = 8;
    /// Events of one command with its cascade.
    CASCADE_EVENTS: usize = 10_000;
    /// Follow-ups that one command may set off, one after the other, counted along the chain.
    FOLLOW_UP_HOPS: u32 = 100;
    /// Follow-ups that one command may set off altogether.
    FOLLOW_UPS: usize = 10_000;
    /// Commands in one call of `execute_many`, and entries of one bulk command.
    BULK: usize = 100_000;
    /// Attempts at one command when others change the same records.
    CONFLICT_RETRIES: u32 = 20;
    /// Rounds of loading that one decision may ask for.
    LOAD_ROUNDS: u32 = 64;
    /// Rows on one page of a query.
    PAGE: usize = 1_000;
    /// Rows that one page of a filtered query may look at.
    SCAN: usize = 20_000;
    /// Bytes of a recurrence rule's text.
    RECURRENCE_RULE_BYTES: usize = 5_000;
    /// Occurrences that a recurrence's COUNT may name.
    RECURRENCE_COUNT: u32 = 100_000;
    /// Dates that are added to a recurrence, and dates that are excepted from it.
    RECURRENCE_DATES: usize = 5_000;
    /// Times of one day at which a recurrence may occur.
    RECURRENCE_TIMES: usize = 1_440;
    /// Accounts that one series names, and accounts that it leaves out.
    SERIES_ACCOUNTS: usize = 5_000;
    /// Occurrences of one series that are not as the rest and have not had their turn.
    SERIES_EXCEPTIONS: usize = 1_000;
    /// Occurrences of one series whose turn comes in one commit; the next ones' in the one after.
    SERIES_AT_ONCE: usize = 16;
    /// Occurrences of one series that are shown before they happen.
    SERIES_UPCOMING: usize = 500;
    /// Days that a calendar shows.
    CALENDAR_DAYS: usize = 400;
    /// Up to where a board counts the late jobs of a stage and urgency.
    OVERDUE_COUNTED: usize = 1_000;
    /// Days that measures are taken over.
    MEASURED_DAYS: usize = 4_000;
    /// Jobs that measures of a pipeline are taken of.
    MEASURED_JOBS: usize = 100_000;
    /// Jobs of a pipeline, those due last, that a forecast learns from.
    FORECAST_JOBS: usize = 2_000;
    /// How many of them must have ended for a forecast to be made.
    FORECAST_LEAST: usize = 5;
    /// Entries of the log that are looked through to rebuild or explain what was so once.
    HISTORY_ENTRIES: usize = 100_000;
    /// Runs of an automation that one explanation tells, and likewise times that it did not run.
    EXPLAINED: usize = 100;
    /// Notifications or follow-ups in one claim; more are handed out with the next.
    CLAIM: usize = 1_000;
    /// Threads of one runner that work.
    RUNNER_WORKERS: usize = 64;
    /// Records on which one tick does what is due.
    TICK: usize = 10_000;
    /// Attempts at one notification before it becomes a dead letter.
    DELIVERY_ATTEMPTS: u32 = 12;
    /// Characters kept of a host's reason to fail or reject a notification.
    REASON_CHARS: usize = 1_000;
    /// Bytes of one line in the export of a firm.
    EXPORT_LINE_BYTES: u64 = 256_000_000;
    /// Bytes of one commit, with what is sealed together with it, in the export of a firm.
    EXPORT_COMMIT_BYTES: u64 = 1_000_000_000;
    /// Rows of queues in the export of a firm, timers left out that are as their records say.
    EXPORT_ROWS: u64 = 2_000_000;
    /// Types of event in an export as OCEL; past it, an event goes by what it is alone.
    EXPORT_ACTIVITIES: usize = 10_000;
    /// Values over time of one object in an export as OCEL; past it, the oldest are left out.
    EXPORT_CHANGES: usize = 1_000;
    /// Steps that a shortcode template may take.
    TEMPLATE_FUEL: u64 = 20_000;
    /// Bytes of a signal's payload, as JSON.
    PAYLOAD_BYTES: usize = 64_000;
    /// Nesting of a signal's payload.
    PAYLOAD_DEPTH: usize = 64;
    /// Versions that a compiled-pipeline cache holds.
    COMPILED_VERSIONS: usize = 256;
    /// Firms whose definitions an engine keeps in memory.
    CACHED_FIRMS: usize = 64;
}
