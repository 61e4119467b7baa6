//! Documents, an entry and queued rows with every field set, to awkward values.

use serde_json::{Value, json};
use uuid::Uuid;

use super::probe::{Probe, why};
use crate::store::{Document, Kind, Queue, QueuedBody, decode_entry, decode_queued};
use crate::{event::Entry, store::Enqueue};

/// A text that loses something wherever it is not kept as it is.
pub(super) const AWKWARD: &str =
    "Åsa & \"Söns\" \\ <b>' --; 🧾\u{1f469}\u{200d}\u{1f4bc} e\u{301} \u{202e}\t\n\u{1}  日本 ";

fn bytes(value: &Value) -> Result<Vec<u8>, String> {
    serde_json::to_vec(value).map_err(why)
}

/// Custom fields of every kind of value.
fn fields() -> Value {
    json!({
        "flag": true, "no": false,
        "least": i64::MIN, "most": i64::MAX, "beyond doubles": 9_007_199_254_740_993_i64,
        "sum": 0.1 + 0.2, "tiny": f64::MIN_POSITIVE, "huge": f64::MAX, "whole": 3.0,
        "text": AWKWARD, "empty": "", "date": "2024-02-29", "looks like a number": "007",
        "list": ["b", "a", "", AWKWARD], "no list": [], "ключ": "ß",
    })
}

/// JSON of any shape, nested deeply.
fn payload() -> Value {
    let leaf = json!({"null": null, "big": u64::MAX, "small": i64::MIN, "list": [1, 2.5, "3", [], {}], "t": AWKWARD});
    (0..24).fold(leaf, |inner, level| if level % 2 == 0 { json!([inner, level]) } else { json!({"in": inner}) })
}

fn condition() -> Value {
    json!({"all": [
        {"any": [{"account_tags": {"all": ["a"], "any": ["b"], "none": ["c"]}}, {"job_tags": {"any": ["é"]}}]},
        {"not": {"field": {"scope": "account", "field": "least", "is": {"at_most": i64::MIN}}}},
        {"field": {"scope": "job", "field": "f", "is": {"one_of": [1, 1.5, "x", true, ["y"]]}}},
        {"field": {"scope": "job", "field": "f", "is": "present"}},
        {"role_filled": "Preparer"}, {"status": ["active", "on hold"]}, {"priority": {"at_least": "low"}},
        {"date": {"date": "due", "before": "9999-12-31", "past": true, "within": {"count": 65535, "unit": "weeks"}}},
        {"visits": {"stage": "intake", "count": {"at_least": 2}}},
        {"tasks": {"template": "t", "states": ["planned"], "count": {"equals": 0}}},
        {"items": {"kind": "k-1 of the host", "progress": ["open"], "statuses": ["sent"], "count": {}}},
        {"pipeline": ["returns"]},
    ]})
}

fn automation(name: &str) -> Value {
    json!({"key": name, "name": AWKWARD, "on": {"item_reached": {"kind": "invoice", "status": "paid"}},
        "stages": ["intake"], "if": condition(), "enabled": false, "refire": "forward_only", "do": [
        {"create_tasks": ["t"]}, {"create_task": task_template("in place")}, "clear_account_tags", "move_next",
        {"request": {"kind": "email", "template": "w", "title": "{{ job.name }}", "body": AWKWARD,
            "remind": reminders()}},
        {"set_date": {"date": "due", "to": "3 months before period end"}},
        {"set_field": {"scope": "job", "field": "f", "value": i64::MAX}},
        {"update_account_access": {"mode": "replace", "who": {"roles": ["Preparer"]}}},
        {"move_to_pipeline": {"pipeline": "advice", "stage": "new"}},
        {"create_job": {"pipeline": "advice", "account": {"linked": "spouse"}}},
        {"signal": {"name": "s", "payload": payload()}},
        {"wait": {"condition": condition(), "at_most": "10000 business hours", "keep": true, "otherwise": [
            {"wait": {"for": "1 minute"}}, "archive", {"wait": {"until": "9999-12-31"}}]}},
    ]})
}

