-- A deleted account: all of it is erased but this row, which names nobody. While it is not finished, and for that account
-- alone, what is otherwise never deleted may be.

CREATE TABLE account_deletion (
    account_id BLOB PRIMARY KEY, handle_hash BLOB NOT NULL UNIQUE, began_at BIGINT NOT NULL, actor TEXT NOT NULL,
    ledger_number BIGINT NOT NULL, ledger_mac BLOB NOT NULL, finished_at BIGINT
);
CREATE INDEX account_deletion_open ON account_deletion (began_at) WHERE finished_at IS NULL;
CREATE INDEX account_deletion_by_time ON account_deletion (began_at);
CREATE INDEX member_mail_by_account ON member_mail (account_id);

CREATE TRIGGER account_deletion_stays BEFORE UPDATE OF account_id, handle_hash, began_at, actor, ledger_number, ledger_mac ON account_deletion
BEGIN SELECT RAISE(ABORT, 'a tombstone is never changed'); END;
CREATE TRIGGER account_deletion_not_deleted BEFORE DELETE ON account_deletion
BEGIN SELECT RAISE(ABORT, 'a tombstone is never deleted'); END;

DROP TRIGGER suppression_change_not_deleted;
DROP TRIGGER suppression_not_deleted;
DROP TRIGGER suppression_buyer_not_deleted;
DROP TRIGGER ledger_entry_not_deleted;
DROP TRIGGER ledger_head_not_deleted;
CREATE TRIGGER suppression_change_not_deleted BEFORE DELETE ON suppression_change
WHEN NOT EXISTS (SELECT 1 FROM suppression JOIN account_deletion ON account_deletion.account_id = suppression.account_id
    WHERE suppression.id = OLD.suppression_id AND finished_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a change is never deleted'); END;
CREATE TRIGGER suppression_not_deleted BEFORE DELETE ON suppression
WHEN NOT EXISTS (SELECT 1 FROM account_deletion WHERE account_id = OLD.account_id AND finished_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a suppression is never deleted'); END;
CREATE TRIGGER suppression_buyer_not_deleted BEFORE DELETE ON suppression_buyer
WHEN NOT EXISTS (SELECT 1 FROM account_deletion WHERE account_id = OLD.account_id AND finished_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a suppression is never deleted'); END;
CREATE TRIGGER ledger_entry_not_deleted BEFORE DELETE ON ledger_entry
WHEN NOT EXISTS (SELECT 1 FROM account_deletion WHERE account_id = OLD.account_id AND finished_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a ledger entry is never deleted'); END;
CREATE TRIGGER ledger_head_not_deleted BEFORE DELETE ON ledger_head
WHEN NOT EXISTS (SELECT 1 FROM account_deletion WHERE account_id = OLD.account_id AND finished_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a ledger head is never deleted'); END;
