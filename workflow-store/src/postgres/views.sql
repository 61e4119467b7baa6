-- Views for a firm's own reports: dates as dates, instants as timestamps. They hold no data, so every
-- migration drops them and makes them anew. `{s}` stands for the schema's name, `{with}` for what lets
-- a view see no more than who asks may see, where the server knows that.
--
-- Years before 0001 and after 9999, which the engine can write and PostgreSQL's types cannot read in
-- its form, are left out (null).

DROP VIEW IF EXISTS {s}.report_jobs;
CREATE VIEW {s}.report_jobs {with} AS
SELECT firm, id, account,
       body ->> 'name' AS name,
       pipeline, stage,
       body ->> 'status' AS status,
       CASE urgency WHEN 0 THEN 'urgent' WHEN 1 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END AS priority,
       CASE WHEN length(body ->> 'start') = 10 THEN (body ->> 'start')::date END AS start,
       CASE WHEN length(body ->> 'due') = 10 THEN (body ->> 'due')::date END AS due,
       CASE WHEN length(body ->> 'statutory') = 10 THEN (body ->> 'statutory')::date END AS statutory,
       CASE WHEN length(body ->> 'extended') = 10 THEN (body ->> 'extended')::date END AS extended,
       body ->> 'series' AS series,
       body ->> 'period' AS period,
       (body ->> 'budget_minutes')::bigint AS budget_minutes,
       CASE WHEN body -> 'visits' -> -1 ->> 'entered' ~ '^[0-9]{4}-'
            THEN (body -> 'visits' -> -1 ->> 'entered')::timestamptz END AS stage_since,
       coalesce(jsonb_array_length(body -> 'assignees'), 0) AS assignees,
       coalesce(jsonb_array_length(body -> 'attention'), 0) AS attention,
       coalesce(jsonb_array_length(body -> 'tasks'), 0) AS tasks,
       coalesce(jsonb_array_length(body -> 'items'), 0) AS items,
       CASE WHEN body ->> 'created' ~ '^[0-9]{4}-' THEN (body ->> 'created')::timestamptz END AS created,
       CASE WHEN body ->> 'updated' ~ '^[0-9]{4}-' THEN (body ->> 'updated')::timestamptz END AS updated,
       CASE WHEN body ->> 'completed' ~ '^[0-9]{4}-' THEN (body ->> 'completed')::timestamptz END AS completed,
       CASE WHEN body ->> 'archived' ~ '^[0-9]{4}-' THEN (body ->> 'archived')::timestamptz END AS archived,
       revision
FROM {s}.jobs;

DROP VIEW IF EXISTS {s}.report_tasks;
CREATE VIEW {s}.report_tasks {with} AS
SELECT firm, id, job, account,
       body ->> 'title' AS title,
       body ->> 'state' AS state,
       body ->> 'custom_status' AS custom_status,
       ended = 1 AS ended,
       CASE WHEN length(body ->> 'start') = 10 THEN (body ->> 'start')::date END AS start,
       CASE WHEN length(body ->> 'due') = 10 THEN (body ->> 'due')::date END AS due,
       (body ->> 'budget_minutes')::bigint AS budget_minutes,
       body -> 'assignees' AS assignees,
       CASE WHEN body ->> 'created' ~ '^[0-9]{4}-' THEN (body ->> 'created')::timestamptz END AS created,
       CASE WHEN body ->> 'updated' ~ '^[0-9]{4}-' THEN (body ->> 'updated')::timestamptz END AS updated,
       CASE WHEN body ->> 'completed' ~ '^[0-9]{4}-' THEN (body ->> 'completed')::timestamptz END AS completed,
       revision
FROM {s}.tasks;

DROP VIEW IF EXISTS {s}.report_accounts;
CREATE VIEW {s}.report_accounts {with} AS
SELECT firm, id, name, external,
       body -> 'tags' AS tags,
       body -> 'fields' AS fields,
       CASE WHEN body ->> 'created' ~ '^[0-9]{4}-' THEN (body ->> 'created')::timestamptz END AS created,
       CASE WHEN body ->> 'updated' ~ '^[0-9]{4}-' THEN (body ->> 'updated')::timestamptz END AS updated,
       revision
FROM {s}.accounts;

DROP VIEW IF EXISTS {s}.report_items;
CREATE VIEW {s}.report_items {with} AS
SELECT firm, id, account, kind, external,
       body ->> 'title' AS title,
       body ->> 'status' AS status,
       CASE WHEN body ->> 'created' ~ '^[0-9]{4}-' THEN (body ->> 'created')::timestamptz END AS created,
       body,
       revision
FROM {s}.items;

