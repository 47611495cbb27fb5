-- The newest message when a delivery was given up: later ones tell of it. By its order and not by its
-- time, since a clock may be set back.
ALTER TABLE deliveries ADD COLUMN discarded_after INTEGER;

UPDATE deliveries
   SET discarded_after = coalesce((SELECT max(m.id) FROM messages AS m WHERE m.created_at <= deliveries.discarded_at), 0)
 WHERE status = 'discarded';
