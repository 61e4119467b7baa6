//! Sequences of commands: plain numbers that become commands where they are carried out, by what
//! exists there. So they stay meaningful while they shrink.

use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::event::Actor;
use workflow_core::id::IdempotencyKey;

use crate::firm::{self, account, command, firm, member};
use crate::view::View;

/// One command in numbers: which kind, four details, who gives it, under which key, and how long
/// after the one before. Zeros are the simplest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step(pub(crate) [u16; 8]);

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Step({:?} /* {} */)", self.0, kind_of(self.0[0], &KINDS))
    }
}

/// The kinds of command, by their names, and how often each is drawn. Those before `bulk` are also
/// drawn inside of one.
const KINDS: [(&str, u16); 45] = [
    ("set_task_state", 8),
    ("report_item", 7),
    ("create_job", 7),
    ("move_job", 5),
    ("set_status", 4),
    ("tag_account", 4),
    ("tag_job", 4),
    ("edit_job", 3),
    ("signal_job", 3),
    ("fire_automation", 3),
    ("create_task", 3),
    ("create_item", 3),
    ("link_item", 2),
    ("add_job_dependency", 2),
    ("add_task_dependency", 2),
    ("comment_job", 1),
    ("end_wait", 3),
    ("bulk", 3),
    ("set_account_field", 1),
    ("assign_job", 1),
    ("resolve_roles", 1),
    ("archive_job", 2),
    ("delete_job", 1),
    ("pin_job", 1),
    ("remove_job_dependency", 1),
    ("clear_attention", 1),
    ("retry_action", 2),
    ("dismiss_action", 1),
    ("edit_task", 1),
    ("set_task_dates", 1),
    ("assign_task", 1),
    ("check_task", 1),
    ("set_checklist", 1),
    ("remove_task_dependency", 1),
    ("link_task", 1),
    ("unlink_task", 1),
    ("delete_task", 1),
    ("unlink_item", 1),
    ("name_item", 1),
    ("reject_notification", 1),
    ("react", 1),
    // What sets the firm up: one of those below.
    ("set_up", 6),
    ("shift_deadlines", 1),
    ("undo", 4),
    ("seal_log", 1),
];

