-- Requests to confirm a forwarding rule are found without a walk over all that waits for review.

CREATE INDEX notice_confirming ON notice (account_id, id) WHERE review = 'confirmation';