fn reminders() -> Value {
    json!({"every": "10000 years", "first": "1 business day", "at_most": 1000})
}

fn task_template(name: &str) -> Value {
    json!({"key": name, "title": AWKWARD, "description": AWKWARD, "priority": "urgent",
        "assign": {"members": [Uuid::max(), Uuid::nil()], "roles": ["Preparer", "préparateur"]},
        "start": "0001-01-01", "due": "10000 weeks after stage entry",
        "tags": ["b", "a"], "checklist": ["one", "", "one", AWKWARD], "budget_minutes": u32::MAX,
        "remind": reminders(), "after": ["t0"]})
}

fn settings() -> Value {
    json!({"name": AWKWARD, "time_zone": "America/New_York", "working_days": ["Sun", "Mon", "Sat"],
        "holidays": ["0001-01-01", "2024-02-29", "9999-12-31"], "holiday_sets": ["us-dc", "our own"],
        "own_holiday_sets": {"our own": {"name": AWKWARD, "sources": [AWKWARD], "holidays": [
            {"name": AWKWARD, "on": {"nth_weekday": {"nth": 5, "weekday": "Sun", "month": 12}}, "observed": "substitute",
                "from": 1900, "until": 2200, "every": 4, "except": [1904, 2000]},
            {"name": "a", "on": {"easter": -2}}, {"name": "b", "on": {"dates": ["2024-02-29"]}},
            {"name": "c", "on": {"weekday_on_or_before": {"weekday": "Mon", "date": {"month": 2, "day": 29}}}}]}},
        "calendars": {"the courts'": {"working_days": ["Sun"], "holidays": ["1900-01-01"], "holiday_sets": ["us-federal"],
            "rules": [{"name": "d", "on": {"last_weekday": {"weekday": "Mon", "month": 1}}}],
            "business_hours": {"sun": ["00:00-24:00"]}}},
        "business_hours": {"mon": ["09:00-12:30", "13:30-18:00"], "sat": ["23:59-24:00"]},
        "roles": ["Preparer", "Überprüfer"],
        "item_kinds": {"k-1 of the host": {"actionable": true, "done": ["ok", "fine"], "declined": ["no"]}},
        "host_templates": {"invoice": ["i1", "i2"], "k-1 of the host": []}, "folder_templates": ["f"], "account_tags": ["vip"],
        "task_statuses": {"parked": "in_progress"}, "payment_submitted_is_done": true})
}

fn definition(name: &str) -> Value {
    let stage = json!({"key": "intake", "name": "Intake", "client_name": AWKWARD, "description": AWKWARD,
        "when": condition(), "automove": true, "on_empty": "advance", "final": true,
        "time_limit": "10000 business hours", "wip_limit": {"max": u32::MAX, "mode": "refuse"},
        "exit": condition(), "on_entry": [automation("a1")], "on_exit": [automation("a2")]});
    json!({"key": name, "name": AWKWARD, "description": AWKWARD,
        "access": {"only": {"members": [Uuid::max()], "roles": ["Preparer"]}}, "moves": "transitions",
        "versioning": "pin", "complete_at_final": false, "sort": "priority", "job_template": "j",
        "job_defaults": job_defaults(), "statuses": [{"key": "on hold", "automove": true, "on_set": [automation("a3")]}],
        "stages": [stage, {"key": "done"}], "transitions": [{"from": "intake", "to": "done"}],
        "automations": [automation("a4")], "task_templates": [task_template("t")]})
}

fn job_defaults() -> Value {
    json!({"name": AWKWARD, "description": AWKWARD, "priority": "low", "assign": {"roles": ["Preparer"]},
        "start": "2024-02-29", "due": "9999-12-31", "statutory": "1582-10-15",
        "extended": "0001-01-01", "budget_minutes": 0, "tags": ["x"], "fields": fields(),
        "client_status": AWKWARD})
}

