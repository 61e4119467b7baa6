-- Version 1 of the schema. What was released here never changes again: a later version is a new
-- file and a new line in `schema::MIGRATIONS`. `{s}` stands for the schema's name.
--
-- Conventions: the firm leads every primary key and every index, so that all of a firm lives in one
-- place when the tables are distributed by it. Instants are microseconds since 1970; dates are days
-- with 0001-01-01 as 1, and 9223372036854775807 where there is none, so that they sort last. `body`
-- is the record; `exact` is its text where `jsonb` would keep another. Texts order by their bytes.
--
-- There are no foreign keys, triggers, functions, sequences or deferred constraints: everything here
-- is understood by the distributed databases that speak PostgreSQL's language.

CREATE TABLE {s}.firms (
    firm uuid NOT NULL, id text COLLATE "C" NOT NULL, revision bigint NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);

CREATE TABLE {s}.members (
    firm uuid NOT NULL, id uuid NOT NULL, revision bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX members_by_name ON {s}.members (firm, name, id);

CREATE TABLE {s}.templates (
    firm uuid NOT NULL, id text COLLATE "C" NOT NULL, revision bigint NOT NULL,
    kind text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX templates_by_key ON {s}.templates (firm, kind, key, id);

CREATE TABLE {s}.pipelines (
    firm uuid NOT NULL, id text COLLATE "C" NOT NULL, revision bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX pipelines_by_key ON {s}.pipelines (firm, key, id);

CREATE TABLE {s}.pipeline_versions (
    firm uuid NOT NULL, id text COLLATE "C" NOT NULL, revision bigint NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);

CREATE TABLE {s}.accounts (
    firm uuid NOT NULL, id uuid NOT NULL, revision bigint NOT NULL,
    name text COLLATE "C" NOT NULL, external text COLLATE "C",
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX accounts_by_name ON {s}.accounts (firm, name, id);
CREATE UNIQUE INDEX accounts_by_external ON {s}.accounts (firm, external) WHERE external IS NOT NULL;
CREATE TABLE {s}.account_tags (
    firm uuid NOT NULL, tag text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, id uuid NOT NULL,
    PRIMARY KEY (firm, id, tag)
);
CREATE INDEX account_tags_in_order ON {s}.account_tags (firm, tag, name, id);

CREATE TABLE {s}.jobs (
    firm uuid NOT NULL, id uuid NOT NULL, revision bigint NOT NULL,
    account uuid NOT NULL, pipeline text COLLATE "C" NOT NULL, stage text COLLATE "C" NOT NULL,
    shelf bigint NOT NULL, urgency bigint NOT NULL, due bigint NOT NULL, created bigint NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX jobs_by_stage ON {s}.jobs (firm, pipeline, stage, shelf, urgency, due, id);
CREATE INDEX jobs_by_due ON {s}.jobs (firm, shelf, due, id);
CREATE INDEX jobs_by_account ON {s}.jobs (firm, account, created, id);
CREATE TABLE {s}.job_assignees (
    firm uuid NOT NULL, member uuid NOT NULL, shelf bigint NOT NULL, due bigint NOT NULL, id uuid NOT NULL,
    PRIMARY KEY (firm, id, member)
);
CREATE INDEX job_assignees_in_order ON {s}.job_assignees (firm, member, shelf, due, id);
CREATE TABLE {s}.job_attention (
    firm uuid NOT NULL, created bigint NOT NULL, id uuid NOT NULL,
    PRIMARY KEY (firm, id)
);
CREATE INDEX job_attention_in_order ON {s}.job_attention (firm, created, id);

CREATE TABLE {s}.tasks (
    firm uuid NOT NULL, id uuid NOT NULL, revision bigint NOT NULL,
    job uuid, account uuid, ended bigint NOT NULL, due bigint NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX tasks_by_due ON {s}.tasks (firm, ended, due, id);
CREATE INDEX tasks_by_account ON {s}.tasks (firm, account, ended, due, id);
CREATE TABLE {s}.task_assignees (
    firm uuid NOT NULL, member uuid NOT NULL, ended bigint NOT NULL, due bigint NOT NULL, id uuid NOT NULL,
    PRIMARY KEY (firm, id, member)
);
CREATE INDEX task_assignees_in_order ON {s}.task_assignees (firm, member, ended, due, id);
CREATE TABLE {s}.task_roles (
    firm uuid NOT NULL, role text COLLATE "C" NOT NULL, ended bigint NOT NULL, due bigint NOT NULL, id uuid NOT NULL,
    PRIMARY KEY (firm, id, role)
);
CREATE INDEX task_roles_in_order ON {s}.task_roles (firm, role, ended, due, id);

CREATE TABLE {s}.items (
    firm uuid NOT NULL, id uuid NOT NULL, revision bigint NOT NULL,
    account uuid, kind text COLLATE "C" NOT NULL, external text COLLATE "C", created bigint NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX items_by_account ON {s}.items (firm, account, created, id);
CREATE UNIQUE INDEX items_by_external ON {s}.items (firm, external) WHERE external IS NOT NULL;

CREATE TABLE {s}.comments (
    firm uuid NOT NULL, id uuid NOT NULL, revision bigint NOT NULL,
    job uuid NOT NULL, at bigint NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX comments_by_job ON {s}.comments (firm, job, at, id);

CREATE TABLE {s}.series (
    firm uuid NOT NULL, id uuid NOT NULL, revision bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX series_by_name ON {s}.series (firm, name, id);

-- One row for each series, account and period: the key names all three.
CREATE TABLE {s}.occurrences (
    firm uuid NOT NULL, id text COLLATE "C" NOT NULL, revision bigint NOT NULL,
    series uuid NOT NULL, account uuid, starts bigint NOT NULL, date bigint NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX occurrences_by_series ON {s}.occurrences (firm, series, starts, id);
CREATE INDEX occurrences_by_account ON {s}.occurrences (firm, account, date, id);

CREATE TABLE {s}.stage_tallies (
    firm uuid NOT NULL, pipeline text COLLATE "C" NOT NULL, stage text COLLATE "C" NOT NULL,
    jobs bigint NOT NULL, attention bigint NOT NULL,
    open_blockers bigint NOT NULL, done_blockers bigint NOT NULL,
    PRIMARY KEY (firm, pipeline, stage)
);

-- Where a firm's log and queues end. Every commit of a firm begins by counting this row up, and so
-- waits for the one before: positions are in the order of the commits.
CREATE TABLE {s}.heads (
    firm uuid NOT NULL PRIMARY KEY, position bigint NOT NULL, sequence bigint NOT NULL
);

CREATE TABLE {s}.log (
    firm uuid NOT NULL, position bigint NOT NULL, id uuid NOT NULL, key text COLLATE "C",
    job uuid, account uuid, member uuid,
    at bigint NOT NULL, command text NOT NULL,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, position)
);
CREATE UNIQUE INDEX log_by_id ON {s}.log (firm, id);
CREATE UNIQUE INDEX log_by_key ON {s}.log (firm, key) WHERE key IS NOT NULL;
CREATE INDEX log_by_job ON {s}.log (firm, job, position) WHERE job IS NOT NULL;
CREATE INDEX log_by_account ON {s}.log (firm, account, position) WHERE account IS NOT NULL;
CREATE INDEX log_by_member ON {s}.log (firm, member, position) WHERE member IS NOT NULL;

-- state: 0 waiting, 1 dead. head: true on the row of its lane that is to be handed out next, and on
-- every waiting row without a lane; so that a claim never walks along a lane.
--
-- The indexes `…_ready` are the only ones that the firm does not lead: whoever works for all firms
-- asks what is due in any of them. They are not unique, so that each part of a distributed table has
-- its own.
CREATE TABLE {s}.outbox (
    firm uuid NOT NULL, id uuid NOT NULL, sequence bigint NOT NULL, lane uuid,
    state bigint NOT NULL, head boolean NOT NULL, due bigint NOT NULL,
    attempts bigint NOT NULL, generation bigint NOT NULL,
    owner uuid, leased_until bigint, error text,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX outbox_by_sequence ON {s}.outbox (firm, state, sequence);
CREATE INDEX outbox_by_lane ON {s}.outbox (firm, lane, sequence) WHERE state = 0 AND lane IS NOT NULL;
CREATE INDEX outbox_ready_by_firm ON {s}.outbox (firm, due, sequence) WHERE head;
CREATE INDEX outbox_ready ON {s}.outbox (due, sequence) WHERE head;

CREATE TABLE {s}.follow_ups (
    firm uuid NOT NULL, id uuid NOT NULL, sequence bigint NOT NULL, lane uuid,
    state bigint NOT NULL, head boolean NOT NULL, due bigint NOT NULL,
    attempts bigint NOT NULL, generation bigint NOT NULL,
    owner uuid, leased_until bigint, error text,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX follow_ups_by_sequence ON {s}.follow_ups (firm, state, sequence);
CREATE INDEX follow_ups_by_lane ON {s}.follow_ups (firm, lane, sequence) WHERE state = 0 AND lane IS NOT NULL;
CREATE INDEX follow_ups_ready_by_firm ON {s}.follow_ups (firm, due, sequence) WHERE head;
CREATE INDEX follow_ups_ready ON {s}.follow_ups (due, sequence) WHERE head;

-- One row for each record that wants to be looked at when its time has come. The columns are those
-- of the other queues; timers have no lanes, so every waiting row is a head.
CREATE TABLE {s}.timers (
    firm uuid NOT NULL, id uuid NOT NULL, sequence bigint NOT NULL, lane uuid,
    state bigint NOT NULL, head boolean NOT NULL, due bigint NOT NULL,
    attempts bigint NOT NULL, generation bigint NOT NULL,
    owner uuid, leased_until bigint, error text,
    body jsonb NOT NULL, exact text,
    PRIMARY KEY (firm, id)
);
CREATE INDEX timers_by_sequence ON {s}.timers (firm, state, sequence);
CREATE INDEX timers_ready_by_firm ON {s}.timers (firm, due, sequence) WHERE head;
CREATE INDEX timers_ready ON {s}.timers (due, sequence) WHERE head;
