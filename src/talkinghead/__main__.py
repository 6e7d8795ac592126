"""``python -m talkinghead``: the command line, where the folder of scripts is not on the PATH."""

from talkinghead.cli.main import main

main()
