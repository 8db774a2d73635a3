-- What must be true of the books at every commit. Each query gives one line of text per violation, so anyone can run
-- them by hand: sqlite3 -readonly DATA/ledger.db. A heading is `-- I<number>: <claim>`; :now_us is a time in microseconds.
-- I10 (the hash chains) and the arithmetic of I7 need code: see proof.py.

-- I1: every journal entry's postings add up to 0
SELECT 'journal ' || journal_id || ' adds up to ' || sum(amount_nano) || ' ' || currency
FROM posting GROUP BY journal_id, currency HAVING sum(amount_nano) <> 0;

-- I2: all accounts together hold 0
SELECT 'accounts in ' || currency || ' add up to ' || sum(posted_nano)
FROM account GROUP BY currency HAVING sum(posted_nano) <> 0;

-- I3: each account's posted and held are the sums of its postings and of its open holds
SELECT 'account ' || a.id || ' says posted ' || a.posted_nano || ', its postings say ' || coalesce(p.nano, 0)
FROM account a
LEFT JOIN (SELECT account_id AS id, sum(amount_nano) AS nano FROM posting GROUP BY account_id) p USING (id)
WHERE a.posted_nano <> coalesce(p.nano, 0);
SELECT 'account ' || a.id || ' says held ' || a.held_nano || ', its open holds say ' || coalesce(h.nano, 0)
FROM account a
LEFT JOIN (SELECT account_id AS id, sum(amount_nano - settled_nano) AS nano FROM hold WHERE state = 'held'
           GROUP BY account_id) h USING (id)
WHERE a.held_nano <> coalesce(h.nano, 0);

-- I4: no tenant account is overdrawn beyond its credit, and nothing negative is held
SELECT 'account ' || id || ' has ' || available_nano || ' available and ' || held_nano || ' held'
FROM account
WHERE held_nano < 0 OR (kind IN ('prepaid', 'grant', 'receivable') AND available_nano < 0);

-- I5: a hold ends once and pays no more than it held; every charge came out of a hold
SELECT 'hold ' || id || ' is ' || state || ' with ' || settled_nano || ' of ' || amount_nano || ' settled'
FROM hold
WHERE settled_nano > amount_nano OR (state = 'held') <> (closed_us IS NULL) OR (state = 'voided' AND settled_nano <> 0)
   OR (kind = 'request' AND state IN ('held', 'expired') AND settled_nano <> 0);
SELECT 'hold ' || h.id || ' settled ' || h.settled_nano || ', its request paid ' || u.amount_nano
FROM hold h JOIN usage_event u ON u.event_id = h.id
WHERE h.kind = 'request' AND h.settled_nano <> u.amount_nano;
SELECT 'account ' || a.id || ' was charged ' || -coalesce(c.nano, 0) || ', its holds settled ' || coalesce(h.nano, 0)
FROM account a
LEFT JOIN (SELECT p.account_id AS id, sum(p.amount_nano) AS nano FROM posting p JOIN journal j ON j.id = p.journal_id
           WHERE j.kind = 'usage' GROUP BY p.account_id) c USING (id)
LEFT JOIN (SELECT account_id AS id, sum(settled_nano) AS nano FROM hold GROUP BY account_id) h USING (id)
WHERE a.kind IN ('prepaid', 'grant', 'receivable') AND -coalesce(c.nano, 0) <> coalesce(h.nano, 0);

-- I6: each usage event has exactly one live rating
SELECT 'request ' || u.event_id || ' has ' || count(r.gen) || ' live ratings'
FROM usage_event u
LEFT JOIN rated r ON r.event_id = u.event_id AND r.source = u.source
  AND NOT EXISTS (SELECT 1 FROM journal v WHERE v.reverses_id = r.journal_id)
GROUP BY u.seq HAVING count(r.gen) <> 1;
SELECT 'rated row of ' || r.event_id || ' has no usage event'
FROM rated r LEFT JOIN usage_event u ON u.event_id = r.event_id AND u.source = r.source
WHERE u.seq IS NULL;

-- I7: what was rated is what was posted, to the nano-dollar, and what the promised price gives
SELECT 'request ' || r.event_id || ' is rated ' || r.amount_nano || ', its entry posts ' || p.revenue
FROM rated r
JOIN (SELECT j.id, coalesce(sum(CASE WHEN a.kind = 'revenue' THEN p.amount_nano END), 0) AS revenue
      FROM journal j LEFT JOIN posting p ON p.journal_id = j.id LEFT JOIN account a ON a.id = p.account_id
      WHERE j.kind = 'usage' GROUP BY j.id) p ON p.id = r.journal_id
WHERE r.amount_nano <> p.revenue;
SELECT 'request ' || u.event_id || ' says it paid ' || u.amount_nano || ', its entry posts ' || p.paid
FROM usage_event u
JOIN rated r ON r.event_id = u.event_id AND r.source = u.source AND r.gen = 0
JOIN (SELECT j.id, -coalesce(sum(CASE WHEN a.tenant_id IS NOT NULL THEN p.amount_nano END), 0) AS paid
      FROM journal j LEFT JOIN posting p ON p.journal_id = j.id LEFT JOIN account a ON a.id = p.account_id
      WHERE j.kind = 'usage' GROUP BY j.id) p ON p.id = r.journal_id
