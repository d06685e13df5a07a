"""The database under the verbs: one verb may follow another at once."""

import os
import signal
import threading

import psycopg

from sauveterre.casework.workspace import open_workspace, start_database


def test_a_verb_waits_for_a_database_that_is_just_being_stopped(sauveterre, case):
    workspace = open_workspace(case)
    postmaster = int((workspace.database / "postmaster.pid").read_text().split()[0])
    with psycopg.connect(start_database(workspace)) as held:
        os.kill(postmaster, signal.SIGTERM)  # it stops when the last connection is gone
        threading.Timer(1.5, held.close).start()
        listed = sauveterre("operation", "list", "-w", case)
    assert "Weather" in listed.stdout
    assert int((workspace.database / "postmaster.pid").read_text().split()[0]) != postmaster
