#!/bin/sh
exec "$PEERS_HOME/bin/tiny"
