//! Whatever definition is written as YAML or JSON is read back as it was.

use std::collections::BTreeSet;
use std::fmt::Debug;

use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::{collection, option, sample};
use uuid::Uuid;
use workflow_core::dates::{Span, SpanUnit};
use workflow_core::definition::*;
use workflow_core::document::{pipeline_to_json, pipeline_to_yaml, read, read_pipeline, to_json, to_yaml};
use workflow_core::id::{FieldKey, MemberId};
use workflow_core::model::{FieldValue, ItemKind, ItemProgress, Priority, TaskState};

/// A key, plain or awkward.
fn key<K: for<'a> TryFrom<&'a str> + Debug>() -> impl Strategy<Value = K> {
    prop_oneof![
        "[a-z][a-z0-9_-]{0,8}",
        "[!-~é]([ -~é]{0,8}[!-~é])?",
        sample::select(vec!["null", "on", "NO", "~", "12", "1.5", "2026-04-15", "- a", "a: b", "#", "<<", "{}"])
            .prop_map(str::to_owned),
    ]
    .prop_filter_map("a key", |text| K::try_from(&text).ok())
}

fn keys<K>() -> impl Strategy<Value = BTreeSet<K>>
where
    K: for<'a> TryFrom<&'a str> + Debug + Ord,
{
    collection::btree_set(key(), 0..3)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z ,.]{0,20}", "[ -~\n\t\r\"'\\\\]{0,20}", any::<String>()]
}

fn pick<T: Clone + Debug + 'static>(from: &[T]) -> impl Strategy<Value = T> + use<T> {
    sample::select(from.to_vec())
}

fn priority() -> impl Strategy<Value = Priority> {
    pick(&[Priority::Low, Priority::Medium, Priority::High, Priority::Urgent])
}

fn date() -> impl Strategy<Value = NaiveDate> {
    (1_i32..=3_652_058).prop_filter_map("a day", NaiveDate::from_num_days_from_ce_opt)
}

fn field_value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        any::<bool>().prop_map(FieldValue::Flag),
        any::<i64>().prop_map(FieldValue::Integer),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(FieldValue::Decimal),
        text().prop_map(FieldValue::Text),
        collection::vec(text(), 0..3).prop_map(FieldValue::List),
    ]
}

fn assignment() -> impl Strategy<Value = Assignment> {
    let members = collection::btree_set(any::<u128>().prop_map(|bits| MemberId(Uuid::from_u128(bits))), 0..2);
    (members, keys()).prop_map(|(members, roles)| Assignment { members, roles })
}

fn job_date() -> impl Strategy<Value = JobDate> {
    pick(&[JobDate::Start, JobDate::Due, JobDate::Statutory, JobDate::Extended])
}

fn date_unit() -> impl Strategy<Value = DateUnit> {
    pick(&[DateUnit::Days, DateUnit::BusinessDays, DateUnit::Weeks, DateUnit::Months])
}

fn date_rule() -> impl Strategy<Value = DateExpression> {
    let anchors = [
        DateAnchor::Creation,
        DateAnchor::Start,
        DateAnchor::Due,
        DateAnchor::Statutory,
        DateAnchor::Extended,
        DateAnchor::StageEntry,
        DateAnchor::PeriodEnd,
    ];
    let units = [SpanUnit::Days, SpanUnit::BusinessDays, SpanUnit::Weeks, SpanUnit::Months, SpanUnit::Years];
    let counted =
        (pick(&anchors), 0..=10_000_u32, pick(&units), any::<bool>()).prop_map(|(from, count, unit, after)| {
            let (from, span) = (DateExpression::from(from), Span::new(count, unit));
            if after { from.after(span) } else { from.before(span) }
        });
    prop_oneof![date().prop_map(DateExpression::on), counted]
}

fn item_kind() -> impl Strategy<Value = ItemKind> {
    prop_oneof![pick(ItemKind::BUILT_IN), key().prop_map(ItemKind::from_key)]
}

