"""``sauveterre audit``: check the audit log."""

import typer

from sauveterre.cli import session
from sauveterre.errors import AuditBroken

app = typer.Typer(name="audit", help="Check the audit log.", no_args_is_help=True)


@app.command()
def verify(workspace: session.WorkspaceOption = None) -> None:
    """Check every row of the audit log; name each that was changed, removed or moved.

    Example: sauveterre audit verify
    """
    session.start(workspace)
    from sauveterre.casework.audit import verify as breaks
    from sauveterre.casework.models import AuditEvent

    found = list(breaks())
    for one in found:
        print(one.what)
    if found:
        raise AuditBroken(
            f"the audit log is not what was written: {len(found)} breaks; compare it with a copy and report it"
        )
    print(f"The audit log is whole: {AuditEvent.objects.count()} rows.")
