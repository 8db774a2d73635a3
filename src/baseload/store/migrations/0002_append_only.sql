-- Rows of the record are added and never changed: a correction is a new row that names the old one.
-- Triggers stop mistakes; `baseload ledger verify` finds a hand that went around them.

CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'journal rows are never changed'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'journal rows are never deleted'); END;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'posting rows are never changed'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'posting rows are never deleted'); END;
CREATE TRIGGER seal_no_update BEFORE UPDATE ON seal BEGIN SELECT RAISE(ABORT, 'seal rows are never changed'); END;
CREATE TRIGGER seal_no_delete BEFORE DELETE ON seal BEGIN SELECT RAISE(ABORT, 'seal rows are never deleted'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
CREATE TRIGGER price_version_no_update BEFORE UPDATE ON price_version BEGIN SELECT RAISE(ABORT, 'price_version rows are never changed'); END;
CREATE TRIGGER price_version_no_delete BEFORE DELETE ON price_version BEGIN SELECT RAISE(ABORT, 'price_version rows are never deleted'); END;
CREATE TRIGGER usage_event_no_update BEFORE UPDATE ON usage_event BEGIN SELECT RAISE(ABORT, 'usage_event rows are never changed'); END;
CREATE TRIGGER usage_event_no_delete BEFORE DELETE ON usage_event BEGIN SELECT RAISE(ABORT, 'usage_event rows are never deleted'); END;
CREATE TRIGGER attempt_no_update BEFORE UPDATE ON attempt BEGIN SELECT RAISE(ABORT, 'attempt rows are never changed'); END;
CREATE TRIGGER attempt_no_delete BEFORE DELETE ON attempt BEGIN SELECT RAISE(ABORT, 'attempt rows are never deleted'); END;
CREATE TRIGGER rated_no_update BEFORE UPDATE ON rated BEGIN SELECT RAISE(ABORT, 'rated rows are never changed'); END;
CREATE TRIGGER rated_no_delete BEFORE DELETE ON rated BEGIN SELECT RAISE(ABORT, 'rated rows are never deleted'); END;
CREATE TRIGGER quarantine_no_update BEFORE UPDATE ON quarantine BEGIN SELECT RAISE(ABORT, 'quarantine rows are never changed'); END;
CREATE TRIGGER quarantine_no_delete BEFORE DELETE ON quarantine BEGIN SELECT RAISE(ABORT, 'quarantine rows are never deleted'); END;
CREATE TRIGGER energy_window_no_update BEFORE UPDATE ON energy_window BEGIN SELECT RAISE(ABORT, 'energy_window rows are never changed'); END;
CREATE TRIGGER energy_window_no_delete BEFORE DELETE ON energy_window BEGIN SELECT RAISE(ABORT, 'energy_window rows are never deleted'); END;
CREATE TRIGGER energy_share_no_update BEFORE UPDATE ON energy_share BEGIN SELECT RAISE(ABORT, 'energy_share rows are never changed'); END;
CREATE TRIGGER energy_share_no_delete BEFORE DELETE ON energy_share BEGIN SELECT RAISE(ABORT, 'energy_share rows are never deleted'); END;

CREATE TRIGGER hold_final BEFORE UPDATE ON hold WHEN OLD.state <> 'held'
  BEGIN SELECT RAISE(ABORT, 'a hold ends once'); END;
CREATE TRIGGER hold_no_delete BEFORE DELETE ON hold BEGIN SELECT RAISE(ABORT, 'hold rows are never deleted'); END;
CREATE TRIGGER api_key_only_revoked BEFORE UPDATE ON api_key
  WHEN OLD.revoked_us IS NOT NULL OR NEW.digest <> OLD.digest OR NEW.scopes <> OLD.scopes OR NEW.models <> OLD.models
    OR NEW.project_id <> OLD.project_id OR NEW.expires_us IS NOT OLD.expires_us
  BEGIN SELECT RAISE(ABORT, 'a key can only be revoked, once'); END;
CREATE TRIGGER api_key_no_delete BEFORE DELETE ON api_key BEGIN SELECT RAISE(ABORT, 'keys are revoked, never deleted'); END;
