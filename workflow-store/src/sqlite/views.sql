-- Views for a firm's own reports: UUIDs as text, dates and instants as ISO text. They hold no
-- data, so every migration drops them and makes them anew.

DROP VIEW IF EXISTS wf_report_jobs;
CREATE VIEW wf_report_jobs AS
SELECT lower(substr(hex(firm), 1, 8) || '-' || substr(hex(firm), 9, 4) || '-' || substr(hex(firm), 13, 4) || '-'
             || substr(hex(firm), 17, 4) || '-' || substr(hex(firm), 21)) AS firm,
       body ->> '$.id' AS id,
       body ->> '$.account' AS account,
       body ->> '$.name' AS name,
       pipeline,
       stage,
       body ->> '$.status' AS status,
       CASE urgency WHEN 0 THEN 'urgent' WHEN 1 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END AS priority,
       body ->> '$.start' AS start,
       body ->> '$.due' AS due,
       body ->> '$.statutory' AS statutory,
       body ->> '$.extended' AS extended,
       body ->> '$.series' AS series,
       body ->> '$.period' AS period,
       body ->> '$.budget_minutes' AS budget_minutes,
       body ->> '$.visits[#-1].entered' AS stage_since,
       coalesce(json_array_length(body, '$.assignees'), 0) AS assignees,
       coalesce(json_array_length(body, '$.attention'), 0) AS attention,
       coalesce(json_array_length(body, '$.tasks'), 0) AS tasks,
       coalesce(json_array_length(body, '$.items'), 0) AS items,
       body ->> '$.created' AS created,
       body ->> '$.updated' AS updated,
       body ->> '$.completed' AS completed,
       body ->> '$.archived' AS archived,
       revision
FROM wf_jobs;

DROP VIEW IF EXISTS wf_report_tasks;
CREATE VIEW wf_report_tasks AS
SELECT lower(substr(hex(firm), 1, 8) || '-' || substr(hex(firm), 9, 4) || '-' || substr(hex(firm), 13, 4) || '-'
             || substr(hex(firm), 17, 4) || '-' || substr(hex(firm), 21)) AS firm,
       body ->> '$.id' AS id,
       body ->> '$.job' AS job,
       body ->> '$.account' AS account,
       body ->> '$.title' AS title,
       body ->> '$.state' AS state,
       body ->> '$.custom_status' AS custom_status,
       ended,
       body ->> '$.start' AS start,
       body ->> '$.due' AS due,
       body ->> '$.budget_minutes' AS budget_minutes,
       body -> '$.assignees' AS assignees,
       body ->> '$.created' AS created,
       body ->> '$.updated' AS updated,
       body ->> '$.completed' AS completed,
       revision
FROM wf_tasks;

DROP VIEW IF EXISTS wf_report_accounts;
CREATE VIEW wf_report_accounts AS
SELECT lower(substr(hex(firm), 1, 8) || '-' || substr(hex(firm), 9, 4) || '-' || substr(hex(firm), 13, 4) || '-'
             || substr(hex(firm), 17, 4) || '-' || substr(hex(firm), 21)) AS firm,
       body ->> '$.id' AS id,
       name,
       external,
       body -> '$.tags' AS tags,
       body -> '$.fields' AS fields,
       body ->> '$.created' AS created,
       body ->> '$.updated' AS updated,
       revision
FROM wf_accounts;

DROP VIEW IF EXISTS wf_report_items;
CREATE VIEW wf_report_items AS
SELECT lower(substr(hex(firm), 1, 8) || '-' || substr(hex(firm), 9, 4) || '-' || substr(hex(firm), 13, 4) || '-'
             || substr(hex(firm), 17, 4) || '-' || substr(hex(firm), 21)) AS firm,
       body ->> '$.id' AS id,
       body ->> '$.account' AS account,
       kind,
       external,
       body ->> '$.created' AS created,
       body,
       revision
FROM wf_items;

