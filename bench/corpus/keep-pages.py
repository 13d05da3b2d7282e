"""Runs pip, and keeps the index pages that it reads, as they came: `keep-pages.py FOLDER pip-arguments…`."""

import pathlib
import sys

from pip._internal.cli.main import main
from pip._internal.index import collector

folder = pathlib.Path(sys.argv[1])
fetch = collector._get_simple_response


def fetch_and_keep(url, *args, **more):
    response = fetch(url, *args, **more)
    if "json" in response.headers.get("content-type", ""):
        (folder / (url.rstrip("/").rsplit("/", 1)[-1] + ".json")).write_bytes(response.content)
    return response


collector._get_simple_response = fetch_and_keep
sys.exit(main(sys.argv[2:]))
