-- A deleted account: all of it is erased but this row, which names nobody. While it is not finished, and for that account
-- alone, what is otherwise never deleted may be.

CREATE TABLE account_deletion (
    account_id BYTEA PRIMARY KEY, handle_hash BYTEA NOT NULL UNIQUE, began_at BIGINT NOT NULL, actor TEXT NOT NULL,
    ledger_number BIGINT NOT NULL, ledger_mac BYTEA NOT NULL, finished_at BIGINT
);
CREATE INDEX account_deletion_open ON account_deletion (began_at) WHERE finished_at IS NULL;
CREATE INDEX account_deletion_by_time ON account_deletion (began_at);
CREATE INDEX member_mail_by_account ON member_mail (account_id);

CREATE FUNCTION abide_refuse_tombstone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a tombstone is never changed'; END $$;
CREATE TRIGGER account_deletion_stays BEFORE UPDATE OF account_id, handle_hash, began_at, actor, ledger_number, ledger_mac ON account_deletion
FOR EACH ROW EXECUTE FUNCTION abide_refuse_tombstone();
CREATE TRIGGER account_deletion_not_deleted BEFORE DELETE ON account_deletion
FOR EACH ROW EXECUTE FUNCTION abide_refuse_tombstone();

CREATE FUNCTION abide_refuse_unless_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM account_deletion WHERE account_id = OLD.account_id AND finished_at IS NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a ledger entry or suppression is never deleted';
END $$;
CREATE FUNCTION abide_refuse_change_unless_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM suppression JOIN account_deletion ON account_deletion.account_id = suppression.account_id
        WHERE suppression.id = OLD.suppression_id AND finished_at IS NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a change of a suppression is never deleted';
END $$;
DROP TRIGGER suppression_change_not_deleted ON suppression_change;
DROP TRIGGER suppression_not_deleted ON suppression;
DROP TRIGGER suppression_buyer_not_deleted ON suppression_buyer;
DROP TRIGGER ledger_entry_not_deleted ON ledger_entry;
DROP TRIGGER ledger_head_not_deleted ON ledger_head;
CREATE TRIGGER suppression_change_not_deleted BEFORE DELETE ON suppression_change
FOR EACH ROW EXECUTE FUNCTION abide_refuse_change_unless_deleted();
CREATE TRIGGER suppression_not_deleted BEFORE DELETE ON suppression
FOR EACH ROW EXECUTE FUNCTION abide_refuse_unless_deleted();
CREATE TRIGGER suppression_buyer_not_deleted BEFORE DELETE ON suppression_buyer
FOR EACH ROW EXECUTE FUNCTION abide_refuse_unless_deleted();
CREATE TRIGGER ledger_entry_not_deleted BEFORE DELETE ON ledger_entry
FOR EACH ROW EXECUTE FUNCTION abide_refuse_unless_deleted();
CREATE TRIGGER ledger_head_not_deleted BEFORE DELETE ON ledger_head
FOR EACH ROW EXECUTE FUNCTION abide_refuse_unless_deleted();
