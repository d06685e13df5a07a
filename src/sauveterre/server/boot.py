"""Bring a workspace up: its database, its settings, its tables."""

import os
from pathlib import Path

import django
from django.core.management import call_command

from sauveterre.casework import workspace as workspaces


def boot(folder: Path) -> workspaces.Workspace:
    """Start what the workspace needs and make Django ready to use it.

    Called once in a process. Raises ``WorkspaceError`` when the folder is no workspace or its database does
    not start.
    """
    workspace = workspaces.open_workspace(folder)
    os.environ["SAUVETERRE_WORKSPACE"] = str(workspace.folder)
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = workspaces.start_database(workspace)
    os.environ["DJANGO_SETTINGS_MODULE"] = "sauveterre.server.settings"
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    return workspace