fn date_rules() -> Value {
    json!({"due": "3 business days before statutory, modified following on \"the court\"",
        "statutory": "extended due date of form 1120-S", "start": "yearly account.\"fiscal, \\\"year\\\"\""})
}

fn anchors() -> Value {
    json!(["due", "completion of task \"a b\""])
}

fn job(id: Uuid, other: Uuid) -> Value {
    let mut job = json!({"id": id, "account": other, "name": AWKWARD, "description": AWKWARD, "pipeline": "returns/ü 1040",
        "version": u32::MAX, "pinned": true, "stage": "réview", "status": "waiting for the client",
        "status_before_archive": "completed", "status_round": u32::MAX, "priority": "urgent",
        "assignees": [Uuid::max(), other, Uuid::nil()], "assigned_roles": ["Preparer"], "assigned_members": [other],
        "start": "0001-01-01", "due": "9999-12-31", "statutory": "2024-02-29",
        "extended": "1582-10-15", "period_start": "1970-01-01", "period_end": "1969-12-31",
        "series": other, "period": "2026-Q2 / ü", "budget_minutes": u32::MAX, "tags": ["B", "a", "é", "e\u{301}"],
        "fields": fields(), "client_status": AWKWARD,
        "attention": [
            {"reason": {"declined": other}, "text": AWKWARD, "since": "0001-01-01T00:00:00Z"},
            {"reason": {"action_failed": u32::MAX}, "text": "", "since": "9999-12-31T23:59:59.999999999Z"},
            {"reason": "loop", "text": "x", "since": "1969-12-31T23:59:59.999999Z"},
            {"reason": {"unfilled_role": "Preparer"}, "text": "x", "since": "2024-02-29T12:00:00.000000001Z"},
            {"reason": {"wip_limit": "intake"}, "text": "x", "since": "2024-02-29T12:00:00Z"},
            {"reason": {"held": "intake"}, "text": "x", "since": "2024-02-29T12:00:00Z"},
            {"reason": {"over_time": "intake"}, "text": "x", "since": "2024-02-29T12:00:00Z"},
            {"reason": {"rejected": other}, "text": "x", "since": "2024-02-29T12:00:00Z"}],
        "failed": [{"number": 1, "automation": "a1", "action": 99, "visit": 4999, "status_round": 0, "why": AWKWARD,
            "at": "2024-02-29T12:00:00.123456789Z"}],
        "failures": u32::MAX,
        "visits": [{"pipeline": "old", "stage": "a", "entered": "1900-01-01T00:00:00Z", "left": "1900-01-02T00:00:00Z"},
            {"stage": "réview", "entered": "2024-02-29T12:00:00.000001Z"}],
        "items": [{"item": other, "kind": "k-1 of the host", "template": "i", "progress": "not_actionable",
            "status": "sent", "visit": 1, "automation": "a2", "status_round": 0}],
        "waits_for": {Uuid::max().to_string(): true, other.to_string(): false}, "awaited_by": [other, Uuid::nil()],
        "comments": u32::MAX, "created": "0001-01-01T00:00:00.000000001Z", "updated": "9999-12-31T23:59:59.999999999Z",
        "completed": "2024-02-29T12:00:00.5Z", "archived": "+12345-01-01T00:00:00Z"});
    if let (Value::Object(job), Value::Object(times)) = (&mut job, job_times(id, other)) {
        job.extend(times);
    }
    job
}

