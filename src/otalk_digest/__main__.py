"""`python -m otalk_digest`."""

from otalk_digest.cli.main import main

main()
