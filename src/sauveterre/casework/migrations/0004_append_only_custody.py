"""Let the database itself refuse to change or remove a line of the custody log."""

from django.db import migrations

TABLES = ("casework_custodyevent", "casework_custodysignature")
FORBID = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION casework_custody_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION casework_custody_append_only();
"""
FUNCTION = """
CREATE FUNCTION casework_custody_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the custody log is append-only';
END $$;
"""


class Migration(migrations.Migration):
    """A trigger on each table: a statement that would alter the log fails before it touches a row."""

    dependencies = [("casework", "0003_evidence_at_full_depth")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION casework_custody_append_only();"),
        *(
            migrations.RunSQL(
                FORBID.format(table=table),
                f"DROP TRIGGER append_only ON {table}; DROP TRIGGER no_truncate ON {table};",
            )
            for table in TABLES
        ),
    ]
