-- Version 3, where the server can: bodies that are long enough to be compressed (jobs with a history, long
-- entries, pipelines) are so by LZ4, which takes the server a fraction of the time. Rows that are there stay
-- as they are until they are written again.
ALTER TABLE {s}.jobs ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE {s}.log ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE {s}.accounts ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE {s}.tasks ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE {s}.items ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE {s}.outbox ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE {s}.follow_ups ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE {s}.pipelines ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE {s}.pipeline_versions ALTER COLUMN body SET COMPRESSION lz4;
