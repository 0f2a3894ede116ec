#!/bin/sh
# The file is lines that a shell can read, each value quoted: see `outputs-file`.
cat "$ORB_FILE" >>"$BASH_ENV"
