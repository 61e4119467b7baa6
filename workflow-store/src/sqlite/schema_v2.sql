-- Version 2 of the schema: timers.

-- One row for each record that wants to be looked at when its time has come. The columns are those
-- of the other queues; timers have no lanes, so every waiting row is a head.
CREATE TABLE wf_timers (
    sequence INTEGER PRIMARY KEY,
    firm BLOB NOT NULL, id BLOB NOT NULL, lane BLOB,
    state INTEGER NOT NULL, head INTEGER NOT NULL, due INTEGER NOT NULL,
    attempts INTEGER NOT NULL, generation INTEGER NOT NULL,
    owner BLOB, leased_until INTEGER, error TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX wf_timers_by_id ON wf_timers (firm, id);
CREATE INDEX wf_timers_ready ON wf_timers (due) WHERE head = 1;
CREATE INDEX wf_timers_ready_by_firm ON wf_timers (firm, due) WHERE head = 1;