/// A job's tasks, what its dates follow, and what it waits for.
fn job_times(id: Uuid, other: Uuid) -> Value {
    json!({
        "tasks": [{"task": other, "state": "cancelled", "template": "t", "due": "2024-02-29", "anchored": true,
            "completed": "2024-02-29T12:00:00.000001Z", "anchors": anchors(), "visit": 1,
            "automation": "a1", "status_round": 3}, {"task": id, "state": "planned", "visit": 0}],
        "date_rules": date_rules(),
        "timers": [{"key": "stage_limit", "due": "1969-12-31T23:59:59.999999Z"},
            {"key": {"automation": "a1"}, "due": "2024-02-29T12:00:00Z"},
            {"key": {"task": {"automation": "é", "task": other}}, "due": "9999-12-31T23:59:59.999999Z"}],
        "fired": [{"key": {"automation": "a1"}, "due": "0001-01-01T00:00:00Z"}],
        "waits": [{"number": u32::MAX, "automation": "a1", "action": 99, "version": u32::MAX, "visit": 4999,
            "status_round": 0, "began": "2024-02-29T12:00:00Z", "until": "9999-12-31T23:59:59.999999Z",
            "look": "2024-03-01T05:00:00Z", "for_condition": true, "keep": true},
            {"number": 1, "automation": "a2", "action": 0, "version": 1, "visit": 0, "began": "1969-12-31T23:59:59Z"}],
        "waits_begun": u32::MAX,
        "reminders": [{"number": 1, "of": {"item": other}, "rule": reminders(), "sent": 999,
            "next": "2024-02-29T12:00:00Z"}, {"number": 2, "of": {"task": id}, "rule": {"every": "1 day", "at_most": 1},
            "next": "2024-02-29T12:00:00Z"}],
        "reminders_begun": u32::MAX
    })
}

fn task(id: Uuid, other: Uuid) -> Value {
    json!({"id": id, "job": other, "account": other, "title": AWKWARD, "description": AWKWARD, "state": "in_progress",
        "custom_status": "parked", "priority": "low", "assignees": [other, Uuid::max()], "assigned_roles": ["Preparer"],
        "start": "0001-01-01", "due": "9999-12-31", "start_rule": "0001-01-01",
        "due_rule": "10000 business days before due", "tags": ["x"],
        "checklist": [{"text": AWKWARD, "done": true}, {"text": ""}], "budget_minutes": 1, "template": "t",
        "waits_for": [other], "created": "1900-01-01T00:00:00Z", "updated": "2024-02-29T12:00:00.123456789Z",
        "completed": "2024-02-29T12:00:00Z"})
}

fn item(id: Uuid, other: Uuid) -> Value {
    json!({"id": id, "kind": "k-1 of the host", "account": other, "jobs": [other, Uuid::max()], "title": AWKWARD,
        "template": "i", "external": "ext/ü 🧾", "status": "sent", "reached": ["sent", "opened"],
        "progress": "declined", "payment_submitted_is_done": true, "without_invoice": true,
        "created": "1969-12-31T23:59:59.999999Z", "updated": "9999-12-31T23:59:59Z"})
}

fn account(id: Uuid, other: Uuid) -> Value {
    json!({"id": id, "name": AWKWARD, "external": "ext/ü 🧾", "fields": fields(), "tags": ["VIP", "vip", "é"],
        "roles": {"Preparer": [other, Uuid::nil()], "Reviewer": []},
        "linked": [{"relation": AWKWARD, "account": other}, {"relation": "", "account": id}], "access": [other],
        "created": "0001-01-01T00:00:00Z", "updated": "9999-12-31T23:59:59.999999999Z"})
}