DROP VIEW IF EXISTS wf_report_events;
CREATE VIEW wf_report_events AS
SELECT l.position,
       e.key AS place,
       lower(substr(hex(l.firm), 1, 8) || '-' || substr(hex(l.firm), 9, 4) || '-' || substr(hex(l.firm), 13, 4)
             || '-' || substr(hex(l.firm), 17, 4) || '-' || substr(hex(l.firm), 21)) AS firm,
       l.body ->> '$.id' AS entry,
       l.body ->> '$.at' AS at,
       l.command,
       l.body -> '$.actor' AS actor,
       l.body ->> '$.job' AS job,
       l.body ->> '$.account' AS account,
       l.body ->> '$.definition' AS definition,
       CASE json_type(e.value, '$.event')
           WHEN 'object' THEN (SELECT k.key FROM json_each(e.value, '$.event') AS k)
           ELSE e.value ->> '$.event'
       END AS event,
       CASE json_type(e.value, '$.event')
           WHEN 'object' THEN (SELECT k.value FROM json_each(e.value, '$.event') AS k)
       END AS detail,
       e.value ->> '$.by' AS automation,
       e.value ->> '$.of' AS caused_by
FROM wf_log AS l, json_each(l.body, '$.events') AS e;

DROP VIEW IF EXISTS wf_report_stage_counts;
CREATE VIEW wf_report_stage_counts AS
SELECT lower(substr(hex(firm), 1, 8) || '-' || substr(hex(firm), 9, 4) || '-' || substr(hex(firm), 13, 4) || '-'
             || substr(hex(firm), 17, 4) || '-' || substr(hex(firm), 21)) AS firm,
       pipeline, stage, jobs, attention, open_blockers, done_blockers
FROM wf_stage_tallies;

DROP VIEW IF EXISTS wf_report_outbox;
CREATE VIEW wf_report_outbox AS
SELECT sequence,
       lower(substr(hex(firm), 1, 8) || '-' || substr(hex(firm), 9, 4) || '-' || substr(hex(firm), 13, 4) || '-'
             || substr(hex(firm), 17, 4) || '-' || substr(hex(firm), 21)) AS firm,
       body ->> '$.id' AS id,
       body ->> '$.job' AS job,
       body ->> '$.account' AS account,
       CASE state WHEN 0 THEN 'waiting' ELSE 'dead' END AS state,
       strftime('%Y-%m-%dT%H:%M:%fZ', due / 1e6, 'unixepoch') AS due,
       attempts,
       strftime('%Y-%m-%dT%H:%M:%fZ', leased_until / 1e6, 'unixepoch') AS leased_until,
       error,
       body -> '$.intent' AS intent
FROM wf_outbox;

DROP VIEW IF EXISTS wf_report_series;
CREATE VIEW wf_report_series AS
SELECT lower(substr(hex(firm), 1, 8) || '-' || substr(hex(firm), 9, 4) || '-' || substr(hex(firm), 13, 4) || '-'
             || substr(hex(firm), 17, 4) || '-' || substr(hex(firm), 21)) AS firm,
       body ->> '$.id' AS id,
       name,
       body ->> '$.state' AS state,
       CASE WHEN json_type(body, '$.makes.job') IS NULL THEN 'task' ELSE 'job' END AS makes,
       body ->> '$.makes.job.pipeline' AS pipeline,
       coalesce(json_array_length(body, '$.for.accounts'), 0) AS accounts,
       body -> '$.for.tags' AS tags,
       body -> '$.schedule' AS schedule,
       body ->> '$.lead' AS lead,
       coalesce(body ->> '$.catch_up', 'latest') AS catch_up,
       body ->> '$.next' AS next,
       body ->> '$.cursor' AS cursor,
       body ->> '$.continues' AS continues,
       body ->> '$.created' AS created,
       body ->> '$.updated' AS updated,
       revision
FROM wf_series;

DROP VIEW IF EXISTS wf_report_occurrences;
CREATE VIEW wf_report_occurrences AS
SELECT lower(substr(hex(firm), 1, 8) || '-' || substr(hex(firm), 9, 4) || '-' || substr(hex(firm), 13, 4) || '-'
             || substr(hex(firm), 17, 4) || '-' || substr(hex(firm), 21)) AS firm,
       body ->> '$.series' AS series,
       body ->> '$.account' AS account,
       body ->> '$.period' AS period,
       body ->> '$.starts' AS starts,
       body ->> '$.ends' AS ends,
       body ->> '$.day' AS day,
       body ->> '$.date' AS date,
       CASE json_type(body, '$.outcome')
           WHEN 'object' THEN (SELECT k.key FROM json_each(body, '$.outcome') AS k)
           ELSE body ->> '$.outcome'
       END AS outcome,
       body ->> '$.outcome.job' AS job,
       body ->> '$.outcome.task' AS task,
       body ->> '$.outcome.refused' AS why,
       body ->> '$.at' AS at,
       revision
FROM wf_occurrences;
