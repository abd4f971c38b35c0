-- The triggers of a synced table: every change draws the next sequence, whoever makes it.
-- In braces: names of collection, table and key; fields, the columns of the schema; and
-- changed, which is true where one of them has become another value.

DROP TRIGGER IF EXISTS "sync_{collection}_inserted";
CREATE TRIGGER "sync_{collection}_inserted" AFTER INSERT ON "{table}"
BEGIN
    UPDATE sync_meta SET sequence = sequence + 1;
    UPDATE "{table}" SET sync_xid = 0, sync_seq = (SELECT sequence FROM sync_meta) WHERE "{key}" = NEW."{key}";
    DELETE FROM sync_tombstones WHERE collection = '{collection}' AND key = NEW."{key}";
END;

-- An update that changes nothing is not a change.
DROP TRIGGER IF EXISTS "sync_{collection}_updated";
CREATE TRIGGER "sync_{collection}_updated" AFTER UPDATE OF {fields} ON "{table}"
WHEN {changed}
BEGIN
    UPDATE sync_meta SET sequence = sequence + 1;
    UPDATE "{table}" SET sync_xid = 0, sync_seq = (SELECT sequence FROM sync_meta) WHERE "{key}" = NEW."{key}";
END;

-- A row that gets another key is a deleted row and a new one.
DROP TRIGGER IF EXISTS "sync_{collection}_rekeyed";
CREATE TRIGGER "sync_{collection}_rekeyed" AFTER UPDATE OF "{key}" ON "{table}"
WHEN OLD."{key}" IS NOT NEW."{key}"
BEGIN
    UPDATE sync_meta SET sequence = sequence + 1;
    DELETE FROM sync_tombstones WHERE collection = '{collection}' AND key IN (OLD."{key}", NEW."{key}");
    INSERT INTO sync_tombstones (collection, key, sync_xid, sync_seq, deleted_at)
    SELECT '{collection}', OLD."{key}", 0, sequence, unixepoch() FROM sync_meta
    WHERE NOT EXISTS (SELECT * FROM "{table}" WHERE "{key}" = OLD."{key}");
END;

DROP TRIGGER IF EXISTS "sync_{collection}_deleted";
CREATE TRIGGER "sync_{collection}_deleted" AFTER DELETE ON "{table}"
BEGIN
    UPDATE sync_meta SET sequence = sequence + 1;
    DELETE FROM sync_tombstones WHERE collection = '{collection}' AND key = OLD."{key}";
    INSERT INTO sync_tombstones (collection, key, sync_xid, sync_seq, deleted_at)
    SELECT '{collection}', OLD."{key}", 0, sequence, unixepoch() FROM sync_meta;
END;