fn series(id: Uuid, other: Uuid) -> Value {
    let work = json!({"job": {"pipeline": "returns/ü 1040", "stage": "réview", "template": "j", "name": AWKWARD,
        "description": AWKWARD, "priority": "low", "assign": {"roles": ["Preparer"]}, "start": "2024-02-29",
        "due": "9999-12-31", "statutory": "1582-10-15", "extended": "0001-01-01",
        "budget_minutes": u32::MAX, "tags": ["x"], "fields": fields()}});
    json!({"id": id, "name": AWKWARD, "makes": work,
        "for": {"firm": true, "accounts": [other, Uuid::max()], "tags": ["B", "a"], "except": [Uuid::nil()]},
        "schedule": {"rule": "FREQ=MONTHLY;BYMONTHDAY=-1", "start": "0001-01-01", "end": "9999-12-31",
            "add": ["2024-02-29"], "except": ["1582-10-15"], "adjust": "modified_following", "calendar": "the courts'",
            "time_zone": "America/New_York", "at": "23:59:59", "period": "month", "covers": "previous",
            "fiscal_year_end": 6},
        "lead": "10000 business days", "catch_up": "none", "state": "paused", "cursor": "2024-02-29",
        "through": "9999-12-31", "exceptions": {"2024-02-29": {"skip": true, "skip_accounts": [other],
            "date": "0001-01-01", "makes": {"task": {"template": "t"}}}}, "continues": other, "continued_by": Uuid::max(),
        "next": "9999-12-31T23:59:59.999999Z", "created": "0001-01-01T00:00:00Z",
        "updated": "9999-12-31T23:59:59.999999999Z"})
}

/// The JSON of a document of a kind, every field set.
fn json_of(kind: Kind, firm: Uuid, id: Uuid, other: Uuid) -> Value {
    match kind {
        Kind::Firm => json!({"id": firm, "settings": settings(), "definitions": u64::MAX,
            "created": "2024-02-29T12:00:00.123456789Z"}),
        Kind::Member => json!({"id": id, "name": AWKWARD, "email": "å@example.com", "admin": true,
            "weekly_minutes": u32::MAX, "active": false}),
        Kind::Template => json!({"job": {"key": "réturn 1040", "defaults": job_defaults()}}),
        Kind::Pipeline => json!({"key": "returns/ü 1040", "newest": u32::MAX, "switches": {"a1": false, "a2": true},
            "moved_stages": {"old": "new", "ø": "intake"}, "archived": true, "published": "1900-01-01T00:00:00Z"}),
        Kind::PipelineVersion => json!({"key": "returns/ü 1040", "version": u32::MAX,
            "definition": definition("returns/ü 1040"), "published": "9999-12-31T23:59:59Z"}),
        Kind::Account => account(id, other),
        Kind::Job => job(id, other),
        Kind::Task => task(id, other),
        Kind::Item => item(id, other),
        Kind::Series => series(id, other),
        Kind::Occurrence => json!({"series": id, "account": other, "period": "FY2026-Q2 / ü", "day": "0001-01-01",
            "date": "9999-12-31", "starts": "2024-02-29", "ends": "1582-10-15", "outcome": {"refused": AWKWARD},
            "at": "1969-12-31T23:59:59.999999999Z"}),
        Kind::Comment => json!({"id": id, "job": other, "author": other, "text": AWKWARD,
            "at": "1969-12-31T23:59:59.999999999Z"}),
    }
}

/// A document of a kind with every field set.
pub(super) fn document(probe: &Probe<'_>, kind: Kind) -> Result<Document, String> {
    let value = json_of(kind, probe.firm.0, probe.uuid(), probe.uuid());
    Document::decode(kind, &bytes(&value)?).map_err(why)
}

/// The other shape that a template has.
pub(super) fn of_task_template() -> Result<Document, String> {
    let value = json!({"task": task_template("réturn 1040")});
    Document::decode(Kind::Template, &bytes(&value)?).map_err(why)
}

