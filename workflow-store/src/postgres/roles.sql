-- Roles with no more rights than they need. `{s}` stands for the schema's name. Run it as the owner of
-- the tables (the role under which a store was opened first), who may create roles; again after a
-- migration. Then make login roles members of these:
--
--     CREATE ROLE portal LOGIN PASSWORD '…' IN ROLE workflow_engine;
--
-- workflow_engine   a host: reads and writes records, only adds to the log, makes and changes no tables.
--                   Opens the store with `migrate=false`, or at the present version.
-- workflow_reports  reads, nothing else.
-- workflow_firm     a host that belongs to some firms only: see row_level_security.sql.

DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['workflow_engine', 'workflow_reports', 'workflow_firm'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- It is there, or somebody is making it just now.
        END;
    END LOOP;
END $$;

REVOKE ALL ON SCHEMA {s} FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA {s} FROM PUBLIC, workflow_engine, workflow_reports, workflow_firm;
GRANT USAGE ON SCHEMA {s} TO workflow_engine, workflow_reports, workflow_firm;

GRANT SELECT, INSERT, UPDATE, DELETE ON
    {s}.firms, {s}.members, {s}.templates, {s}.pipelines, {s}.pipeline_versions,
    {s}.accounts, {s}.account_tags, {s}.jobs, {s}.job_assignees, {s}.job_attention,
    {s}.tasks, {s}.task_assignees, {s}.task_roles, {s}.items, {s}.comments, {s}.series, {s}.occurrences,
    {s}.outbox, {s}.follow_ups, {s}.timers
    TO workflow_engine, workflow_firm;
GRANT SELECT, INSERT, UPDATE ON {s}.heads, {s}.stage_tallies TO workflow_engine, workflow_firm;
-- What is in the log stays as it is.
GRANT SELECT, INSERT ON {s}.log TO workflow_engine, workflow_firm;
GRANT SELECT ON {s}.workflow_meta TO workflow_engine, workflow_firm;

GRANT SELECT ON ALL TABLES IN SCHEMA {s} TO workflow_reports;
GRANT SELECT ON
    {s}.report_jobs, {s}.report_tasks, {s}.report_accounts, {s}.report_items, {s}.report_events,
    {s}.report_stage_counts, {s}.report_outbox, {s}.report_series, {s}.report_occurrences
    TO workflow_engine;
