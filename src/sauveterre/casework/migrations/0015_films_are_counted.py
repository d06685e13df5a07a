"""Changes of films make tallies count for nothing, as those of pictures do (0013)."""

from django.db import migrations

TRIGGER = """
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON casework_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION casework_note_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0014_films'),
    ]

    operations = [
        migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER note_change ON casework_{table};")
        for table in ("film", "filmcopy")
    ]