/// An entry with every field set and events of many kinds.
pub(super) fn entry(probe: &Probe<'_>) -> Result<Entry, String> {
    let (job_id, other) = (probe.uuid(), probe.uuid());
    let events: Vec<Value> = [
        json!({"firm_created": {"settings": settings()}}),
        json!({"template_saved": {"task": task_template("t")}}),
        json!({"template_deleted": {"kind": "job", "key": "t"}}),
        json!({"pipeline_published": {"version": 7, "definition": definition("returns"), "mapping": {"a": "b"}}}),
        json!({"account_tags_changed": {"account": other, "added": ["b", "a"], "removed": ["é"]}}),
        json!({"account_field_set": {"account": other, "field": "f", "value": i64::MIN}}),
        json!({"job_created": job(job_id, other)}),
        json!({"job_moved": {"job": job_id, "from": "a", "to": "b", "pipeline": "p", "version": u32::MAX,
            "how": "automove", "skipped": ["c", "d"]}}),
        json!({"job_status_set": {"job": job_id, "to": "on hold"}}),
        json!({"job_date_set": {"job": job_id, "date": "statutory", "to": "9999-12-31"}}),
        json!({"job_field_set": {"job": job_id, "field": "f", "value": 0.1 + 0.2}}),
        json!({"job_described": {"job": job_id}}),
        json!({"timer_set": {"job": job_id, "timer": {"key": "stage_limit", "due": "2024-02-29T12:00:00Z"}}}),
        json!({"timer_fired": {"job": job_id, "key": {"automation": "a1"}, "due": "1969-12-31T23:59:59.999999Z"}}),
        json!({"wait_begun": {"job": job_id, "wait": {"number": 1, "automation": "a1", "action": 3, "version": 2,
            "visit": 1, "began": "2024-02-29T12:00:00Z", "for_condition": true}}}),
        json!({"wait_ended": {"job": job_id, "number": 1, "automation": "a1", "how": {"cancelled": "left_stage"}}}),
        json!({"reminders_begun": {"job": job_id, "reminder": {"number": 1, "of": {"item": other},
            "rule": reminders(), "next": "2024-02-29T12:00:00Z"}}}),
        json!({"reminded": {"job": job_id, "number": 1}}),
        json!({"signal_received": {"job": job_id, "name": "s", "payload": payload()}}),
        json!({"task_created": {"task": task(other, job_id), "origin": {"visit": 3}}}),
        json!({"item_created": item(other, job_id)}),
        json!({"notification_queued": notification(probe.firm.0, other, &intents(other).remove(0))}),
    ]
    .into();
    let events: Vec<Value> = events.into_iter().map(|event| json!({"event": event, "by": "a1", "of": 0})).collect();
    let value = json!({"id": probe.uuid(), "firm": probe.firm, "at": "2024-02-29T12:00:00.123456789Z",
        "actor": {"member": other}, "command": AWKWARD, "key": "key/ü 🧾", "fingerprint": u64::MAX, "job": job_id,
        "account": other, "revision": u64::MAX, "definition": u32::MAX, "events": events});
    decode_entry(&bytes(&value)?).map(std::sync::Arc::unwrap_or_clone).map_err(why)
}

fn notification(firm: Uuid, id: Uuid, intent: &Value) -> Value {
    json!({"id": id, "firm": firm, "job": id, "account": id, "at": "1969-12-31T23:59:59.999999999Z", "intent": intent})
}

fn intents(id: Uuid) -> Vec<Value> {
    vec![
        json!({"request_item": {"item": id, "kind": "k-1 of the host", "template": "t", "title": AWKWARD, "body": AWKWARD}}),
        json!({"complete_item": {"item": id, "kind": "invoice"}}),
        json!({"cancel_item": {"item": id, "kind": "time_entry"}}),
        json!({"apply_folder_template": {"template": "f"}}),
        json!({"update_account_access": {"mode": "replace", "members": [id, Uuid::max(), id]}}),
        json!({"signal": {"name": "s", "payload": payload()}}),
        json!({"signal": {"name": "s"}}),
        json!({"remind_of_item": {"item": id, "kind": "organizer", "title": AWKWARD, "count": 1, "at_most": 2}}),
        json!({"remind_of_task": {"task": id, "title": AWKWARD, "assignees": [id], "count": 1, "at_most": 1}}),
    ]
}

