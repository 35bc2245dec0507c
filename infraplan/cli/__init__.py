"""The command line: one file a verb. Tables go to stdout, progress and messages to stderr; the README lists the exit codes."""

from __future__ import annotations

import sys
import warnings
from contextvars import copy_context
from functools import cache

import typer
from typer.exceptions import Abort, TyperException

from infraplan import __version__
from infraplan.errors import InfraplanError, collected, take_collected
from infraplan.messages import both

app = typer.Typer(name="infraplan", help=both("cli.about"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"infraplan {__version__}")
        raise typer.Exit


@app.callback()
def common(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help=both("cli.version"))) -> None:
    """Options before the verb."""


@cache
def register() -> None:
    """Registers every verb, once; their modules are small, heavy packages are imported when a verb runs."""
    from infraplan.cli import (
        backhaul,
        budget,
        calibrate,
        check,
        compare,
        coverage,
        data,
        explain,
        gaps,
        inspect,
        new,
        plan,
        run,
        scorecard,
        serve,
        signal,
        template,
    )

    for module in (
        new,
        template,
        check,
        budget,
        coverage,
        scorecard,
        gaps,
        plan,
        backhaul,
        explain,
        run,
        serve,
        compare,
        inspect,
        signal,
        calibrate,
        data,
    ):
        module.attach(app)


def main() -> None:
    """Entry point: every error that a user can cause ends in a message and an exit code, never in a traceback.

    Warnings are lines on stderr.
    """
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.showwarning = _show_warning
    register()
    with collected():
        code = copy_context().run(_answer_in_words)
    sys.exit(code if isinstance(code, int) else 0)


def _answer_in_words() -> object:
    """The result of the verb, its last warnings printed; in a context of its own, with which the verb's language ends."""
    code = _answer()
    _print_warnings()
    return code


def _answer() -> object:
    """The result of the verb, its exit code where it fails."""
    try:
        return app(standalone_mode=False)
    except InfraplanError as error:
        from infraplan.cli.shared import show_error

        _print_warnings()
        show_error(error)
        return error.exit_code
    except (KeyboardInterrupt, Abort):
        print(both("cli.interrupted"), file=sys.stderr)
        return 130
    except TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        from infraplan.cli.shared import spoken

        print(f"{spoken(both('cli.usage'))}: {message}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{both('cli.system')}: {error.strerror or error} {error.filename or ''}".rstrip(), file=sys.stderr)
        return 1


def _print_warnings() -> None:
    """Prints the warnings about the input that no verb has printed yet."""
    warned = take_collected()
    if warned:
        from infraplan.cli.shared import print_warnings

        print_warnings(warned)


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """A warning of Python as a line, without the place in the code."""
    from infraplan.cli.shared import spoken

    text = message.args[0] if isinstance(message, Warning) and message.args else message
    print(f"{spoken(both('cli.warning'))}: {spoken(text)}", file=sys.stderr)
