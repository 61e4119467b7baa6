-- Keeps a host of one firm, or of some, to their rows, whatever it asks. `{s}` stands for the schema's
-- name. Run it after roles.sql, as the owner of the tables; again after a migration. Then say which
-- login role is which firm's:
--
--     CREATE ROLE ledger_and_sons LOGIN PASSWORD '…' IN ROLE workflow_firm;
--     INSERT INTO {s}.firm_roles VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 'ledger_and_sons');
--
-- The role decides, not a setting of the session: a session could set it to another firm's. A role must
-- not be a member of workflow_engine or workflow_reports as well, who see all firms.
--
-- Views are granted to such roles where they see no more than who asks (PostgreSQL 15 and later).

CREATE TABLE IF NOT EXISTS {s}.firm_roles (
    firm uuid NOT NULL, role text NOT NULL,
    PRIMARY KEY (firm, role)
);
GRANT SELECT ON {s}.firm_roles TO workflow_firm;
ALTER TABLE {s}.firm_roles ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_firm ON {s}.firm_roles;
CREATE POLICY own_firm ON {s}.firm_roles FOR SELECT TO workflow_firm USING (role = current_user);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'firms', 'members', 'templates', 'pipelines', 'pipeline_versions', 'accounts',
        'account_tags', 'jobs', 'job_assignees', 'job_attention', 'tasks', 'task_assignees',
        'task_roles', 'items', 'comments', 'series', 'occurrences', 'stage_tallies',
        'heads', 'log', 'outbox', 'follow_ups', 'timers'
    ] LOOP
        EXECUTE format('ALTER TABLE {s}.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('DROP POLICY IF EXISTS every_firm ON {s}.%I', name);
        EXECUTE format('CREATE POLICY every_firm ON {s}.%I TO workflow_engine USING (true)', name);
        EXECUTE format('DROP POLICY IF EXISTS every_firm_read ON {s}.%I', name);
        EXECUTE format('CREATE POLICY every_firm_read ON {s}.%I FOR SELECT TO workflow_reports USING (true)', name);
        EXECUTE format('DROP POLICY IF EXISTS own_firm ON {s}.%I', name);
        EXECUTE format('CREATE POLICY own_firm ON {s}.%I TO workflow_firm USING (firm = ANY (ARRAY('
                       'SELECT f.firm FROM {s}.firm_roles AS f WHERE f.role = current_user)))', name);
    END LOOP;
    IF current_setting('server_version_num')::int >= 150000 THEN
        GRANT SELECT ON
            {s}.report_jobs, {s}.report_tasks, {s}.report_accounts, {s}.report_items, {s}.report_events,
            {s}.report_stage_counts, {s}.report_outbox, {s}.report_series, {s}.report_occurrences
            TO workflow_firm;
    END IF;
END $$;
