"""Django's registration of the casework app."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    """The casework app: its models, jobs and services."""

    name = "sauveterre.casework"
    label = "casework"
