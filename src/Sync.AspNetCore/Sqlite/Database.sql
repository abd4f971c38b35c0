-- What sync keeps once in a database.

CREATE TABLE IF NOT EXISTS sync_meta
(
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch    INTEGER NOT NULL, -- Changes when cursors no longer speak of this history.
    sequence INTEGER NOT NULL, -- The last one drawn. SQLite has a single writer, so the order of drawing is the order of commits.
    gc_floor INTEGER NOT NULL  -- Cursors before this sequence may have missed a forgotten deletion.
) STRICT;

INSERT OR IGNORE INTO sync_meta (id, epoch, sequence, gc_floor) VALUES (1, $now, 0, 0);

-- A deleted key, until a row with this key is inserted again.
CREATE TABLE IF NOT EXISTS sync_tombstones
(
    collection TEXT    NOT NULL,
    key        INTEGER NOT NULL,
    sync_xid   INTEGER NOT NULL,
    sync_seq   INTEGER NOT NULL,
    deleted_at INTEGER NOT NULL, -- Seconds since 1970, for forgetting alone.
    PRIMARY KEY (collection, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS sync_tombstones_by_version ON sync_tombstones (collection, sync_xid, sync_seq);

-- The collections that are installed, each with the SQL of its triggers.
CREATE TABLE IF NOT EXISTS sync_collections
(
    name       TEXT NOT NULL PRIMARY KEY,
    definition TEXT NOT NULL
) STRICT, WITHOUT ROWID;