WHERE u.amount_nano <> p.paid;

-- I8: nothing is half written: every entry has its rows and every row its entry
SELECT 'journal ' || j.id || ' has no usage event ' || j.idem_key
FROM journal j LEFT JOIN usage_event u ON u.event_id = j.idem_key AND u.source = j.writer
WHERE j.kind = 'usage' AND u.seq IS NULL;
SELECT 'usage_event ' || u.event_id || ' has no journal entry'
FROM usage_event u LEFT JOIN journal j ON j.kind = 'usage' AND j.idem_key = u.event_id AND j.writer = u.source
WHERE j.id IS NULL;
SELECT 'attempt ' || a.n || ' of ' || a.request_id || ' has no usage event'
FROM attempt a LEFT JOIN usage_event u ON u.event_id = a.request_id
WHERE u.seq IS NULL;
SELECT 'journal ' || j.id || ' has no price_version ' || j.idem_key
FROM journal j LEFT JOIN price_version v ON v.id = j.idem_key WHERE j.kind = 'price' AND v.id IS NULL;
SELECT 'price_version ' || v.id || ' has no journal entry'
FROM price_version v LEFT JOIN journal j ON j.kind = 'price' AND j.idem_key = v.id WHERE j.id IS NULL;
SELECT 'journal ' || j.id || ' has no energy_window ' || j.idem_key
FROM journal j LEFT JOIN energy_window w ON w.id = j.idem_key WHERE j.kind = 'energy' AND w.id IS NULL;
SELECT 'energy_window ' || w.id || ' has no journal entry'
FROM energy_window w LEFT JOIN journal j ON j.kind = 'energy' AND j.idem_key = w.id WHERE j.id IS NULL;

-- I9: a request told twice is on record once
SELECT 'request ' || event_id || ' is on record ' || count(*) || ' times'
FROM usage_event GROUP BY event_id HAVING count(*) > 1;

-- I14: each request paid the price in force when it was let in
SELECT 'request ' || u.event_id || ' was priced by ' || u.price_ver || ', in force was ' || coalesce(v.id, 'none')
FROM usage_event u
LEFT JOIN price_version v ON v.model = u.model AND v.tier = u.tier AND v.business = u.business
  AND v.valid_from_us = (SELECT max(w.valid_from_us) FROM price_version w
                         WHERE w.model = u.model AND w.tier = u.tier AND w.business = u.business
                           AND w.valid_from_us <= u.admitted_us)
WHERE u.price_ver <> 'twin' AND u.price_ver IS NOT v.id;
SELECT 'request ' || event_id || ' of a twin paid ' || amount_nano
FROM usage_event WHERE price_ver = 'twin' AND amount_nano <> 0;

-- I16: emitted = billed + lost for every attempt, and nobody pays for more than was emitted and delivered
SELECT 'attempt ' || n || ' of ' || request_id || ': emitted ' || emitted || ', billed ' || billed || ', lost ' || lost
    || ', delivered ' || delivered
FROM attempt
WHERE emitted <> billed + lost OR billed > delivered OR delivered > emitted OR prefill_billed > prefilled;
SELECT 'request ' || u.event_id || ' pays for ' || u.tok_in || ' + ' || u.tok_out || ' tokens, its attempts say '
    || coalesce(sum(a.prefill_billed), 0) || ' + ' || coalesce(sum(a.billed), 0)
FROM usage_event u LEFT JOIN attempt a ON a.request_id = u.event_id
GROUP BY u.seq
HAVING u.tok_out <> coalesce(sum(a.billed), 0) OR u.tok_in < coalesce(sum(a.prefill_billed), 0);

-- I17: no hold outlives the gateway that took it
SELECT 'hold ' || id || ' of ' || owner || ' epoch ' || epoch || ' is still open'
FROM hold
WHERE state = 'held'
  AND (epoch < coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'epoch:' || owner), 0)
       OR expires_us + 60000000 < :now_us);

-- I18: joules shared out + idle + overhead = joules metered, in every window
SELECT 'energy_window ' || id || ': ' || active_mj || ' + ' || idle_mj || ' + ' || overhead_mj || ' mJ, meter ' || meter_mj
FROM energy_window WHERE active_mj + idle_mj + overhead_mj <> meter_mj;
SELECT 'energy_window ' || w.id || ' shares out ' || coalesce(sum(s.energy_mj), 0) || ' of ' || w.active_mj || ' mJ'
FROM energy_window w LEFT JOIN energy_share s ON s.window_id = w.id
GROUP BY w.id HAVING coalesce(sum(s.energy_mj), 0) <> w.active_mj;
SELECT 'energy_share of unknown window ' || s.window_id
FROM energy_share s LEFT JOIN energy_window w ON w.id = s.window_id WHERE w.id IS NULL;
