-- What conditions of campaigns ask about an order and its parcel, and the buyer's orders by their days.

ALTER TABLE orders ADD COLUMN carrier TEXT;
ALTER TABLE orders ADD COLUMN tracking_sealed BLOB;
ALTER TABLE orders ADD COLUMN buyer_language TEXT;
ALTER TABLE orders ADD COLUMN feedback_stars BIGINT;
ALTER TABLE orders ADD COLUMN review_stars BIGINT;
ALTER TABLE order_item ADD COLUMN item_condition TEXT;
CREATE INDEX orders_by_buyer_and_day ON orders (account_id, buyer_hash, purchased_at) WHERE buyer_hash IS NOT NULL;
DROP INDEX orders_by_buyer;
