"""The command line: parse, call the service, print."""


def main() -> None:
    """Run the command that the arguments name."""
    from bodytwin.cli.app import app

    app()