fn works(id: Uuid) -> Vec<Value> {
    vec![
        json!({"account_tags": {"account": id, "added": ["b", "a"], "removed": [], "except": id}}),
        json!({"account_field": {"account": id, "field": "f", "except": null}}),
        json!({"create_job": {
            "new": {"id": id, "account": id, "pipeline": "returns", "name": AWKWARD, "fields": fields()},
            "origin": {"job": id, "automation": "a", "action": 1, "visit": 2, "status_round": 3}
        }}),
        json!({"dependency": {"job": id, "on": Uuid::max(), "finished": true}}),
        json!({"item": {"job": id, "item": id}}),
        json!({"migrate": {"pipeline": "returns/ü 1040"}}),
        json!({"retime": {"pipeline": "returns/ü 1040"}}),
        json!({"stage_freed": {"pipeline": "returns", "stage": "intake"}}),
    ]
}

/// Queued rows of every kind, due at an instant. Timers are set, not queued.
pub(super) fn queued(
    probe: &Probe<'_>,
    queue: Queue,
    due: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Enqueue>, String> {
    let bodies = match queue {
        Queue::Outbox => intents(probe.uuid()),
        Queue::FollowUps => works(probe.uuid()),
        Queue::Timers => Vec::new(),
    };
    let mut rows = Vec::new();
    for body in bodies {
        let id = probe.uuid();
        let value = match queue {
            Queue::Outbox => notification(probe.firm.0, id, &body),
            _ => json!({"id": id, "work": body,
                "chain": {"hops": u32::MAX, "runs": [[id, "a1", 8], [Uuid::nil(), "a2", u32::MAX]]}}),
        };
        let body: QueuedBody = decode_queued(queue, &bytes(&value)?).map_err(why)?;
        rows.push(Enqueue { id, lane: None, due, lease: None, body });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schemars::{Schema, schema_for};

    use super::*;
    use crate::model::{
        Account, Comment, Firm, FirmSettings, Item, Job, Member, Occurrence, PipelineHead, PipelineVersion, Series,
        Task,
    };
    use crate::store::encode_entry;
    use crate::store::memory::MemoryStore;

    fn fields_of(value: &Value) -> BTreeSet<&str> {
        value.as_object().expect("an object").keys().map(String::as_str).collect()
    }

    fn properties(schema: &Schema) -> BTreeSet<&str> {
        fields_of(schema.get("properties").expect("an object with properties"))
    }

    #[test]
    fn samples_set_every_field() {
        let (firm, id, other) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        for (kind, schema) in [
            (Kind::Firm, schema_for!(Firm)),
            (Kind::Member, schema_for!(Member)),
            (Kind::Pipeline, schema_for!(PipelineHead)),
            (Kind::PipelineVersion, schema_for!(PipelineVersion)),
            (Kind::Account, schema_for!(Account)),
            (Kind::Job, schema_for!(Job)),
            (Kind::Task, schema_for!(Task)),
            (Kind::Item, schema_for!(Item)),
            (Kind::Comment, schema_for!(Comment)),
            (Kind::Series, schema_for!(Series)),
            (Kind::Occurrence, schema_for!(Occurrence)),
        ] {
            assert_eq!(fields_of(&json_of(kind, firm, id, other)), properties(&schema), "{kind:?}");
        }
        assert_eq!(fields_of(&settings()), properties(&schema_for!(FirmSettings)));
        assert_eq!(fields_of(&definition("p")), properties(&schema_for!(crate::definition::PipelineDefinition)));
        assert_eq!(fields_of(&task_template("t")), properties(&schema_for!(crate::definition::TaskTemplate)));
        assert_eq!(fields_of(&job_defaults()), properties(&schema_for!(crate::definition::JobTemplate)));
    }

    #[test]
    fn samples_survive_the_form_that_stores_write() {
        let store = MemoryStore::new();
        let probe = Probe::new(&store);
        for kind in Kind::ALL {
            let document = document(&probe, kind).expect("a sample");
            let again = Document::decode(kind, &document.encode().expect("written")).expect("read");
            assert_eq!(again, document);
        }
        let entry = entry(&probe).expect("a sample");
        assert_eq!(*decode_entry(&encode_entry(&entry).expect("written")).expect("read"), entry);
    }
}
