-- Version 1 of the schema. What was released here never changes again: a later version is a new
-- file and a new line in `schema::MIGRATIONS`.
--
-- Conventions: `firm` and other UUIDs are 16 bytes; instants are microseconds since 1970; dates
-- are days with 0001-01-01 as 1, and 9223372036854775807 where there is none, so that they sort
-- last; bodies are JSON.
--
-- Tables whose rows are large keep a rowid (a row of more than about 1000 bytes would spill out
-- of a WITHOUT ROWID page); those with small rows are WITHOUT ROWID and save one tree.

CREATE TABLE wf_firms (
    firm BLOB NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT;

CREATE TABLE wf_members (
    firm BLOB NOT NULL, id BLOB NOT NULL, revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wf_members_by_name ON wf_members (firm, name, id);

CREATE TABLE wf_templates (
    firm BLOB NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    kind TEXT NOT NULL, "key" TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT;
CREATE INDEX wf_templates_by_key ON wf_templates (firm, kind, "key", id);

CREATE TABLE wf_pipelines (
    firm BLOB NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT;
CREATE INDEX wf_pipelines_by_key ON wf_pipelines (firm, "key", id);

CREATE TABLE wf_pipeline_versions (
    firm BLOB NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT;

CREATE TABLE wf_accounts (
    firm BLOB NOT NULL, id BLOB NOT NULL, revision INTEGER NOT NULL,
    name TEXT NOT NULL, external TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT;
CREATE INDEX wf_accounts_by_name ON wf_accounts (firm, name, id);
CREATE UNIQUE INDEX wf_accounts_by_external ON wf_accounts (firm, external) WHERE external IS NOT NULL;
CREATE TABLE wf_account_tags (
    firm BLOB NOT NULL, tag TEXT NOT NULL, name TEXT NOT NULL, id BLOB NOT NULL,
    PRIMARY KEY (firm, tag, name, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE wf_jobs (
    firm BLOB NOT NULL, id BLOB NOT NULL, revision INTEGER NOT NULL,
    account BLOB NOT NULL, pipeline TEXT NOT NULL, stage TEXT NOT NULL,
    shelf INTEGER NOT NULL, urgency INTEGER NOT NULL, due INTEGER NOT NULL, created INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT;
CREATE INDEX wf_jobs_by_stage ON wf_jobs (firm, pipeline, stage, shelf, urgency, due, id);
CREATE INDEX wf_jobs_by_due ON wf_jobs (firm, shelf, due, id);
CREATE INDEX wf_jobs_by_account ON wf_jobs (firm, account, created, id);
CREATE TABLE wf_job_assignees (
    firm BLOB NOT NULL, member BLOB NOT NULL, shelf INTEGER NOT NULL, due INTEGER NOT NULL, id BLOB NOT NULL,
    PRIMARY KEY (firm, member, shelf, due, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE wf_job_attention (
    firm BLOB NOT NULL, created INTEGER NOT NULL, id BLOB NOT NULL,
    PRIMARY KEY (firm, created, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE wf_tasks (
    firm BLOB NOT NULL, id BLOB NOT NULL, revision INTEGER NOT NULL,
    job BLOB, account BLOB, ended INTEGER NOT NULL, due INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wf_tasks_by_due ON wf_tasks (firm, ended, due, id);
CREATE INDEX wf_tasks_by_account ON wf_tasks (firm, account, ended, due, id);
CREATE TABLE wf_task_assignees (
    firm BLOB NOT NULL, member BLOB NOT NULL, ended INTEGER NOT NULL, due INTEGER NOT NULL, id BLOB NOT NULL,
    PRIMARY KEY (firm, member, ended, due, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE wf_task_roles (
    firm BLOB NOT NULL, role TEXT NOT NULL, ended INTEGER NOT NULL, due INTEGER NOT NULL, id BLOB NOT NULL,
    PRIMARY KEY (firm, role, ended, due, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE wf_items (
    firm BLOB NOT NULL, id BLOB NOT NULL, revision INTEGER NOT NULL,
    account BLOB, kind TEXT NOT NULL, external TEXT, created INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wf_items_by_account ON wf_items (firm, account, created, id);
CREATE UNIQUE INDEX wf_items_by_external ON wf_items (firm, external) WHERE external IS NOT NULL;

CREATE TABLE wf_comments (
    firm BLOB NOT NULL, id BLOB NOT NULL, revision INTEGER NOT NULL,
    job BLOB NOT NULL, at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wf_comments_by_job ON wf_comments (firm, job, at, id);

CREATE TABLE wf_stage_tallies (
    firm BLOB NOT NULL, pipeline TEXT NOT NULL, stage TEXT NOT NULL,
    jobs INTEGER NOT NULL, attention INTEGER NOT NULL,
    open_blockers INTEGER NOT NULL, done_blockers INTEGER NOT NULL,
    PRIMARY KEY (firm, pipeline, stage)
) STRICT, WITHOUT ROWID;

-- Entries are never deleted, so positions are never used again and AUTOINCREMENT, which would
-- write one more page per commit, is not needed. The indexes by UUID leave the firm out to stay
-- small; a reader filters by it.
CREATE TABLE wf_log (
    position INTEGER PRIMARY KEY,
    firm BLOB NOT NULL, id BLOB NOT NULL, "key" TEXT,
    job BLOB, account BLOB, member BLOB,
    at INTEGER NOT NULL, command TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX wf_log_by_id ON wf_log (id, firm);
CREATE UNIQUE INDEX wf_log_by_key ON wf_log ("key", firm) WHERE "key" IS NOT NULL;
CREATE INDEX wf_log_by_firm ON wf_log (firm);
CREATE INDEX wf_log_by_job ON wf_log (job) WHERE job IS NOT NULL;
CREATE INDEX wf_log_by_account ON wf_log (account) WHERE account IS NOT NULL;
CREATE INDEX wf_log_by_member ON wf_log (member) WHERE member IS NOT NULL;

-- state: 0 waiting, 1 dead. head: 1 on the row of its lane that is to be handed out next, and on
-- every waiting row without a lane; so that a claim never walks along a lane.
CREATE TABLE wf_outbox (
    sequence INTEGER PRIMARY KEY,
    firm BLOB NOT NULL, id BLOB NOT NULL, lane BLOB,
    state INTEGER NOT NULL, head INTEGER NOT NULL, due INTEGER NOT NULL,
    attempts INTEGER NOT NULL, generation INTEGER NOT NULL,
    owner BLOB, leased_until INTEGER, error TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX wf_outbox_by_id ON wf_outbox (firm, id);
CREATE INDEX wf_outbox_by_lane ON wf_outbox (firm, lane) WHERE state = 0 AND lane IS NOT NULL;
CREATE INDEX wf_outbox_by_state ON wf_outbox (firm, state);
CREATE INDEX wf_outbox_ready ON wf_outbox (due) WHERE head = 1;
CREATE INDEX wf_outbox_ready_by_firm ON wf_outbox (firm, due) WHERE head = 1;

CREATE TABLE wf_follow_ups (
    sequence INTEGER PRIMARY KEY,
    firm BLOB NOT NULL, id BLOB NOT NULL, lane BLOB,
    state INTEGER NOT NULL, head INTEGER NOT NULL, due INTEGER NOT NULL,
    attempts INTEGER NOT NULL, generation INTEGER NOT NULL,
    owner BLOB, leased_until INTEGER, error TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX wf_follow_ups_by_id ON wf_follow_ups (firm, id);
CREATE INDEX wf_follow_ups_by_lane ON wf_follow_ups (firm, lane) WHERE state = 0 AND lane IS NOT NULL;
CREATE INDEX wf_follow_ups_by_state ON wf_follow_ups (firm, state);
CREATE INDEX wf_follow_ups_ready ON wf_follow_ups (due) WHERE head = 1;
CREATE INDEX wf_follow_ups_ready_by_firm ON wf_follow_ups (firm, due) WHERE head = 1;
