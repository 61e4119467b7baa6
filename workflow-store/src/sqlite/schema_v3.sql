-- Version 3 of the schema: series and their ledger.

CREATE TABLE wf_series (
    firm BLOB NOT NULL, id BLOB NOT NULL, revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT;
CREATE INDEX wf_series_by_name ON wf_series (firm, name, id);

-- One row for each series, account and period: the key names all three.
CREATE TABLE wf_occurrences (
    firm BLOB NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL,
    series BLOB NOT NULL, account BLOB, starts INTEGER NOT NULL, date INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (firm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wf_occurrences_by_series ON wf_occurrences (firm, series, starts, id);
CREATE INDEX wf_occurrences_by_account ON wf_occurrences (firm, account, date, id);
