-- The first schema. Written in SQLite's STRICT words; a PostgreSQL driver reads the same file with
-- INTEGER as BIGINT, BLOB as BYTEA and without the word STRICT, in a database of collation C, which
-- compares text byte by byte as SQLite does. Every key begins with board (S16.1).
-- Instants are UTC in milliseconds, dates are ISO text, NULL is "none".
-- References between items are deferred: one command may write a child before its parent.

CREATE TABLE items (
  board TEXT NOT NULL,
  id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  parent INTEGER,
  root INTEGER,
  reference TEXT NOT NULL,
  state TEXT NOT NULL,
  entered_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  agency TEXT NOT NULL,
  programme TEXT NOT NULL,
  version INTEGER NOT NULL,
  fields TEXT NOT NULL,
  ready_told TEXT NOT NULL,
  PRIMARY KEY (board, id),
  UNIQUE (board, reference),
  FOREIGN KEY (board, parent) REFERENCES items (board, id) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (board, root) REFERENCES items (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX items_by_parent ON items (board, parent);
CREATE INDEX items_by_root ON items (board, root, kind, state);
CREATE INDEX items_by_kind ON items (board, kind, state, id);
CREATE INDEX items_by_programme ON items (board, programme, id);

CREATE TABLE obligations (
  board TEXT NOT NULL,
  id INTEGER NOT NULL,
  item INTEGER NOT NULL,
  name TEXT NOT NULL,
  round INTEGER NOT NULL,
  owed_by TEXT NOT NULL,
  ladder TEXT NOT NULL,
  family TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  rule TEXT NOT NULL,
  anchor INTEGER,
  due_at INTEGER,
  first_due_at INTEGER,
  due_version INTEGER NOT NULL,
  meeting INTEGER,
  closed_at INTEGER,
  closed_by TEXT NOT NULL,
  held_until INTEGER,
  acknowledged_rung INTEGER NOT NULL,
  rungs_from INTEGER NOT NULL,
  first_rung INTEGER NOT NULL,
  owed_rung INTEGER NOT NULL,
  seniors_wait_until INTEGER,
  seniors_wait_rungs TEXT NOT NULL,
  gap_from INTEGER,
  gap_to INTEGER,
  next_at INTEGER,
  PRIMARY KEY (board, id),
  UNIQUE (board, item, name, round),
  FOREIGN KEY (board, item) REFERENCES items (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
-- The scheduler's index (S16.1): the only one that crosses boards. Rows with nothing to do are not
-- in it, so a pass costs what is due and not what exists.
CREATE INDEX obligations_due ON obligations (next_at, board, id)
  WHERE closed_at IS NULL AND next_at IS NOT NULL;
CREATE INDEX obligations_open_by_due ON obligations (board, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX obligations_open_by_debtor ON obligations (board, owed_by, id) WHERE closed_at IS NULL;
-- S3.5: what the board team owes because a rung resolved to nobody. ';' is the sign behind ':'.
CREATE INDEX obligations_vacancies ON obligations (board, name)
  WHERE closed_at IS NULL AND name >= 'name somebody: ' AND name < 'name somebody;';

CREATE TABLE fired_rungs (
  board TEXT NOT NULL,
  obligation INTEGER NOT NULL,
  due_version INTEGER NOT NULL,
  rung INTEGER NOT NULL,
  cycle INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  planned_at INTEGER NOT NULL,
  fired_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (board, obligation, due_version, rung, cycle, recipient),
  FOREIGN KEY (board, obligation) REFERENCES obligations (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE assignments (
  board TEXT NOT NULL,
  item INTEGER NOT NULL,
  role TEXT NOT NULL,
  person TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  by_post TEXT NOT NULL,
  to_at INTEGER,
  PRIMARY KEY (board, item, role, person, from_at),
  FOREIGN KEY (board, item) REFERENCES items (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- What somebody who leaves still has on their hands.
CREATE INDEX assignments_open ON assignments (board, person) WHERE to_at IS NULL;

CREATE TABLE links (
  board TEXT NOT NULL,
  from_item INTEGER NOT NULL,
  to_item INTEGER NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  withdrawn_at INTEGER,
  PRIMARY KEY (board, from_item, to_item, kind),
  FOREIGN KEY (board, from_item) REFERENCES items (board, id) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (board, to_item) REFERENCES items (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX links_by_target ON links (board, to_item);

CREATE TABLE approvals (
  board TEXT NOT NULL,
  item INTEGER NOT NULL,
  name TEXT NOT NULL,
  person TEXT NOT NULL,
  at INTEGER NOT NULL,
  for_post TEXT NOT NULL,
  withdrawn_at INTEGER,
  PRIMARY KEY (board, item, name, person, at),
  FOREIGN KEY (board, item) REFERENCES items (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE meetings (
  board TEXT NOT NULL,
  id INTEGER NOT NULL,
  body TEXT NOT NULL,
  start_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (board, id)
) STRICT;
CREATE INDEX meetings_by_body ON meetings (board, body, start_at);

CREATE TABLE persons (
  board TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  mail TEXT NOT NULL,
  phone TEXT NOT NULL,
  PRIMARY KEY (board, id)
) STRICT;

CREATE TABLE holdings (
  board TEXT NOT NULL,
  person TEXT NOT NULL,
  post TEXT NOT NULL,
  from_date TEXT NOT NULL,
  to_date TEXT,
  PRIMARY KEY (board, person, post, from_date),
  FOREIGN KEY (board, person) REFERENCES persons (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE prompts (
  board TEXT NOT NULL,
  id INTEGER NOT NULL,
  item INTEGER,
  obligation INTEGER,
  due_version INTEGER NOT NULL,
  rung INTEGER NOT NULL,
  cycle INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  template TEXT NOT NULL,
  family TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  missed TEXT NOT NULL,
  down_from INTEGER,
  down_to INTEGER,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (board, id),
  FOREIGN KEY (board, item) REFERENCES items (board, id) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (board, obligation) REFERENCES obligations (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX prompts_by_obligation ON prompts (board, obligation);
CREATE INDEX prompts_pending ON prompts (board, created_at, id) WHERE state = 'pending';
CREATE INDEX prompts_urgent ON prompts (board, created_at, id)
  WHERE state = 'pending' AND family = 'A';
CREATE INDEX prompts_waiting ON prompts (board, not_before) WHERE state = 'pending';

-- S13.3: the journaled state stays `pending` until the final one; what happens between stands in
-- deliveries.
CREATE TABLE notices (
  board TEXT NOT NULL,
  id INTEGER NOT NULL,
  item INTEGER,
  recipient TEXT NOT NULL,
  person TEXT NOT NULL,
  address TEXT NOT NULL,
  message_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  final_at INTEGER,
  PRIMARY KEY (board, id)
) STRICT;
CREATE INDEX notices_held ON notices (board, id) WHERE state = 'held';

-- A grouped mail carries several prompts (S10.2).
CREATE TABLE notice_prompts (
  board TEXT NOT NULL,
  notice INTEGER NOT NULL,
  prompt INTEGER NOT NULL,
  PRIMARY KEY (board, notice, prompt),
  FOREIGN KEY (board, notice) REFERENCES notices (board, id) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (board, prompt) REFERENCES prompts (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX notice_prompts_by_prompt ON notice_prompts (board, prompt, notice);

-- One row for each notice that waits to be sent: neither final nor held. Leases and attempts are not
-- journaled (S13.3). next_try_at of a leased one is the end of its lease.
CREATE TABLE deliveries (
  board TEXT NOT NULL,
  notice INTEGER NOT NULL,
  urgent INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_try_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  said TEXT NOT NULL,
  PRIMARY KEY (board, notice),
  FOREIGN KEY (board, notice) REFERENCES notices (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
-- Two, so that the sender finds what was never tried without reading what was deferred.
CREATE INDEX deliveries_fresh ON deliveries (board, urgent, next_try_at, notice)
  WHERE attempts = 0;
CREATE INDEX deliveries_tried ON deliveries (board, urgent, next_try_at, notice)
  WHERE attempts > 0;
CREATE INDEX deliveries_by_time ON deliveries (board, next_try_at);

-- Apart from notices, because they are read once and go first (S10.5). final_at is the notice's, so
-- that the cleaner finds what may go without reading what went.
CREATE TABLE notice_bytes (
  board TEXT NOT NULL,
  notice INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  final_at INTEGER,
  PRIMARY KEY (board, notice),
  FOREIGN KEY (board, notice) REFERENCES notices (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX notice_bytes_final ON notice_bytes (board, final_at, notice)
  WHERE final_at IS NOT NULL;

CREATE TABLE definitions (
  board TEXT NOT NULL,
  digest TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (board, digest)
) STRICT;

CREATE TABLE calendar_overrides (
  board TEXT NOT NULL,
  date TEXT NOT NULL,
  closed INTEGER NOT NULL,
  title TEXT NOT NULL,
  PRIMARY KEY (board, date)
) STRICT;

-- S13.2. The chain covers digests only, so that a body can be removed with its salt.
CREATE TABLE journal (
  board TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  for_post TEXT NOT NULL,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL,
  item INTEGER,
  occurred_at INTEGER NOT NULL,
  digest TEXT NOT NULL,
  chain TEXT NOT NULL,
  PRIMARY KEY (board, seq)
) STRICT;

CREATE TABLE journal_bodies (
  board TEXT NOT NULL,
  seq INTEGER NOT NULL,
  salt TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (board, seq),
  FOREIGN KEY (board, seq) REFERENCES journal (board, seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- Which rows of the journal concern an item: its own events, and those of others that changed it.
CREATE TABLE journal_items (
  board TEXT NOT NULL,
  item INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (board, item, seq),
  FOREIGN KEY (board, seq) REFERENCES journal (board, seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- The daemon's own durable values (heartbeat, cursors). Not journaled.
CREATE TABLE named_values (
  board TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (board, name)
) STRICT;

-- Documents by digest; the bytes lie in the state folder, made durable before their row (S16.2).
CREATE TABLE files (
  board TEXT NOT NULL,
  item INTEGER NOT NULL,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  digest TEXT NOT NULL,
  type TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  for_post TEXT NOT NULL,
  PRIMARY KEY (board, item, kind, version),
  FOREIGN KEY (board, item) REFERENCES items (board, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX files_by_digest ON files (board, digest);

-- Who saw what is protected (S12.2): the name of the field or file, never its content. Not journaled.
CREATE TABLE reads (
  board TEXT NOT NULL,
  id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  person TEXT NOT NULL,
  item INTEGER NOT NULL,
  what TEXT NOT NULL,
  PRIMARY KEY (board, id)
) STRICT;
CREATE INDEX reads_by_item ON reads (board, item, id);
CREATE INDEX reads_by_age ON reads (board, at, id);

-- What was answered to a command that had an idempotency key (S14.2). Not journaled.
CREATE TABLE answers (
  board TEXT NOT NULL,
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (board, caller, key)
) STRICT;
CREATE INDEX answers_by_age ON answers (board, at, caller, key);
