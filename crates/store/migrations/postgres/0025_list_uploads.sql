-- The one list that a member has uploaded and not imported yet is found by who he is.

CREATE INDEX list_upload_of_member ON list_upload (account_id, actor);
