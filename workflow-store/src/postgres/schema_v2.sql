-- Version 2. Rows of queues are found by their keys or their lanes whenever one is queued or settled.
-- While a table was thought to be empty, the server took the indexes by state and sequence for as good,
-- and then went through all that waits. These hold waiting rows or dead ones alone, in words that only
-- who lists them uses: of what else could find a row by its key there is the primary key, and by its
-- lane the index by lane.
DROP INDEX {s}.outbox_by_sequence;
CREATE INDEX outbox_waiting ON {s}.outbox (firm, sequence) WHERE state + 0 = 0;
CREATE INDEX outbox_dead ON {s}.outbox (firm, sequence) WHERE state + 0 = 1;
DROP INDEX {s}.follow_ups_by_sequence;
CREATE INDEX follow_ups_waiting ON {s}.follow_ups (firm, sequence) WHERE state + 0 = 0;
CREATE INDEX follow_ups_dead ON {s}.follow_ups (firm, sequence) WHERE state + 0 = 1;
DROP INDEX {s}.timers_by_sequence;
CREATE INDEX timers_waiting ON {s}.timers (firm, sequence) WHERE state + 0 = 0;
CREATE INDEX timers_dead ON {s}.timers (firm, sequence) WHERE state + 0 = 1;

-- Room beside each row for the next version of it: one that changes nothing indexed is then written
-- there, and no index has to learn of it. Rows of queues are handed out once, or a few times; counters
-- are counted up by every commit.
ALTER TABLE {s}.outbox SET (fillfactor = 50);
ALTER TABLE {s}.follow_ups SET (fillfactor = 50);
ALTER TABLE {s}.timers SET (fillfactor = 50);
ALTER TABLE {s}.stage_tallies SET (fillfactor = 50);
ALTER TABLE {s}.heads SET (fillfactor = 50);
