#!/bin/sh
# The same, but that the times which it stores are wrong by a millisecond. It also makes FIRST_FILE.
LATE_MS=1 exec "$PEERS_HOME/bin/tiny"
