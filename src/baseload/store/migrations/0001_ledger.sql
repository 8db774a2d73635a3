-- The books. Money is nano-dollars (1e-9 USD), prices pico-dollars per token (1e-12 USD), energy millijoules,
-- time microseconds since 1970 UTC. Rows of the record are only ever added; what may change is said at the table.
-- docs/reference/ledger.md explains every table, state and reason.

CREATE TABLE meta (                        -- changes: one row per name, e.g. the gateway's epoch
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who ---------------------------------------------------------------------------------------------------------

CREATE TABLE tenant (                      -- changes: with the description, audited
  id         TEXT PRIMARY KEY CHECK (id <> ''),
  business   TEXT NOT NULL CHECK (business IN ('internal', 'external')),
  billing    TEXT NOT NULL CHECK (billing IN ('prepaid', 'postpaid')),
  tier       TEXT NOT NULL,
  created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE project (
  id         TEXT PRIMARY KEY CHECK (id <> ''),
  tenant_id  TEXT NOT NULL REFERENCES tenant (id),
  name       TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (                     -- changes: revoked_us only, once
  id            TEXT PRIMARY KEY CHECK (length(id) = 8),  -- the public part of the key
  project_id    TEXT NOT NULL REFERENCES project (id),
  name          TEXT NOT NULL,
  digest        BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),  -- HMAC-SHA256(pepper, whole key)
  pepper_ver    INTEGER NOT NULL,
  scopes        TEXT NOT NULL CHECK (json_valid(scopes)),   -- JSON array, see tenants/scope.py
  models        TEXT NOT NULL CHECK (json_valid(models)),   -- JSON array; empty means every model
  not_before_us INTEGER NOT NULL,
  expires_us    INTEGER,
  revoked_us    INTEGER,
  created_us    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (                       -- append only, hash-chained
  seq         INTEGER PRIMARY KEY,
  actor       TEXT NOT NULL,
  action      TEXT NOT NULL,
  object      TEXT NOT NULL,
  detail      TEXT NOT NULL CHECK (json_valid(detail)),
  recorded_us INTEGER NOT NULL,
  prev_hash   BLOB NOT NULL,
  hash        BLOB NOT NULL UNIQUE
) STRICT;

-- Money -------------------------------------------------------------------------------------------------------

CREATE TABLE account (                     -- changes: only together with the journal or hold that causes it
  id             TEXT PRIMARY KEY CHECK (id <> ''),
  tenant_id      TEXT REFERENCES tenant (id),               -- NULL for the house's own accounts
  kind           TEXT NOT NULL CHECK (kind IN ('prepaid', 'grant', 'receivable', 'revenue', 'rounding',
                                               'cash_clearing', 'writeoff', 'energy')),
  currency       TEXT NOT NULL DEFAULT 'USD',
  credit_nano    INTEGER NOT NULL DEFAULT 0 CHECK (credit_nano >= 0),
  posted_nano    INTEGER NOT NULL DEFAULT 0,                -- the sum of its postings
  held_nano      INTEGER NOT NULL DEFAULT 0 CHECK (held_nano >= 0),  -- what open holds still bind
  available_nano INTEGER GENERATED ALWAYS AS (posted_nano + credit_nano - held_nano) VIRTUAL,
  ver            INTEGER NOT NULL DEFAULT 0,
  CHECK (kind NOT IN ('prepaid', 'grant', 'receivable') OR posted_nano + credit_nano - held_nano >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (                     -- append only, hash-chained per writer; everything on record has its entry
  id           INTEGER PRIMARY KEY,
  writer       TEXT NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('topup', 'usage', 'price', 'energy', 'reversal')),
  idem_key     TEXT NOT NULL CHECK (idem_key <> ''),        -- the caller's id: makes the step idempotent
  effective_us INTEGER NOT NULL,
  recorded_us  INTEGER NOT NULL,
  reverses_id  INTEGER REFERENCES journal (id),              -- the entry this one takes back
  actor        TEXT NOT NULL,
  payload_hash BLOB NOT NULL CHECK (length(payload_hash) = 32),  -- of the rows this entry vouches for
  prev_hash    BLOB NOT NULL CHECK (length(prev_hash) = 32),
  hash         BLOB NOT NULL CHECK (length(hash) = 32),
  UNIQUE (kind, idem_key)
) STRICT;
CREATE UNIQUE INDEX journal_reversed_once ON journal (reverses_id) WHERE reverses_id IS NOT NULL;

CREATE TABLE posting (                     -- append only; the amounts of one journal entry add up to 0
  journal_id  INTEGER NOT NULL REFERENCES journal (id),
  line        INTEGER NOT NULL,
  account_id  TEXT NOT NULL REFERENCES account (id),
  amount_nano INTEGER NOT NULL CHECK (amount_nano <> 0),
  currency    TEXT NOT NULL DEFAULT 'USD',
  PRIMARY KEY (journal_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE chain (                       -- changes: the head of each writer's chain, with every entry
  writer      TEXT PRIMARY KEY,
  head_id     INTEGER NOT NULL,
  head_hash   BLOB NOT NULL CHECK (length(head_hash) = 32),
  length      INTEGER NOT NULL,
  recorded_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE seal (                        -- append only; one root over all heads when an hour is over
  id        INTEGER PRIMARY KEY,
  hour_us   INTEGER NOT NULL UNIQUE,                        -- start of the hour sealed
  heads     TEXT NOT NULL CHECK (json_valid(heads)),        -- [[writer, head_id, hash hex], …] by writer
  prev_root BLOB NOT NULL CHECK (length(prev_root) = 32),
  root      BLOB NOT NULL CHECK (length(root) = 32)
) STRICT;

CREATE TABLE hold (                        -- changes: while 'held'; a terminal state is final
  id           TEXT PRIMARY KEY CHECK (id <> ''),           -- the request id, or the lease's name
  account_id   TEXT NOT NULL REFERENCES account (id),
  kind         TEXT NOT NULL CHECK (kind IN ('request', 'lease')),
  state        TEXT NOT NULL CHECK (state IN ('held', 'settled', 'voided', 'expired')),
  amount_nano  INTEGER NOT NULL CHECK (amount_nano >= 0),   -- a lease's grows as it is extended
  settled_nano INTEGER NOT NULL DEFAULT 0 CHECK (settled_nano >= 0 AND settled_nano <= amount_nano),
  owner        TEXT NOT NULL,                               -- the gateway
  epoch        INTEGER NOT NULL,                            -- which start of that gateway
  admission    TEXT CHECK (admission IS NULL OR json_valid(admission)),  -- of a request: what was admitted
  created_us   INTEGER NOT NULL,
  expires_us   INTEGER,
  closed_us    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_open ON hold (account_id) WHERE state = 'held';

CREATE TABLE price_version (               -- append only; the newest valid_from_us not after admission is the price
  id                TEXT PRIMARY KEY CHECK (id <> ''),
  book              TEXT NOT NULL,
  model             TEXT NOT NULL,
  tier              TEXT NOT NULL,
  business          TEXT NOT NULL CHECK (business IN ('internal', 'external')),
  currency          TEXT NOT NULL DEFAULT 'USD',
  input_pico        INTEGER NOT NULL CHECK (input_pico >= 0),
  cached_input_pico INTEGER NOT NULL CHECK (cached_input_pico >= 0),
  output_pico       INTEGER NOT NULL CHECK (output_pico >= 0),
  valid_from_us     INTEGER NOT NULL,
  known_from_us     INTEGER NOT NULL,
  UNIQUE (model, tier, business, valid_from_us)
) STRICT, WITHOUT ROWID;

-- Usage -------------------------------------------------------------------------------------------------------

CREATE TABLE usage_event (                 -- append only; one per request, rowid in order of recording
  seq            INTEGER PRIMARY KEY,
  source         TEXT NOT NULL CHECK (source <> ''),        -- the gateway
  event_id       TEXT NOT NULL CHECK (event_id <> ''),      -- the request id
  request_id     TEXT NOT NULL,
  tenant_id      TEXT NOT NULL REFERENCES tenant (id),
  project_id     TEXT NOT NULL REFERENCES project (id),
  key_id         TEXT NOT NULL,
  model          TEXT NOT NULL,
  pool           TEXT NOT NULL,
  replica        TEXT NOT NULL,
  tier           TEXT NOT NULL,
  business       TEXT NOT NULL CHECK (business IN ('internal', 'external')),
  occurred_us    INTEGER NOT NULL,                          -- when the answer ended
  recorded_us    INTEGER NOT NULL,                          -- when the ledger wrote it
  admitted_us    INTEGER NOT NULL,
  first_token_us INTEGER,                                   -- NULL when no token left
  queue_us       INTEGER NOT NULL,                          -- how long it waited for a slot
  tok_in         INTEGER NOT NULL CHECK (tok_in >= 0),      -- billed prompt tokens, cached ones included
  tok_cached     INTEGER CHECK (tok_cached BETWEEN 0 AND tok_in),  -- NULL when the engine cannot say
  tok_out        INTEGER NOT NULL CHECK (tok_out >= 0),     -- billed output tokens
  energy_mj      INTEGER NOT NULL CHECK (energy_mj >= 0),   -- prorated, as the answer said; the record is energy_share
  energy_kind    TEXT NOT NULL CHECK (energy_kind IN ('measured', 'modelled', 'assumed')),
  finish         TEXT NOT NULL,
  price_ver      TEXT NOT NULL,                             -- price_version.id, or 'twin': never billed
  amount_nano    INTEGER NOT NULL CHECK (amount_nano >= 0), -- what the tenant paid
  count_mark     TEXT NOT NULL CHECK (count_mark IN ('counted', 'estimated')),
  payload_hash   BLOB NOT NULL CHECK (length(payload_hash) = 32),
  UNIQUE (event_id, source)
) STRICT;
CREATE INDEX usage_event_recorded ON usage_event (recorded_us);

CREATE TABLE attempt (                     -- append only; 1..n per request
  request_id     TEXT NOT NULL,
  n              INTEGER NOT NULL CHECK (n >= 1),
  replica        TEXT NOT NULL,
  prefilled      INTEGER NOT NULL CHECK (prefilled >= 0),
  prefill_billed INTEGER NOT NULL CHECK (prefill_billed BETWEEN 0 AND prefilled),
  emitted        INTEGER NOT NULL CHECK (emitted >= 0),
  delivered      INTEGER NOT NULL CHECK (delivered BETWEEN 0 AND emitted),
  billed         INTEGER NOT NULL CHECK (billed BETWEEN 0 AND delivered),
  lost           INTEGER NOT NULL CHECK (lost >= 0),
  reason         TEXT NOT NULL CHECK (reason IN ('completed', 'client_hangup', 'engine_died', 'engine_error', 'preempted',
                                                 'gateway_died', 'cancelled', 'refused')),
  count_mark     TEXT NOT NULL CHECK (count_mark IN ('counted', 'estimated')),
  started_us     INTEGER NOT NULL,
  ended_us       INTEGER NOT NULL,
  PRIMARY KEY (request_id, n),
  CHECK (emitted = billed + lost)
) STRICT, WITHOUT ROWID;

CREATE TABLE rated (                       -- append only; gen 0 at settlement, a re-rating is the next gen
  source      TEXT NOT NULL,
  event_id    TEXT NOT NULL,
  gen         INTEGER NOT NULL CHECK (gen >= 0),
  price_ver   TEXT NOT NULL,
  amount_nano INTEGER NOT NULL CHECK (amount_nano >= 0),
  journal_id  INTEGER NOT NULL REFERENCES journal (id),
  PRIMARY KEY (event_id, source, gen)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (                  -- append only; the same request id told twice with different content
  seq          INTEGER PRIMARY KEY,
  event_id     TEXT NOT NULL,
  payload      TEXT NOT NULL CHECK (json_valid(payload)),
  payload_hash BLOB NOT NULL UNIQUE,
  recorded_us  INTEGER NOT NULL
) STRICT;

-- Energy ------------------------------------------------------------------------------------------------------

CREATE TABLE energy_window (               -- append only; one closed metering window of one pool
  id          TEXT PRIMARY KEY CHECK (id <> ''),
  pool        TEXT NOT NULL,
  started_us  INTEGER NOT NULL,
  ended_us    INTEGER NOT NULL CHECK (ended_us >= started_us),
  meter_mj    INTEGER NOT NULL CHECK (meter_mj >= 0),
  active_mj   INTEGER NOT NULL CHECK (active_mj >= 0),      -- the sum of its shares
  idle_mj     INTEGER NOT NULL CHECK (idle_mj >= 0),
  overhead_mj INTEGER NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('measured', 'modelled', 'assumed')),
  CHECK (active_mj + idle_mj + overhead_mj = meter_mj)
) STRICT, WITHOUT ROWID;
CREATE INDEX energy_window_ended ON energy_window (ended_us);

CREATE TABLE energy_share (                -- append only
  window_id  TEXT NOT NULL REFERENCES energy_window (id),
  request_id TEXT NOT NULL,
  attempt_n  INTEGER NOT NULL,
  work       INTEGER NOT NULL CHECK (work >= 0),            -- weighted: nanoseconds of the reference machine
  energy_mj  INTEGER NOT NULL CHECK (energy_mj >= 0),
  PRIMARY KEY (window_id, request_id, attempt_n)
) STRICT, WITHOUT ROWID;
CREATE INDEX energy_share_request ON energy_share (request_id);