/// The kind that a number stands for.
fn kind_of(number: u16, among: &[(&'static str, u16)]) -> &'static str {
    let mut left = number % among.iter().map(|(_, often)| often).sum::<u16>();
    let mut rest = among.iter();
    loop {
        match rest.next() {
            Some((kind, often)) if left < *often => return kind,
            Some((_, often)) => left -= often,
            None => unreachable!("less than the sum of all"),
        }
    }
}

const SET_UP: [&str; 10] = [
    "publish_pipeline",
    "save_account",
    "switch_automation",
    "save_template",
    "publish_pipeline",
    "save_account",
    "save_member",
    "delete_template",
    "archive_pipeline",
    "save_firm",
];

const STAGES: [[&str; 6]; 3] = [
    ["prepare", "review", "done", "extension", "intake", "nowhere"],
    ["private", "business", "closed", "letter", "sort", "given-up"],
    ["two", "three", "one", "two", "three", "one"],
];
const PIPELINES: [&str; 10] = ["main", "branch", "small", "main", "branch", "small", "main", "branch", "small", "none"];
const TAGS: [&str; 11] = ["ready", "vip", "extend", "a", "x", "b", "y", "letter", "away", "client", "other"];
const STATUSES: [&str; 9] =
    ["active", "missing", "completed", "active", "missing", "on hold", "completed", "archived", "unheard of"];
const AUTOMATIONS: [&str; 10] =
    ["call", "elsewhere", "begin", "check", "vip", "circle", "invoice", "nothing", "pass", "nudge"];
const STATES: [&str; 4] = ["completed", "in_progress", "cancelled", "planned"];
const REPORTS: [&str; 12] = [
    "submitted",
    "signed",
    "paid",
    "accepted",
    "resolved",
    "answered",
    "declined",
    "payment_submitted",
    "cancelled",
    "reopened",
    "completed",
    "seen",
];
const ITEM_KINDS: [&str; 7] = ["organizer", "audit_letter", "invoice", "email", "document", "chat", "fax"];
const PRIORITIES: [&str; 4] = ["medium", "urgent", "high", "low"];

fn of(list: &[&'static str], place: u16) -> &'static str {
    list[usize::from(place) % list.len()]
}

fn one<const N: usize>(values: [Value; N], place: u16) -> Value {
    values[usize::from(place) % N].clone()
}

/// A number of a record that never was.
fn nobody(number: u16) -> uuid::Uuid {
    uuid::Uuid::from_u128(0xdead_0000 + u128::from(number))
}

fn bit(number: u16, place: u16) -> bool {
    number >> place & 1 == 1
}

fn day(number: u16) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 20).expect("a day");
    (first + chrono::Days::new(u64::from(number % 60))).to_string()
}

fn assignment(number: u16) -> Value {
    match number % 6 {
        0 => json!({ "members": [member(1)] }),
        1 => json!({ "members": [member(2), member(3)] }),
        2 => json!({ "roles": ["preparer"] }),
        3 => json!({ "roles": ["partner"] }),
        4 => json!({ "members": [member(4)] }),
        _ => json!({ "members": [member(3)], "roles": ["reviewer"] }),
    }
}

fn date_rule(number: u16) -> Value {
    let anchors = [
        "creation",
        "start",
        "due",
        "statutory",
        "extended",
        "stage entry",
        "period end",
        "completion of task gather",
        "account.closes",
    ];
    let windows = [
        "15th of the 4th month after period end, following on us-dc",
        "last business day of the period",
        "first business day of the month after statutory",
        "extended due date of form 1040",
        "last Friday of the month of due, keeping month end, preceding",
    ];
    match number % 4 {
        0 => json!(day(number)),
        1 => json!(of(&windows, number / 3)),
        _ => {
            let offset = i32::from(number % 41) - 20;
            let direction = if offset < 0 { "before" } else { "after" };
            let unit = of(&["days", "business days", "weeks", "months"], number / 7);
            json!(format!("{} {unit} {direction} {}", offset.abs(), of(&anchors, number / 3)))
        }
    }
}

fn account_number(number: u16) -> u128 {
    if number % 16 == 15 { 4 } else { u128::from(number % 3) + 1 }
}

impl Step {
    /// The request that it stands for, among what exists.
    pub(crate) fn request(self, view: &View) -> Request {
        let [kind, a, b, c, d, who, key, _] = self.0;
        let actor = match who % 32 {
            1..=5 => Actor::Member(member(1)),
            6..=8 => Actor::Member(member(2)),
            9..=11 => Actor::Member(member(3)),
            12 => Actor::Client(account(account_number(a))),
            13 => Actor::Member(member(4)),
            _ => Actor::system("host"),
        };
        let kind = kind_of(kind, &KINDS);
        let command = match kind {
            "bulk" => {
                let mode = if bit(d, 0) { "all_or_nothing" } else { "each" };
                let simple = KINDS.split(|(kind, _)| *kind == "bulk").next().unwrap_or_default();
                let parts = (0..1 + d / 2 % 4).map(|number| {
                    let kind = kind_of(a.wrapping_mul(7).wrapping_add(b.wrapping_mul(number)), simple);
                    let detail = [b.wrapping_add(number), c, a, d / 8];
                    command(json!({ kind: details(kind, detail, view) }))
                });
                let parts: Vec<Command> = parts.collect();
                command(json!({ "bulk": { "mode": mode, "commands": parts } }))
            }
            "set_up" => set_up(of(&SET_UP, a), b, c),
            "seal_log" => Command::SealLog {},
            kind => command(json!({ kind: details(kind, [a, b, c, d], view) })),
        };
        let request = Request::new(firm(), actor, command);
        match key {
            0 => request,
            key => request.keyed(IdempotencyKey::new(format!("key {key}")).expect("a key")),
        }
    }

    /// How long after the command before, in minutes.
    pub(crate) fn minutes(self) -> i64 {
        i64::from(self.0[7])
    }

    /// Whether the clock goes back by so much instead, where it may.
    pub(crate) fn goes_back(self) -> bool {
        self.0[7] % 8 == 7
    }

    /// Whether it gives again what was given under its key before, if anything was.
    pub(crate) fn repeats(self) -> bool {
        self.0[6] % 3 != 1
    }
}

fn set_up(kind: &str, b: u16, c: u16) -> Command {
    let details = match kind {
        "publish_pipeline" => {
            let mapping = if c % 8 < 6 { firm::mapping(b, c) } else { json!({}) };
            json!({ "definition": firm::pipeline(b, c), "mapping": mapping })
        }
        "switch_automation" => {
            let known = [
                ("main", "begin"),
                ("main", "nudge"),
                ("main", "weekly"),
                ("small", "rest"),
                ("main", "follow"),
                ("branch", "chat"),
                ("main", "late"),
                ("branch", "react"),
                ("small", "next"),
                ("main", "all-done"),
                ("main", "work"),
                ("branch", "chat"),
                ("small", "begin"),
            ];
            let (pipeline, automation) = known[usize::from(b) % known.len()];
            json!({ "pipeline": pipeline, "automation": automation, "enabled": bit(c, 0) })
        }
        "save_account" => firm::account_record(u128::from(b % 3) + 1, c),
        "save_template" => firm::template(b, c),
        "save_member" => firm::member_record(u128::from(b % 4) + 1, c),
        "delete_template" => json!({
            "kind": if b % 5 < 3 { "task" } else { "job" }, "key": of(&["call", "file", "gather", "seated", "standard"], b) }),
        "archive_pipeline" => json!({ "pipeline": of(&PIPELINES, b), "archived": bit(c, 0) }),
        _ => firm::settings(b),
    };
    command(json!({ kind: details }))
}

fn details(kind: &str, [a, b, c, d]: [u16; 4], view: &View) -> Value {
    let job = view.jobs.pick(a).map_or(nobody(a), |job| job.0);
    let task = view.tasks.pick(a).map_or(nobody(a), |task| task.0);
    let item = view.items.pick(a).map_or(nobody(a), |item| item.0);
    let other_job = view.jobs.pick(b).map_or(nobody(b), |job| job.0);
    let other_task = view.tasks.pick(b).map_or(nobody(b), |task| task.0);
    let stage_of = |pipeline: &str, place: u16| {
        let number = PIPELINES.iter().position(|known| *known == pipeline).unwrap_or(0).min(2);
        of(&STAGES[number], place)
    };
    let here = view.pipelines.get(&workflow_core::id::JobId(job)).map_or("main", |pipeline| pipeline.as_str());
    let item_ref = if a % 5 == 4 { json!({ "external": format!("ext-{}", a % 7) }) } else { json!({ "id": item }) };
    let mode = of(&["add", "remove", "replace"], b);
    match kind {
        "create_job" => new_job(a, b, c, d, stage_of(of(&PIPELINES, b), d)),
        "edit_job" => job_changes(job, b, c),
        "move_job" => {
            let mut order = json!({ "job": job, "to": stage_of(here, b), "reenter": bit(c, 0), "override": bit(c, 1) });
            if c % 8 == 7 {
                order["fire_jumped"] = json!(true);
            }
            if c % 16 >= 12 {
                order["leave_out"] = json!(["begin", "work", "check"]);
            }
            if d % 4 == 3 {
                let pipeline = of(&PIPELINES, d / 4);
                order["pipeline"] = json!(pipeline);
                order["to"] = json!(stage_of(pipeline, b));
            }
            order
        }
        "set_status" if c % 5 == 4 => json!({ "job": job, "status": of(&STATUSES, b), "leave_out": ["ask"] }),
        "set_status" => json!({ "job": job, "status": of(&STATUSES, b) }),
        "assign_job" => json!({ "job": job, "mode": mode, "who": assignment(c) }),
        "assign_task" => json!({ "task": task, "mode": mode, "who": assignment(c) }),
        "resolve_roles" | "delete_job" => json!({ "job": job }),
        "tag_job" => {
            json!({ "job": job, "add": [of(&TAGS, b)], "remove": if c % 3 == 2 { json!([of(&TAGS, c)]) } else { json!([]) } })
        }
        "tag_account" => json!({
            "account": account(account_number(a)), "add": if b % 4 == 3 { json!([]) } else { json!([of(&TAGS, b)]) },
            "remove": if c % 3 > 0 { json!([of(&TAGS, c)]) } else { json!([]) } }),
        "set_account_field" => json!({
            "account": account(account_number(a)), "field": of(&["size", "state", "other"], b),
            "value": one([json!(5), json!("NY"), Value::Null, json!(["x", "y"]), json!(2.5)], c) }),
        "archive_job" => json!({ "job": job, "archived": !bit(b, 0) }),
        "comment_job" => json!({ "job": job, "text": format!("comment {b}") }),
        "pin_job" => json!({ "job": job, "pinned": !bit(b, 0) }),
        "add_job_dependency" | "remove_job_dependency" => json!({ "job": job, "on": other_job }),
        "add_task_dependency" | "remove_task_dependency" => json!({ "task": task, "on": other_task }),
        "clear_attention" => match view.attention.get(usize::from(a) % view.attention.len().max(1)) {
            Some((job, reason)) => json!({ "job": job, "reason": reason }),
            None => json!({ "job": job, "reason": "loop" }),
        },
        "retry_action" | "dismiss_action" => match view.failures.get(usize::from(a) % view.failures.len().max(1)) {
            Some((job, number)) => json!({ "job": job, "number": number }),
            None => json!({ "job": job, "number": b }),
        },
        "end_wait" => match view.waits.get(usize::from(a) % view.waits.len().max(1)) {
            Some((job, number)) => json!({ "job": job, "number": number, "cancel": bit(b, 0) }),
            None => json!({ "job": job, "number": b, "cancel": bit(b, 0) }),
        },
        "shift_deadlines" => json!({
            "accounts": { "any": [of(&TAGS, a)] }, "pipelines": if bit(b, 0) { json!([of(&PIPELINES, b / 2)]) } else { json!([]) },
            "postpone": if bit(c, 0) { json!({ "to": day(d) }) } else { json!({ "by": "10 business days" }) }, "reason": "Relief" }),
        "fire_automation" => json!({ "job": job, "automation": of(&AUTOMATIONS, b) }),
        "signal_job" => json!({ "job": job, "name": of(&["push", "go", "unknown"], b), "payload": { "n": c } }),
        "create_task" => new_task(a, b, c, d, view),
        "set_task_state" if d % 9 == 8 => json!({
            "task": task, "state": of(&STATES, b), "custom": of(&["waiting for client", "dropped", "none"], c) }),
        "set_task_state" => json!({ "task": task, "state": of(&STATES, b), "override": bit(c, 2) }),
        "edit_task" => {
            let changes = [
                json!({ "title": format!("Title {c}") }),
                json!({ "priority": of(&PRIORITIES, c) }),
                json!({ "tags": [of(&TAGS, c)] }),
                json!({ "budget_minutes": c % 3, "description": "" }),
                json!({ "title": "" }),
            ];
            json!({ "task": task, "changes": one(changes, b) })
        }
        "set_task_dates" => {
            json!({ "task": task, "start": day(c), "due": if bit(b, 0) { Value::Null } else { json!(day(b)) } })
        }
        "check_task" => json!({ "task": task, "step": b % 3, "done": !bit(c, 0) }),
        "set_checklist" => {
            json!({ "task": task, "steps": if bit(b, 0) { json!(["W-2", "K-1"]) } else { json!(["W-2"]) } })
        }
        "link_task" => json!({ "task": task, "job": other_job }),
        "unlink_task" | "delete_task" => json!({ "task": task }),
        "create_item" => new_item(a, b, c, d, job),
        "link_item" | "unlink_item" => json!({ "item": item_ref, "job": other_job }),
        "name_item" => json!({ "item": item, "external": format!("ext-{}", b % 7) }),
        "report_item" => json!({ "item": item_ref, "status": of(&REPORTS, b) }),
        // One of the last commands, mostly the very last.
        "undo" => {
            let back = usize::from(if b % 4 < 3 { a % 2 } else { a % 40 });
            let entry = view.entries.iter().rev().nth(back).map_or(nobody(a), |entry| entry.0);
            json!({ "entry": entry })
        }
        "reject_notification" => {
            let notification = view.notifications.pick(b).map_or(nobody(b), |notification| notification.0);
            json!({ "job": job, "notification": notification, "why": "no such address" })
        }
        _ => json!({ "reconsider": { "job": job } }),
    }
}

fn new_job(a: u16, b: u16, c: u16, d: u16, stage: &str) -> Value {
    let mut new = json!({ "account": account(account_number(a)), "pipeline": of(&PIPELINES, b) });
    let mut set = |place: u16, name: &str, value: Value| {
        if bit(c, place) {
            new[name] = value;
        }
    };
    set(0, "stage", json!(stage));
    set(1, "template", json!(of(&["standard", "seated", "standard", "seated", "none"], d)));
    set(2, "name", json!("{{ account.name }} {{ period.year }}"));
    set(3, "priority", json!(of(&PRIORITIES, d)));
    set(4, "assign", assignment(d));
    set(5, "due", date_rule(d));
    set(6, "start", date_rule(d / 2));
    set(7, "tags", json!([of(&TAGS, d), of(&TAGS, d / 3)]));
    set(8, "fields", json!({ of(&["swap", "circle"], d): d }));
    set(9, "period_end", json!(day(d)));
    set(10, "statutory", date_rule(d / 5));
    // Identifiers of the host's own, which may be taken.
    if c % 32 == 31 {
        new["id"] = json!(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(d % 5)));
    }
    new
}

fn job_changes(job: uuid::Uuid, b: u16, c: u16) -> Value {
    let date = of(&["due", "start", "statutory", "extended"], b / 9);
    let changes = match b % 10 {
        9 => json!({ "period_end": { "to": day(c) }, "dates": { date: { "to": date_rule(c) } } }),
        0 => json!({ "dates": { date: { "to": day(c) } } }),
        1 => json!({ "dates": { date: { "to": date_rule(c) } } }),
        2 => json!({ "dates": { date: "clear" } }),
        3 => json!({ "priority": of(&PRIORITIES, c) }),
        4 => json!({ "name": format!("Job {c}"), "description": { "to": "For {{ account.name }}" } }),
        5 => json!({ "fields": { of(&["swap", "circle", "year"], c): { "to": c } } }),
        6 => json!({ "fields": { of(&["swap", "circle", "year"], c): "clear" } }),
        7 => json!({ "budget_minutes": { "to": c }, "client_status": { "to": "Soon" } }),
        _ => json!({ "name": "{{ no.such.word }}" }),
    };
    json!({ "job": job, "changes": changes })
}

fn new_task(a: u16, b: u16, c: u16, d: u16, view: &View) -> Value {
    let mut new = match c % 4 {
        0 => json!({ "template": of(&["gather", "file", "call", "check"], d) }),
        _ => {
            json!({ "task": { "key": "by-hand", "title": format!("Task {d}"), "priority": of(&PRIORITIES, d), "tags": [of(&TAGS, d)],
            "assign": if bit(c, 4) { assignment(d) } else { json!({}) }, "due": date_rule(d) } })
        }
    };
    match (b % 4, view.jobs.pick(a)) {
        (3, _) => new["account"] = json!(account(account_number(a))),
        (2, _) => {}
        (_, job) => new["job"] = json!(job.map_or(nobody(a), |job| job.0)),
    }
    if c % 8 == 7 {
        new["waits_for"] = json!(view.tasks.pick(d).into_iter().collect::<Vec<_>>());
    }
    new
}

fn new_item(a: u16, b: u16, c: u16, d: u16, job: uuid::Uuid) -> Value {
    let mut new = json!({ "kind": of(&ITEM_KINDS, b), "title": format!("Item {d}") });
    match c % 4 {
        3 => new["account"] = json!(account(account_number(a))),
        2 => {}
        _ => new["job"] = json!(job),
    }
    if d % 3 == 1 {
        new["external"] = json!(format!("ext-{}", d % 7));
    }
    new
}

/// A number that stands for the creation of a job.
const FIRST_JOB: u16 = 15;

/// At least so many commands at random.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sequences(pub(crate) usize);

impl Strategy for Sequences {
    type Tree = Shrinking;
    type Value = Vec<Step>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let rng = runner.rng();
        let mut number = |below: u32| u16::try_from(rng.next_u32() % below).expect("small");
        let length = self.0 + usize::from(number(20));
        let step = |place| {
            let who = if number(2) == 0 { 0 } else { number(32) };
            let key = if number(10) < 8 { 0 } else { number(15) };
            let minutes = [0, 0, 0, 0, 0, 0, 0, 1, 90, 90, 1_500, 1_500, 2_887, 2_887, 9_000, 40_000]
                [usize::from(number(if place % 8 == 7 { 16 } else { 15 }))];
            // Half of what is created is plain; a sequence begins with jobs.
            let plain = number(2) == 0;
            let mut detail = || number(2_048);
            let (a, b, c, d) = (detail(), detail(), detail(), detail());
            let kind = if place < 6 { FIRST_JOB } else { number(1_000) };
            Step([kind, a, b, if plain { c % 4 } else { c }, d, who, key, minutes])
        };
        Ok(Shrinking::new((0..length).map(step).collect()))
    }
}

/// A sequence that shrinks by leaving commands out, large stretches first, and then by making
/// numbers smaller.
#[derive(Debug, Clone)]
pub(crate) struct Shrinking {
    steps: Vec<Step>,
    before: Option<Vec<Step>>,
    /// How many commands are left out at once; 0 when numbers are made smaller.
    stretch: usize,
    /// Where the next attempt is made.
    place: usize,
}

impl Shrinking {
    fn new(steps: Vec<Step>) -> Self {
        let stretch = steps.len() / 2;
        Self { steps, before: None, stretch, place: 0 }
    }
}

impl ValueTree for Shrinking {
    type Value = Vec<Step>;

    fn current(&self) -> Vec<Step> {
        self.steps.clone()
    }

    fn simplify(&mut self) -> bool {
        // What was tried last still fails: it stays, and the next attempt is at the same place.
        self.before = None;
        while self.stretch > 0 {
            if self.place < self.steps.len() {
                self.before = Some(self.steps.clone());
                let end = (self.place + self.stretch).min(self.steps.len());
                self.steps.drain(self.place..end);
                return true;
            }
            (self.stretch, self.place) = (self.stretch / 2, 0);
        }
        // Every number is tried as 0, as its half, and one less.
        while let Some(step) = self.steps.get(self.place / 24) {
            let detail = self.place / 3 % 8;
            let number = step.0[detail];
            let smaller = [0, number / 2, number.saturating_sub(1)][self.place % 3];
            if smaller < number {
                self.before = Some(self.steps.clone());
                self.steps[self.place / 24].0[detail] = smaller;
                return true;
            }
            self.place += 1;
        }
        false
    }

    fn complicate(&mut self) -> bool {
        let Some(before) = self.before.take() else { return false };
        self.steps = before;
        self.place += if self.stretch > 0 { self.stretch } else { 1 };
        self.simplify()
    }
}

/// The names of the kinds of command that are drawn.
pub(crate) fn kinds() -> std::collections::BTreeSet<&'static str> {
    KINDS.into_iter().map(|(kind, _)| kind).chain(SET_UP).filter(|kind| *kind != "set_up").collect()
}
