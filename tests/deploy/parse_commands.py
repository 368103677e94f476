"""Run by gcloud's own Python: has gcloud's own parser read each command line, without carrying any out.

Standard input: a JSON list of argument lists (without the leading "gcloud"). Standard output: a JSON list with
null for each line that was accepted, or what the parser said of it.
"""

import contextlib
import io
import json
import os
import sys


def main() -> None:
    sdk_library = sys.argv[1]
    sys.path[:0] = [sdk_library, os.path.join(sdk_library, "third_party")]
    from googlecloudsdk import gcloud_main  # type: ignore[import-not-found]
    from googlecloudsdk.calliope import backend  # type: ignore[import-not-found]
    from googlecloudsdk.core import metrics  # type: ignore[import-not-found]

    # Everything before this call is parsing: flags, their values, groups that exclude each other, resources.
    backend.Command.Run = lambda command, cli, args: None
    metrics.Commands = metrics.Error = lambda *_, **__: None
    parser = gcloud_main.CreateCLI([])
    print(json.dumps([complaint(parser, line) for line in json.load(sys.stdin)]))


def complaint(parser: object, line: list[str]) -> str | None:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser.Execute(line)  # type: ignore[attr-defined]
    except SystemExit as stop:
        return f"exit status {stop.code}: {said.getvalue()}" if stop.code else None
    return None


main()
