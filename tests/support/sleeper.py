"""A process that tells what it was given, says hello to a port, if one is given, and sleeps."""

from __future__ import annotations

import json
import socket
import sys
import time

if __name__ == "__main__":
    print(json.dumps({"name": __name__, "arguments": sys.argv[1:]}), flush=True)
    if len(sys.argv) == 3:
        connection = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    time.sleep(float(sys.argv[1]))
