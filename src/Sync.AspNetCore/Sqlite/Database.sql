-- What sync keeps once in a database.

CREATE TABLE IF NOT EXISTS sync_meta
(
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch    INTEGER NOT NULL, -- Changes when cursors no longer speak of this history.
    sequence INTEGER NOT NULL  -- The last one drawn. SQLite has a single writer, so the order of drawing is the order of commits.
) STRICT;

INSERT OR IGNORE INTO sync_meta (id, epoch, sequence) VALUES (1, $now, 0);

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
    name       TEXT    NOT NULL PRIMARY KEY,
    definition TEXT    NOT NULL,
    gc_floor   INTEGER NOT NULL DEFAULT 0 -- Cursors before this sequence may have missed a forgotten deletion.
) STRICT, WITHOUT ROWID;

-- Who sends edits, and how far each one's have been taken.
CREATE TABLE IF NOT EXISTS sync_clients
(
    client_id TEXT    NOT NULL PRIMARY KEY,
    owner     TEXT    NOT NULL, -- The user; nobody else may send under this id.
    last_id   INTEGER NOT NULL,
    seen_at   INTEGER NOT NULL  -- Seconds since 1970, for forgetting alone.
) STRICT, WITHOUT ROWID;

-- Edits that were refused, until the client has heard of it: a reply can be lost.
CREATE TABLE IF NOT EXISTS sync_rejections
(
    client_id   TEXT    NOT NULL,
    mutation_id INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    PRIMARY KEY (client_id, mutation_id)
) STRICT, WITHOUT ROWID;

-- What was edited, by whom. Times in microseconds since 1970.
CREATE TABLE IF NOT EXISTS sync_edits
(
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    collection     TEXT    NOT NULL,
    row_key        INTEGER NOT NULL,
    user_id        TEXT    NOT NULL,
    changes        TEXT    NOT NULL, -- JSON: {"field": {"from": value, "to": value}}
    client_id      TEXT    NOT NULL,
    mutation_id    INTEGER NOT NULL,
    made_at        INTEGER,          -- By the client's clock, which may be wrong.
    received_at    INTEGER NOT NULL,
    correlation_id TEXT              -- What caused the edit, such as an export, by the client's word.
) STRICT;

-- Batches of collection runs that are written, so that none is written twice.
CREATE TABLE IF NOT EXISTS sync_batches
(
    run_id    INTEGER NOT NULL,
    batch_no  INTEGER NOT NULL,
    inserted  INTEGER NOT NULL,
    updated   INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    PRIMARY KEY (run_id, batch_no)
) STRICT, WITHOUT ROWID;
