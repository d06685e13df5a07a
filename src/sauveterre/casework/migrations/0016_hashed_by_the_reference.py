from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0015_films_are_counted'),
    ]

    operations = [
        migrations.AddField(
            model_name='picture',
            name='reference_pdq',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='picture',
            name='reference_quality',
            field=models.PositiveSmallIntegerField(null=True),
        ),
    ]
