"""``sauveterre serve``: the web pages, on this machine."""

from typing import Annotated

import typer

from sauveterre.cli import session

NAME = "serve"
HELP = "Serve the web pages on loopback, with a one-time sign-in link.\n\nExample: sauveterre serve --port 8000"


def run(
    port: Annotated[int, typer.Option(help="The port on loopback.")] = 8000,
    workspace: session.WorkspaceOption = None,
) -> None:
    """Serve until interrupted."""
    session.start(workspace)
    serve(port)


def serve(port: int) -> None:
    """Print a sign-in link and serve the pages until interrupted; Django must be ready."""
    import asyncio

    import uvicorn

    from sauveterre.casework.services.operations import issue_sign_in_link

    secret = issue_sign_in_link(officer=session.officer())
    print(f"Sign in once with http://127.0.0.1:{port}/sign-in/{secret}")
    print("Ctrl-C ends the server.", flush=True)
    config = uvicorn.Config(
        "sauveterre.server.asgi:application", host="127.0.0.1", port=port, log_level="warning", lifespan="off"
    )
    asyncio.run(uvicorn.Server(config).serve())
