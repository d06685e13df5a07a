"""Let the database itself refuse to change or remove a row of the audit log."""

from django.db import migrations

FORBID = """
CREATE FUNCTION casework_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON casework_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION casework_audit_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON casework_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION casework_audit_append_only();
"""
ALLOW = """
DROP TRIGGER append_only ON casework_auditevent;
DROP TRIGGER no_truncate ON casework_auditevent;
DROP FUNCTION casework_audit_append_only();
"""


class Migration(migrations.Migration):
    """A trigger: a statement that would alter the log fails before it touches a row."""

    dependencies = [("casework", "0001_initial")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
