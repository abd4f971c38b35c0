-- The sample's own tables on SQLite; Schema.postgres.sql has the same ones. The checks keep what the collection's
-- schema promises to every client.

CREATE TABLE IF NOT EXISTS sellers
(
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    display_name     TEXT    NOT NULL,
    normalized_name  TEXT    NOT NULL,
    platform         TEXT    NOT NULL,
    times_seen       INTEGER NOT NULL CHECK (times_seen BETWEEN 1 AND 2147483647),
    feedback_percent REAL             CHECK (feedback_percent BETWEEN 0 AND 100),
    feedback_count   INTEGER NOT NULL CHECK (feedback_count BETWEEN 0 AND 2147483647),
    flagged          INTEGER NOT NULL CHECK (flagged IN (0, 1)),
    platform_id      TEXT,
    created_at       INTEGER NOT NULL, -- Microseconds since 1970, as are all times.
    updated_at       INTEGER NOT NULL,
    last_seen_run_id INTEGER,
    UNIQUE (normalized_name, platform)
) STRICT;

CREATE TABLE IF NOT EXISTS users
(
    name          TEXT NOT NULL PRIMARY KEY,
    display_name  TEXT NOT NULL,
    password_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is signed in. A cookie whose session is not here, or is over, is good for nothing.
CREATE TABLE IF NOT EXISTS sessions
(
    id         TEXT    NOT NULL PRIMARY KEY,
    user_name  TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS sessions_by_expiry ON sessions (expires_at);

-- Collection runs. One that is running and has not been seen for a while belongs to a host that is gone.
CREATE TABLE IF NOT EXISTS runs
(
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    owner         TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('Running', 'Completed', 'Failed', 'Cancelled')),
    reason        TEXT,
    workers       INTEGER NOT NULL,
    size          INTEGER NOT NULL,
    found         INTEGER NOT NULL,
    inserted      INTEGER NOT NULL,
    is_cancelling INTEGER NOT NULL CHECK (is_cancelling IN (0, 1)),
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    seen_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS runs_under_way ON runs (owner) WHERE state = 'Running';

-- Exports by the server. Whoever works on one has it until lease_until, and renews that; attempt says which try it is.
CREATE TABLE IF NOT EXISTS export_jobs
(
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    owner         TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('Queued', 'Running', 'Ready', 'Failed', 'Cancelled', 'Expired')),
    format        TEXT NOT NULL,
    attempt       INTEGER NOT NULL,
    rows_done     INTEGER NOT NULL,
    rows_total    INTEGER,
    bytes         INTEGER NOT NULL,
    is_cancelling INTEGER NOT NULL CHECK (is_cancelling IN (0, 1)),
    reason        TEXT,
    created_at    INTEGER NOT NULL,
    lease_until   INTEGER NOT NULL,
    expires_at    INTEGER,
    query         TEXT -- As ViewQueryJson writes it; NULL for all rows.
) STRICT;

CREATE INDEX IF NOT EXISTS export_jobs_of_owner ON export_jobs (owner, id);
CREATE INDEX IF NOT EXISTS export_jobs_under_way ON export_jobs (id) WHERE state IN ('Queued', 'Running');
