"""An MCP server of the tests' own, over standard input and output, that does what it should not.

Run as a program: `hostile_server.py HOW`. It speaks the protocol with a handshake, in plain JSON, and misbehaves when
its tools are asked for or called.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

OBJECT = {"type": "object", "properties": {"text": {"type": "string"}}}


def tool(name: str, schema: Any = OBJECT, **more: Any) -> dict[str, Any]:
    return {"name": name, "description": f"Does {name[:20]}.", "inputSchema": schema, **more}


OUTPUT = {"endless": "x" * 1_000_000, "blank": "\n"}
LISTS: dict[str, list[dict[str, Any]]] = {
    "names": [
        tool("say hello/now"),
        tool("say hello.now"),
        tool("twice"),
        tool("twice"),
        tool("x" * 200),
        tool("x" * 199 + "y"),
        tool("z" * 300),
    ],
    "schemas": [
        tool("good"),
        tool("junk", {"type": "object", "properties": {"a": {"type": "no such type"}}}),
        tool("remote", {"type": "object", "$ref": "http://127.0.0.1:9/schema.json"}),
        tool("huge", {"type": "object", "description": "x" * 100_000}),
        tool("nul", {"type": "object", "description": "a\0b"}),
    ],
    "many": [tool(f"tool_{number}") for number in range(200)],
}


def result(how: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
    if method == "tools/list":
        return {"tools": LISTS.get(how, [tool("act", annotations={"readOnlyHint": how == "readonly"})])}
    texts = {
        "long": "x" * 300_000,
        "nul": "a\0b",
        "environment": json.dumps(dict(os.environ)),
        "folder": str(Path.cwd()),
    }
    return {
        "content": [{"type": "text", "text": texts.get(how, json.dumps(params))}],
        "isError": how == "failing",
    }


def misbehave(how: str, method: str) -> None:
    at, _, trick = how.rpartition(":")
    if at and not method.startswith(at):
        return
    if trick in OUTPUT:
        while True:
            sys.stdout.write(OUTPUT[trick])
    match trick:
        case "hang":
            time.sleep(600)
        case "stubborn":
            # Takes no hint: neither the end of its input nor a polite signal.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            Path(os.environ["PID_FILE"]).write_text(str(os.getpid()), "ascii")
            while True:
                time.sleep(600)
        case "die":
            os._exit(3)
        case "flood":
            sys.stdout.write("x" * 10_000_000 + "\n")
        case "babble":
            for _ in range(100):
                sys.stdout.write("this is no message\n")
        case _:
            return


def main() -> None:
    how = sys.argv[1]
    for line in sys.stdin:
        message = json.loads(line)
        method, number = message.get("method", ""), message.get("id")
        if number is None:
            continue
        if method == "initialize":
            said: dict[str, Any] = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "hostile", "version": "1"},
            }
        elif method.startswith("tools/"):
            misbehave(how, method)
            said = result(how, method, message.get("params", {}))
        else:
            no_method = {"code": -32601, "message": "no such method"}
            print(json.dumps({"jsonrpc": "2.0", "id": number, "error": no_method}), flush=True)
            continue
        print(json.dumps({"jsonrpc": "2.0", "id": number, "result": said}), flush=True)


if __name__ == "__main__":
    main()
