-- Makes a table tell of its changes. In braces: {schema}, names of {collection}, {table} and {key}, and
-- {old} and {new}, the columns of the collection before and after an update.
--
-- A version is (transaction, sequence). A row's version never falls, although a transaction may be older than the one
-- whose row it changes: greatest() keeps the newer transaction. That is safe, since no reader gets past a transaction
-- while an older one is still open.

ALTER TABLE {schema}."{table}"
    ADD COLUMN IF NOT EXISTS sync_xid xid8 NOT NULL DEFAULT '0',
    ADD COLUMN IF NOT EXISTS sync_seq bigint NOT NULL DEFAULT nextval('{schema}.sync_sequence');

CREATE INDEX IF NOT EXISTS "sync_{table}_by_version" ON {schema}."{table}" (sync_xid, sync_seq);

CREATE OR REPLACE FUNCTION {schema}."sync_{collection}_stamp"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.sync_xid := pg_current_xact_id();
    -- An update that changes nothing is not a change, unless it raises the version itself: see the next function.
    ELSIF ({old}) IS NOT DISTINCT FROM ({new}) AND NEW.sync_xid <= OLD.sync_xid THEN
        NEW.sync_xid := OLD.sync_xid;
        NEW.sync_seq := OLD.sync_seq;
        RETURN NEW;
    ELSE
        NEW.sync_xid := greatest(OLD.sync_xid, NEW.sync_xid, pg_current_xact_id());
    END IF;
    NEW.sync_seq := nextval('{schema}.sync_sequence');
    RETURN NEW;
END $$;

-- A key that comes back: its version has to be above that of its deletion, by whatever transaction that was.
CREATE OR REPLACE FUNCTION {schema}."sync_{collection}_inserted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A snapshot that is older than the deletion does not see it. Writing where it would be makes the database notice,
    -- and give up on the transaction.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        INSERT INTO {schema}.sync_tombstones (collection, key, sync_xid, sync_seq, deleted_at)
        SELECT '{collection}', "{key}", '0', 0, now() FROM inserted
        ON CONFLICT (collection, key) DO UPDATE SET deleted_at = excluded.deleted_at;
    END IF;
    UPDATE {schema}."{table}" AS returned SET sync_xid = gone.sync_xid
    FROM inserted JOIN {schema}.sync_tombstones AS gone ON gone.collection = '{collection}' AND gone.key = inserted."{key}"
    WHERE returned."{key}" = inserted."{key}" AND gone.sync_xid > inserted.sync_xid;
    DELETE FROM {schema}.sync_tombstones AS gone USING inserted WHERE gone.collection = '{collection}' AND gone.key = inserted."{key}";
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION {schema}."sync_{collection}_deleted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {schema}.sync_tombstones AS known (collection, key, sync_xid, sync_seq, deleted_at)
    SELECT '{collection}', "{key}", greatest(sync_xid, pg_current_xact_id()), nextval('{schema}.sync_sequence'), now() FROM deleted
    ON CONFLICT (collection, key) DO UPDATE
    SET sync_xid = greatest(known.sync_xid, excluded.sync_xid), sync_seq = excluded.sync_seq, deleted_at = excluded.deleted_at;
    RETURN NULL;
END $$;

-- A row that gets another key is a deleted row and a new one.
CREATE OR REPLACE FUNCTION {schema}."sync_{collection}_rekeyed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {schema}.sync_tombstones AS known (collection, key, sync_xid, sync_seq, deleted_at)
    SELECT '{collection}', OLD."{key}", greatest(OLD.sync_xid, pg_current_xact_id()), nextval('{schema}.sync_sequence'), now()
    WHERE NOT EXISTS (SELECT FROM {schema}."{table}" WHERE "{key}" = OLD."{key}")
    ON CONFLICT (collection, key) DO UPDATE
    SET sync_xid = greatest(known.sync_xid, excluded.sync_xid), sync_seq = excluded.sync_seq, deleted_at = excluded.deleted_at;
    UPDATE {schema}."{table}" AS returned SET sync_xid = gone.sync_xid FROM {schema}.sync_tombstones AS gone
    WHERE gone.collection = '{collection}' AND gone.key = NEW."{key}" AND returned."{key}" = NEW."{key}" AND gone.sync_xid > returned.sync_xid;
    DELETE FROM {schema}.sync_tombstones WHERE collection = '{collection}' AND key = NEW."{key}";
    RETURN NULL;
END $$;

-- Keys that go all at once leave no tombstones: every client refills.
CREATE OR REPLACE FUNCTION {schema}."sync_{collection}_truncated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE {schema}.sync_meta SET epoch = greatest(epoch + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER "sync_{collection}_stamp" BEFORE INSERT OR UPDATE ON {schema}."{table}"
    FOR EACH ROW EXECUTE FUNCTION {schema}."sync_{collection}_stamp"();
CREATE OR REPLACE TRIGGER "sync_{collection}_inserted" AFTER INSERT ON {schema}."{table}"
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION {schema}."sync_{collection}_inserted"();
CREATE OR REPLACE TRIGGER "sync_{collection}_deleted" AFTER DELETE ON {schema}."{table}"
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION {schema}."sync_{collection}_deleted"();
CREATE OR REPLACE TRIGGER "sync_{collection}_rekeyed" AFTER UPDATE OF "{key}" ON {schema}."{table}"
    FOR EACH ROW WHEN (OLD."{key}" IS DISTINCT FROM NEW."{key}") EXECUTE FUNCTION {schema}."sync_{collection}_rekeyed"();
CREATE OR REPLACE TRIGGER "sync_{collection}_truncated" AFTER TRUNCATE ON {schema}."{table}"
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}."sync_{collection}_truncated"();
