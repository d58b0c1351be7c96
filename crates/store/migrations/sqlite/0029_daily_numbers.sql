-- What happened each day, counted with it: by store and by campaign. `part` is a store's code, '-' where no store is known,
-- or a campaign's id; `day` counts from 1970-01-01 in the store's own zone; `what` is a word of the program.

CREATE TABLE daily_number (
    account_id BLOB NOT NULL, part TEXT NOT NULL, day BIGINT NOT NULL, what TEXT NOT NULL, n BIGINT NOT NULL,
    PRIMARY KEY (account_id, part, day, what)
);