DROP VIEW IF EXISTS {s}.report_events;
CREATE VIEW {s}.report_events {with} AS
SELECT l.firm, l.position,
       e.place - 1 AS place,
       l.id AS entry,
       CASE WHEN l.body ->> 'at' ~ '^[0-9]{4}-' THEN (l.body ->> 'at')::timestamptz END AS at,
       l.command,
       l.body -> 'actor' AS actor,
       l.job, l.account,
       (l.body ->> 'definition')::bigint AS definition,
       CASE WHEN jsonb_typeof(e.value -> 'event') = 'object'
            THEN (SELECT k.key FROM jsonb_each(e.value -> 'event') AS k LIMIT 1)
            ELSE e.value ->> 'event' END AS event,
       CASE WHEN jsonb_typeof(e.value -> 'event') = 'object'
            THEN (SELECT k.value FROM jsonb_each(e.value -> 'event') AS k LIMIT 1) END AS detail,
       e.value ->> 'by' AS automation,
       (e.value ->> 'of')::bigint AS caused_by
FROM {s}.log AS l CROSS JOIN LATERAL jsonb_array_elements(l.body -> 'events') WITH ORDINALITY AS e(value, place);

DROP VIEW IF EXISTS {s}.report_stage_counts;
CREATE VIEW {s}.report_stage_counts {with} AS
SELECT firm, pipeline, stage, jobs, attention, open_blockers, done_blockers FROM {s}.stage_tallies;

DROP VIEW IF EXISTS {s}.report_outbox;
CREATE VIEW {s}.report_outbox {with} AS
SELECT firm, sequence, id,
       body ->> 'job' AS job,
       body ->> 'account' AS account,
       CASE state WHEN 0 THEN 'waiting' ELSE 'dead' END AS state,
       CASE WHEN due BETWEEN -62135596800000000 AND 253402300799000000
            THEN timestamptz '1970-01-01 00:00:00+00' + due * interval '1 microsecond' END AS due,
       attempts,
       CASE WHEN leased_until BETWEEN -62135596800000000 AND 253402300799000000
            THEN timestamptz '1970-01-01 00:00:00+00' + leased_until * interval '1 microsecond' END AS leased_until,
       error,
       body -> 'intent' AS intent
FROM {s}.outbox;

DROP VIEW IF EXISTS {s}.report_series;
CREATE VIEW {s}.report_series {with} AS
SELECT firm, id, name,
       body ->> 'state' AS state,
       CASE WHEN body -> 'makes' -> 'job' IS NULL THEN 'task' ELSE 'job' END AS makes,
       body -> 'makes' -> 'job' ->> 'pipeline' AS pipeline,
       coalesce(jsonb_array_length(body -> 'for' -> 'accounts'), 0) AS accounts,
       body -> 'for' -> 'tags' AS tags,
       body -> 'schedule' AS schedule,
       body ->> 'lead' AS lead,
       coalesce(body ->> 'catch_up', 'latest') AS catch_up,
       CASE WHEN body ->> 'next' ~ '^[0-9]{4}-' THEN (body ->> 'next')::timestamptz END AS next,
       body ->> 'cursor' AS cursor,
       body ->> 'continues' AS continues,
       CASE WHEN body ->> 'created' ~ '^[0-9]{4}-' THEN (body ->> 'created')::timestamptz END AS created,
       CASE WHEN body ->> 'updated' ~ '^[0-9]{4}-' THEN (body ->> 'updated')::timestamptz END AS updated,
       revision
FROM {s}.series;

DROP VIEW IF EXISTS {s}.report_occurrences;
CREATE VIEW {s}.report_occurrences {with} AS
SELECT firm, series, account,
       body ->> 'period' AS period,
       CASE WHEN length(body ->> 'starts') = 10 THEN (body ->> 'starts')::date END AS starts,
       CASE WHEN length(body ->> 'ends') = 10 THEN (body ->> 'ends')::date END AS ends,
       CASE WHEN length(body ->> 'day') = 10 THEN (body ->> 'day')::date END AS day,
       CASE WHEN length(body ->> 'date') = 10 THEN (body ->> 'date')::date END AS date,
       CASE WHEN jsonb_typeof(body -> 'outcome') = 'object'
            THEN (SELECT k.key FROM jsonb_each(body -> 'outcome') AS k LIMIT 1)
            ELSE body ->> 'outcome' END AS outcome,
       body -> 'outcome' ->> 'job' AS job,
       body -> 'outcome' ->> 'task' AS task,
       body -> 'outcome' ->> 'refused' AS why,
       CASE WHEN body ->> 'at' ~ '^[0-9]{4}-' THEN (body ->> 'at')::timestamptz END AS at,
       revision
FROM {s}.occurrences;