fn count() -> impl Strategy<Value = NumberTest> {
    (option::of(any::<u32>()), option::of(any::<u32>()), option::of(0..5_u32))
        .prop_map(|(equals, at_least, at_most)| NumberTest { equals, at_least, at_most })
}

fn compare() -> impl Strategy<Value = Compare> {
    prop_oneof![
        Just(Compare::Present),
        Just(Compare::Absent),
        field_value().prop_map(Compare::Equals),
        field_value().prop_map(Compare::LessThan),
        text().prop_map(Compare::Contains),
        collection::vec(field_value(), 0..3).prop_map(Compare::OneOf),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let scope = || pick(&[FieldScope::Account, FieldScope::Job]);
    let leaf = prop_oneof![
        (keys(), keys(), keys()).prop_map(|(all, any, none)| Condition::AccountTags(TagTest { all, any, none })),
        (scope(), key(), compare()).prop_map(|(scope, field, is)| Condition::Field(FieldTest { scope, field, is })),
        key().prop_map(Condition::RoleFilled),
        keys().prop_map(Condition::Status),
        (option::of(priority()), option::of(priority()))
            .prop_map(|(at_least, at_most)| Condition::Priority(PriorityTest { at_least, at_most })),
        (
            job_date(),
            option::of(date()),
            option::of(job_date()),
            any::<bool>(),
            option::of((any::<u16>(), date_unit()))
        )
            .prop_map(|(date, before, after_date, past, within)| {
                let within = within.map(|(count, unit)| Within { count, unit });
                Condition::Date(DateTest { date, before, after: before, before_date: None, after_date, past, within })
            }),
        (option::of(key()), count()).prop_map(|(stage, count)| Condition::Visits(VisitTest { stage, count })),
        (option::of(key()), collection::btree_set(pick(&[TaskState::Planned, TaskState::Completed]), 0..2), count())
            .prop_map(|(template, states, count)| Condition::Tasks(TaskTest { template, states, count })),
        (option::of(item_kind()), keys(), collection::btree_set(pick(&[ItemProgress::Open, ItemProgress::Done]), 0..2))
            .prop_map(|(kind, statuses, progress)| {
                Condition::Items(ItemTest { kind, statuses, progress, ..ItemTest::default() })
            }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..3).prop_map(Condition::All),
            collection::vec(inner.clone(), 0..3).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

fn task_template() -> impl Strategy<Value = TaskTemplate> {
    (
        (key(), text(), option::of(text()), priority(), assignment()),
        (option::of(date_rule()), option::of(date_rule()), keys(), collection::vec(text(), 0..3)),
        (option::of(any::<u32>()), option::of(reminders()), keys()),
    )
        .prop_map(
            |((key, title, description, priority, assign), (start, due, tags, checklist), (budget, remind, after))| {
                let budget_minutes = budget;
                TaskTemplate {
                    key,
                    title,
                    description,
                    priority,
                    assign,
                    start,
                    due,
                    tags,
                    checklist,
                    budget_minutes,
                    remind,
                    after,
                }
            },
        )
}

fn job_template() -> impl Strategy<Value = JobTemplate> {
    let fields = collection::btree_map(key::<FieldKey>(), field_value(), 0..3);
    (option::of(text()), option::of(priority()), assignment(), option::of(date_rule()), keys(), fields).prop_map(
        |(name, priority, assign, due, tags, fields)| JobTemplate {
            client_status: name.clone(),
            name,
            priority,
            assign,
            due,
            tags,
            fields,
            ..JobTemplate::default()
        },
    )
}

fn reminders() -> impl Strategy<Value = Reminders> {
    (span(), option::of(span()), 1..=1_000_u32).prop_map(|(every, first, at_most)| Reminders { every, first, at_most })
}

fn delay() -> impl Strategy<Value = Delay> {
    let until = prop_oneof![
        span().prop_map(Delay::lasting),
        date_rule().prop_map(Delay::until),
        (condition(), option::of(span())).prop_map(|(test, at_most)| Delay::until_holds(test, at_most)),
    ];
    (until, any::<bool>(), any::<bool>()).prop_map(|(mut delay, keep, branches)| {
        delay.keep = keep;
        if delay.at_most.is_some() && branches {
            delay = delay.otherwise(vec![Action::Archive, Action::Wait(Box::new(Delay::lasting(Span::days(1))))]);
        }
        delay
    })
}

fn payload() -> impl Strategy<Value = serde_json::Value> {
    // Nothing at all is written like no payload.
    let leaf =
        prop_oneof![any::<i64>().prop_map(Into::into), text().prop_map(Into::into), Just(serde_json::Value::Null)];
    collection::btree_map(text(), leaf, 0..4).prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect()))
}

fn action() -> impl Strategy<Value = Action> {
    let request = (item_kind(), option::of(key()), option::of(text()), any::<bool>(), option::of(reminders()))
        .prop_map(|(kind, template, title, flag, remind)| RequestItem {
            kind,
            template,
            remind,
            body: title.clone(),
            title,
            payment_submitted_is_done: flag,
            without_invoice: !flag,
        });
    let account = prop_oneof![Just(AccountTarget::Same), text().prop_map(AccountTarget::Linked)];
    prop_oneof![
        collection::vec(key(), 0..3).prop_map(Action::CreateTasks),
        task_template().prop_map(|task| Action::CreateTask(Box::new(task))),
        request.prop_map(Action::Request),
        delay().prop_map(|delay| Action::Wait(Box::new(delay))),
        keys().prop_map(Action::AddAccountTags),
        (keys(), keys()).prop_map(|(remove, add)| Action::ReplaceAccountTags(ReplaceTags { remove, add })),
        Just(Action::ClearAccountTags),
        key().prop_map(Action::SetStatus),
        priority().prop_map(Action::SetPriority),
        (job_date(), option::of(date_rule())).prop_map(|(date, to)| Action::SetDate(SetDate { date, to })),
        (key(), option::of(field_value())).prop_map(|(field, value)| Action::SetField(SetField {
            scope: FieldScope::Job,
            field,
            value
        })),
        text().prop_map(Action::SetClientStatus),
        assignment().prop_map(Action::Assign),
        assignment().prop_map(|who| Action::UpdateAccountAccess(AccessChange { mode: AccessMode::Replace, who })),
        Just(Action::MoveNext),
        (key(), option::of(key())).prop_map(|(pipeline, stage)| Action::MoveToPipeline { pipeline, stage }),
        (option::of(key()), account).prop_map(|(pipeline, account)| {
            let (stage, template, name) = (None, None, None);
            Action::CreateJob(Box::new(CreateJob { pipeline, stage, template, name, account }))
        }),
        keys().prop_map(|templates| Action::CancelTasks(EndTasks { templates })),
        collection::btree_set(item_kind(), 0..3).prop_map(|kinds| Action::CompleteItems(EndItems { kinds })),
        (key(), option::of(payload())).prop_map(|(name, payload)| Action::Signal(SendSignal { name, payload })),
    ]
}

fn automation() -> impl Strategy<Value = Automation> {
    let trigger = prop_oneof![
        Just(Trigger::ByHand),
        key().prop_map(|status| Trigger::StatusSet { status }),
        (option::of(item_kind()), key()).prop_map(|(kind, status)| Trigger::ItemReached {
            kind,
            template: None,
            status
        }),
        option::of(key()).prop_map(|tag| Trigger::JobTagAdded { tag }),
    ];
    let refire = pick(&[Refire::EveryEntry, Refire::FirstEntry, Refire::ForwardOnly]);
    let head = (key(), option::of(text()), option::of(trigger), keys(), option::of(condition()));
    (head, any::<bool>(), refire, collection::vec(action(), 0..4)).prop_map(
        |((key, name, on, stages, condition), enabled, refire, actions)| Automation {
            key,
            name,
            on,
            stages,
            condition,
            enabled,
            refire,
            actions,
        },
    )
}

fn span() -> impl Strategy<Value = Span> {
    (1..=10_000_u32, pick(&SpanUnit::ALL)).prop_map(|(count, unit)| Span::new(count, unit))
}

fn stage() -> impl Strategy<Value = Stage> {
    let limit = span();
    let wip = (1..=u32::MAX, pick(&[WipMode::Warn, WipMode::Refuse])).prop_map(|(max, mode)| WipLimit { max, mode });
    let head = (key(), option::of(text()), any::<bool>(), pick(&[OnEmpty::Hold, OnEmpty::Advance]));
    let rules = (option::of(condition()), option::of(limit), option::of(wip), option::of(condition()));
    (head, rules, collection::vec(automation(), 0..3), collection::vec(automation(), 0..2)).prop_map(
        |((key, name, flag, on_empty), (when, time_limit, wip_limit, exit), on_entry, on_exit)| Stage {
            key,
            client_name: name.clone(),
            name,
            waiting_for: flag.then_some(Party::ThirdParty),
            description: None,
            when,
            automove: flag,
            on_empty,
            is_final: !flag,
            time_limit,
            wip_limit,
            exit,
            on_entry,
            on_exit,
        },
    )
}

fn pipeline() -> impl Strategy<Value = PipelineDefinition> {
    let access = prop_oneof![
        Just(Access::Everyone),
        assignment().prop_map(|who| Access::Only { members: who.members, roles: who.roles }),
    ];
    let status = (key(), option::of(text()), any::<bool>(), collection::vec(automation(), 0..2)).prop_map(
        |(key, name, automove, on_set)| {
            let waiting_for = automove.then_some(Party::Client);
            Status { key, client_name: name.clone(), name, waiting_for, automove, on_set }
        },
    );
    let head = (key(), text(), option::of(text()), access, any::<bool>());
    let transition = (key(), key()).prop_map(|(from, to)| Transition { from, to });
    let lists = (
        collection::vec(status, 0..2),
        collection::vec(stage(), 0..3),
        collection::vec(transition, 0..2),
        collection::vec(automation(), 0..2),
        collection::vec(task_template(), 0..2),
    );
    (head, option::of(key()), option::of(job_template()), lists).prop_map(
        |((key, name, description, access, flag), job_template, job_defaults, lists)| {
            let (statuses, stages, transitions, automations, task_templates) = lists;
            PipelineDefinition {
                key,
                name,
                description,
                access,
                moves: if flag { MoveRule::Free } else { MoveRule::Transitions },
                versioning: if flag { Versioning::Pin } else { Versioning::Follow },
                complete_at_final: flag,
                sort: if flag { JobSort::Due } else { JobSort::Priority },
                job_template,
                job_defaults,
                statuses,
                stages,
                transitions,
                automations,
                task_templates,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn s2_7_any_pipeline_survives_yaml_and_json(pipeline in pipeline()) {
        let yaml = pipeline_to_yaml(&pipeline);
        let back = read_pipeline(yaml.as_bytes());
        prop_assert_eq!(back.as_ref(), Ok(&pipeline), "{}", yaml);
        let json = pipeline_to_json(&pipeline);
        let back = read_pipeline(json.as_bytes());
        prop_assert_eq!(back.as_ref(), Ok(&pipeline), "{}", json);
    }

    #[test]
    fn s2_7_any_template_survives_yaml_and_json(key in key(), task in task_template(), job in job_template()) {
        for template in [Template::Task(Box::new(task)), Template::Job { key, defaults: Box::new(job) }] {
            let yaml = to_yaml(&template);
            let back = read("template", yaml.as_bytes());
            prop_assert_eq!(back.as_ref(), Ok(&template), "{}", yaml);
            let back = read("template", to_json(&template).as_bytes());
            prop_assert_eq!(back.as_ref(), Ok(&template));
        }
    }
}
